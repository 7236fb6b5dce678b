// Locks of a host that is driven over SFTP: the claims and records of every other host's (runtime/host/lock/), held from here.
//
//  1. Only claims decide (claims.ts). What a holder that died elsewhere leaves ends LEASE_SECONDS after its last sign of life;
//     of one on this machine it is known at once.
//  2. Whoever holds a lock makes sure of it before he writes, if he has not done so lately: a claim that was thought dead, or was
//     removed by hand, is gone, and nothing may be written then.
//  3. What a killed agent left to be given back (closed folders, a release command) is not ours to do: then nothing is locked.
//  4. Folders are closed to nobody and no command is run: a plan that asks for that is refused by name.
import type { Problem } from '../../tree/entry.js';
import { type Fault, type FileVerbs, isFault } from '../file-verbs.js';
import type { LockRequest, Locks, Root } from '../host.js';
import { HostError, WAIT_FOR_RUN } from '../host-error.js';
import { type Claimant, LEASE_SECONDS, parseClaim } from '../lock/claim.js';
import { type KeptLocks, keepLocks } from '../lock/keeping.js';
import { describeLease, type Holder, leaseName, newLease, sharerName } from '../lock/lease.js';
import { type Busy, strideOf, waitForLock } from '../lock/patience.js';
import { type HeldPlace, lockName, type RootPlace, takeInPlace, type Unlocked, unlockInPlace } from '../lock/place.js';
import { unrecorded } from '../lock/waiting.js';
import type { CheckedLock } from '../lock-check.js';
import { type Claiming, claimNames, type HeldClaim, tryClaim } from './claims.js';
import { forgetSharers, isOwed, type Noted, readNotes, removeNote, writeNote } from './lock-notes.js';

export type SftpLockOptions = {
  readonly label: string;
  readonly verbs: FileVerbs;
  readonly holder: Holder;
  readonly here: Claimant;
  /** How this root was opened; throws where it was not. */
  readonly placeOf: (root: Root) => RootPlace;
  /** Seconds after which a claim is made young again, and for which one that was seen is sure to be there. */
  readonly renewal?: number;
  readonly sure?: number;
};

export const openSftpLocks = (options: SftpLockOptions): Locks & KeptLocks => {
  const { acquire, close } = keepLocks(async (request, signal) => {
    refuseWays(options.label, request);
    return takeInPlace(options, request.root, place => take(request, options, signal, place));
  });
  return {
    ways: ['advisory'],
    acquire,
    unlock: (root, block, run) => unlockInPlace(options, root, place => unlock(claimingIn(options, place, block), run)),
    close,
  };
};

const claimingIn = (
  { verbs, here, holder }: SftpLockOptions,
  { where, folder }: HeldPlace,
  block: string,
): Claiming => ({
  verbs,
  here,
  monotonic: holder.monotonic,
  folder,
  name: lockName(block),
  where: `block ${block} in ${where}`,
});

const take = async (
  request: LockRequest,
  options: SftpLockOptions,
  signal: AbortSignal,
  place: HeldPlace,
): Promise<CheckedLock> => {
  const claiming = claimingIn(options, place, request.block);
  const { had: claim, waited } = await waitFor(request, options, signal, claiming);
  try {
    await refuseOwed(claiming);
    const { last } = await readNotes(claiming);
    const before = last?.epoch ?? 0;
    const lease = newLease(options.holder, request, request.mode === 'exclusive' ? before + 1 : before);
    const record = request.mode === 'exclusive' ? leaseName(claiming.name) : sharerName(claiming.name, lease);
    const written = await writeNote(claiming, record, lease);
    if (isFault(written) && request.mode === 'exclusive') throw cannotNote(claiming.where, written);
    if (request.mode === 'exclusive') await forgetSharers(claiming);
    return holdLock({ options, claiming, claim, noted: { lease, record }, waited, close: place.close });
  } catch (error) {
    await claim.release();
    throw error;
  }
};

const waitFor = (
  { mode, run, wait }: LockRequest,
  { holder }: SftpLockOptions,
  signal: AbortSignal,
  claiming: Claiming,
): Promise<{ readonly had: HeldClaim; readonly waited: boolean }> => {
  let inTheWay = '';
  const attempt = async (): Promise<HeldClaim | null> => {
    const claim = await tryClaim(claiming, mode, run);
    if (typeof claim !== 'string') return claim;
    inTheWay = claim;
    return null;
  };
  const busy = async (): Promise<Busy> => {
    const { holders } = await readNotes(claiming);
    return { known: holders.length > 0, refusal: refusal(claiming, inTheWay, holders, holder) };
  };
  const { monotonic, process } = holder;
  const { where } = claiming;
  return waitForLock({ wait, where, signal, monotonic, first: FIRST_PAUSE, stride: strideOf(process) }, attempt, busy);
};

