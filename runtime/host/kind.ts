// What stands at a path, by the type bits of its mode, which SFTP carries as the system has them.
import { constants } from 'node:fs';
import type { Stat } from './file-verbs.js';

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
