// What earlier runs left in a root, as the port tells it: transactions to finish, what came of them, and what the trash holds.
import type { Problem } from '../tree/entry.js';
import type { Path } from '../tree/path.js';

export type Unfinished = {
  /** Name of the transaction, unique on this root: `RUN-BLOCK`. */
  readonly transaction: string;
  readonly run: string;
  readonly block: string;
  /** `intent`: durable but not done. `owed`: done, but its hooks have not run. */
  readonly state: 'intent' | 'owed';
  /** It was begun under the lock of its block: whoever has that lock knows that its run is gone. */
  readonly locked: boolean;
  readonly steps: number;
  /** As the engine gave it to `Transaction.owe`; '' for nothing. */
  readonly owed: string;
};

export type Recovered =
  | { readonly path: Path; readonly result: 'done' | 'kept' }
  | { readonly path: Path; readonly result: 'failed'; readonly problem: Problem };

export type Trashed = {
  readonly path: Path;
  readonly kind: 'file' | 'link' | 'folder';
  /** `moved`: another path has its content, as a further name of the same file. */
  readonly why: 'deleted' | 'replaced' | 'moved';
  readonly size: number;
};

/** A run of which the trash may still hold something. */
export type TrashedRun = {
  readonly run: string;
  /** Microseconds since 1970 by the host's clock: when the first of it was put there, and until when the last of it is kept. */
  readonly since: number;
  readonly until: number;
};
