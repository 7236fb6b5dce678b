// Waits for a lock, however it is taken: asks again and again at growing intervals, until it is there or the time is over.
import type { Maybe } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { sleep } from '../sleep.js';

/** `known`: some record says who has it. */
export type Busy = { readonly known: boolean; readonly refusal: HostError };

export type Patience = {
  /** Seconds. */
  readonly wait: number;
  /** Names the lock in messages. */
  readonly where: string;
  readonly signal: AbortSignal;
  /** Seconds by a clock that never goes back. */
  readonly monotonic: () => number;
  /** Seconds before it is asked for once more. */
  readonly first: number;
  /** Between 0.75 and 1.25: two that make their claims at the same time may both withdraw, and do not come again together. */
  readonly stride: number;
};

/** `attempt` says null where somebody else has it, and `busy` then who that is. `waited`: it was not to be had at once. */
export const waitForLock = async <T>(
  { wait, where, signal, monotonic, first, stride }: Patience,
  attempt: () => Promise<T | null>,
  busy: () => Maybe<Busy>,
): Promise<{ readonly had: T; readonly waited: boolean }> => {
  let until = monotonic() + wait;
  let graced = false;
  for (let pause = first, waited = false; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE), waited = true) {
    if (signal.aborted) {
      const message = `the connection ended while ${where} was waited for`;
      throw new HostError('cancelled', message, 'Run the same command again.');
    }
    const had = await attempt();
    if (had !== null) return { had, waited };
    const left = until - monotonic();
    if (left > 0) {
      await sleep(Math.min(pause * stride, left) * 1000, signal);
      continue;
    }
    const { known, refusal } = await busy();
    if (graced || known) throw refusal;
    // Whoever has just taken it is about to write down who it is, or has withdrawn as well.
    graced = true;
    until = monotonic() + GRACE;
  }
};

/** By what tells processes of one machine apart. */
export const strideOf = (process: number): number => 0.75 + (process % 64) / 128;

/** Seconds. */
const LONGEST_PAUSE = 1;
const GRACE = 0.25;
