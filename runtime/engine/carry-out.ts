// Carries out one relation: lock, attempt, redo what came out inconsistent, escalate, run what is owed, let go.
//
// Invariants:
//  1. A block works under its remote's lock; strategy `lock` looks again once it holds its locks, and so does who had to wait.
//  2. What changed on either side meanwhile is looked at again and only that is done again, a bounded number of times.
//  3. What is still inconsistent then escalates to a lock for this relation alone, or fails with the list.
//  4. Locks are let go on every way out; what could not be undone is named.
//  5. A block hands on what its master holds when it begins, not what that held before other blocks of the run changed it.
//  6. A host of a block that switches together waits for no lock once another one cannot get ready.
import type { LockStrategy } from '../../compiler/plan.js';
import { asText } from '../tree/path.js';
import { type Attempting, attempt, type Left, leftAlone, switchedText } from './attempt.js';
import { type RootMemory, rememberRoots } from './guards.js';
import { type HeldLocks, type Locking, lockRelation } from './locking.js';
import { seeWhatCameBefore } from './made-before.js';
import type { Side } from './observe.js';
import { observeAgain } from './observe-again.js';
import { payOwed } from './pay-owed.js';
import { consistencyOf, hasFailed, type Relation, shownPath } from './relation.js';
import { about, setState, tellProblems } from './state.js';
import { hasChanges } from './summary.js';
import { type Work, workOf } from './work.js';

export type CarryingOut = Attempting &
  Locking & {
    /** Observes the whole relation again; false where a guard now refuses it. */
    readonly observeUnderLock: (relation: Relation, scans: Map<string, Promise<Side>> | null) => Promise<boolean>;
    /** Observes it again where blocks before it have changed what it takes from; false where a guard now refuses it. */
    readonly followMaster: (relation: Relation) => Promise<boolean>;
    readonly memory: RootMemory;
    /** Nothing that was looked at again may be done: exactly what was observed, or nothing. */
    readonly exact: boolean;
  };

/** Sets the relation's state and tally; throws HostError when a host is lost. */
export const carryOut = async (relation: Relation, context: CarryingOut): Promise<void> => {
  const host = relation.remoteHost!;
  const before = host.traffic();
  const barrier = context.barrierOf(relation);
  try {
    const consistency = consistencyOf(relation);
    const strategy = consistency.strategy === 'lock' ? consistency : null;
    const then = consistency.strategy === 'verify' && !context.exact ? consistency.then : 'fail';
    const escalation = then === 'fail' ? null : then;
    if (!(await context.followMaster(relation))) return;
    await seeWhatCameBefore(relation);
    const work = await workOf(relation);
    if (work.steps.length === 0) await barrier.arrive();
    // Before it waits for a lock, and keeps others waiting for it.
    else if (barrier.hasFailed()) leftAlone(relation, barrier, context);
    else {
      const left = await underLocks(relation, strategy, work, context);
      if (left !== null) {
        if (escalation !== null) await escalate(relation, left, escalation, context);
        else failInconsistent(relation, left, context);
      }
    }
    await payOwed(relation, context);
    await rememberRoots(relation, context);
    if (hasFailed(relation)) return;
    const isWhole = relation.problems.length === 0 && relation.tally.inconsistent === 0;
    setState(relation, isWhole ? 'done' : 'partial', context);
  } finally {
    barrier.fail(relation.host, context.signal.aborted && relation.state !== 'failed' && relation.state !== 'refused');
    const after = host.traffic();
    relation.tally.bytesSent += after.sent - before.sent;
    relation.tally.bytesReceived += after.received - before.received;
  }
};

/** What is still inconsistent after all rounds; null when the relation has come to an end, good or bad. `work` is what there is
 * to do as far as was observed until now. */
const underLocks = async (
  relation: Relation,
  strategy: LockStrategy | null,
  work: Work | null,
  context: CarryingOut,
): Promise<Left | null> => {
  setState(relation, 'locking', context);
  const locks = await lockRelation(relation, strategy, context);
  try {
    const isStale = strategy !== null || locks.waited;
    if (isStale) {
      if (!(await context.observeUnderLock(relation, locks.scans))) return null;
      await seeWhatCameBefore(relation);
    }
    return await rounds(relation, strategy, locks, isStale ? null : work, context);
  } finally {
    for (const problem of await locks.release()) {
      relation.problems.push(problem);
      tellProblems(relation, [problem], context);
    }
  }
};

/** Attempts, each for what is left of the one before. */
const rounds = async (
  relation: Relation,
  strategy: LockStrategy | null,
  locks: HeldLocks,
  known: Work | null,
  context: CarryingOut,
): Promise<Left | null> => {
  let left = context.exact ? 0 : strategy === null ? roundsOf(relation) : ROUNDS_UNDER_LOCK;
  let work = known ?? (await workOf(relation));
  // Another run has done it meanwhile: whoever switches together with this host need not wait for it.
  if (work.steps.length === 0) await context.barrierOf(relation).arrive();
  while (work.steps.length > 0) {
    const outcome = await attempt(
      relation,
      work,
      { rounds: left, lock: locks.remote, whole: mustBeWhole(relation, strategy) },
      context,
    );
    if (outcome === null || outcome.again.length === 0) return null;
    if (outcome.rounds === 0 || !outcome.committed) return outcome;
    left = outcome.rounds - 1;
    await context.redo(relation, left, outcome.again.length);
    work = await workOf(
      relation,
      await observeAgain(relation, outcome.again, problems => tellProblems(relation, problems, context)),
    );
  }
  return null;
};

/** The same relation once more, now with access blocked. */
const escalate = async (relation: Relation, left: Left, to: LockStrategy, context: CarryingOut): Promise<void> => {
  const message = `${left.again.length} still inconsistent after all rounds: synchronised again under a lock`;
  setState(relation, 'locking', context, message);
  const still = await underLocks(relation, to, null, context);
  if (still !== null) failInconsistent(relation, still, context);
};

const failInconsistent = (relation: Relation, { again, committed, why }: Left, context: CarryingOut): void => {
  relation.tally.inconsistent += again.length;
  const paths = again.map(({ part, path }) => shownPath(relation.takes[part]!.take, path));
  const first = asText(paths[0]!);
  if (committed) {
    for (const path of paths) context.emit({ type: 'inconsistent', ...about(relation, context), path, why });
    return;
  }
  relation.refused = context.exact;
  const message =
    again.length === 1
      ? `${first} kept changing while it was synchronised (${why})`
      : `${again.length} files kept changing while they were synchronised, ${first} among them (${why})`;
  const isBegun = hasChanges(relation.tally);
  const help = `${switchedText(isBegun)}; stop what writes there, or give the block more rounds`;
  setState(relation, isBegun ? 'partial' : 'failed', context, message, help);
};

const roundsOf = (relation: Relation): number => {
  const consistency = consistencyOf(relation);
  return consistency.strategy === 'verify' ? consistency.rounds : 0;
};

/** Under a lock or where all hosts switch together, a path that cannot be sent fails the block here. */
const mustBeWhole = ({ block }: Relation, strategy: LockStrategy | null): boolean =>
  strategy !== null || block.commit === 'together';

const ROUNDS_UNDER_LOCK = 1;
