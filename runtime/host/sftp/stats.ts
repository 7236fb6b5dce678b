// What a server says of a file, as a Stat: whole seconds, no inode, no further names; what it cannot be is a fault.

import { constants } from 'node:fs';
import type { Attributes } from 'ssh2';
import type { Fault, Stat } from '../file-verbs.js';
import { kindOf } from '../kind.js';

export const statOf = (attributes: Attributes): Stat | Fault => {
  const { mode, size, mtime, uid, gid } = attributes as Partial<Attributes>;
  if (mode === undefined || (mode & constants.S_IFMT) === 0) return untold('kind of file it is');
  if (typeof size !== 'number' || size < 0) return untold('size it has');
  if (mtime === undefined) return untold('time it has');
  return {
    kind: kindOf(mode),
    size,
    mode: mode & 0o7777,
    modified: mtime * SECOND,
    changed: standIn(mode & 0o7777, uid, gid),
    inode: 0,
    device: 0,
    names: 1,
    owner: uid ?? NOBODY,
    group: gid ?? NOBODY,
  };
};

/** A time as the protocol carries it: 32 bits, from 1970. */
export const secondsOf = (modified: number): number =>
  Math.max(0, Math.min(LAST_SECOND, Math.floor(modified / SECOND)));

/** For the time of the last change, which is not told: another mode or owner makes another number, never 0. */
const standIn = (mode: number, owner = NOBODY, group = NOBODY): number =>
  1 + mode + 0x1000 * ((Math.imul(owner, 0x9e37_79b1) ^ Math.imul(group, 0x85eb_ca6b)) >>> 0);

const untold = (what: string): Fault => ({ fault: 'EPROTO', message: `the server does not say what ${what}` });

export const SECOND = 1_000_000;
const LAST_SECOND = 0xffff_ffff;
/** Where a server does not say whose it is. */
const NOBODY = 0xffff_ffff;
