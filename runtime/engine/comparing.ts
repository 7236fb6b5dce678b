// The state that the steps of one comparison share; each step appends to `found` and `problems`.
import type { Scan } from '../host/host.js';
import type { FolderComparison, Rules } from '../tree/change.js';
import type { Entry, Problem } from '../tree/entry.js';
import type { Path } from '../tree/path.js';

export type Comparing = {
  readonly master: Scan;
  readonly remote: Scan;
  readonly rules: Rules;
  readonly mirror: boolean;
  readonly isProtected: (path: Path) => boolean;
  readonly found: FolderComparison;
  readonly problems: Problem[];
  /** The master's entries that were compared with nothing, without those below `found.unknown`. */
  unseen: number;
};

/** A folder that nobody selected is there for what it holds alone. */
export const isCounted = (entry: Entry): boolean => entry.kind !== 'folder' || entry.selected;
