// The small deeds of this machine: make, link, rename, remove, set attributes, sync. Each throws as node:fs does.
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import type { Deed, Folder } from './file-verbs.js';
import { address, bytesOf, folderPath, type LocalFolder, NAMES_ONLY } from './local-folder.js';
import { secondsOf } from './micros.js';

export const performLocally = (deed: Deed): void => {
  switch (deed.do) {
    case 'make-folder':
      mkdirSync(address(deed.at, deed.name), deed.mode & 0o777);
      // The mask of this process and a set-group-id bit above have had their say: now it gets exactly what was asked.
      setMode(deed.at, deed.name, deed.mode);
      return;
    case 'make-link':
      symlinkSync(bytesOf(deed.target), address(deed.at, deed.name));
      return;
    case 'hard-link':
      linkSync(address(deed.at, deed.name), address(deed.to, deed.toName));
      return;
    case 'rename':
      renameSync(address(deed.at, deed.name), address(deed.to, deed.toName));
      return;
    case 'remove':
      unlinkSync(address(deed.at, deed.name));
      return;
    case 'remove-folder':
      rmdirSync(address(deed.at, deed.name));
      return;
    case 'set':
      // Changing the owner clears set-user-id, so the mode comes after it; neither changes the time of content.
      if (deed.owner !== null || deed.group !== null) {
        lchownSync(address(deed.at, deed.name), deed.owner ?? UNCHANGED, deed.group ?? UNCHANGED);
      }
      if (deed.mode !== null) setMode(deed.at, deed.name, deed.mode);
      if (deed.modified !== null) {
        lutimesSync(address(deed.at, deed.name), secondsOf(deed.modified), secondsOf(deed.modified));
      }
      return;
    case 'sync-folder':
      sync(folderPath(deed.at), constants.O_RDONLY | constants.O_DIRECTORY);
      return;
    case 'sync-file':
      sync(address(deed.at, deed.name), READABLE);
      return;
  }
};

/** There is no lchmod on Linux: the file is held without following a link, then changed through its descriptor. */
const setMode = (at: Folder, name: string, mode: number): void => {
  const byDescriptor = (at as LocalFolder).identity === null;
  const descriptor = openSync(address(at, name), byDescriptor ? NAMES_ONLY : READABLE);
  try {
    if (fstatSync(descriptor).isSymbolicLink()) {
      throw Object.assign(new Error('it is a symbolic link'), { code: 'ELOOP' });
    }
    if (byDescriptor) chmodSync(`/proc/self/fd/${descriptor}`, mode);
    else fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
};

const sync = (path: string | Buffer, flags: number): void => {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const UNCHANGED = -1;
const READABLE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
