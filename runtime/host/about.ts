// What is asked of a machine only to be told to a person (doctor): its clock, what its programs are allowed, what it has.
//
// Nothing is written for it. What a kind of machine cannot tell is null, or missing from the list.

export type About = {
  /** Milliseconds since 1970 by its own clock, now. */
  readonly clock: number | null;
  /** How exactly the clock is told, in milliseconds. */
  readonly clockStep: number;
  /** Files that what serves there may have open at once. */
  readonly openFiles: number | null;
  /** Programs that are used where they are there. */
  readonly tools: readonly Tool[];
  /** Of the SSH server that it is reached by. */
  readonly server: ServerLimits;
};

export type Tool = {
  readonly name: string;
  /** Where it is; '' where it is missing. */
  readonly path: string;
};

export type ServerLimits = {
  /** Sessions over one connection. */
  readonly maxSessions: number | null;
  /** Logins under way at once, as its configuration says it: `10:30:100`. */
  readonly maxStartups: string | null;
};

export const NO_LIMITS: ServerLimits = { maxSessions: null, maxStartups: null };
