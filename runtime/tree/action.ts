// Actions: the smallest deeds a host is asked to do, each with what it must find first, and what came of them.
//
// A transaction gets its actions as one ordered list. An action is known by its index in that list, from the pack stream
// that brings its content to the outcome that answers it. Paths are relative to the root of the relation's take.
import type { Entry, Problem } from './entry.js';
import type { Path } from './path.js';

/**
 * What a path must hold when the action is done; anything else is `inconsistent`, and nothing is written there.
 * 'seen' means: exactly what the scan of this connection saw (inode, size, mtime, ctime), which the host remembers.
 */
export type Expected = 'absent' | 'seen';

export type Action =
  /** Make a folder in place. With `whole`, it does not exist on the remote: every later action below it is staged inside
   * it, and it is put in place by one rename. */
  | {
      readonly do: 'folder';
      readonly path: Path;
      readonly mode: number;
      readonly owner: string;
      readonly group: string;
      /** Extended attributes and access lists as `Scan.extras` gave them; '' for none. */
      readonly extra: string;
      readonly whole: boolean;
    }
  /** Put a staged file in place by rename; `modified` null leaves it the time of its arrival. Its content comes by the pack stream under this action's index. */
  | {
      readonly do: 'file';
      readonly path: Path;
      readonly size: number;
      readonly mode: number;
      readonly modified: number | null;
      readonly owner: string;
      readonly group: string;
      readonly extra: string;
      readonly expect: Expected;
      /** What stands there is not what syncplan put there: it is kept in the trash, by a further name, before the rename. */
      readonly keep: boolean;
    }
  /** A symbolic link, made in staging and renamed over. */
  | {
      readonly do: 'link';
      readonly path: Path;
      readonly target: string;
      readonly modified: number | null;
      readonly owner: string;
      readonly group: string;
      readonly expect: Expected;
      readonly keep: boolean;
    }
  /** Another name for the file at `leader`, which is in place by then (or staged in the same whole folder). */
  | {
      readonly do: 'hard';
      readonly path: Path;
      readonly leader: Path;
      readonly expect: Expected;
      readonly keep: boolean;
    }
  /** Change attributes in place; null leaves one as it is. `modified` in microseconds. */
  | {
      readonly do: 'adjust';
      readonly path: Path;
      readonly mode: number | null;
      readonly modified: number | null;
      readonly owner: string | null;
      readonly group: string | null;
      readonly extra: string | null;
    }
  /** Move a file or link into the trash. */
  | { readonly do: 'remove'; readonly path: Path }
  /** Remove a folder that is empty by now; one that still holds something stays and is no failure (`kept`). */
  | { readonly do: 'remove-folder'; readonly path: Path };

/** What is at a path on one side, for a lookup by name: whatever the selection, following nothing. */
export type Found =
  | Entry
  | { readonly kind: 'special'; readonly what: 'fifo' | 'socket' | 'device' }
  | { readonly kind: 'absent' };

export type Outcome =
  | { readonly index: number; readonly result: 'done' }
  /** A folder to be removed that still holds something protected, unmanaged or skipped. */
  | { readonly index: number; readonly result: 'kept' }
  /** The path no longer holds what was expected, or the content changed while it was sent. */
  | { readonly index: number; readonly result: 'inconsistent'; readonly why: string }
  | { readonly index: number; readonly result: 'failed'; readonly problem: Problem };
