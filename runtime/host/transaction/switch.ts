// Switches every ready step in list order, each by the smallest deed that does it.
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
//  9. Whatever a crash keeps of it, nothing is lost: folders that were made are durable before they are filled, and what
//     was moved out of a folder is durable in the trash before that folder goes.
import type { Outcome } from '../../tree/action.js';
import { parent } from '../../tree/path.js';
import { type Fault, isFault, type Stat } from '../file-verbs.js';
import { judgeAgain } from './again.js';
import { closeFolders } from './closed-folders.js';
import { commitAdjust, commitFolder, commitHard, commitRemoveFolder, commitWhole, isLinked } from './commit-single.js';
import { judge, lookAt, type Stretch, stretches } from './destination.js';
import { markFolder } from './dirty.js';
import { syncChanged } from './durable.js';
import { keepNow } from './keep.js';
import { moveAll } from './move.js';
import { ensureFolder } from './one-deed.js';
import { NONE } from './table.js';
import { failedBy, folderOf, fromRoot, inconsistent, returnToRoots, type Work } from './work.js';

/** Outcomes in batches; those of steps that were not ready stand where the steps stand. */
export async function* switchSteps(work: Work): AsyncGenerator<readonly Outcome[]> {
  try {
    yield* switchAll(work);
  } finally {
    await closeFolders(work);
  }
}

async function* switchAll(work: Work): AsyncGenerator<readonly Outcome[]> {
  const { table } = work;
  await returnToRoots(work);
  await makeBases(work);
  let batch: Outcome[] = [];
  /** Removals of folders wait for each other: what was moved out of all of them is made durable at once. */
  let waiting: Stretch[] = [];
  const act = async (stretch: Stretch): Promise<void> => {
    for (const outcome of await switchStretch(work, stretch)) {
      table.settle(outcome);
      batch.push(outcome);
    }
  };
  const removeFolders = async (): Promise<void> => {
    if (waiting.length > 0 && work.dirty.moved) await syncChanged(work);
    for (const stretch of waiting) await act(stretch);
    waiting = [];
  };
  for (const stretch of stretches(work, index => table.step(index) !== null, isSingle(work))) {
    const { do: doing } = table.step(stretch.indexes[0]!)!.action;
    if (doing === 'remove-folder') {
      waiting.push(stretch);
      continue;
    }
    if (doing !== 'remove') await removeFolders();
    if (doing !== 'folder' && work.dirty.barrier) await syncChanged(work);
    await act(stretch);
    if (batch.length < REPORT_EVERY) continue;
    yield batch;
    batch = [];
    await work.breathe();
  }
  await removeFolders();
  if (batch.length > 0) yield batch;
}

/** The take's folder, where it is not there yet: it has no step of its own. */
const makeBases = async (work: Work): Promise<void> => {
  for (const [number, part] of work.parts.entries()) {
    if (part.base === '' || part.scan.summary.exists || !fills(work, number)) continue;
    await work.check();
    await ensureFolder(work.verbs, part.places, part.base, () => BASE_MODE);
    for (let at = part.base; ; at = parent(at)) {
      markFolder(work.dirty, number, at);
      if (at === '') break;
    }
    work.dirty.barrier = true;
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

const switchStretch = async (work: Work, stretch: Stretch): Promise<readonly Outcome[]> => {
  const { table } = work;
  const outcomes = new Map<number, Outcome>();
  const here: number[] = [];
  for (const index of stretch.indexes) {
    if (table.state(index) !== 'ready') outcomes.set(index, table.trouble(index) ?? unready(index));
    else if (table.carrier(index) !== NONE) outcomes.set(index, carriedOutcome(work, index));
    else here.push(index);
  }
  if (here.length > 0) {
    await work.check();
    const part = { ...stretch, indexes: here };
    const found = await lookAt(work, part);
    for (const outcome of await switchLooked(work, part, found)) {
      outcomes.set(outcome.index, outcome);
      if (outcome.result === 'done') markSwitched(work, outcome.index);
    }
  }
  return stretch.indexes.map(index => outcomes.get(index)!);
};

/** The destination was looked at: what is as expected is done now, in one batch. */
const switchLooked = async (
  work: Work,
  stretch: Stretch,
  found: readonly (Stat | Fault)[],
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  const ready: { index: number; now: Stat | null }[] = [];
  for (const [i, index] of stretch.indexes.entries()) {
    const now = found[i]!;
    const outcome = (await judgeFirst(work, index, now)) ?? judge(work, index, now, false);
    if (outcome !== null) outcomes.push(outcome);
    else ready.push({ index, now: isFault(now) ? null : now });
  }
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
    case 'hard': {
      const lost = await keepDoubtful(work, index, first.now);
      return [lost ?? (await commitHard(work, index, action, at, first.now))];
    }
    case 'adjust':
      return [await commitAdjust(work, index, action, at)];
    case 'remove-folder':
      return [await commitRemoveFolder(work, index, at)];
    case 'file':
    case 'link':
    case 'remove': {
      const sure: typeof ready = [];
      for (const one of ready) {
        const lost = await keepDoubtful(work, one.index, one.now);
        if (lost === null) sure.push(one);
        else outcomes.push(lost);
      }
      return [...outcomes, ...(await moveAll(work, stretch.part, sure, at))];
    }
  }
};

/** What an attempt before this one has done is done. */
const judgeFirst = async (work: Work, index: number, now: Stat | Fault): Promise<Outcome | null> => {
  if (!work.again) return null;
  if (!isFault(now) && (await isLinked(work, index, now))) return { index, result: 'done' };
  return judgeAgain(work, index, now);
};

/**
 * After a crash, a file with further names may have another time of change by our own hand or by somebody else's: what is
 * to be replaced is kept before it is, so either way nothing is lost. The outcome where it cannot be kept.
 */
const keepDoubtful = async (work: Work, index: number, now: Stat | null): Promise<Outcome | null> => {
  if (!work.again || now === null || !work.linked.has(index)) return null;
  const { part, action } = work.table.step(index)!;
  if (action.do === 'remove' || work.parts[part]!.scan.seen(action.path)?.changed === now.changed) return null;
  const fault = await keepNow(work, index, now);
  return fault === null ? null : failedBy(index, action.path, 'keep what stands there in the trash', fault);
};

/** The names in its folder are not durable yet. */
const markSwitched = (work: Work, index: number): void => {
  const { part, action } = work.table.step(index)!;
  if (action.do === 'adjust') return;
  markFolder(work.dirty, part, parent(fromRoot(work.parts[part]!, action.path)));
  if (action.do === 'remove') work.dirty.moved = true;
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
