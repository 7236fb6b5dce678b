// Locks of a host driven by its shell: the same lock files and records as an agent's (runtime/host/lock/), held there by keepers.
//
// What a keeper is, and what stands in for flock where there is none, is said in lock-scripts.ts.
//  1. Only what the far side answered says who holds a lock; it ends with the far shell, however that ends.
//  2. What a killed agent left to be given back (closed folders, a release command) is not ours to do: then nothing is locked.
//  3. A shell closes no folders to others and runs no command: a plan that asks for that is refused by name.
import type { Problem } from '../../tree/entry.js';
import { problemOf } from '../faults.js';
import type { FileVerbs, Folder } from '../file-verbs.js';
import type { LockRequest, Locks, Root } from '../host.js';
import { HostError } from '../host-error.js';
import { isSameHolding, type Lease, leaseName, newLease, parseLease, sharerName } from '../lock/lease.js';
import { type LockPlace, lockName, missingRoot, openLockPlace, type RootPlace } from '../lock/place.js';
import { makeTogether } from '../lock/together.js';
import { waitingEnded } from '../lock/waiting.js';
import type { CheckedLock } from '../lock-check.js';
import { sleep } from '../sleep.js';
import { answerFault } from './complaints.js';
import { pathOf } from './folder.js';
import { attemptLock, type Got, type Held, lockFault, writeNote } from './lock-attempt.js';
import type { ShellSession } from './session.js';

export type ShellLockOptions = {
  readonly label: string;
  readonly session: ShellSession;
  readonly verbs: FileVerbs;
  /** `user@machine`, and the start of its system, for people who read a record. */
  readonly holder: { readonly name: string; readonly boot: string };
  /** How this root was opened; throws where it was not. */
  readonly placeOf: (root: Root) => RootPlace;
  /** Milliseconds since 1970, there. */
  readonly now: () => number;
};

export type ShellLocks = Locks & {
  readonly acquire: (request: LockRequest) => Promise<CheckedLock>;
  readonly close: () => Promise<void>;
};

export const openShellLocks = (options: ShellLockOptions): ShellLocks => {
  const held = makeTogether();
  const taking = new Set<Promise<CheckedLock>>();
  const closing = new AbortController();
  const acquire = async (request: LockRequest): Promise<CheckedLock> => {
    refuseWays(options.label, request);
    const place = await openLockPlace(options.verbs, options.placeOf(request.root), options.label, true);
    if (place === null || place.folder === null) throw missingRoot(options.placeOf(request.root), options.label);
    try {
      const lock = await take(request, options, closing.signal, place, place.folder);
      return held.add(lock, request);
    } catch (error) {
      await place.close();
      throw error;
    }
  };
  return {
    ways: ['advisory'],
    acquire(request) {
      const work = acquire(request);
      taking.add(work);
      return work.finally(() => taking.delete(work));
    },
    unlock: (root, block, run) => unlock(options, root, block, run),
    async close() {
      closing.abort();
      await Promise.allSettled(taking);
      // Those that came meanwhile are held by now.
      await held.releaseAll();
    },
  };
};

const take = async (
  request: LockRequest,
  options: ShellLockOptions,
  signal: AbortSignal,
  { where: root, close }: LockPlace,
  folder: Folder,
): Promise<CheckedLock> => {
  const { session, holder, now } = options;
  const block = lockName(request.block);
  const where = `block ${request.block} in ${root}`;
  const got = await waitFor(request, options, signal, folder, block, where);
  try {
    refuseOwed(got.held, where, request.run);
    const before = got.held.lease?.epoch ?? 0;
    const epoch = request.mode === 'exclusive' ? before + 1 : before;
    const lease = newLease(
      { name: holder.name, boot: holder.boot, process: got.held.keeper, monotonic: () => got.held.uptime, now },
      request,
      epoch,
    );
    const record = request.mode === 'exclusive' ? leaseName(block) : sharerName(block, lease);
    const written = await writeNote(session, folder, block, got.held, record, lease);
    if (written !== null && request.mode === 'exclusive') throw lockFault(where, written);
    const noted = written === null ? record : null;
    return holdShellLock({ session, folder, block, where, got, lease, record: noted, close });
  } catch (error) {
    await letGo(session, folder, block, got.held, null);
    throw error;
  }
};

/** Asks again and again, at growing intervals, until the time is over. */
const waitFor = async (
  request: LockRequest,
  { session, holder }: ShellLockOptions,
  signal: AbortSignal,
  folder: Folder,
  block: string,
  where: string,
): Promise<Waited> => {
  let until = performance.now() + request.wait * 1000;
  let graced = false;
  // Two that make their claims at the same time may both withdraw: they do not come again at the same time.
  const stride = 0.75 + Number.parseInt(session.mark.slice(0, 2), 16) / 1024;
  for (let pause = FIRST_PAUSE, waited = false; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE), waited = true) {
    if (signal.aborted) throw waitingEnded(where);
    const got: Got = await attemptLock(session, folder, block, request.mode, where, holder.boot);
    if (got.is === 'held') return { held: got, waited };
    const left = until - performance.now();
    if (left > 0) await sleep(Math.min(pause * stride, left), signal);
    else if (graced || got.runs.length > 0) throw got.refusal;
    else {
      // Whoever has just taken it is about to write down who it is, or has withdrawn as well.
      graced = true;
      until = performance.now() + GRACE;
    }
  }
};