type Holding = {
  readonly options: SftpLockOptions;
  readonly claiming: Claiming;
  readonly claim: HeldClaim;
  readonly noted: Noted;
  readonly waited: boolean;
  /** Lets go of the folders. */
  readonly close: () => Promise<void>;
};

const holdLock = (holding: Holding): CheckedLock => {
  const { options, claiming, claim, noted, waited } = holding;
  const { renewal = RENEWAL, sure = SURE, holder } = options;
  const { monotonic } = holder;
  let releasing: Promise<readonly Problem[]> | null = null;
  const began = monotonic();
  let seen = began;

  /** The record tells the server's clock. Where it cannot be written, the time that has passed here is added. Whoever was taken
   * for dead writes nothing: by now it is another's. */
  const renew = async (): Promise<void> => {
    if (releasing !== null || !(await claim.isThere())) return;
    const written = await writeNote(claiming, noted.record, { ...noted.lease, refreshed: monotonic() });
    if (releasing !== null) return;
    const now = isFault(written) ? claim.made + (monotonic() - began) * 1e6 : written;
    if ((await claim.renew(now)) === null) seen = monotonic();
  };
  // A connection that is lost is told to whoever asks it next.
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renew().catch(() => null);
  }, renewal * 1000);
  timer.unref();

  return {
    epoch: noted.lease.epoch,
    waited,
    async check() {
      if (releasing !== null) throw lostLock(claiming.where, 'it was let go');
      const now = monotonic();
      if (now - seen < sure) return;
      if (!(await claim.isThere())) throw lostLock(claiming.where, 'its claim is gone');
      seen = now;
    },
    release() {
      clearInterval(timer);
      // What it is just writing must not come after the record of whoever holds the lock next.
      releasing ??= renewing.then(() => giveBack(holding));
      return releasing;
    },
  };
};

/** Never throws: what a connection that is gone cannot give back ends by itself. */
const giveBack = async ({ claiming, claim, noted, close }: Holding): Promise<readonly Problem[]> => {
  const { lease, record } = noted;
  try {
    if (await claim.isThere()) {
      if (lease.mode === 'exclusive') await writeNote(claiming, record, { ...lease, released: true });
      else await removeNote(claiming, record);
    }
    await claim.release();
  } catch {
    // Its time ends it.
  } finally {
    await close();
  }
  return [];
};

const unlock = async (claiming: Claiming, run: string): Promise<Unlocked> => {
  const [{ last, holders }, claims] = await Promise.all([readNotes(claiming), claimNames(claiming)]);
  const runs = [...holders.map(one => one.run), ...claims.map(name => parseClaim(name)?.run)];
  if (!runs.includes(run)) return 'not-locked';
  const claim = await tryClaim(claiming, 'exclusive', run);
  if (typeof claim === 'string') return 'held';
  try {
    await refuseOwed(claiming);
    await forgetSharers(claiming);
    const written =
      last === null ? null : await writeNote(claiming, leaseName(claiming.name), { ...last, released: true });
    if (written !== null && isFault(written)) throw cannotNote(claiming.where, written);
    return 'unlocked';
  } finally {
    await claim.release();
  }
};

const refuseWays = (label: string, { by, block }: LockRequest): void => {
  if (by.kind === 'advisory') return;
  throw new HostError(
    'unsupported',
    `${label} is driven over SFTP, which cannot lock block ${block} by ${by.kind}`,
    'Lock it by advisory there (`for HOST { consistency lock { by advisory } }`), or choose another consistency for it.',
  );
};

const refuseOwed = async (claiming: Claiming): Promise<void> => {
  if (!(await isOwed(claiming))) return;
  throw new HostError(
    'locked',
    `${claiming.where} cannot be locked: a run ended without giving back what it had blocked, which cannot be done over SFTP`,
    'Drive that host by an agent once (`agent node`): it gives back what was left.',
  );
};

const refusal = (
  { where, name }: Claiming,
  claim: string,
  holders: readonly Noted['lease'][],
  holder: Holder,
): HostError => {
  if (holders.length === 0) return unrecorded(where, name, [claim]);
  return new HostError(
    'locked',
    `${where} is locked by ${holders.map(one => describeLease(one, holder)).join('; ')}`,
    `${WAIT_FOR_RUN} Of a run that is gone it is free ${LEASE_SECONDS} s after its last sign of life.`,
  );
};

const cannotNote = (where: string, { message }: Fault): HostError =>
  new HostError(
    'failed',
    `lock ${where}: its record cannot be written: ${message}`,
    'Let the account write to the folder `lock` of the state folder there.',
  );

const lostLock = (where: string, why: string): HostError =>
  new HostError(
    'locked',
    `the lock of ${where} was lost: ${why}`,
    'See who else works there, then run the same command again.',
  );

/** Seconds. */
const FIRST_PAUSE = 0.1;
const RENEWAL = 20;
const SURE = 5;
