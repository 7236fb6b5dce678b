// Makes durable what is staged while others still look at their side, so that the commit need not wait for all of it.
//
//  1. One sync at a time, begun when everything is staged and pre-checked; what is staged after that is not covered by it.
//  2. A sync that failed is never tried again: the commit fails by it (durable.ts, invariant 4).
//  3. Whoever ends the transaction waits for it.
import type { Fault } from '../file-verbs.js';

export type SyncAhead = {
  /** Begins `sync`, which answers ENOSYS where there is no call for a whole file system, unless one is under way. */
  readonly begin: (sync: () => Promise<Fault | null>) => void;
  /** Something in staging is about to change. */
  readonly spoil: () => void;
  /** Waits for what is under way. `covers`: all that is staged is durable. */
  readonly settle: () => Promise<{ readonly covers: boolean; readonly fault: Fault | null }>;
};

export const makeSyncAhead = (): SyncAhead => {
  let under: Promise<void> | null = null;
  let covers = false;
  let failed: Fault | null = null;
  return {
    begin(sync) {
      if (under !== null || failed !== null) return;
      covers = true;
      under = sync()
        .catch((error: unknown): Fault => ({ fault: 'EIO', message: String(error) }))
        .then(fault => {
          under = null;
          if (fault === null) return;
          covers = false;
          if (fault.fault !== 'ENOSYS') failed = fault;
        });
    },
    spoil() {
      covers = false;
    },
    async settle() {
      await under;
      return { covers, fault: failed };
    },
  };
};
