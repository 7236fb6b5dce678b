// One transaction of a relation: stage, check the source again, pre-check, get ready, commit, verify.
//
// Invariants:
//  1. Nothing at a final path changes before every remaining step is staged, verified and pre-checked.
//  2. What changed on either side meanwhile is looked at again and only that is staged again.
//  3. Hooks that the commit will owe are written down before it begins; those that go before it have run by then.
//  4. Once the first step is committed, the commit is finished, also when the run is interrupted.
//  5. The transaction is ended on every way out.
import type { Lock, Transaction, Wanted } from '../host/host.js';
import type { Outcome } from '../tree/action.js';
import type { Barrier } from './barrier.js';
import { cameBack } from './came-back.js';
import type { Carry } from './carry.js';
import { type Hooking, runHooks } from './hooks.js';
import { observeAgain } from './observe-again.js';
import { owedText } from './owed.js';
import { consistencyOf, type Relation } from './relation.js';
import type { Relaying } from './relayed.js';
import { adoptLeftovers } from './reuse.js';
import { sendContents } from './send.js';
import { settleOutcome } from './settle.js';
import { about, setState, type Telling, tellProblems, tellProgress } from './state.js';
import { stageTwins } from './twins.js';
import { openWay } from './way.js';
import { hooksFor } from './which-hooks.js';
import type { Place, Work } from './work.js';

export type Attempting = Hooking &
  Relaying & {
    /** Tells of a redo and waits as long as the plan says. */
    readonly redo: (relation: Relation, left: number, paths: number) => Promise<void>;
    /** Runs a transfer when one of the places for hosts that transfer at once is free. */
    readonly transferring: <T>(transfer: () => Promise<T>) => Promise<T>;
    readonly barrierOf: (relation: Relation) => Barrier;
  };

export type Terms = {
  readonly rounds: number;
  readonly lock: Lock | null;
  /** A path that cannot be sent fails the block instead of being left out. */
  readonly whole: boolean;
};

/** What is still to be done, and whether the rest has been switched already. */
export type Left = {
  readonly again: readonly Place[];
  readonly rounds: number;
  readonly committed: boolean;
  readonly why: string;
};

/** Null when the relation has come to its end instead: failed, or stopped before anything moved. */
export const attempt = async (
  relation: Relation,
  work: Work,
  terms: Terms,
  context: Attempting,
): Promise<Left | null> => {
  const { block, takes } = relation;
  const barrier = context.barrierOf(relation);
  if (barrier.hasFailed()) {
    leftAlone(relation, barrier, context);
    return null;
  }
  const trash = block.delete.mode === 'mirror' ? block.delete.trash : DEFAULT_TRASH;
  const parts = takes.map(({ remoteRoot, remote }) => ({ root: remoteRoot, scan: remote }));
  const id = { run: context.run, block: block.name, trash, durability: block.durability, lock: terms.lock };
  const switched = relation.state === 'verifying';
  let begun = false;
  const transaction = await relation.remoteHost!.begin(id, parts);
  const way = openWay(relation, work, transaction, context);
  try {
    await way.asked;
    await transaction.prepare(work.steps);
    setState(relation, 'staging', context);
    await way.ready();
    const staged = await context
      .transferring(() => {
        way.serve();
        return stageUntilConsistent(relation, work, transaction, way.carry, terms, context);
      })
      .catch((error: unknown) => {
        // Content that stops in the middle is a fault to its receiver, and here the interruption that was asked for.
        if (!context.signal.aborted) throw error;
        return { rounds: terms.rounds };
      });
    if (staged === null || 'again' in staged) return staged;
    const owed = relation.owed.length;
    if (!(await getReady(relation, work, transaction, switched, context))) return null;
    begun = true;
    setState(relation, 'committing', context);
    const { again, hasSwitched } = await commit(relation, work, transaction, context);
    // What would have been owed for it.
    for (const debt of hasSwitched ? [] : relation.owed.splice(owed)) await debt.root.paid(debt.transaction);
    setState(relation, 'verifying', context);
    for (const { index } of await transaction.verify()) again.add(index);
    const why = 'changed right after it was put in place';
    return { again: [...again].map(index => work.placeOf(index)), rounds: staged.rounds, committed: true, why };
  } finally {
    await way.close();
    // Who interrupted it means to go on later: what has come by then need not come again.
    await transaction.end(context.signal.aborted && !begun).catch(() => undefined);
  }
};

