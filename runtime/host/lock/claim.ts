// Claims: a folder for each holder of a lock, by which those who have no flock, and those who have it, notice each other.
//
//   lock/BLOCK.held/                                 0755
//     MODE,WAY,MACHINE,BOOT,SPACE,PROCESS,BORN,N[,RUN]/    there while that process holds, or tries to get, the lock
//
// WAY is `flock` where the holder has the flock as well, `lease` where it is a process of another machine that reaches this one
// by SFTP (sftp/claims.ts) and RUN its run, else `folder`; SPACE is the number of its space of processes, BORN when it began, by
// the kernel; what a system does not tell is empty. N tells claims of one process apart: when it was made.
//
//  1. Whoever wants the lock takes the flock first, where he can, then makes his claim, and only then looks at the others': so
//     of two that exclude each other at least one sees the other, and withdraws. Agents and shells (shell/lock-scripts.ts) alike.
//  2. Who holds the flock passes over claims made with a flock: that has decided already, also about those of other machines.
//  3. Any other claim counts unless its process is surely dead: of this machine and space, and of another start of the system,
//     or there is no such process, or only a zombie, or one born at another time. What cannot be told is respected.
//  4. Who has the flock and may not write there leaves no claim but looks at those of others.
//  5. A claim of a lease is kept young by whoever made it: one that is LEASE_SECONDS older than the looker's own, by the times of
//     the file system that both lie in, is dead. What its machine calls itself, and when that was started, says nothing else.
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { hostErrorOf } from '../faults.js';
import type { Folder } from '../file-verbs.js';
import type { LockMode } from '../host.js';
import { address, faultOf, folderPath, holdBelow, letGo } from '../local-folder.js';
import { type Grip, once } from './flock.js';

/** A process as its claims name it. */
export type Claimant = {
  readonly machine: string;
  readonly boot: string;
  readonly space: string;
  readonly process: number;
  readonly born: string;
};

export type Claim = Claimant & { readonly mode: LockMode; readonly way: Way; readonly run?: string };
type Way = 'flock' | 'folder' | 'lease';

export type ClaimOptions = {
  readonly mode: LockMode;
  readonly way: Exclude<Way, 'lease'>;
  /** Names the lock in messages. */
  readonly where: string;
  readonly here: Claimant;
  /** Seconds by a clock that never goes back. */
  readonly monotonic: () => number;
};

/** This process. */
export const claimantHere = (machine: string, boot: string): Claimant => ({
  machine: machine.replaceAll(/[^A-Za-z0-9._-]/g, '_'),
  boot,
  space: spaceHere(),
  process: process.pid,
  born: statusOf(process.pid)?.born ?? '',
});

/** At once: null where somebody else's claim excludes it. Throws HostError where none can be made. */
export const tryClaim = (
  folder: Folder,
  name: string,
  { mode, way, where, here, monotonic }: ClaimOptions,
): Grip | null => {
  const mine = claimName({ ...here, mode, way }, monotonic());
  const made = makeClaim(folder, name, mine);
  const isOnlyRead = made !== null && way === 'flock' && mode === 'shared' && MAY_NOT_WRITE.has(made.fault);
  if (made !== null && !isOnlyRead) throw hostErrorOf(`lock ${where}`, made);
  const release = once(() => {
    if (made === null) removeClaim(folder, name, mine);
  });
  try {
    for (const other of claimsIn(folder, name)) {
      if (other === mine) continue;
      const claim = parseClaim(other);
      if (way === 'flock' && claim?.way === 'flock') {
        if (mode === 'exclusive') removeClaim(folder, name, other);
      } else if (
        claim !== null &&
        (isGoneClaim(claim, here) || (made === null && isOld(folder, name, claim, mine, other)))
      )
        removeClaim(folder, name, other);
      else if (mode === 'exclusive' || claim?.mode !== 'shared') {
        release();
        return null;
      }
    }
  } catch (error) {
    release();
    throw hostErrorOf(`lock ${where}`, faultOf(error));
  }
  return { isOurs: () => made !== null || claimsIn(folder, name).includes(mine), release };
};

/** Names of the claims on a lock that may be of living processes. */
export const livingClaims = (folder: Folder, name: string, here: Claimant): string[] =>
  claimsIn(folder, name).filter(other => {
    const claim = parseClaim(other);
    return claim === null || !isGoneClaim(claim, here);
  });

