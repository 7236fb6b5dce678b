// What a scan has seen at a path, kept on the host that scanned, so that "still as seen" is decided where the files are.
import type { Path } from '../tree/path.js';
import type { Stat } from './file-verbs.js';
import type { Scan, Selection } from './host.js';
import { HostError } from './host-error.js';

export type Seen = Pick<Stat, 'kind' | 'size' | 'modified' | 'changed' | 'inode'>;

export type ListedFile = { readonly path: Path; readonly size: number; readonly modified: number };

/** A scan as its own host knows it. Every scan that a host made of file verbs hands out is one. */
export type SeenScan = Scan & {
  readonly selection: Selection;
  /** What was listed or last looked up at this path (relative to the take's folder); null where nothing was. */
  readonly seen: (path: Path) => Seen | null;
  /** The files that were listed and have one of these sizes. */
  readonly listed: (sizes: ReadonlySet<number>) => Iterable<ListedFile>;
};

/** A transaction's part must bring a scan of the same host. */
export const asSeenScan = (scan: Scan): SeenScan => {
  if ('seen' in scan && 'selection' in scan) return scan as SeenScan;
  throw new HostError('protocol', 'a transaction was begun with a scan of another host', 'this is a fault in syncplan');
};

/** Why what is there now is not what was seen, or null where it is. */
export const differsFromSeen = (now: Seen, seen: Seen): string | null => {
  if (now.kind !== seen.kind) return `it was a ${seen.kind} and is a ${now.kind} now`;
  if (now.inode !== seen.inode) return 'another file stands there now';
  if (now.size !== seen.size) return `its size was ${seen.size} and is ${now.size} now`;
  if (now.modified !== seen.modified) return 'it was modified meanwhile';
  if (now.changed !== seen.changed) return 'its attributes were changed meanwhile';
  return null;
};
