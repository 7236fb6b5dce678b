// A lock that is held: it knows whether it still is, keeps its record fresh, and gives everything back when it is let go.
//
// 1. What it did to others – folders closed, a command run – is undone before the flock is let go, so that whoever gets the
//    lock next finds things as they were.
// 2. A lock file that was removed or replaced, or a lease that is another's, ends the holding: nothing may be written then.
// 3. Letting go never throws, and happens once.
import type { Problem } from '../../tree/entry.js';
import { problemOf } from '../faults.js';
import { HostError } from '../host-error.js';
import { faultOf } from '../local-folder.js';
import type { CheckedLock } from '../lock-check.js';
import { closedBy, reopenFolders } from './closing.js';
import { type Commanding, releaseOwedBy, runRelease } from './command.js';
import { type Holder, isSameHolding, type Lease, leaseName, readLease } from './lease.js';
import { removeRecord, signatureOf, writeRecord } from './record.js';
import { type Grips, letGo } from './waiting.js';

export type Holding = {
  readonly grips: Grips;
  readonly lease: Lease;
  /** Name of its record; null where this user may not write one beside a shared lock. */
  readonly record: string | null;
  readonly waited: boolean;
  readonly holder: Holder;
  readonly commanding: Omit<Commanding, 'signal'>;
  /** Lets go of the folders. */
  readonly close: () => Promise<void>;
};

export const holdLock = (holding: Holding): CheckedLock => {
  const { grips, lease, record, waited, holder, commanding } = holding;
  const { folder, block, where } = commanding;
  let signature = signatureOf(folder, leaseName(block));
  let releasing: Promise<readonly Problem[]> | null = null;

  const isLost = (): string | null => {
    if (releasing !== null) return 'it was let go';
    if (!grips.block.isOurs()) return 'its lock file was removed or replaced';
    const now = signatureOf(folder, leaseName(block));
    if (now === signature) return null;
    // Somebody wrote it. That a record beside a shared lock changes says that somebody else had the block for himself.
    const written = readLease(folder, block);
    if (lease.mode === 'shared' || written === null || !isSameHolding(written, lease)) return 'its lease is not ours';
    signature = now;
    return null;
  };
  const check = (): void => {
    const why = quietly(isLost, 'its lock folder is gone');
    if (why === null) return;
    throw new HostError(
      'locked',
      `the lock of ${where} was lost: ${why}`,
      'See who else works there, then run the same command again: it goes on from what has arrived.',
    );
  };
  const refresh = (): void => {
    if (record === null || quietly(isLost, '') !== null) return;
    // A record that cannot be written is no reason to let go: it only informs.
    quietly(() => writeRecord(folder, record, { ...lease, refreshed: holder.monotonic() }, LEASE_FILE), null);
    if (lease.mode === 'exclusive') signature = signatureOf(folder, leaseName(block));
  };
  const timer = setInterval(refresh, Math.min(Math.max(lease.hold / 3, 1) * 1000, MAX_TIMER_MS));
  timer.unref();

  return {
    epoch: lease.epoch,
    waited,
    check,
    release: () => {
      clearInterval(timer);
      releasing ??= giveBack(holding, quietly(isLost, '') === null);
      return releasing;
    },
  };
};

const giveBack = async (
  { grips, lease, record, holder, commanding, close }: Holding,
  stillOurs: boolean,
): Promise<readonly Problem[]> => {
  const { folder, block } = commanding;
  const problems: Problem[] = [];
  try {
    // What is to be undone is of whoever has the block alone: other shared locks may be of the same run.
    const isOwner = lease.mode === 'exclusive' || grips.alone !== null;
    if (isOwner && closedBy(folder, block) === lease.run) problems.push(...(await reopenFolders(commanding)));
    if (isOwner && releaseOwedBy(folder, block) === lease.run) problems.push(...(await runRelease(commanding)));
    if (record === null) return problems;
    if (lease.mode === 'shared') removeRecord(folder, record);
    else if (stillOurs && problems.length === 0) {
      writeRecord(folder, record, { ...lease, refreshed: holder.monotonic(), released: true }, LEASE_FILE);
    }
  } catch (error) {
    problems.push(problemOf('', 'let go of the lock', faultOf(error)));
  } finally {
    letGo(grips);
    await close();
  }
  return problems;
};

/** The answer, or this one where it throws. */
const quietly = <T>(work: () => T, otherwise: T): T => {
  try {
    return work();
  } catch {
    return otherwise;
  }
};

/** It may be read by all who can lock; a machine that lost its power lost the lock as well. */
export const LEASE_FILE = { mode: 0o644, durable: false } as const;
const MAX_TIMER_MS = 2_147_483_647;
