// A lock as its own host knows it: it can be asked whether its lease still holds, at once and where the files are.
import type { Maybe } from './file-verbs.js';
import type { Lock } from './host.js';
import { HostError } from './host-error.js';

/** Every lock that a host made of file verbs hands out is one. */
export type CheckedLock = Lock & {
  /** Throws HostError 'locked' when the lease ran out or its epoch is another's: nothing may be written any more. */
  readonly check: () => Maybe<void>;
};

/** A transaction's lock must be of the same host. */
export const asCheckedLock = (lock: Lock): CheckedLock => {
  if ('check' in lock) return lock as CheckedLock;
  throw new HostError('protocol', 'a transaction was begun with a lock of another host', 'this is a fault in syncplan');
};
