// Carries out one relation: stage, check the source again, pre-check, commit, verify – and redo what came out inconsistent.
//
// Invariants:
//  1. Nothing at a final path changes before every remaining step is staged, verified and pre-checked.
//  2. What changed on either side meanwhile is looked at again and only that is staged again, a bounded number of times.
//  3. Under `verify`, what is still inconsistent then fails the block on this host before anything has moved.
//  4. Once the first step is committed, the commit is finished, also when the run is interrupted.
//  5. The transaction is ended on every way out.
import type { Transaction } from '../host/host.js';
import type { Outcome } from '../tree/action.js';
import type { RunEvent } from './events.js';
import { seeWhatCameBefore } from './made-before.js';
import { observeAgain } from './observe-again.js';
import { type Relation, shownPath } from './relation.js';
import { settleOutcome } from './settle.js';
import { about, setState } from './state.js';
import { type Place, type Work, workOf } from './work.js';

export type CarryingOut = {
  readonly run: string;
  readonly emit: (event: RunEvent) => void;
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** Waits, less when the run is interrupted. Milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Runs a transfer when one of the places for hosts that transfer at once is free. */
  readonly transferring: <T>(transfer: () => Promise<T>) => Promise<T>;
};

/** Sets the relation's state and tally; throws HostError when a host is lost. */
export const carryOut = async (relation: Relation, context: CarryingOut): Promise<void> => {
  const host = relation.remoteHost!;
  const before = host.traffic();
  try {
    const { consistency } = relation.block;
    let rounds = consistency.strategy === 'verify' ? consistency.rounds : 0;
    await seeWhatCameBefore(relation);
    let work = await workOf(relation);
    while (work.steps.length > 0) {
      const left = await attempt(relation, work, rounds, context);
      if (left === null || left.again.length === 0) break;
      if (left.rounds === 0) {
        reportInconsistent(
          relation,
          left.again.map(({ part, path }) => shownPath(relation.takes[part]!.take, path)),
          context,
        );
        break;
      }
      rounds = left.rounds - 1;
      await redo(relation, rounds, left.again.length, context);
      work = await workOf(relation, await observeAgain(relation, left.again));
    }
    if (relation.state !== 'failed' && relation.state !== 'skipped') {
      setState(relation, relation.problems.length > 0 || relation.tally.inconsistent > 0 ? 'partial' : 'done', context);
    }
  } finally {
    const after = host.traffic();
    relation.tally.bytesSent += after.sent - before.sent;
    relation.tally.bytesReceived += after.received - before.received;
  }
};

type Left = { readonly again: readonly Place[]; readonly rounds: number };

/** One transaction. What has to be done again after its commit, or null when it ended before. */
const attempt = async (relation: Relation, work: Work, rounds: number, context: CarryingOut): Promise<Left | null> => {
  const { block, takes } = relation;
  const trash = block.delete.mode === 'mirror' ? block.delete.trash : DEFAULT_TRASH;
  const parts = takes.map(({ remoteRoot, remote }) => ({ root: remoteRoot, scan: remote }));
  const switched = relation.state === 'verifying';
  const transaction = await relation.remoteHost!.begin({ run: context.run, block: block.name, trash }, parts);
  try {
    await transaction.prepare(work.steps);
    setState(relation, 'staging', context);
    const roundsLeft = await context
      .transferring(() => stageUntilConsistent(relation, work, transaction, rounds, context))
      .catch((error: unknown) => {
        // Content that stops in the middle is a fault to its receiver, and here the interruption that was asked for.
        if (!context.signal.aborted) throw error;
        return rounds;
      });
    if (roundsLeft === null) return null;
    if (context.signal.aborted) {
      interrupted(relation, switched, context);
      return null;
    }
    setState(relation, 'committing', context);
    const again = await commit(relation, work, transaction, context);
    setState(relation, 'verifying', context);
    for (const { index } of await transaction.verify()) again.add(index);
    return { again: [...again].map(index => work.placeOf(index)), rounds: roundsLeft };
  } finally {
    await transaction.end().catch(() => undefined);
  }
};

/** Nothing of this transaction was switched; an earlier one of the relation may have been. */
const interrupted = (relation: Relation, switched: boolean, context: CarryingOut): void =>
  setState(
    relation,
    switched ? 'partial' : 'skipped',
    context,
    switched
      ? 'interrupted before what had changed meanwhile was done again'
      : 'interrupted before anything was switched',
    'run the same command again',
  );

