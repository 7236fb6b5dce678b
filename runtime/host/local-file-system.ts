// The file system under a folder of this machine: what type it is, and making all of it durable by one call.

import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, statfsSync } from 'node:fs';
import type { Fault, Folder } from './file-verbs.js';
import { faultOf, folderPath } from './local-folder.js';

/** Its usual name; '' where it cannot be told, the number in hexadecimal where it has no name here. */
export const fileSystemOf = (folder: Folder): string => {
  try {
    // A signed number of 32 bits on some systems.
    const type = Number(statfsSync(folderPath(folder)).type) >>> 0;
    return process.platform === 'linux' ? nameOfFileSystem(type) : (FILE_SYSTEMS[type] ?? '');
  } catch {
    return '';
  }
};

/** Of others, on other machines or in a user's program, it is not known. */
export const namesShowInTimes = (folder: Folder): boolean => TIMED.has(fileSystemOf(folder));

/** Whatever of a file changes, its mode and owner too, changes the time of its inode's last change. On others (vfat, exfat, what a
 * user's program shows of a far one) these change by themselves, or as it is mounted. */
export const changesShowInTimes = (fileSystem: string): boolean => DATED.has(fileSystem);

/** By the number that Linux gives its type; that number in hexadecimal where it has no name here. */
export const nameOfFileSystem = (type: number): string => FILE_SYSTEMS[type] ?? type.toString(16);

/** access(2): rights, and whether the file system is mounted to be written to. */
export const mayWriteTo = (folder: Folder): null | Fault => {
  try {
    accessSync(folderPath(folder), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return faultOf(error);
  }
};

/**
 * Node.js has no syncfs: `sync -f` of coreutils makes the call, on a descriptor that it inherits, so no path is involved.
 * ENOSYS where there is no such program or it does not know the option; whatever else it reports is a failed sync.
 */
export const syncFileSystem = async (folder: Folder): Promise<null | Fault> => {
  if (process.platform !== 'linux') return NO_SUCH_CALL;
  let descriptor: number;
  try {
    descriptor = openSync(folderPath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    return faultOf(error);
  }
  try {
    const { code, words } = await runSync(descriptor);
    if (code === 0) return null;
    if (code === 'ENOENT' || code === NOT_FOUND || /option|usage/i.test(words)) return NO_SUCH_CALL;
    if (typeof code === 'string' && ERRNO.test(code))
      return { fault: code, message: `sync -f cannot be started: ${code}` };
    return { fault: faultIn(words), message: words.trim() || `sync -f ended with ${code}` };
  } finally {
    closeSync(descriptor);
  }
};

/** The exit code, or why there is none; and what it said. */
const runSync = (descriptor: number): Promise<{ readonly code: number | string; readonly words: string }> =>
  new Promise(resolve => {
    // By node:child_process: a package for it would double what is pushed to every host.
    const child = spawn('env', ['LC_ALL=C', 'sync', '-f', '/proc/self/fd/3'], {
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
    });
    let words = '';
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message, words }));
    // Where no more files may be open there is neither a process nor its streams.
    child.stderr?.setEncoding('utf8').on('data', text => {
      words = (words + text).slice(0, MOST_WORDS);
    });
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'no code', words }));
  });

/** The errno behind the words of the C library. */
const faultIn = (message: string): string => {
  if (/no space left/i.test(message)) return 'ENOSPC';
  if (/quota/i.test(message)) return 'EDQUOT';
  if (/read-only/i.test(message)) return 'EROFS';
  return 'EIO';
};

/** Not the name of a signal. */
const ERRNO = /^E[A-Z0-9]+$/;
/** What `env` and every shell answer for a program that is not there. */
const NOT_FOUND = 127;
const MOST_WORDS = 1000;
const NO_SUCH_CALL: Fault = { fault: 'ENOSYS', message: 'there is no call that syncs a whole file system' };

/** Of file systems: whose folders' times tell of names, and whose files' of all that changes. */
const TIMED = new Set(['ext4', 'xfs', 'btrfs', 'tmpfs', 'f2fs', 'zfs']);
const DATED = new Set([...TIMED, 'bcachefs', 'ramfs', 'overlay', 'nfs', 'ceph', '9p', 'virtiofs']);
/** By the magic numbers of statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2240043254: 'ramfs',
  26985: 'nfs',
  20859: 'smb',
  4283649346: 'cifs',
  4266872130: 'smb2',
  801189825: 'zfs',
  4076150800: 'f2fs',
  3393526350: 'bcachefs',
  1702057286: 'fuse',
  2035054128: 'overlay',
  19780: 'vfat',
  538032816: 'exfat',
  1397118030: 'ntfs',
  1936094318: 'ntfs3',
  1382369651: 'reiserfs',
  827541066: 'jfs',
  12805120: 'ceph',
  16914839: '9p',
  1785031267: 'virtiofs',
  1397113167: 'afs',
  1196443219: 'gpfs',
  198183888: 'lustre',
  1936814952: 'squashfs',
  38496: 'iso9660',
  3774210530: 'erofs',
  40864: 'proc',
  1650812274: 'sysfs',
};
