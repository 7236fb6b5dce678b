// What this process locks by: the system's flock where there is a program for it, and a claim (claim.ts) in any case.
//
// So runs notice each other whichever of them has flock. Only a program that is none of ours, and takes the flock alone, is
// not noticed by who has none: that is said by whoever locks without (`weaker` of a host, doctor).
import type { Folder } from '../file-verbs.js';
import type { LockMode } from '../host.js';
import { findProgram } from '../programs.js';
import { type Claimant, tryClaim } from './claim.js';
import { type Grip, tryFlock } from './flock.js';

export type Means = {
  /** The program that locks a descriptor; null where there is none. */
  readonly flock: string | null;
  readonly claimant: Claimant;
  /** Seconds by a clock that never goes back. */
  readonly monotonic: () => number;
};

export type GripOptions = {
  readonly mode: LockMode;
  readonly means: Means;
  /** Names the lock in messages. */
  readonly where: string;
};

/** At once, without waiting: null where somebody else has it. */
export const tryGrip = async (
  folder: Folder,
  name: string,
  { mode, means, where }: GripOptions,
): Promise<Grip | null> => {
  const { flock, claimant: here, monotonic } = means;
  if (flock === null) return tryClaim(folder, name, { mode, way: 'folder', where, here, monotonic });
  const locked = await tryFlock(folder, name, { mode, tool: flock, where });
  if (locked === null) return null;
  let claim: Grip | null = null;
  try {
    claim = tryClaim(folder, name, { mode, way: 'flock', where, here, monotonic });
  } finally {
    if (claim === null) locked.release();
  }
  if (claim === null) return null;
  const { isOurs, release } = claim;
  return {
    isOurs: () => locked.isOurs() && isOurs(),
    release() {
      try {
        release();
      } finally {
        locked.release();
      }
    },
  };
};

/** Looked for in PATH and, as accounts for machines often have a short one, where systems keep it; or as SYNCPLAN_FLOCK names it. */
export const findFlock = ({
  PATH = '',
  SYNCPLAN_FLOCK = '',
}: Readonly<Record<string, string | undefined>>): string | null =>
  SYNCPLAN_FLOCK === '' ? findProgram('flock', [PATH, ...FLOCK_FOLDERS].join(':')) : findProgram(SYNCPLAN_FLOCK, '');

/** What is promised less by who has none. */
export const WITHOUT_FLOCK =
  'locks are claims, as there is no flock: other runs are kept out, but no programs that take such a lock by flock';

/** Beside PATH; a shell looks in the same (shell/lock-scripts.ts). */
export const FLOCK_FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin'];
