// Locks of a simulated machine: held in memory, free again with the process or machine that held them.
import { LOCK_WAYS, type Lock, type LockMode, type LockRequest, type Locks } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { CheckedLock } from '../../runtime/host/lock-check.js';
import type { SimulatedDisk } from './simulated-disk.js';

export type SimulatedLocks = Locks & { readonly acquire: (request: LockRequest) => Promise<CheckedLock> };

/** Those of one process; processes of the same disk see each other's. Nobody waits: what is held is refused at once. */
export const makeSimulatedLocks = (disk: SimulatedDisk): SimulatedLocks => {
  const table = TABLES.get(disk) ?? { held: new Map<string, Held>(), epoch: 0 };
  TABLES.set(disk, table);
  return {
    ways: LOCK_WAYS,
    async acquire({ root, block, mode, run }) {
      const key = `${root.path}/${block}/`;
      const held = table.held.get(key) ?? { mode, by: new Set<Lock>() };
      if (held.by.size > 0 && (mode === 'exclusive' || held.mode === 'exclusive')) {
        throw new HostError('locked', `block ${block} is locked by another run than ${run}`, 'try again later');
      }
      const lock: CheckedLock = {
        epoch: ++table.epoch,
        waited: false,
        check() {
          if (!held.by.has(lock) || disk.isDead()) throw new HostError('locked', 'the lock is gone', 'run it again');
        },
        async release() {
          held.by.delete(lock);
          if (held.by.size === 0) table.held.delete(key);
          return [];
        },
      };
      held.by.add(lock);
      table.held.set(key, held);
      return lock;
    },
    unlock: async () => 'not-locked',
  };
};

type Held = { readonly mode: LockMode; readonly by: Set<Lock> };
type Table = { readonly held: Map<string, Held>; epoch: number };
const TABLES = new WeakMap<SimulatedDisk, Table>();
