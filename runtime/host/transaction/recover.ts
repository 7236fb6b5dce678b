// Recovers: finishes a transaction from its intent record, by the code that would have finished it then.
//
// New content in place: done. Old content as expected: switched from staging. Anything else: that path is left alone and
// named. What comes of it is final; the next comparison sees what is left to do.
import type { Outcome } from '../../tree/action.js';
import type { Problem } from '../../tree/entry.js';
import { join, type Path } from '../../tree/path.js';
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import type { Recovered } from '../host.js';
import type { Seen } from '../seen.js';
import { closeWork, NOTHING_KEPT } from './close.js';
import { finishWork } from './commit.js';
import { type Desk, reopenDesk } from './desk.js';
import { hashFile } from './hash-file.js';
import type { Intent, IntentPart } from './intent.js';
import { putAside, readLog } from './intent-log.js';
import type { IntentStep } from './intent-step.js';
import { isDamage } from './record.js';
import { stagedFolder, stagedName } from './staged.js';
import type { StatePlace } from './state-folder.js';
import { NONE } from './table.js';
import { makeWork, type TransactionTools } from './transaction.js';
import { closeParts, failed, makePart, openHashers, type PartScan, type Work, type WorkPart } from './work.js';

/** `place` is the root in whose log the record lies. Nothing where it is done by now. */
export const recoverTransaction = async (
  tools: TransactionTools,
  place: StatePlace,
  name: string,
): Promise<Recovered[]> => {
  const { verbs } = tools;
  const logged = (await readLog(verbs, place)).find(
    one => one.name === name && (one.state === 'intent' || isDamage(one.intent)),
  );
  if (logged === undefined) return [];
  const { intent, file } = logged;
  if (isDamage(intent)) return [damaged(await putAside(verbs, place, file), intent.damage, place.where)];
  const roots = await openRoots(verbs, place, intent);
  const desks: Desk[] = [];
  let work: Work | null = null;
  try {
    work = await reopenWork(tools, intent, roots, desks);
    await findPlaced(work);
    await checkStaged(work);
    const outcomes: Outcome[] = [];
    for await (const some of finishWork(work, intent)) outcomes.push(...some);
    const finished = work;
    await closeWork(finished, NOTHING_KEPT);
    work = null;
    desks.length = 0;
    return [...outcomes.map(outcome => recoveredBy(finished, outcome, intent)), ...unreachable(intent, roots)];
  } finally {
    if (work !== null) await closeParts(work);
    for (const desk of desks) await desk.release();
    for (const { folder } of roots) if (folder !== null && folder !== place.root) await verbs.release(folder);
  }
};

/** A root of the transaction; null with a problem where it is not the folder it was. */
type Reopened =
  | { readonly place: StatePlace; readonly folder: Folder; readonly problem: null }
  | { readonly place: null; readonly folder: null; readonly problem: Omit<Problem, 'path'> };

const openRoots = async (verbs: FileVerbs, first: StatePlace, { parts }: Intent): Promise<Reopened[]> => {
  const known = new Map<Path, Reopened>();
  const roots: Reopened[] = [];
  for (const part of parts) {
    let root = known.get(part.root);
    root ??=
      part === parts[0] ? { place: first, folder: first.root, problem: null } : await openOther(verbs, first, part);
    known.set(part.root, root);
    roots.push(root);
  }
  return roots;
};

const openOther = async (verbs: FileVerbs, first: StatePlace, part: IntentPart): Promise<Reopened> => {
  const help = `mount it again as it was, then run the same command again`;
  const lost = (why: string): Reopened => ({
    place: null,
    folder: null,
    problem: { code: 'gone', message: `finish what was interrupted in the root ${part.root}: ${why}`, help },
  });
  const opened = await verbs.open(part.root);
  if (isFault(opened)) return lost('it cannot be opened');
  if (opened.stat.inode !== part.inode) {
    await verbs.release(opened.folder);
    return lost('it is another folder now');
  }
  const place: StatePlace = {
    ...first,
    root: opened.folder,
    rootStat: opened.stat,
    elsewhere: part.elsewhere,
    within: null,
    where: `the root ${part.root}`,
  };
  return { place, folder: opened.folder, problem: null };
};

const reopenWork = async (
  tools: TransactionTools,
  intent: Intent,
  roots: readonly Reopened[],
  desks: Desk[],
): Promise<Work> => {
  const byStaging = new Map<string, Desk>();
  const parts: WorkPart[] = [];
  for (const [number, part] of intent.parts.entries()) {
    // Steps of a root that is lost are left out, so its part is never asked for anything.
    const { place } = roots[number]?.place === null ? roots[0]! : roots[number]!;
    const key = `${part.root}\0${part.staging}`;
    let desk = byStaging.get(key);
    if (desk === undefined) {
      const names = roots[number]?.place === null ? intent.parts[0]! : part;
      desk = await reopenDesk(tools.verbs, place!, intent, names);
      desks.push(desk);
      byStaging.set(key, desk);
    }
    const scan = scanOf(intent, number, part);
    parts.push(makePart(tools.verbs, { root: place!.root, path: part.root, scan, desk }));
  }
  const steps = intent.steps.map(step => (step === null || roots[step.part]!.place === null ? null : step));
  const { run, block, trash, strict, remembers, locked } = intent;
  const work = makeWork(tools, {
    id: { run, block, trash, strict, remembers, locked },
    parts,
    steps,
    again: true,
    check: () => {},
  });
  steps.forEach((step, index) => {
    if (step === null) return;
    work.table.setStaged(index, true);
    work.table.setReady(index);
    if (step.staged !== null) work.lying.set(index, step.staged);
    if (step.linked) work.linked.add(index);
    if (step.digest !== '') work.digests.set(index, step.digest);
  });
  return work;
};

