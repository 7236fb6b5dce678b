// Locks and programs of an agent as the engine sees them. The agent holds the lock; here is only its number.

import type { Problem } from '../../tree/entry.js';
import { LOCK_WAYS, type Lock, type Locks, type Programs, type TransactionId } from '../host.js';
import { HostError } from '../host-error.js';
import type { Calls } from './calls.js';
import { encodePaths } from './lists.js';
import { type Call, ENDED, LOCKED, PROBLEMS, UNLOCKED } from './messages.js';

export type RootNumber = (root: Parameters<Locks['unlock']>[0]) => number;

export const remoteLocks = (calls: Calls, numberOf: RootNumber): Locks => ({
  ways: LOCK_WAYS,
  acquire: async ({ root, block, mode, run, wait, hold, by, folders }) => {
    const call: Call = { verb: 'acquire', root: numberOf(root), block, mode, run, wait, hold, by: plainBy(by) };
    const { id, epoch, waited } = await calls.ask(call, LOCKED, 'a lock', encodePaths(folders));
    return remoteLock(calls, id, epoch, waited);
  },
  unlock: async (root, block, run) =>
    calls.ask({ verb: 'unlock', root: numberOf(root), block, run }, UNLOCKED, 'an answer'),
});

export const remotePrograms = (calls: Calls): Programs => ({
  run: (command, { timeout, environment }) =>
    calls.ask(
      { verb: 'run', command: [...command], timeout, environment: { ...environment } },
      ENDED,
      "a program's end",
    ),
});

/** As it travels, with the lock's number; throws where the lock is another host's. */
export const transactionId = (id: TransactionId, calls: Calls) => {
  const { run, block, trash, durability, lock } = id;
  return { run, block, trash, durability, lock: lock === null ? null : numberOfLock(lock, calls) };
};

type RemoteLock = Lock & { readonly held: { readonly by: Calls; readonly number: number } };

const remoteLock = (calls: Calls, number: number, epoch: number, waited: boolean): RemoteLock => {
  let releasing: Promise<readonly Problem[]> | null = null;
  return {
    epoch,
    waited,
    held: { by: calls, number },
    release: () => {
      // Without a connection there is nothing to ask for: the agent lets go of all its locks when it ends.
      releasing ??= calls.ask({ verb: 'release', lock: number }, PROBLEMS, 'a release').catch(() => []);
      return releasing;
    },
  };
};

/** Known by a property, not by identity: whoever handed it on may have wrapped it. */
const numberOfLock = (lock: Lock, calls: Calls): number => {
  const { held } = lock as Partial<RemoteLock>;
  if (held?.by === calls) return held.number;
  throw new HostError('failed', 'a transaction names a lock of another host', 'This is a fault in syncplan.');
};

const plainBy = (by: Parameters<Locks['acquire']>[0]['by']) =>
  by.kind === 'command' ? { kind: by.kind, command: [...by.command], release: [...by.release] } : by;
