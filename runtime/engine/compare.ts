// Compares one take of a master with one remote's: descend, decide by checksum, decide membership, follow hard links.
//
// Invariants:
//  1. A path that only one side listed is looked up by name on the other before it counts as created or deleted.
//  2. Below a folder that either side could not read, nothing is compared and nothing is deleted.
//  3. A deletion names a path that the remote itself listed and that the master was asked about and does not have.
//  4. Memory grows with what differs, not with what is equal.
import type { DeletePolicy } from '../../compiler/plan.js';
import type { Scan } from '../host/host.js';
import { type Change, emptyComparison, type Rules } from '../tree/change.js';
import type { Problem } from '../tree/entry.js';
import { comparePaths, type Path } from '../tree/path.js';
import { type Comparing, isCounted } from './comparing.js';
import { decideByDigest, descendContents, descendPages, entriesBelow } from './descend.js';
import { decideMasterOnly, decideRemoteOnly, emptyFoldersInTheWay } from './membership.js';

export type Compared = {
  /** In path order, one for a path. */
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
  /** Entries of the master of which nobody can say whether the remote has them. */
  readonly unseen: number;
};

export type CompareOptions = {
  readonly rules: Rules;
  readonly delete: DeletePolicy;
  readonly isProtected: (path: Path) => boolean;
};

export const compareTake = async (master: Scan, remote: Scan, options: CompareOptions): Promise<Compared> => {
  const comparing: Comparing = {
    master,
    remote,
    rules: options.rules,
    mirror: options.delete.mode === 'mirror',
    isProtected: options.isProtected,
    found: emptyComparison(),
    problems: [...master.summary.problems, ...remote.summary.problems],
    unseen: 0,
  };
  await descendPages(comparing);
  await decideMasterOnly(comparing);
  await decideRemoteOnly(comparing);
  await descendContents(comparing);
  await decideByDigest(comparing);
  await emptyFoldersInTheWay(comparing);
  await relinkFollowers(comparing);
  const unseen = comparing.unseen + (await countBelow(master, comparing.found.unknown));
  return { changes: inPathOrder(comparing.found.changes), problems: comparing.problems, unseen };
};

const countBelow = async (scan: Scan, folders: readonly Path[]): Promise<number> => {
  let count = 0;
  for await (const page of entriesBelow(scan, folders)) count += page.filter(({ entry }) => isCounted(entry)).length;
  return count;
};

/** A file that is put in place anew has a new inode: its further names must be linked to it again. */
const relinkFollowers = async ({ master, found }: Comparing): Promise<void> => {
  if (master.summary.hard === 0) return;
  const changed = new Set(found.changes.map(({ path }) => path));
  const leaders = found.changes.filter(isNewFile).map(({ path }) => path);
  const followers = await master.followers(leaders);
  leaders.forEach((leader, at) => {
    for (const path of followers[at] ?? []) {
      if (changed.has(path)) continue;
      const entry = { kind: 'hard', leader } as const;
      found.changes.push({ kind: 'replace', path, entry, was: entry, why: 'link' });
    }
  });
};

const isNewFile = (change: Change): boolean =>
  (change.kind === 'create' || change.kind === 'replace') && change.entry.kind === 'file';

const inPathOrder = (changes: readonly Change[]): Change[] => [...changes].sort((a, b) => comparePaths(a.path, b.path));