type Waited = { readonly held: Held; readonly waited: boolean };

type Holding = {
  readonly session: ShellSession;
  readonly folder: Folder;
  readonly block: string;
  readonly where: string;
  readonly got: Waited;
  readonly lease: Lease;
  /** Name of its record; null where this user may not write one beside a shared lock. */
  readonly record: string | null;
  readonly close: () => Promise<void>;
};

const holdShellLock = (holding: Holding): CheckedLock => {
  const { session, folder, block, where, got, lease, record } = holding;
  const { held } = got;
  let releasing: Promise<readonly Problem[]> | null = null;
  const why = async (): Promise<string | null> => {
    if (releasing !== null) return 'it was let go';
    const answer = await session.ask('locked', [pathOf(folder), `./${block}`, String(held.keeper), held.grasp]);
    const fault = answerFault(answer);
    if (fault !== null) return LOSSES[fault.fault] ?? `its lock folder is gone: ${fault.message}`;
    const written = parseLease(answer.output.toString('latin1'));
    const expected = lease.mode === 'exclusive' ? lease : held.lease;
    const same = written === null || expected === null ? written === expected : isSameHolding(written, expected);
    return same ? null : 'its lease is not ours';
  };
  const refresh = async (): Promise<void> => {
    if (record === null || releasing !== null) return;
    const refreshed = lease.taken + (performance.now() - began) / 1000;
    await writeNote(session, folder, block, held, record, { ...lease, refreshed });
  };
  const began = performance.now();
  // A record that cannot be written is no reason to let go: it only informs. A lost shell is told to who asks it next.
  const timer = setInterval(() => void refresh().catch(() => null), Math.max(lease.hold / 3, 1) * 1000);
  timer.unref();
  return {
    epoch: lease.epoch,
    waited: got.waited,
    async check() {
      const lost = await why();
      if (lost === null) return;
      throw new HostError(
        'locked',
        `the lock of ${where} was lost: ${lost}`,
        'See who else works there, then run the same command again: it goes on from what has arrived.',
      );
    },
    release() {
      clearInterval(timer);
      releasing ??= giveBack(holding);
      return releasing;
    },
  };
};

/** Never throws: a shell that is gone holds nothing any more. */
const giveBack = async (holding: Holding): Promise<readonly Problem[]> => {
  const { session, folder, block, got, lease, record, close } = holding;
  try {
    const lasting = lease.mode === 'exclusive' && record !== null;
    if (lasting) await writeNote(session, folder, block, got.held, record, { ...lease, released: true });
    const fault = await letGo(session, folder, block, got.held, lasting ? null : record);
    return fault === null ? [] : [problemOf('', 'let go of the lock', fault)];
  } catch {
    return [];
  } finally {
    await close();
  }
};

const letGo = async (session: ShellSession, folder: Folder, block: string, held: Held, record: string | null) =>
  answerFault(
    await session.ask('release', [
      pathOf(folder),
      `./${block}`,
      String(held.keeper),
      held.grasp,
      record === null ? '' : `./${record}`,
    ]),
  );

const unlock = async (
  options: ShellLockOptions,
  root: Root,
  name: string,
  run: string,
): Promise<'unlocked' | 'not-locked' | 'held'> => {
  const { session, holder, verbs, label } = options;
  const place = await openLockPlace(verbs, options.placeOf(root), label, false);
  if (place === null) return 'not-locked';
  const { folder, where: at } = place;
  try {
    if (folder === null) return 'not-locked';
    const block = lockName(name);
    const where = `block ${name} in ${at}`;
    const got = await attemptLock(session, folder, block, 'exclusive', where, holder.boot);
    if (got.is === 'busy') return got.runs.includes(run) ? 'held' : 'not-locked';
    try {
      const { lease } = got;
      const isTheirs = (lease !== null && !lease.released && lease.run === run) || got.sharers.includes(run);
      if (!isTheirs) return 'not-locked';
      refuseOwed(got, where, run);
      const fault =
        lease === null
          ? null
          : await writeNote(session, folder, block, got, leaseName(block), { ...lease, released: true });
      if (fault !== null) throw lockFault(where, fault);
      return 'unlocked';
    } finally {
      await letGo(session, folder, block, got, null);
    }
  } finally {
    await place.close();
  }
};

const refuseWays = (label: string, { by, block }: LockRequest): void => {
  if (by.kind === 'advisory') return;
  throw new HostError(
    'unsupported',
    `${label} is driven by its shell, which cannot lock block ${block} by ${by.kind}`,
    'Lock it by advisory there (`for HOST { consistency lock { by advisory } }`), or install Node.js 18 or later on it.',
  );
};

const refuseOwed = ({ owed }: Held, where: string, run: string): void => {
  if (owed.length === 0) return;
  const what = owed.includes('modes') ? 'folders it had closed' : 'what its lock command had blocked';
  throw new HostError(
    'locked',
    `${where} cannot be locked: a run ended without giving back ${what}, which a shell cannot do`,
    `Drive that host by an agent once (\`agent node\`, run ${run} again): it gives back what was left.`,
  );
};

const LOSSES: Readonly<Record<string, string>> = {
  ESRCH: 'its keeper there has ended',
  ESTALE: 'its lock file was removed or replaced',
};
/** Milliseconds. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;
const GRACE = 250;
