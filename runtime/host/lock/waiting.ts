// Waits for a block's lock, and says who holds it when the time is over.
//
// A lock that is shared is not alone: where it closes folders or runs a command, which only one can do at a time, `BLOCK.alone`
// is locked exclusively beside it. So those records (closing.ts, command.ts) are only ever touched by one process.
import type { Folder } from '../file-verbs.js';
import type { LockRequest } from '../host.js';
import { HostError, WAIT_FOR_RUN } from '../host-error.js';
import { describeClaim, livingClaims } from './claim.js';
import type { Grip } from './flock.js';
import { type Means, tryGrip } from './grip.js';
import { describeLease, type Holder, type Lease, readLease, readSharers } from './lease.js';
import { type Busy, strideOf, waitForLock } from './patience.js';

export type Grips = { readonly block: Grip; readonly alone: Grip | null };

export type Waiting = {
  readonly folder: Folder;
  readonly holder: Holder;
  readonly means: Means;
  /** `block app in the root /srv/www on web-01`. */
  readonly where: string;
  /** Waiting ends with it. */
  readonly signal: AbortSignal;
};

/** `name` is the lock file's. Throws HostError 'locked' when the time is over. `waited`: it was not to be had at once. */
export const waitForGrips = async (
  request: LockRequest,
  name: string,
  waiting: Waiting,
): Promise<{ readonly grips: Grips; readonly waited: boolean }> => {
  const { holder, where, signal } = waiting;
  const { had, waited } = await waitForLock(
    {
      wait: request.wait,
      where,
      signal,
      monotonic: holder.monotonic,
      first: FIRST_PAUSE,
      stride: strideOf(holder.process),
    },
    () => tryGrips(request, name, waiting),
    () => busy(name, waiting),
  );
  return { grips: had, waited };
};

export const letGo = ({ block, alone }: Grips): void => {
  alone?.release();
  block.release();
};

export const aloneName = (block: string): string => `${block}.alone`;

const tryGrips = async (
  { mode, by }: LockRequest,
  name: string,
  { folder, means, where }: Waiting,
): Promise<Grips | null> => {
  const block = await tryGrip(folder, name, { mode, means, where });
  if (block === null) return null;
  if (mode === 'exclusive' || by.kind === 'advisory') return { block, alone: null };
  try {
    const alone = await tryGrip(folder, aloneName(name), { mode: 'exclusive', means, where });
    if (alone !== null) return { block, alone };
  } catch (error) {
    block.release();
    throw error;
  }
  block.release();
  return null;
};

/** As their records say; some may be of processes that could not let go in order. */
const holdersOf = (block: string, { folder, holder }: Waiting): Lease[] => {
  const lease = readLease(folder, block);
  return [...(lease === null || lease.released ? [] : [lease]), ...readSharers(folder, block)].filter(
    one => !isGone(one, holder),
  );
};

const busy = (block: string, waiting: Waiting): Busy => {
  const holders = holdersOf(block, waiting);
  return { known: holders.length > 0, refusal: refusal(block, waiting, holders) };
};

const refusal = (block: string, waiting: Waiting, holders: readonly Lease[]): HostError => {
  const { folder, holder, means, where } = waiting;
  if (holders.length === 0) return unrecorded(where, block, livingClaims(folder, block, means.claimant));
  const silent = holders.find(one => one.boot === holder.boot && holder.monotonic() - one.refreshed > one.hold);
  return new HostError(
    'locked',
    `${where} is locked by ${holders.map(one => describeLease(one, holder)).join('; ')}`,
    silent === undefined
      ? WAIT_FOR_RUN
      : `Process ${silent.process} seems to hang: end it on that machine, and its lock is free. A lock that is held is never taken away.`,
  );
};

/** Held by somebody of whom no record says who it is. */
export const unrecorded = (where: string, block: string, claims: readonly string[]): HostError => {
  const [claim] = claims;
  if (claim === undefined) {
    return new HostError(
      'locked',
      `${where} is locked by a program that keeps no record there`,
      'See which one with `lslocks` on that machine; it is free when that program ends.',
    );
  }
  return new HostError(
    'locked',
    `${where} is locked by ${describeClaim(claim)}, which keeps no record there`,
    `It is free when that process ends. If it is surely gone, which cannot be told from here, remove the folder lock/${block}.held/${claim} of the state folder.`,
  );
};

/** Surely: a process of this start of the system that does not exist any more. */
const isGone = (lease: Lease, here: Holder): boolean => {
  if (lease.boot === '' || lease.boot !== here.boot) return false;
  try {
    process.kill(lease.process, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

/** Seconds. */
const FIRST_PAUSE = 0.02;