export const parseClaim = (name: string): Claim | null => {
  const [, mode, way, machine, boot, space, pid, born, run] = CLAIM.exec(name) ?? [];
  if (mode === undefined || (way === 'lease') !== (run !== undefined)) return null;
  return {
    mode,
    way,
    machine,
    boot,
    space,
    born,
    process: Number(pid),
    ...(run === undefined ? {} : { run }),
  } as Claim;
};

export const claimName = ({ mode, way, machine, boot, space, process, born, run }: Claim, now: number): string =>
  [mode, way, machine, boot, space, process, born, Math.floor(now * 1e6), ...(run === undefined ? [] : [run])].join(
    ',',
  );

/** `process 12 of web-01`, for who has to be told. */
export const describeClaim = (name: string): string => {
  const claim = parseClaim(name);
  return claim === null ? 'somebody' : `process ${claim.process} of ${claim.machine}`;
};

/** Of two times of one file system, in seconds. */
export const hasLapsed = ({ way }: Claim, now: number, time: number): boolean =>
  way === 'lease' && now - time > LEASE_SECONDS;

export const isGoneClaim = (claim: Claim, here: Claimant): boolean => {
  if (claim.machine !== here.machine) return false;
  // Machines of one name are mostly one machine where they work on one disk; over SFTP they need not be.
  if (claim.boot !== here.boot) return claim.way !== 'lease' && claim.boot !== '' && here.boot !== '';
  if (claim.space !== here.space) return false;
  try {
    process.kill(claim.process, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const status = statusOf(claim.process);
  if (status === null) return false;
  return DEAD.has(status.state) || (claim.born !== '' && claim.born !== status.born);
};

/** Null: it is there. */
const makeClaim = (folder: Folder, name: string, claim: string): ReturnType<typeof faultOf> | null => {
  try {
    try {
      const path = address(folder, heldName(name));
      mkdirSync(path, HELD_MODE);
      // The mask of this process had its say.
      chmodSync(path, HELD_MODE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    within(folder, name, held => mkdirSync(address(held, claim), HELD_MODE));
    return null;
  } catch (error) {
    return faultOf(error);
  }
};

const isOld = (folder: Folder, name: string, claim: Claim, mine: string, other: string): boolean =>
  claim.way === 'lease' &&
  within(folder, name, held => {
    const [own, theirs] = [mine, other].map(one => lstatSync(address(held, one), { throwIfNoEntry: false }));
    return own !== undefined && theirs !== undefined && hasLapsed(claim, own.mtimeMs / 1000, theirs.mtimeMs / 1000);
  });

const removeClaim = (folder: Folder, name: string, claim: string): void => {
  try {
    within(folder, name, held => rmdirSync(address(held, claim)));
  } catch (error) {
    // Whoever made it, or found it dead, was first; or all of it was removed by hand.
    if (!GONE.has(String((error as NodeJS.ErrnoException).code))) throw error;
  }
};

const claimsIn = (folder: Folder, name: string): string[] => {
  try {
    const names = within(folder, name, held => readdirSync(folderPath(held), { encoding: 'latin1' }));
    return names.filter(one => !one.startsWith('.'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** In the folder of claims, never through a link. */
const within = <T>(folder: Folder, name: string, work: (held: Folder) => T): T => {
  const held = holdBelow(folder, heldName(name));
  try {
    return work(held);
  } finally {
    letGo(held);
  }
};

const heldName = (name: string): string => `${name}.held`;

const spaceHere = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
  } catch {
    return '';
  }
};

/** Null where the system does not tell, as one does that hides the processes of others. */
const statusOf = (pid: number): { readonly state: string; readonly born: string } | null => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, born: fields[BORN]! };
  } catch {
    return null;
  }
};

/** A claim of a lease is made young again several times in this. */
export const LEASE_SECONDS = 120;
const CLAIM =
  /^(shared|exclusive),(flock|folder|lease),([^,]*),([^,]*),(\d*),([1-9]\d{0,9}),(\d*),\d+(?:,([A-Za-z0-9._-]+))?$/;
/** The start time, behind the state. */
const BORN = 19;
const DEAD: ReadonlySet<string> = new Set(['Z', 'X']);
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
const MAY_NOT_WRITE: ReadonlySet<string> = new Set(['EACCES', 'EROFS']);
const HELD_MODE = 0o755;