/** Rounds left when everything that remains is staged and pre-checked. */
const stageUntilConsistent = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  carry: Carry,
  terms: Terms,
  context: Attempting,
): Promise<Left | { readonly rounds: number } | null> => {
  let left = terms.rounds;
  const adopted = await adoptLeftovers(relation, work, transaction);
  const missing = await stageTwins(relation, work, transaction, adopted, context.signal);
  let outcomes = await stage(relation, work, carry, missing, context);
  for (;;) {
    if (context.signal.aborted) return { rounds: left };
    // Two machines look at the same time; neither look depends on the other.
    const [changed, unready] = await Promise.all([changedSources(relation, work), transaction.precheck()]);
    outcomes = withWithin(work, latest([...outcomes, ...unready, ...changed]));
    const problems = outcomes.filter(outcome => outcome.result === 'failed');
    const inconsistent = outcomes.filter(outcome => outcome.result === 'inconsistent');
    await transaction.amend(work.drop(problems.map(({ index }) => index)));
    for (const outcome of problems) settleOutcome(relation, work, outcome, context);
    if (problems.length > 0 && terms.whole) {
      const help = 'nothing was switched: this block switches whole or not at all';
      setState(relation, 'failed', context, `${problems.length} of its paths cannot be sent`, help);
      return null;
    }
    if (inconsistent.length === 0) return { rounds: left };
    for (const { index, why } of inconsistent) {
      context.emit({ type: 'inconsistent', ...about(relation, context), path: work.shown(index), why });
    }
    if (consistencyOf(relation).strategy === 'none') {
      await transaction.amend(work.drop(inconsistent.map(({ index }) => index)));
      relation.tally.inconsistent += inconsistent.length;
      return { rounds: left };
    }
    const indexes = work.withFollowers(inconsistent.map(({ index }) => index));
    const again = indexes.map(index => work.placeOf(index));
    if (left === 0) return { again, rounds: 0, committed: false, why: inconsistent[0]!.why };
    left -= 1;
    await context.redo(relation, left, inconsistent.length);
    await transaction.amend(
      await work.replaceWith(
        indexes,
        await observeAgain(relation, again, problems => tellProblems(relation, problems, context)),
      ),
    );
    outcomes = await stage(relation, work, carry, work.fileSteps(new Set(indexes)), context);
  }
};

/** The last safe point: hooks that go before, the other hosts of a block that switches together, and what will be owed. */
const getReady = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  switched: boolean,
  context: Attempting,
): Promise<boolean> => {
  if (isInterrupted(relation, switched, context)) return false;
  const barrier = context.barrierOf(relation);
  if (barrier.hasFailed()) return leftAlone(relation, barrier, context);
  const changes = relation.block.hooks.length === 0 ? [] : work.remainingChanges();
  const failed = await runHooks(relation, hooksFor(relation, 'before', changes), context);
  if (failed !== null) {
    const { why, help } = failed;
    const todo = help === null ? '; mend the hook, then run the same command again' : `: ${help}`;
    setState(relation, switched ? 'partial' : 'failed', context, why, `${switchedText(switched)}${todo}`);
    return false;
  }
  if (barrier.mustWait()) setState(relation, 'staging', context, 'waiting for the other hosts of this block');
  if (!(await barrier.arrive())) return leftAlone(relation, barrier, context);
  if (isInterrupted(relation, switched, context)) return false;
  const owed = owedText(hooksFor(relation, 'after', changes));
  if (owed !== '') {
    await transaction.owe(owed);
    const transactionName = `${context.run}-${relation.block.name}`;
    if (!relation.owed.some(({ transaction: known }) => known === transactionName))
      relation.owed.push({
        root: relation.takes[0]!.remoteRoot,
        transaction: `${context.run}-${relation.block.name}`,
        owed,
      });
  }
  return true;
};

export const switchedText = (switched: boolean): string => (switched ? 'all else is in place' : 'nothing was switched');

/** A block that switches together, of which another host cannot. */
export const leftAlone = (relation: Relation, barrier: Barrier, context: Telling): false => {
  if (barrier.wasInterrupted()) {
    setState(relation, 'skipped', context, 'interrupted before anything was switched', 'run the same command again');
    return false;
  }
  const message = `another host of this block did not get ready (${barrier.firstFailed()}), and the plan says \`commit together\``;
  const help = 'nothing was switched on any host; mend the other host, then run the same command again';
  setState(relation, 'failed', context, message, help);
  return false;
};

