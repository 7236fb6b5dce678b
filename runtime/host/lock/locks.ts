// The locks of this machine: one for each block and root, for other runs and for co-operating programs (language: `consistency`).
//
//   STATE/lock/                0755   made with the state folder where they are missing
//     BLOCK                    0644   what is locked by flock (flock.ts), where there is such a program; empty, never removed
//     BLOCK.held/              0755   claims of those who have it (claim.ts)
//     BLOCK.alone              0644   locked beside a shared lock that does more than lock (waiting.ts), as BLOCK is
//     BLOCK.lease  BLOCK.sharer-PID-N   who holds it (lease.ts)
//     BLOCK.modes  BLOCK.release        what its holder still has to undo (closing.ts, command.ts)
//
// 1. Only flock and claims decide who holds a lock (grip.ts). It ends with its holder, however that ends, and is never taken
//    from one that lives.
// 2. What a killed holder left is undone by whoever gets the lock next, before that one does anything of its own.
// 3. No clock is compared with another machine's, and nothing depends on the time of day.

import { hostErrorOf } from '../faults.js';
import type { FileVerbs } from '../file-verbs.js';
import { LOCK_WAYS, type LockRequest, type Locks, type Root } from '../host.js';
import { HostError } from '../host-error.js';
import { faultOf } from '../local-folder.js';
import type { CheckedLock } from '../lock-check.js';
import type { LocalPrograms } from '../programs.js';
import type { ClosedView } from './closed-view.js';
import { closedBy, closeFolders, reopenFolders } from './closing.js';
import { type Commanding, releaseOwedBy, runLockCommand, runRelease } from './command.js';
import { type Means, tryGrip } from './grip.js';
import { holdLock, LEASE_FILE } from './holding.js';
import { type KeptLocks, keepLocks } from './keeping.js';
import {
  forgetSharers,
  type Holder,
  type Lease,
  leaseName,
  newLease,
  readLease,
  readSharers,
  sharerName,
} from './lease.js';
import { type HeldPlace, lockName, type RootPlace, takeInPlace, type Unlocked, unlockInPlace } from './place.js';
import { writeRecord } from './record.js';
import { aloneName, letGo, waitForGrips } from './waiting.js';

export type LockOptions = {
  readonly label: string;
  readonly verbs: FileVerbs;
  /** How the rest of this host sees folders that a lock has closed. */
  readonly view: ClosedView;
  readonly programs: LocalPrograms;
  readonly holder: Holder;
  /** How this root was opened; throws where it was not. */
  readonly placeOf: (root: Root) => RootPlace;
  readonly means: Means;
};

export type LocalLocks = Locks & KeptLocks;

export const openLocks = (options: LockOptions): LocalLocks => {
  const { acquire, close } = keepLocks((request, signal) => take(request, options, signal));
  return {
    ways: LOCK_WAYS,
    acquire: async request => {
      checkBlock(request.block);
      return acquire(request);
    },
    unlock: async (root, block, run) => {
      checkBlock(block);
      return unlockInPlace(options, root, place => unlock(options, place, block, run));
    },
    close,
  };
};

const take = (request: LockRequest, options: LockOptions, signal: AbortSignal): Promise<CheckedLock> =>
  takeInPlace(options, request.root, async place => {
    try {
      return await takeIn(request, options, signal, place, commandingIn(options, place, request.block));
    } catch (error) {
      throw error instanceof HostError ? error : hostErrorOf(`lock ${place.where}`, faultOf(error));
    }
  });

type LockFolder = Omit<Commanding, 'signal'>;

const commandingIn = ({ verbs, view, programs }: LockOptions, place: HeldPlace, block: string): LockFolder => ({
  verbs,
  view,
  programs,
  root: place.root,
  folder: place.folder,
  block: lockName(block),
  where: `block ${block} in ${place.where}`,
});

