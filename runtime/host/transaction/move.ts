// Moves many files and links of one folder at once: from staging into it, and from it into the trash.
import type { Action, Outcome } from '../../tree/action.js';
import { type Path, parent } from '../../tree/path.js';
import { type Deed, type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import { performIn } from './closed-folders.js';
import { stagedName } from './staged.js';
import { failedBy, fromRoot, inconsistent, nameOf, type Work } from './work.js';

/** A step whose destination was found as expected, and what stands there. */
export type Looked = { readonly index: number; readonly now: Stat | null };

export const moveAll = async (work: Work, part: number, ready: readonly Looked[], at: Folder): Promise<Outcome[]> => {
  const { desk } = work.parts[part]!;
  const outcomes: Outcome[] = [];
  const deeds: Deed[] = [];
  const doing: Looked[] = [];
  const placing = ready.filter(({ index }) => work.table.step(index)!.action.do !== 'remove');
  for (const one of placing) {
    await holdOld(work, one, at);
    const toName = nameIn(work, one.index);
    deeds.push({ do: 'rename', at: desk.staging, name: stagedName(work, one.index), to: at, toName });
    doing.push(one);
  }
  const removing = ready.filter(({ index }) => work.table.step(index)!.action.do === 'remove');
  const there = removing.filter(({ now }) => now !== null);
  for (const { index, now } of removing) if (now === null) outcomes.push({ index, result: 'done' });
  const trash = there.length === 0 ? null : await trashFor(work, there[0]!.index);
  const taken = trash === null || isFault(trash) ? [] : await namesTaken(work, trash, there);
  there.forEach((one, i) => {
    const fault = isFault(trash) ? trash : taken[i]!;
    const name = nameIn(work, one.index);
    if (isFault(trash) || trash === null || fault !== null) outcomes.push(failedMove(work, one.index, fault!));
    else {
      deeds.push({ do: 'rename', at, name, to: trash, toName: name });
      doing.push(one);
    }
  });
  const [first] = doing;
  const faults = first === undefined ? [] : await performIn(work, part, folderIn(work, first.index), deeds);
  const placed: number[] = [];
  doing.forEach(({ index }, i) => {
    const fault = faults[i] ?? null;
    outcomes.push(fault === null ? { index, result: 'done' } : failedMove(work, index, fault));
    if (fault === null && work.table.step(index)!.action.do !== 'remove') placed.push(index);
  });
  await rememberPlaced(work, placed, at);
  return outcomes;
};

/** Freeing a large file takes long; held open, it is freed when the transaction has ended. */
const holdOld = async (work: Work, { index, now }: Looked, at: Folder): Promise<void> => {
  if (now?.kind !== 'file' || now.names > 1 || now.size < LARGE || work.lingering.length >= MOST_LINGERING) return;
  const source = await work.verbs.read(at, nameIn(work, index), false);
  if (!isFault(source)) work.lingering.push(source);
};

const trashFor = async (work: Work, index: number): Promise<Folder | Fault> => {
  const { part, action } = work.table.step(index)!;
  const bin = await work.parts[part]!.desk.openBin();
  return bin.at(parent(fromRoot(work.parts[part]!, action.path)));
};

/** Nothing in the trash is overwritten: a fault for each name that stands there already. */
const namesTaken = async (work: Work, trash: Folder, removing: readonly Looked[]): Promise<(null | Fault)[]> => {
  const stats = await work.verbs.stat(removing.map(({ index }) => ({ at: trash, name: nameIn(work, index) })));
  return stats.map(stat => {
    if (!isFault(stat)) return { fault: 'EEXIST', message: 'the trash of this run holds such a file already' };
    return stat.fault === 'ENOENT' ? null : stat;
  });
};

/** What stands there right now is what this run put there: the verification compares with it. */
const rememberPlaced = async (work: Work, placed: readonly number[], at: Folder): Promise<void> => {
  const stats = await work.verbs.stat(placed.map(index => ({ at, name: nameIn(work, index) })));
  placed.forEach((index, i) => {
    const stat = stats[i]!;
    if (isFault(stat)) return;
    const { inode, changed, modified, size } = stat;
    work.placed.set(index, { inode, changed, modified, size });
  });
};

/** From the root: all of them lie in it. */
const folderIn = (work: Work, index: number): Path => {
  const { part, action } = work.table.step(index)!;
  return parent(fromRoot(work.parts[part]!, action.path));
};

const nameIn = (work: Work, index: number): string => {
  const { part, action } = work.table.step(index)!;
  return nameOf(work.parts[part]!, action.path);
};

const failedMove = (work: Work, index: number, fault: Fault): Outcome => {
  const { action }: { readonly action: Action } = work.table.step(index)!;
  if (fault.fault === 'EISDIR') return inconsistent(index, 'a folder appeared there meanwhile');
  return failedBy(index, action.path, action.do === 'remove' ? 'move into the trash' : 'put in place', fault);
};

const LARGE = 67_108_864;
const MOST_LINGERING = 16;
