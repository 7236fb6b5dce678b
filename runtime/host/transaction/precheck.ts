// Completes what waits in staging, and looks at every destination: after it, a step is ready or has an outcome.
import type { Action, Outcome } from '../../tree/action.js';
import { isWithin, parent, refusePath } from '../../tree/path.js';
import { type Deed, isFault } from '../file-verbs.js';
import { makePace } from '../pace.js';
import { type Giving, givenOf, managesExtras, openGiving } from './attributes.js';
import { judge, lookAt, stretches } from './destination.js';
import { recallLent } from './lent.js';
import { performOne } from './one-deed.js';
import { givenOwners, refuseOwners } from './owners.js';
import { carriedPath, ownStagedFolder, stagedFolder, stagedName, stagedPath } from './staged.js';
import { isMadeWhole } from './staged-folders.js';
import { isInInnerState } from './state-folder.js';
import { NONE } from './table.js';
import { failed, failedOrStopped, fromRoot, inconsistent, modeOf, returnToRoots, type Work } from './work.js';

/** Outcomes of every step that is not ready. */
export const precheckSteps = async (work: Work): Promise<Outcome[]> => {
  const { table } = work;
  await recallLent(work);
  const giving = openGiving(work);
  for (let index = 0; index < table.size; index++) {
    if (isOpen(work, index) && !table.isStaged(index)) await complete(work, index, giving);
  }
  await giving.finish();
  await returnToRoots(work);
  const pace = makePace(work.breathe);
  for (const stretch of stretches(work, index => isOpen(work, index) && table.carrier(index) === NONE)) {
    const found = await lookAt(work, stretch);
    stretch.indexes.forEach((index, i) => {
      const now = found[i]!;
      const outcome = judge(work, index, now, true);
      if (!isFault(now) && now.kind !== 'folder' && now.names > 1) work.linked.add(index);
      if (outcome === null) table.setReady(index);
      else table.settle(outcome);
    });
    const rest = pace(stretch.indexes.length);
    if (rest !== null) await rest;
  }
  const outcomes: Outcome[] = [];
  for (let index = 0; index < table.size; index++) {
    if (isOpen(work, index) && table.carrier(index) !== NONE) settleCarried(work, index);
    const trouble = table.trouble(index);
    if (trouble !== null) outcomes.push(trouble);
  }
  return outcomes;
};

/** Refuses paths that are no paths, syncplan's own folder, and owners that cannot be given here: whoever made the list, they are looked at again here. */
export const refuseSteps = (work: Work): void => {
  const { table, refused } = work;
  for (let index = 0; index < table.size; index++) {
    const step = table.step(index);
    refused.delete(index);
    if (step === null) continue;
    const why = refuseAction(work, step.part, step.action);
    const { path } = step.action;
    const help = 'rename it on the master, or leave it out';
    const problem =
      why === null
        ? refuseOwners(work, step.action)
        : { path, code: 'bad-path' as const, message: `the path ${why}`, help };
    if (problem === null) continue;
    refused.add(index);
    table.settle(failed(index, problem));
  }
};

const refuseAction = (work: Work, part: number, action: Action): string | null => {
  const paths = action.do === 'hard' ? [action.path, action.leader] : [action.path];
  for (const path of paths) {
    const whole = fromRoot(work.parts[part]!, path);
    const why = path === '' ? 'is empty' : refusePath(whole);
    if (why !== null) return why;
    const own = work.parts[part]!.desk.place.within;
    if (isInInnerState(whole) || (own !== null && isWithin(whole, own))) return 'lies in the state folder of syncplan';
  }
  return null;
};

/** Waiting, or found ready or inconsistent by an earlier look: it is judged anew. */
const isOpen = (work: Work, index: number): boolean => {
  const state = work.table.state(index);
  return state === 'waiting' || state === 'ready' || (state === 'inconsistent' && work.table.isStaged(index));
};

