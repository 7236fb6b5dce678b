// Where a walk ends although there is more: too deep, or more than a machine that may lie is believed.
import type { Path } from '../tree/path.js';
import type { Fault } from './file-verbs.js';
import { MAX_DEPTH } from './walk-wanted.js';

/** Names, and for each folder that lies deeper than anybody's some more: three folders in each of three folders never end. */
export const makeBudget = (most = Number.POSITIVE_INFINITY) => {
  let taken = 0;
  return {
    take(names: number, depth: number): void {
      taken += names + DEEP_PRICE * Math.max(0, depth - DEEP);
    },
    isSpent: () => taken > most,
  };
};

export const endless = (most = 0): Fault => ({
  fault: 'EPROTO',
  message: `there are more than ${most} names below it, or folders in folders that never end`,
});

export const tooDeep = (path: Path) => ({
  path,
  code: 'too-deep' as const,
  message: `list the folder: it is more than ${MAX_DEPTH} folders deep`,
  help: 'leave it out, or give it a root of its own',
});

const DEEP = 32;
const DEEP_PRICE = 8;
