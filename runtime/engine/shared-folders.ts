// Folders that two blocks of a run both make, of which neither waits for the other: neither may bring one whole.
//
// Of two renames of a folder to one path only the first can succeed, while both blocks can make the folder where it is to
// stand, and fill it side by side. A block that comes after another one sees what that has made (made-before.ts).
import { createsFolder } from '../tree/change.js';
import { isWithin, type Path, parent } from '../tree/path.js';
import { comesBefore } from './order.js';
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
    const makers = new Map<Path, Relation[]>();
    for (const relation of among) {
      for (const path of foldersOf(relation)) {
        const others = makers.get(path);
        if (others === undefined) makers.set(path, [relation]);
        else others.push(relation);
      }
    }
    const shared = new Map(among.map(relation => [relation, new Set<Path>()] as const));
    for (const [path, by] of makers) {
      for (const relation of by) if (by.some(other => isBeside(other, relation))) shared.get(relation)!.add(path);
    }
    for (const [relation, folders] of shared) relation.sharedFolders = folders;
  }
};

/** Is this folder of a take one that may not be brought whole? */
export const isShared = ({ sharedFolders }: Relation, { take, remoteRoot }: ComparedTake, path: Path): boolean =>
  sharedFolders.size > 0 && sharedFolders.has(onMachine(remoteRoot, shownPath(take, path)));

/** By their paths on the machine, those above the folder of a take as well where that is not there yet. */
const foldersOf = ({ takes }: Relation): ReadonlySet<Path> => {
  const folders = new Set<Path>();
  for (const { take, remote, remoteRoot, changes } of takes) {
    const base = remote.summary.exists ? '' : take.into.folder;
    for (let at = base; at !== ''; at = parent(at)) folders.add(onMachine(remoteRoot, at));
    for (const change of changes) {
      if (createsFolder(change)) folders.add(onMachine(remoteRoot, shownPath(take, change.path)));
    }
  }
  return folders;
};

/** Have they a root in common, or one that lies in the other's? */
const meet = (one: Relation, other: Relation): boolean =>
  topsOf(one).some(top => topsOf(other).some(its => isWithin(top, its) || isWithin(its, top)));

const topsOf = ({ takes }: Relation): readonly Path[] => takes.map(({ remoteRoot }) => onMachine(remoteRoot, ''));

const isBeside = (one: Relation, other: Relation): boolean =>
  one !== other && !comesBefore(one, other) && !comesBefore(other, one);