/** Nothing of this transaction was switched; an earlier one of the relation may have been. */
const isInterrupted = (relation: Relation, switched: boolean, context: Attempting): boolean => {
  if (!context.signal.aborted) return false;
  const before = switched ? 'what had changed meanwhile was done again' : 'anything was switched';
  setState(
    relation,
    switched ? 'partial' : 'skipped',
    context,
    `interrupted before ${before}`,
    'run the same command again',
  );
  return true;
};

const stage = async (
  relation: Relation,
  work: Work,
  carry: Carry,
  steps: ReadonlyMap<number, readonly Wanted[]>,
  context: Attempting,
): Promise<Outcome[]> => {
  context.emit({
    type: 'stage',
    ...about(relation, context),
    files: work.progress.totalFiles,
    bytes: work.progress.totalBytes,
    state: 'begin',
  });
  const outcomes: Outcome[] = [];
  for (const [part, wanted] of steps) {
    if (wanted.length === 0 || context.signal.aborted) continue;
    outcomes.push(...(await sendContents(relation, work, part, wanted, carry)));
  }
  tellProgress(relation, work, context);
  context.emit({
    type: 'stage',
    ...about(relation, context),
    files: work.progress.totalFiles,
    bytes: work.progress.totalBytes,
    state: 'done',
  });
  return outcomes;
};

/** Files and links whose source is no longer what was listed, though it was when it was read; and what is to be deleted and is
 * there again. */
const changedSources = async (relation: Relation, work: Work): Promise<Outcome[]> => {
  if (consistencyOf(relation).strategy === 'none') return [];
  const outcomes: Outcome[] = [];
  for (const [part, wanted] of [...work.fileSteps(), ...work.linkSteps()]) {
    if (wanted.length === 0) continue;
    const changed = await relation.takes[part]!.master.changed(wanted.map(({ path }) => path));
    for (const at of changed)
      outcomes.push({ index: wanted[at]!.index, result: 'inconsistent', why: 'changed on the master' });
  }
  for (const [part, doomed] of work.deletions()) {
    for (const { index } of await cameBack(relation.takes[part]!.master, doomed))
      outcomes.push({ index, result: 'inconsistent', why: 'is on the master again' });
  }
  return outcomes;
};

/** Commits every remaining step and counts what came of it; returns what was found changed at the last moment. */
const commit = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  context: Attempting,
): Promise<{ readonly again: Set<number>; readonly hasSwitched: boolean }> => {
  const again = new Set<number>();
  const failed: Outcome[] = [];
  let hasSwitched = false;
  let done = 0;
  const total = work.remaining();
  for await (const outcomes of transaction.commit()) {
    for (const outcome of outcomes) {
      hasSwitched ||= outcome.result === 'done';
      if (outcome.result === 'inconsistent') again.add(outcome.index);
      else settleOutcome(relation, work, outcome, context);
      if (outcome.result === 'failed') failed.push(outcome);
    }
    done += outcomes.length;
    context.emit({ type: 'commit', ...about(relation, context), done: Math.min(done, total), total });
  }
  for (const outcome of withWithin(work, failed)) {
    if (again.delete(outcome.index)) settleOutcome(relation, work, outcome, context);
  }
  return { again, hasSwitched };
};

/** These, and at their end what can come of nothing that lies in folders which are not there then: looked at again, it would
 * be said to have changed. */
const withWithin = (work: Work, outcomes: readonly Outcome[]): Outcome[] => {
  const failed = outcomes.flatMap(({ index, result }) => (result === 'failed' ? [index] : []));
  const known = new Set(failed);
  const lost = new Set(work.within(failed).filter(index => !known.has(index)));
  return [...outcomes.filter(({ index }) => !lost.has(index)), ...[...lost].map(index => inNoFolder(work, index))];
};

const inNoFolder = (work: Work, index: number): Outcome => ({
  index,
  result: 'failed',
  problem: {
    path: work.placeOf(index).path,
    code: 'gone',
    message: 'its folder cannot be put in place',
    help: 'do what is said of the folder, then run the same command again',
  },
});

/** The last word on each step. */
const latest = (outcomes: readonly Outcome[]): Outcome[] => {
  const byIndex = new Map<number, Outcome>();
  for (const outcome of outcomes) {
    if (byIndex.get(outcome.index)?.result !== 'failed') byIndex.set(outcome.index, outcome);
  }
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
};

const DEFAULT_TRASH = 7 * 86_400;
