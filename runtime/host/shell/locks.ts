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
import { type KeptLocks, keepLocks } from '../lock/keeping.js';
import { isSameHolding, type Lease, leaseName, newLease, parseLease, sharerName } from '../lock/lease.js';
import { type Busy, strideOf, waitForLock } from '../lock/patience.js';
import { type HeldPlace, lockName, type RootPlace, takeInPlace, type Unlocked, unlockInPlace } from '../lock/place.js';
import type { CheckedLock } from '../lock-check.js';
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

export const openShellLocks = (options: ShellLockOptions): Locks & KeptLocks => {
  const { acquire, close } = keepLocks(async (request, signal) => {
    refuseWays(options.label, request);
    return takeInPlace(options, request.root, place => take(request, options, signal, place));
  });
  return {
    ways: ['advisory'],
    acquire,
    unlock: (root, block, run) => unlockInPlace(options, root, place => unlock(options, place, block, run)),
    close,
  };
};

const take = async (
  request: LockRequest,
  options: ShellLockOptions,
  signal: AbortSignal,
  { where: root, folder, close }: HeldPlace,
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

const waitFor = async (
  { mode, wait }: LockRequest,
  { session, holder }: ShellLockOptions,
  signal: AbortSignal,
  folder: Folder,
  block: string,
  where: string,
): Promise<Waited> => {
  let last: Exclude<Got, Held> | null = null;
  const attempt = async (): Promise<Held | null> => {
    const got = await attemptLock(session, folder, block, mode, where, holder.boot);
    if (got.is === 'held') return got;
    last = got;
    return null;
  };
  const busy = (): Busy => ({ known: last!.runs.length > 0, refusal: last!.refusal });
  const stride = strideOf(Number.parseInt(session.mark.slice(0, 2), 16));
  const monotonic = (): number => performance.now() / 1000;
  const { had, waited } = await waitForLock(
    { wait, where, signal, monotonic, first: FIRST_PAUSE, stride },
    attempt,
    busy,
  );
  return { held: had, waited };
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
  { session, holder }: ShellLockOptions,
  { folder, where: at }: HeldPlace,
  name: string,
  run: string,
): Promise<Unlocked> => {
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
/** Seconds. */
const FIRST_PAUSE = 0.05;
