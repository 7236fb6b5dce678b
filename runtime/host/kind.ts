// What stands at a path, by the type bits of its mode, which SFTP carries as the system has them.
import { constants } from 'node:fs';
import type { Fault, Stat } from './file-verbs.js';

export const kindOf = (mode: number): Stat['kind'] => {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file';
    case constants.S_IFDIR:
      return 'folder';
    case constants.S_IFLNK:
      return 'link';
    case constants.S_IFIFO:
      return 'fifo';
    case constants.S_IFSOCK:
      return 'socket';
    default:
      return 'device';
  }
};

/** What is not to be read as a file, as a fault. */
export const notFile = (kind: Stat['kind']): Fault =>
  kind === 'folder'
    ? { fault: 'EISDIR', message: 'it is a folder' }
    : kind === 'link'
      ? { fault: 'ELOOP', message: 'it is a symbolic link' }
      : { fault: 'ENXIO', message: `it is a ${kind}` };
