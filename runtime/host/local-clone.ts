// Clones a file of this machine: a copy that shares its blocks, where the file system has such (btrfs, XFS).
import { closeSync, constants, copyFileSync, fstatSync, openSync, unlinkSync } from 'node:fs';
import type { Fault, Folder } from './file-verbs.js';
import { kindOf, notFile } from './kind.js';
import { address, faultOf } from './local-folder.js';

/** What is cloned is held open and named by its descriptor: nothing put in its place meanwhile, a link or a FIFO, is opened. */
export const cloneLocally = (at: Folder, name: string, to: Folder, toName: string): null | Fault => {
  if (process.platform !== 'linux') return WITHOUT_CLONES;
  let descriptor: number | null = null;
  try {
    descriptor = openSync(address(at, name), READABLE);
    const { mode } = fstatSync(descriptor);
    if (kindOf(mode) !== 'file') return notFile(kindOf(mode));
    return cloneTo(`/proc/self/fd/${descriptor}`, address(to, toName));
  } catch (error) {
    return faultOf(error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

const cloneTo = (from: string, path: string | Buffer): null | Fault => {
  try {
    copyFileSync(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return null;
  } catch (error) {
    const fault = faultOf(error);
    if (fault.fault !== 'EEXIST') remove(path);
    return fault;
  }
};

const remove = (path: string | Buffer): void => {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or went with the attempt.
  }
};

const WITHOUT_CLONES: Fault = { fault: 'ENOSYS', message: 'this system has no call for it here' };
const READABLE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
