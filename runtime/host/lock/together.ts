// Locks that a run holds together: its transaction is told of one, and works in all roots in which that run has the block.
import type { LockRequest } from '../host.js';
import type { CheckedLock } from '../lock-check.js';

export type Together = {
  /** The lock as it is handed out: it checks those that were taken for the same, and is forgotten when it is let go. */
  readonly add: (lock: CheckedLock, request: Pick<LockRequest, 'block' | 'run' | 'mode'>) => CheckedLock;
  readonly releaseAll: () => Promise<void>;
};

export const makeTogether = (): Together => {
  const held = new Map<CheckedLock, string>();
  return {
    add(lock, { block, run, mode }) {
      const own = JSON.stringify([block, run, mode]);
      held.set(lock, own);
      return {
        ...lock,
        async check() {
          await lock.check();
          for (const [other, its] of held) if (its === own && other !== lock) await other.check();
        },
        release() {
          held.delete(lock);
          return lock.release();
        },
      };
    },
    async releaseAll() {
      await Promise.all([...held.keys()].map(lock => lock.release()));
    },
  };
};
