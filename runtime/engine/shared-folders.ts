// Folders that two blocks of a run both make, of which neither waits for the other: neither may bring one whole.
//
// Of two renames of a folder to one path only the first can succeed, while both blocks can make the folder where it is to
// stand, and fill it side by side. A block that comes after another one sees what that has made (made-before.ts).
//
// Whichever comes second gives the folder its attributes. Those are the selecting block's: who only fills it makes it as that does.
import { type Change, createsFolder } from '../tree/change.js';
import type { FolderEntry } from '../tree/entry.js';
import { isWithin, join, type Path, parent } from '../tree/path.js';
import { comesBefore } from './held.js';
import { type ComparedTake, onMachine, type Relation, shownPath } from './relation.js';

/** Says of each relation which of its folders others make as well; all of them are compared by now. */
export const findSharedFolders = (relations: readonly Relation[]): void => {
  const machines = new Map<string, Relation[]>();
  for (const relation of relations) {
    const machine = relation.remoteHost?.facts.machine || relation.host;
    machines.set(machine, [...(machines.get(machine) ?? []), relation]);
  }
  for (const all of machines.values()) {
    const among = all.filter(relation => all.some(other => isBeside(other, relation) && meet(other, relation)));
    const makers = new Map<Path, Making[]>();
    for (const making of among.flatMap(foldersOf)) {
      const others = makers.get(making.path);
      if (others === undefined) makers.set(making.path, [making]);
      else others.push(making);
    }
    const shared = new Map(among.map(relation => [relation, new Map<Path, FolderEntry | null>()] as const));
    for (const [path, by] of makers) {
      for (const making of by) {
        const beside = by.filter(({ relation }) => isBeside(relation, making.relation));
        if (beside.length > 0) shared.get(making.relation)!.set(path, otherwise(making, beside));
      }
    }
    for (const [relation, folders] of shared) relation.sharedFolders = folders;
  }
};

/** Is this folder of a take one that may not be brought whole? */
export const isShared = ({ sharedFolders }: Relation, { take, remoteRoot }: ComparedTake, path: Path): boolean =>
  sharedFolders.size > 0 && sharedFolders.has(onMachine(remoteRoot, shownPath(take, path)));

/** The changes of a take, with the folders that it only fills as the block beside it makes them that selects them. */
export const asSelected = (
  { sharedFolders }: Relation,
  { take, remoteRoot }: ComparedTake,
  changes: readonly Change[],
): readonly Change[] =>
  sharedFolders.size === 0
    ? changes
    : changes.map(change => {
        if (!createsFolder(change) || change.entry.selected) return change;
        const entry = sharedFolders.get(onMachine(remoteRoot, shownPath(take, change.path)));
        return entry === undefined || entry === null ? change : { ...change, entry };
      });

/** A folder that a relation makes; `entry` is null above the folder of a take. `source` is where it comes from. */
type Making = {
  readonly relation: Relation;
  readonly path: Path;
  readonly entry: FolderEntry | null;
  readonly source: string;
};

/** What one of those beside it makes of it that selects the folder, where this one does not. */
const otherwise = ({ entry, source }: Making, beside: readonly Making[]): FolderEntry | null => {
  const selecting = beside.find(other => other.entry?.selected === true);
  if (entry === null || entry.selected || selecting === undefined) return null;
  // Extended attributes are asked of one's own master.
  return source === selecting.source ? selecting.entry : { ...selecting.entry!, extra: '' };
};

/** By their paths on the machine, those above the folder of a take as well where that is not there yet. */
const foldersOf = (relation: Relation): readonly Making[] => {
  const folders = new Map<Path, Making>();
  for (const { take, masterRoot, remote, remoteRoot, changes } of relation.takes) {
    const add = (path: Path, entry: FolderEntry | null, source: string): void => {
      const on = onMachine(remoteRoot, path);
      const known = folders.get(on);
      if (known === undefined || (entry !== null && known.entry?.selected !== true))
        folders.set(on, { relation, path: on, entry, source });
    };
    for (let at = remote.summary.exists ? '' : take.into.folder; at !== ''; at = parent(at)) add(at, null, '');
    for (const change of changes) {
      if (!createsFolder(change)) continue;
      const from = onMachine(masterRoot, change.path === '' ? take.from.folder : join(take.from.folder, change.path));
      add(shownPath(take, change.path), change.entry, `${relation.block.master} ${from}`);
    }
  }
  return [...folders.values()];
};

/** Have they a root in common, or one that lies in the other's? */
const meet = (one: Relation, other: Relation): boolean =>
  topsOf(one).some(top => topsOf(other).some(its => isWithin(top, its) || isWithin(its, top)));

const topsOf = ({ takes }: Relation): readonly Path[] => takes.map(({ remoteRoot }) => onMachine(remoteRoot, ''));

const isBeside = (one: Relation, other: Relation): boolean =>
  one !== other && !comesBefore(one, other) && !comesBefore(other, one);