/** Makes what can be made without content; a step that cannot be completed gets its outcome. */
const complete = async (work: Work, index: number, giving: Giving): Promise<void> => {
  const { table } = work;
  const { action } = table.step(index)!;
  const carried = table.carrier(index) !== NONE;
  switch (action.do) {
    case 'file':
      table.settle(inconsistent(index, 'its content did not arrive'));
      return;
    case 'folder':
      if (carried || action.whole) await completeFolder(work, index, action, giving);
      else table.setStaged(index, true);
      return;
    case 'link':
      await completeLink(work, index, action);
      return;
    case 'hard':
      if (carried) await completeHard(work, index, action);
      else table.setStaged(index, true);
      return;
    case 'adjust':
    case 'remove':
    case 'remove-folder':
      table.setStaged(index, true);
      return;
  }
};

const completeFolder = async (
  work: Work,
  index: number,
  action: Action & { do: 'folder' },
  giving: Giving,
): Promise<void> => {
  const { part: number } = work.table.step(index)!;
  const part = work.parts[number]!;
  const owners = givenOwners(work, action);
  const mode = modeOf(part, action.mode);
  if (isMadeWhole(work, index, mode) && owners.owner === null && owners.group === null && !managesExtras(part)) {
    work.table.setStaged(index, true);
    return;
  }
  const folder = await ownStagedFolder(work, index);
  if (isFault(folder)) return settleFault(work, index, 'make the folder', folder);
  const at = await part.staged.at(parent(stagedPath(work, index)));
  if (isFault(at)) return settleFault(work, index, 'make the folder', at);
  const name = stagedName(work, index);
  const given = givenOf(action, owners, mode);
  await giving.give(part, at, name, given, fault => {
    if (fault === null) work.table.setStaged(index, true);
    else settleFault(work, index, 'set the attributes', fault);
  });
};

const completeLink = async (work: Work, index: number, action: Action & { do: 'link' }): Promise<void> => {
  const at = await stagedFolder(work, index);
  if (isFault(at)) return settleFault(work, index, 'make the link', at);
  const name = stagedName(work, index);
  const { owner, group } = givenOwners(work, action);
  const deeds: Deed[] = [{ do: 'make-link', at, name, target: action.target }];
  if (action.modified !== null || owner !== null || group !== null) {
    deeds.push({ do: 'set', at, name, mode: null, modified: action.modified, owner, group });
  }
  const fault = (await work.verbs.perform(deeds)).find(isFault);
  if (fault !== undefined) {
    await performOne(work.verbs, { do: 'remove', at, name });
    return settleFault(work, index, 'make the link', fault);
  }
  work.table.setStaged(index, true);
};

/** Its leader lies in the same whole folder, and came before it in the list. */
const completeHard = async (work: Work, index: number, action: Action & { do: 'hard' }): Promise<void> => {
  const part = work.parts[work.table.step(index)!.part]!;
  const leader = carriedPath(work, work.table.carrier(index), action.leader);
  const from = await part.stagedLeaders.at(parent(leader));
  const to = await stagedFolder(work, index);
  if (isFault(to)) return settleFault(work, index, 'link', to);
  const name = leader.slice(leader.lastIndexOf('/') + 1);
  const toName = stagedName(work, index);
  const linked = isFault(from) ? from : await performOne(work.verbs, { do: 'hard-link', at: from, name, to, toName });
  if (linked?.fault === 'ENOENT')
    work.table.settle(inconsistent(index, 'the file it is another name of did not arrive'));
  else if (linked !== null) settleFault(work, index, 'link', linked);
  else work.table.setStaged(index, true);
};

/** What a folder carries is as ready as the folder is. */
const settleCarried = (work: Work, index: number): void => {
  const state = work.table.state(work.table.carrier(index));
  if (state === 'ready') work.table.setReady(index);
  else work.table.settle(inconsistent(index, 'the folder that brings it cannot be put in place'));
};

const settleFault = (work: Work, index: number, doing: string, fault: { fault: string; message: string }): void =>
  work.table.settle(failedOrStopped(work, index, work.table.step(index)!.action.path, doing, fault));
