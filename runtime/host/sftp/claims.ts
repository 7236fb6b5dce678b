// Claims on a lock over SFTP: folders as everybody's (lock/claim.ts), of a process here, which nobody there can ask after.
//
//  1. As agents and shells do, whoever wants the lock makes his claim first and only then looks at the others': of two that
//     exclude each other at least one sees the other, and withdraws.
//  2. A claim is young as long as its holder lives: he gives its folder a new time again and again. Ages are told by the server's
//     times alone, against the claim that was just made; no clock of ours counts.
//  3. Another's claim that is no lease counts unless it is of this very machine and surely dead: what cannot be told is respected.
import { hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Named } from '../file-verbs.js';
import type { LockMode } from '../host.js';
import { type Claimant, claimName, hasLapsed, isGoneClaim, parseClaim } from '../lock/claim.js';
import { performOne } from '../transaction/one-deed.js';

export type Claiming = {
  readonly verbs: FileVerbs;
  readonly here: Claimant;
  /** Seconds by a clock that never goes back. */
  readonly monotonic: () => number;
  /** The folder of locks, and the lock's name in it. */
  readonly folder: Folder;
  readonly name: string;
  /** Names the lock in messages. */
  readonly where: string;
};

export type HeldClaim = {
  /** When it was made, by the server's clock, in microseconds. */
  readonly made: number;
  readonly isThere: () => Promise<boolean>;
  /** Gives it this time, by the server's clock. */
  readonly renew: (time: number) => Promise<null | Fault>;
  readonly release: () => Promise<void>;
};

/** At once; the name of the claim that excludes it. Throws HostError where none can be made. */
export const tryClaim = async (claiming: Claiming, mode: LockMode, run: string): Promise<HeldClaim | string> => {
  const { verbs, here, monotonic, where } = claiming;
  const at = await openClaims(claiming);
  if (isFault(at)) throw hostErrorOf(`lock ${where}`, at);
  const mine = claimName({ ...here, mode, way: 'lease', run: run.replaceAll(/[^A-Za-z0-9._-]/g, '_') }, monotonic());
  const made = await performOne(verbs, { do: 'make-folder', at, name: mine, mode: CLAIM_MODE });
  if (made !== null) {
    await verbs.release(at);
    throw hostErrorOf(`lock ${where}`, made);
  }
  const remove = (name: string): Promise<null | Fault> => performOne(verbs, { do: 'remove-folder', at, name });
  const release = async (): Promise<void> => {
    await remove(mine);
    await verbs.release(at);
  };
  try {
    const listed = await claimsIn(verbs, at);
    const own = isFault(listed) ? undefined : listed.find(({ name }) => name === mine);
    if (isFault(listed)) throw hostErrorOf(`lock ${where}`, listed);
    if (own === undefined)
      throw hostErrorOf(`lock ${where}`, { fault: 'ENOENT', message: 'the claim just made is gone' });
    for (const { name, stat } of listed) {
      if (name === mine) continue;
      const claim = parseClaim(name);
      const dead =
        claim !== null &&
        (isGoneClaim(claim, here) || hasLapsed(claim, own.stat.modified / MICROS, stat.modified / MICROS));
      if (dead) await remove(name);
      else if (mode === 'exclusive' || claim?.mode !== 'shared') {
        await release();
        return name;
      }
    }
    return {
      made: own.stat.modified,
      async isThere() {
        const [stat] = await verbs.stat([{ at, name: mine }]);
        return stat !== undefined && !isFault(stat);
      },
      renew: time =>
        performOne(verbs, { do: 'set', at, name: mine, mode: null, modified: time, owner: null, group: null }),
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
};

/** Names of the claims that are there, dead or alive. */
export const claimNames = async ({ verbs, folder, name }: Claiming): Promise<string[]> => {
  const at = await verbs.enter(folder, heldName(name));
  if (isFault(at)) return [];
  const listed = await claimsIn(verbs, at);
  await verbs.release(at);
  return isFault(listed) ? [] : listed.map(one => one.name);
};

const openClaims = async ({ verbs, folder, name }: Claiming): Promise<Folder | Fault> => {
  const made = await performOne(verbs, { do: 'make-folder', at: folder, name: heldName(name), mode: CLAIM_MODE });
  if (made !== null && made.fault !== 'EEXIST') return made;
  return verbs.enter(folder, heldName(name));
};

const claimsIn = async (verbs: FileVerbs, at: Folder): Promise<readonly Named[] | Fault> => {
  const listed = await verbs.list(at);
  return isFault(listed) ? listed : listed.filter(({ name }) => !name.startsWith('.'));
};

const heldName = (name: string): string => `${name}.held`;

const CLAIM_MODE = 0o755;
const MICROS = 1_000_000;