const takeIn = async (
  request: LockRequest,
  { holder, means, placeOf }: LockOptions,
  signal: AbortSignal,
  place: HeldPlace,
  commanding: LockFolder,
): Promise<CheckedLock> => {
  const { folder, where, block } = commanding;
  const { mode, run, by } = request;
  const { since } = placeOf(request.root);
  const { grips, waited } = await waitForGrips(request, block, { folder, holder, means, where, signal });
  try {
    const settled =
      mode === 'exclusive' || grips.alone !== null ? await settle(commanding) : await settleBeside(commanding, means);
    const last = readLease(folder, block);
    const before = last?.epoch ?? 0;
    const lease = newLease(holder, request, mode === 'exclusive' ? before + 1 : before);
    if (mode === 'exclusive') forgetSharers(folder, block);
    const record = writeLease(commanding, lease, request);
    const lock = holdLock({
      grips,
      lease,
      record,
      waited: waited || settled || (last !== null && wasHeldSince(last, since, lease)),
      holder,
      commanding,
      close: place.close,
    });
    try {
      if (by.kind === 'permissions') await closeFolders(commanding, request.folders, mode, run);
      else if (by.kind === 'command') {
        const environment = { SYNCPLAN_RUN: run, SYNCPLAN_BLOCK: request.block, SYNCPLAN_ROOT: request.root.path };
        await runLockCommand({ ...commanding, signal }, by, environment, run);
      }
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    letGo(grips);
    throw error;
  }
};

/** Another run had it when its root was looked at already, and may have written there: it was waited for, in a way. */
const wasHeldSince = (last: Lease, since: number | undefined, { run, boot }: Lease): boolean =>
  since !== undefined && last.run !== run && last.boot !== '' && last.boot === boot && last.refreshed >= since;

/** The name of its record; null where a shared lock is in a folder that only another user may write to. */
const writeLease = (
  { folder, block }: LockFolder,
  lease: ReturnType<typeof newLease>,
  { mode, by }: LockRequest,
): string | null => {
  const name = mode === 'exclusive' ? leaseName(block) : sharerName(block, lease);
  try {
    writeRecord(folder, name, lease, LEASE_FILE);
    return name;
  } catch (error) {
    const { fault } = faultOf(error);
    if (mode === 'shared' && by.kind === 'advisory' && (fault === 'EACCES' || fault === 'EROFS')) return null;
    throw error;
  }
};

/** Undoes what a holder left that did not live to do it; true where there was something. For who has the block alone. */
const settle = async (commanding: LockFolder): Promise<boolean> => {
  const { folder, block, where } = commanding;
  const run = closedBy(folder, block) ?? releaseOwedBy(folder, block);
  if (run === null) return false;
  const [problem] = [...(await reopenFolders(commanding)), ...(await runRelease(commanding))];
  if (problem === undefined) return true;
  const at = problem.path === '' ? '' : ` (${problem.path})`;
  throw new HostError(
    'locked',
    `${where} cannot be locked: run ${run} ended without giving back what it had blocked, and it cannot be given back now: ${problem.message}${at}`,
    `${problem.help}${run === '' ? '' : `; then run: syncplan unlock FILE --run ${run}`}`,
  );
};

/** Others share the block: one of them may be at it, or have it in use; then it is not ours to undo. */
const settleBeside = async (commanding: LockFolder, means: Means): Promise<boolean> => {
  const { folder, block, where } = commanding;
  if (closedBy(folder, block) === null && releaseOwedBy(folder, block) === null) return false;
  const alone = await tryGrip(folder, aloneName(block), { mode: 'exclusive', means, where });
  if (alone === null) return false;
  try {
    return await settle(commanding);
  } finally {
    alone.release();
  }
};

const unlock = async (options: LockOptions, place: HeldPlace, name: string, run: string): Promise<Unlocked> => {
  const commanding = commandingIn(options, place, name);
  const { folder, where, block } = commanding;
  const lease = readLease(folder, block);
  const isTheirs = [
    ...(lease === null || lease.released ? [] : [lease.run]),
    ...readSharers(folder, block).map(sharer => sharer.run),
    closedBy(folder, block),
    releaseOwedBy(folder, block),
  ].includes(run);
  if (!isTheirs) return 'not-locked';
  const grip = await tryGrip(folder, block, { mode: 'exclusive', means: options.means, where });
  if (grip === null) return 'held';
  try {
    await settle(commanding);
    forgetSharers(folder, block);
    if (lease !== null) writeRecord(folder, leaseName(block), { ...lease, released: true }, LEASE_FILE);
    return 'unlocked';
  } finally {
    grip.release();
  }
};

/** It becomes the name of a file. */
const checkBlock = (block: string): void => {
  if (BLOCK.test(block)) return;
  throw new HostError(
    'protocol',
    `a block named ${JSON.stringify(block)} cannot be locked`,
    'this is a fault in syncplan',
  );
};

const BLOCK = /^(?!.{101})[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;
