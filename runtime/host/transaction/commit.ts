// Commits: every ready step in list order, each by the smallest deed that switches its path.
//
// Invariants:
//  1. Never delete-then-rename: what replaces a file or link is renamed over it, so a replaced path is never missing.
//  2. Before each rename, link or removal the destination is looked at; anything but what was expected stays untouched.
//  3. A file reaches its final path complete: content verified, attributes set, by one rename from the same file system.
//  4. A folder that is staged whole appears by one rename, with all that it carries.
//  5. Renaming onto one's own hard link does nothing and leaves the old name: so it is looked at first.
//  6. What is removed moves into the trash of this run; nothing there is overwritten. Only empty folders are removed.
//  7. Between a folder and another type there is no atomic switch: the list empties and removes first, then puts in place.
//  8. A step that fails stops no other; every step of the list that was not dropped has exactly one outcome.
import type { Action, Outcome } from '../../tree/action.js';
import { type Path, parent } from '../../tree/path.js';
import { type Deed, type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import { commitAdjust, commitFolder, commitHard, commitRemoveFolder, commitWhole } from './commit-single.js';
import { judge, lookAt, type Stretch, stretches } from './destination.js';
import { ensureFolder } from './one-deed.js';
import { stagedName } from './staged.js';
import { NONE } from './table.js';
import { failedBy, folderOf, fromRoot, inconsistent, nameOf, returnToRoots, type Work } from './work.js';

/** Outcomes in batches; those of steps that were not ready stand where the steps stand. */
export async function* commitSteps(work: Work): AsyncGenerator<readonly Outcome[]> {
  const { table } = work;
  await returnToRoots(work);
  await makeBases(work);
  let batch: Outcome[] = [];
  const all = stretches(work, index => table.step(index) !== null, isSingle(work));
  for (const stretch of all) {
    const outcomes = await commitStretch(work, stretch);
    for (const outcome of outcomes) {
      table.settle(outcome);
      batch.push(outcome);
    }
    if (batch.length >= REPORT_EVERY) {
      yield batch;
      batch = [];
      await work.breathe();
    }
  }
  if (batch.length > 0) yield batch;
}

/** The take's folder, where it is not there yet: it has no step of its own. */
const makeBases = async (work: Work): Promise<void> => {
  for (const [number, part] of work.parts.entries()) {
    if (part.base === '' || !fills(work, number)) continue;
    await ensureFolder(work.verbs, part.places, part.base, () => BASE_MODE);
  }
};

const fills = (work: Work, part: number): boolean => {
  for (let index = 0; index < work.table.size; index++) {
    const step = work.table.step(index);
    if (step?.part !== part || work.table.state(index) !== 'ready') continue;
    if (step.action.do !== 'remove' && step.action.do !== 'remove-folder') return true;
  }
  return false;
};

/** Steps that are done one at a time: what they do decides what the next will find. */
const isSingle =
  ({ table }: Work) =>
  (index: number): boolean => {
    const { action } = table.step(index)!;
    return table.carrier(index) === NONE && action.do !== 'file' && action.do !== 'link' && action.do !== 'remove';
  };

const commitStretch = async (work: Work, stretch: Stretch): Promise<readonly Outcome[]> => {
  const { table } = work;
  const outcomes = new Map<number, Outcome>();
  const here: number[] = [];
  for (const index of stretch.indexes) {
    if (table.state(index) !== 'ready') outcomes.set(index, table.trouble(index) ?? unready(index));
    else if (table.carrier(index) !== NONE) outcomes.set(index, carriedOutcome(work, index));
    else here.push(index);
  }
  if (here.length > 0) {
    const part = { ...stretch, indexes: here };
    const found = await lookAt(work, part);
    for (const outcome of await commitLooked(work, part, found)) outcomes.set(outcome.index, outcome);
  }
  return stretch.indexes.map(index => outcomes.get(index)!);
};

/** The destination was looked at: what is as expected is done now, in one batch. */
const commitLooked = async (
  work: Work,
  stretch: Stretch,
  found: readonly (Stat | Fault)[],
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  const ready: { index: number; now: Stat | null }[] = [];
  stretch.indexes.forEach((index, i) => {
    const now = found[i]!;
    const outcome = judge(work, index, now, false);
    if (outcome === null) ready.push({ index, now: isFault(now) ? null : now });
    else outcomes.push(outcome);
  });
  const first = ready[0];
  if (first === undefined) return outcomes;
  const at = await folderOf(work.parts[stretch.part]!, work.table.step(first.index)!.action.path);
  if (isFault(at)) return [...outcomes, ...ready.map(({ index }) => lostFolder(work, index, at))];
  for (const { now } of ready)
    if (now !== null && now.kind !== 'folder' && now.names > 1) work.disturbed.add(now.inode);
  const { index } = first;
  const { action } = work.table.step(index)!;
  switch (action.do) {
    case 'folder':
      return [await (action.whole ? commitWhole(work, index, at) : commitFolder(work, index, action, at))];
    case 'hard':
      return [await commitHard(work, index, action, at, first.now)];
    case 'adjust':
      return [await commitAdjust(work, index, action, at)];
    case 'remove-folder':
      return [await commitRemoveFolder(work, index, at)];
    case 'file':
    case 'link':
    case 'remove':
      return [...outcomes, ...(await commitMoves(work, stretch, ready, at))];
  }
};

/** Renames from staging into the folder, and from the folder into the trash. */
const commitMoves = async (
  work: Work,
  stretch: Stretch,
  ready: readonly { readonly index: number; readonly now: Stat | null }[],
  at: Folder,
): Promise<Outcome[]> => {
  const part = work.parts[stretch.part]!;
  const outcomes: Outcome[] = [];
  const deeds: Deed[] = [];
  const doing: number[] = [];
  let trash: Folder | Fault | null = null;
  for (const { index, now } of ready) {
    const { action } = work.table.step(index)!;
    const name = nameOf(part, action.path);
    if (action.do !== 'remove') {
      deeds.push({ do: 'rename', at: part.state.staging, name: stagedName(work, index), to: at, toName: name });
      doing.push(index);
      continue;
    }
    if (now === null) {
      outcomes.push({ index, result: 'done' });
      continue;
    }
    trash ??= await part.state.trashFor(parent(fromRoot(part, action.path)));
    const toName = isFault(trash) ? trash : await freeName(work, trash, name);
    if (isFault(trash) || isFault(toName)) {
      outcomes.push(failedBy(index, action.path, 'move into the trash', isFault(trash) ? trash : (toName as Fault)));
      continue;
    }
    deeds.push({ do: 'rename', at, name, to: trash, toName });
    doing.push(index);
  }
  const faults = await work.verbs.perform(deeds);
  const placed: { index: number; path: Path }[] = [];
  doing.forEach((index, i) => {
    const { action } = work.table.step(index)!;
    const fault = faults[i] ?? null;
    outcomes.push(fault === null ? { index, result: 'done' } : failedMove(index, action, fault));
    if (fault === null && action.do !== 'remove') placed.push({ index, path: action.path });
  });
  await rememberPlaced(work, stretch.part, placed, at);
  return outcomes;
};

/** What stands there right now is what this run put there: the verification compares with it. */
const rememberPlaced = async (
  work: Work,
  part: number,
  placed: readonly { readonly index: number; readonly path: Path }[],
  at: Folder,
): Promise<void> => {
  const stats = await work.verbs.stat(placed.map(({ path }) => ({ at, name: nameOf(work.parts[part]!, path) })));
  placed.forEach(({ index }, i) => {
    const stat = stats[i]!;
    if (!isFault(stat)) work.placed.set(index, { inode: stat.inode, changed: stat.changed });
  });
};

const freeName = async (work: Work, trash: Folder, name: string): Promise<string | Fault> => {
  for (let suffix = 0; suffix < MAX_SUFFIX; suffix++) {
    const end = suffix === 0 ? '' : `.${suffix}`;
    const candidate = name.slice(0, MAX_NAME_BYTES - end.length) + end;
    const [stat] = await work.verbs.stat([{ at: trash, name: candidate }]);
    if (stat === undefined || !isFault(stat)) continue;
    return stat.fault === 'ENOENT' ? candidate : stat;
  }
  return { fault: 'EEXIST', message: 'too many files of that name are in the trash' };
};

const failedMove = (index: number, action: Action, fault: Fault): Outcome => {
  if (fault.fault === 'EISDIR') return inconsistent(index, 'a folder appeared there meanwhile');
  return failedBy(index, action.path, action.do === 'remove' ? 'move into the trash' : 'put in place', fault);
};

const lostFolder = (work: Work, index: number, fault: Fault): Outcome =>
  fault.fault === 'ENOENT' || fault.fault === 'ENOTDIR'
    ? inconsistent(index, 'the folder it stood in is gone')
    : failedBy(index, work.table.step(index)!.action.path, 'enter its folder', fault);

/** The carrier stands earlier in the list, so what came of it is known. */
const carriedOutcome = (work: Work, index: number): Outcome =>
  work.table.state(work.table.carrier(index)) === 'done'
    ? { index, result: 'done' }
    : inconsistent(index, 'the folder that brings it was not put in place');

const unready = (index: number): Outcome => inconsistent(index, 'it was not pre-checked');

const REPORT_EVERY = 500;
const BASE_MODE = 0o755;
const MAX_SUFFIX = 10_000;
const MAX_NAME_BYTES = 255;