/** What the scan had seen, as far as the steps rest on it. */
const scanOf = (intent: Intent, number: number, part: IntentPart): PartScan => {
  const seen = new Map<Path, Seen>();
  for (const step of intent.steps) {
    if (step?.part !== number) continue;
    if (step.seen !== null) seen.set(step.action.path, step.seen);
    if (step.leader !== null && step.action.do === 'hard') seen.set(step.action.leader, step.leader);
  }
  const { base: folder, attributes, algorithm, exists } = part;
  return { seen: path => seen.get(path) ?? null, selection: { folder, attributes, algorithm }, summary: { exists } };
};

/** Where inodes are not told, what still lies in staging was surely not put in place; a rename takes it away from there. */
const findPlaced = async (work: Work): Promise<void> => {
  for (const [index, inode] of work.lying) {
    if (inode !== 0) continue;
    const { staging } = work.parts[work.table.step(index)!.part]!.desk;
    const [staged] = await work.verbs.stat([{ at: staging, name: stagedName(work, index) }]);
    if (staged !== undefined && !isFault(staged)) work.lying.set(index, NOWHERE);
  }
};

/** No inode has this number. */
const NOWHERE = -1;

/**
 * Without durability a power cut may have torn what was staged, and to what was lent (lend.ts) somebody may have written under
 * its old name since: only what still has its digest is put in place.
 */
const checkStaged = async (work: Work): Promise<void> => {
  const { table } = work;
  const hashers = await openHashers(new Set(work.parts.map(({ scan }) => scan.selection.algorithm)));
  for (let index = 0; index < table.size; index++) {
    const step = table.step(index);
    const digest = work.digests.get(index);
    if (step?.action.do !== 'file' || digest === '') continue;
    const carrier = table.carrier(index);
    const part = work.parts[step.part]!;
    const lies = carrier === NONE ? work.lying.get(index) : work.lying.get(carrier);
    const at = await part.staged.at(carrier === NONE ? '' : `${carrier}.d`);
    if (isFault(at) || lies === undefined) continue;
    const folder = await stagedFolder(work, index);
    if (isFault(folder)) continue;
    if (work.id.strict && !(await hasFurtherName(work, folder, index))) continue;
    const found = await hashFile(
      work,
      folder,
      stagedName(work, index),
      hashers.get(part.scan.selection.algorithm)!.parts,
    );
    if (found === digest || (isFault(found) && carrier === NONE)) continue;
    const broken = carrier === NONE ? index : carrier;
    const { path } = table.step(broken)!.action;
    const message = 'finish what was interrupted: what was staged is damaged';
    table.settle(failed(broken, { path, code: 'corrupt', message, help: 'run the same command again' }));
  }
};

const hasFurtherName = async (work: Work, at: Folder, index: number): Promise<boolean> => {
  const [stat] = await work.verbs.stat([{ at, name: stagedName(work, index) }]);
  return stat !== undefined && !isFault(stat) && stat.names > 1;
};

const recoveredBy = (work: Work, outcome: Outcome, intent: Intent): Recovered => {
  const { part, action } = work.table.step(outcome.index)!;
  const { base } = work.parts[part]!;
  const path = base === '' ? action.path : join(base, action.path);
  switch (outcome.result) {
    case 'done':
    case 'kept':
      return { path, result: outcome.result };
    case 'failed':
      return { path, result: 'failed', problem: { ...outcome.problem, path } };
    case 'inconsistent': {
      const message = `finish what run ${intent.run} began: ${outcome.why}`;
      const help = 'what stands there was left alone; run the same command again to make it right';
      return { path, result: 'failed', problem: { path, code: 'changed', message, help } };
    }
  }
};

const unreachable = ({ parts, steps }: Intent, roots: readonly Reopened[]): Recovered[] =>
  steps.flatMap((step: IntentStep | null): Recovered[] => {
    const problem = step === null ? null : roots[step.part]!.problem;
    if (step === null || problem === null) return [];
    const { base } = parts[step.part]!;
    const path = base === '' ? step.action.path : join(base, step.action.path);
    return [{ path, result: 'failed', problem: { ...problem, path } }];
  });

const damaged = (name: string, damage: string, where: string): Recovered => ({
  path: '',
  result: 'failed',
  problem: {
    path: '',
    code: 'corrupt',
    message: `read the intent record of an interrupted run in ${where}: ${damage}`,
    help: `what it was about to do is not known; the record was put aside as intent/${name}, and the next comparison shows what differs`,
  },
});
