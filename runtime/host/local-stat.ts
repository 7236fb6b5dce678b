// What this system says of a file, and why it refuses something, as values of the lower storey.
import type { Stats } from 'node:fs';
import type { Fault, Stat } from './file-verbs.js';
import { kindOf } from './kind.js';
import { faultOf } from './local-folder.js';
import { changedOf, modifiedOf } from './micros.js';

export const statOf = (stats: Stats): Stat => ({
  kind: kindOf(stats.mode),
  size: stats.size,
  mode: stats.mode & 0o7777,
  modified: modifiedOf(stats),
  changed: changedOf(stats),
  inode: stats.ino,
  device: stats.dev,
  names: stats.nlink,
  owner: stats.uid,
  group: stats.gid,
});

export const attempt = <T>(work: () => T): T | Fault => {
  try {
    return work();
  } catch (error) {
    return faultOf(error);
  }
};
