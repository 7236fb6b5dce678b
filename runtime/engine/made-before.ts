// What blocks that come first have made by now: a later block creates no folder that one of them has created since.
//
// Everything is compared before the first write anywhere, so two blocks that meet in a folder both mean to create it. Only
// folders are looked at again: two blocks that bring the same file are a fault of the plan.
import {
  type Change,
  compareEntries,
  createsFolder,
  emptyComparison,
  type FolderCreation,
  type Rules,
} from '../tree/change.js';
import type { Entry } from '../tree/entry.js';
import { type Path, parent } from '../tree/path.js';
import { paged } from './observe-again.js';
import type { ComparedTake, Relation } from './relation.js';

/** The relation's takes with what remains to be done: a folder that is there by now keeps at most a change of attributes. */
export const seeWhatCameBefore = async (relation: Relation): Promise<void> => {
  if (relation.block.after.length === 0) return;
  relation.takes = await Promise.all(
    relation.takes.map(async take => {
      const there = await foldersThere(take);
      if (there.size === 0) return take;
      const changes = remaining(take.changes, ({ path }) => {
        const entry = there.get(path);
        return entry === undefined ? null : { entry, rules: relation.rules };
      });
      relation.tally.unchanged += take.changes.length - changes.length;
      return { ...take, changes };
    }),
  );
};

/** From the top down, and only below what is there: nothing can be below a folder that is still missing. */
const foldersThere = async ({ changes, remote }: ComparedTake): Promise<Map<Path, Entry>> => {
  const created = changes.filter(createsFolder).map(({ path }) => path);
  const among = new Set(created);
  const there = new Map<Path, Entry>();
  for (let wave = created.filter(path => !among.has(parent(path))); wave.length > 0; ) {
    const found = await remote.lookup(wave);
    const seen = new Set<Path>();
    wave.forEach((path, i) => {
      const entry = found[i]!;
      if (!('kind' in entry) || entry.kind !== 'folder') return;
      there.set(path, entry);
      seen.add(path);
    });
    wave = seen.size === 0 ? [] : created.filter(path => seen.has(parent(path)));
  }
  return there;
};

/** The changes but for the folders that are there by then: of each of these at most a change of attributes is left. */
export const remaining = (
  changes: readonly Change[],
  madeAt: (change: FolderCreation) => { readonly entry: Entry; readonly rules: Rules } | null,
): readonly Change[] =>
  changes.flatMap(change => {
    if (!createsFolder(change)) return [change];
    const made = madeAt(change);
    return made === null ? [change] : attributesLeft(change.path, change.entry, made.entry, made.rules);
  });

const attributesLeft = (path: Path, entry: Entry, found: Entry, rules: Rules): readonly Change[] => {
  const comparison = emptyComparison();
  compareEntries(path, paged(entry), paged(found), rules, comparison);
  return comparison.changes;
};
