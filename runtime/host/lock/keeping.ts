// The locks that a host is asked for, however it takes them: those that are being taken, and those that are held.
//
// 1. A transaction is told of one lock and works in all roots in which its run has the block: so each checks all of these.
// 2. Closing gives up those that are waited for and lets go of all that are held, those that came meanwhile as well.
import type { LockRequest } from '../host.js';
import type { CheckedLock } from '../lock-check.js';

export type KeptLocks = {
  readonly acquire: (request: LockRequest) => Promise<CheckedLock>;
  readonly close: () => Promise<void>;
};

/** `take` ends with the signal. */
export const keepLocks = (take: (request: LockRequest, signal: AbortSignal) => Promise<CheckedLock>): KeptLocks => {
  const closing = new AbortController();
  const taking = new Set<Promise<CheckedLock>>();
  const held = new Map<CheckedLock, string>();

  const keep = (lock: CheckedLock, { block, run, mode }: LockRequest): CheckedLock => {
    const own = JSON.stringify([block, run, mode]);
    held.set(lock, own);
    return {
      ...lock,
      check() {
        const others = [...held].flatMap(([other, its]) => (its === own && other !== lock ? [other] : []));
        const late = [lock, ...others].map(one => one.check()).filter(answer => answer instanceof Promise);
        return late.length === 0 ? undefined : Promise.all(late).then(() => undefined);
      },
      async release() {
        held.set(lock, LET_GO);
        const problems = await lock.release();
        held.delete(lock);
        return problems;
      },
    };
  };

  return {
    async acquire(request) {
      const work = take(request, closing.signal);
      taking.add(work);
      try {
        return keep(await work, request);
      } finally {
        taking.delete(work);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled(taking);
      await Promise.all([...held.keys()].map(lock => lock.release()));
    },
  };
};

/** Of one that is being let go: no other checks it. */
const LET_GO = '';
