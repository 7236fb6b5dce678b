// What is at a path: plain values, the same on every kind of host.
import type { Path } from './path.js';

/** Microseconds since 1970; Node.js reads and sets no finer time. Whole numbers. */
export type Micros = number;

export type FileEntry = {
  readonly kind: 'file';
  readonly size: number;
  /** Permission bits with setuid, setgid, sticky (07777); 0 where the relation does not manage modes. */
  readonly mode: number;
  /** 0 where the relation neither compares nor manages times. */
  readonly modified: Micros;
  /** Names where known, else decimal numbers; '' where not managed. */
  readonly owner: string;
  readonly group: string;
  /** Digest (a byte string of 16) of its managed extended attributes and access lists; '' where it has none or none are
   * managed. The values themselves are asked for by `Scan.extras`. */
  readonly extra: string;
};

/** A folder. `selected` means its own attributes are managed; otherwise it is there for what it holds. */
export type FolderEntry = {
  readonly kind: 'folder';
  readonly selected: boolean;
  /** Could not be read, or is another file system: what it holds is unknown, which is never the same as absent. */
  readonly unreadable: boolean;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly extra: string;
};

export type LinkEntry = {
  readonly kind: 'link';
  /** A byte string, as stored. */
  readonly target: string;
  readonly modified: Micros;
  readonly owner: string;
  readonly group: string;
};

/** A further name of a file that stands earlier in path order within the same selection. */
export type HardEntry = { readonly kind: 'hard'; readonly leader: Path };

/** Socket, FIFO or device: never synchronised; only a lookup by name reports one. */
export type SpecialEntry = { readonly kind: 'special'; readonly what: 'fifo' | 'socket' | 'device' };

export type Entry = FileEntry | FolderEntry | LinkEntry | HardEntry;

/** One path that failed, as a value: it never stops the others. */
export type Problem = {
  readonly path: Path;
  readonly code: ProblemCode;
  /** What was being done and why it failed, without the path and without an end stop: `open: permission denied`. */
  readonly message: string;
  /** What to do about it. */
  readonly help: string;
};

export const PROBLEM_CODES = [
  /** Permission denied while reading or writing. */
  'denied',
  /** Vanished or appeared while it was worked on. */
  'gone',
  'changed',
  /** Something of another kind, unmanaged, stands where the plan wants to write. */
  'in-the-way',
  'name-too-long',
  'bad-path',
  'special',
  'escaping-link',
  'link-loop',
  'too-deep',
  'no-space',
  'read-only',
  'io',
  /** What arrived is not what was sent. */
  'corrupt',
  'not-empty',
  'collision',
  'unsupported',
  /** A program of the plan failed; the path is ''. */
  'hook',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];
