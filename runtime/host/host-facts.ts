// What is learned of a host once, on connecting; part of the port (host.ts).
import type { Algorithm } from '../../compiler/plan.js';

/** Qualities learned once, on connecting. */
export type HostFacts = {
  /** `linux x64`. */
  readonly system: string;
  /** Version of Node.js that serves, without `v`; '' where none does. */
  readonly node: string;
  readonly user: string;
  readonly home: string;
  readonly caseSensitive: boolean;
  readonly algorithms: readonly Algorithm[];
  /** May change owners (is root there). */
  readonly privileged: boolean;
  /** Id of the running system (its boot id): two hosts with the same one are the same machine. '' where unknown. */
  readonly machine: string;
  /** In what steps it keeps times of files, in microseconds: 1, or 1,000,000 where there are whole seconds only. */
  readonly timeStep: number;
  /** Tells hard links from separate files, and can make them. */
  readonly hardLinks: boolean;
  /** What it promises less than an agent does, one sentence each: said in previews and by doctor. */
  readonly weaker: readonly string[];
  /** Knows its users and groups by number alone. */
  readonly nameless?: true;
  /** Where it does not make all of its algorithms itself: those that it does. The others are made here, of content that is
   * read back. `remembered`: once for each change, as this machine keeps what they gave. */
  readonly digests?: { readonly made: readonly Algorithm[]; readonly remembered: boolean };
};