/** Rounds left when everything that remains is staged and pre-checked; null when the block failed instead. */
const stageUntilConsistent = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  rounds: number,
  context: CarryingOut,
): Promise<number | null> => {
  const { consistency } = relation.block;
  let left = rounds;
  let outcomes = await stage(relation, work, transaction, work.fileSteps(), context);
  for (;;) {
    if (context.signal.aborted) return left;
    outcomes = latest([...outcomes, ...(await transaction.precheck()), ...(await changedSources(relation, work))]);
    if (context.signal.aborted) return left;
    const problems = outcomes.filter(outcome => outcome.result === 'failed');
    const inconsistent = outcomes.filter(outcome => outcome.result === 'inconsistent');
    await transaction.amend(work.drop(problems.map(({ index }) => index)));
    for (const outcome of problems) settleOutcome(relation, work, outcome, context);
    if (inconsistent.length === 0) return left;
    for (const { index, why } of inconsistent) {
      context.emit({ type: 'inconsistent', ...about(relation, context), path: work.shown(index), why });
    }
    if (consistency.strategy === 'none') {
      await transaction.amend(work.drop(inconsistent.map(({ index }) => index)));
      relation.tally.inconsistent += inconsistent.length;
      return left;
    }
    if (left === 0) {
      const first = work.shown(inconsistent[0]!.index);
      const message = `${inconsistent.length} ${inconsistent.length === 1 ? 'file' : 'files'} kept changing while they were synchronised, ${first} among them (${inconsistent[0]!.why})`;
      relation.tally.inconsistent += inconsistent.length;
      setState(
        relation,
        'failed',
        context,
        message,
        'nothing was switched; stop what writes there, or give the block more rounds',
      );
      return null;
    }
    left -= 1;
    await redo(relation, left, inconsistent.length, context);
    const again = await observeAgain(
      relation,
      inconsistent.map(({ index }) => work.placeOf(index)),
    );
    await transaction.amend(
      work.replaceWith(
        inconsistent.map(({ index }) => index),
        again,
      ),
    );
    outcomes = await stage(
      relation,
      work,
      transaction,
      work.fileSteps(new Set(inconsistent.map(({ index }) => index))),
      context,
    );
  }
};

const stage = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  steps: ReadonlyMap<number, { readonly index: number; readonly path: string }[]>,
  context: CarryingOut,
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
    const pack = relation.takes[part]!.master.read(wanted);
    outcomes.push(
      ...(await transaction.stage(work.counted(pack, () => progress(relation, work, context), context.signal))),
    );
  }
  progress(relation, work, context);
  context.emit({
    type: 'stage',
    ...about(relation, context),
    files: work.progress.totalFiles,
    bytes: work.progress.totalBytes,
    state: 'done',
  });
  return outcomes;
};

const progress = (relation: Relation, { progress: { files, bytes } }: Work, context: CarryingOut): void =>
  context.emit({ type: 'progress', ...about(relation, context), files, bytes });

/** Files whose source is no longer what was listed, though it was when it was read. */
const changedSources = async (relation: Relation, work: Work): Promise<Outcome[]> => {
  if (relation.block.consistency.strategy === 'none') return [];
  const outcomes: Outcome[] = [];
  for (const [part, wanted] of work.fileSteps()) {
    if (wanted.length === 0) continue;
    const changed = await relation.takes[part]!.master.changed(wanted.map(({ path }) => path));
    for (const at of changed)
      outcomes.push({ index: wanted[at]!.index, result: 'inconsistent', why: 'changed on the master' });
  }
  return outcomes;
};

/** Commits every remaining step and counts what came of it; returns what was found changed at the last moment. */
const commit = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  context: CarryingOut,
): Promise<Set<number>> => {
  const again = new Set<number>();
  let done = 0;
  const total = work.remaining();
  for await (const outcomes of transaction.commit()) {
    for (const outcome of outcomes) {
      if (outcome.result === 'inconsistent') again.add(outcome.index);
      else settleOutcome(relation, work, outcome, context);
    }
    done += outcomes.length;
    context.emit({ type: 'commit', ...about(relation, context), done: Math.min(done, total), total });
  }
  return again;
};

const redo = async (relation: Relation, left: number, paths: number, context: CarryingOut): Promise<void> => {
  const { consistency } = relation.block;
  if (consistency.strategy !== 'verify') return;
  const { rounds, every } = consistency;
  context.emit({ type: 'redo', ...about(relation, context), round: rounds - left, rounds, paths });
  await context.pause(every * 1000);
};

const reportInconsistent = (relation: Relation, paths: readonly string[], context: CarryingOut): void => {
  relation.tally.inconsistent += paths.length;
  for (const path of paths) {
    context.emit({
      type: 'inconsistent',
      ...about(relation, context),
      path,
      why: 'changed right after it was put in place',
    });
  }
};

/** The last word on each step. */
const latest = (outcomes: readonly Outcome[]): Outcome[] => {
  const byIndex = new Map<number, Outcome>();
  for (const outcome of outcomes) {
    if (byIndex.get(outcome.index)?.result !== 'failed') byIndex.set(outcome.index, outcome);
  }
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
};

const DEFAULT_TRASH = 7 * 86_400;
