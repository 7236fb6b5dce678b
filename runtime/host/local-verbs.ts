// The file verbs of this machine: node:fs called synchronously, in folders that are held open.
//
// Synchronous calls are five times as fast as promises here; the process that draws a screen must not make them.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  statfsSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { posix } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { KeptFolder } from '../tree/listing.js';
import { ROW_FIELDS } from '../tree/listing-store.js';
import { namesAt } from '../tree/page.js';
import type { Attributes, Fault, FileVerbs, Folder, FoundAsKept, Named, Sink, Source, Stat } from './file-verbs.js';
import { notFile } from './kind.js';
import { cloneLocally } from './local-clone.js';
import { performLocally } from './local-deeds.js';
import { makeLocalExtras } from './local-extras.js';
import { fileSystemOf, mayWriteTo, namesShowInTimes, syncFileSystem } from './local-file-system.js';
import {
  address,
  addressNear,
  bytesOf,
  folderPath,
  holdBelow,
  holdDescriptor,
  holdPath,
  letGo,
  standIn,
} from './local-folder.js';
import { foldersAsKept } from './local-kept.js';
import { readNames } from './local-names.js';
import { attempt, statOf } from './local-stat.js';
import { readFully, setModified, sinkOf, sourceOf, writeFully } from './local-streams.js';

export type LocalOptions = {
  /** What `~` stands for, as a byte string. */
  readonly home: string;
  /** Address names through `/proc/self/fd`; by default where the system is Linux. */
  readonly byDescriptor?: boolean;
};

export const makeLocalVerbs = ({ home, byDescriptor = process.platform === 'linux' }: LocalOptions): FileVerbs => ({
  open: path =>
    attempt(() => {
      const absolute = expandHome(path, home);
      const folder = holdPath(absolute, byDescriptor);
      return { folder, path: absolute, stat: statOf(fstatSync(folder.held)) };
    }),
  enter: (at, name) => attempt(() => holdBelow(at, name)),
  release: letGo,
  list: folder => attempt(() => (byDescriptor && isMainThread ? listInside(folder) : listFromOutside(folder))),
  ...(byDescriptor && isMainThread
    ? {
        listKept: (folder, kept, same) => attempt(() => listAsKept(folder, kept, same)),
        namesShowInTimes,
        itself: folder => attempt(() => statOf(fstatSync(folder.held))),
      }
    : {}),
  stat: batch => batch.map(({ at, name }) => attempt(() => statAt(at, name))),
  readLink: (at, name) => attempt(() => readlinkSync(address(at, name), { encoding: 'latin1' })),
  followed: (at, name) => attempt(() => statOf(statSync(address(at, name)))),
  read: (at, name, follow) => attempt(() => openSource(at, name, follow)),
  write: (at, name) => attempt(() => openSink(at, name)),
  readWhole: (at, name, follow, into) => attempt(() => readWhole(at, name, follow, into)),
  writeWhole: (at, name, content, attributes) => attempt(() => writeWhole(at, name, content, attributes)),
  clone: cloneLocally,
  perform: deeds =>
    deeds.map(deed =>
      attempt(() => {
        performLocally(deed);
        return null;
      }),
    ),
  extras: byDescriptor ? makeLocalExtras(holdDescriptor) : null,
  syncAll: syncFileSystem,
  fileSystem: fileSystemOf,
  mayWrite: mayWriteTo,
  space: folder => {
    try {
      const { bavail, bsize, files, ffree } = statfsSync(folderPath(folder));
      // Some file systems have no fixed number of inodes and say 0 of 0.
      return { bytes: bavail * bsize, inodes: files === 0 ? Number.MAX_SAFE_INTEGER : ffree };
    } catch {
      return null;
    }
  },
  names: readNames(),
});

/** A path as the plan's author wrote it, made absolute: `~` is the home folder. */
export const expandHome = (path: string, home: string): string => {
  const whole = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  if (!whole.startsWith('/') || whole.includes('\0')) {
    throw Object.assign(new Error('not an absolute path'), { code: 'EINVAL' });
  }
  const clean = posix.normalize(whole);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
};

/** The fastest known way: the kernel looks up bare names in the working folder. */
const listInside = (folder: Folder): Named[] => {
  const leave = standIn(folder);
  try {
    return statAll(namesHere(), '');
  } finally {
    leave();
  }
};

const listAsKept = (folder: Folder, kept: KeptFolder, sameNames: boolean): FoundAsKept | Named[] => {
  const leave = standIn(folder);
  try {
    const names = namesAt(kept.page, kept.columns, ROW_FIELDS);
    // Compared, not counted: some file systems find a name that is written otherwise now, in other letters.
    const now = sameNames ? null : namesHere();
    const folders = now === null || isSameList(now, names) ? foldersAsKept(kept, names) : null;
    return folders === null ? statAll(now ?? namesHere(), '') : { folders };
  } finally {
    leave();
  }
};

/** In the order of a page: text sorts faster here than by a comparison later. */
const namesHere = (): string[] => readdirSync('.', { encoding: 'latin1' }).sort();

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

const listFromOutside = (folder: Folder): Named[] => {
  const path = folderPath(folder);
  return statAll(readdirSync(path, { encoding: 'latin1' }), path.toString('latin1'));
};

const statAll = (names: readonly string[], prefix: string): Named[] => {
  const listed: Named[] = [];
  for (const name of names) {
    const stats = lstatSync(bytesOf(prefix + name), MAY_VANISH);
    if (stats !== undefined) listed.push({ name, stat: statOf(stats) });
  }
  return listed;
};

/** What is not there is mostly asked for to see just that: an exception for it takes four times as long as the look. */
const statAt = (at: Folder, name: string): Stat | Fault => {
  const stats = lstatSync(addressNear(at, name), MAY_VANISH);
  return stats === undefined ? ABSENT : statOf(stats);
};

const openToRead = (at: Folder, name: string, follow: boolean): number =>
  openSync(addressNear(at, name), follow ? READ_FLAGS : READ_FLAGS | constants.O_NOFOLLOW);

const readWhole = (
  at: Folder,
  name: string,
  follow: boolean,
  into: Uint8Array,
): { readonly count: number; readonly stat: Stat } | Fault => {
  const descriptor = openToRead(at, name, follow);
  try {
    const count = attempt(() => readFully(descriptor, into, null));
    const stat = statOf(fstatSync(descriptor));
    if (stat.kind !== 'file') return notFile(stat.kind);
    return typeof count === 'number' ? { count, stat } : count;
  } finally {
    closeSync(descriptor);
  }
};

const writeWhole = (at: Folder, name: string, content: Uint8Array, attributes: Attributes): null => {
  const path = addressNear(at, name);
  const { mode, modified } = attributes;
  const descriptor = openSync(path, CREATE_FLAGS, mode & 0o777);
  try {
    try {
      writeFully(descriptor, content, 0);
      giveMode(descriptor, at, mode);
      setModified(descriptor, modified);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
  return null;
};

const openSource = (at: Folder, name: string, follow: boolean): Source | Fault => {
  const descriptor = openToRead(at, name, follow);
  const stat = statOf(fstatSync(descriptor));
  if (stat.kind === 'file') return sourceOf(descriptor, stat);
  closeSync(descriptor);
  return notFile(stat.kind);
};

const openSink = (at: Folder, name: string): Sink => {
  const path = address(at, name);
  return sinkOf(openSync(path, CREATE_FLAGS, 0o600), () => unlinkSync(path));
};

/** A new file has the mode it was made with, but for what the mask of this process and a default access list in the folder
 * take off: one file of a folder tells for all of the same mode. */
const giveMode = (descriptor: number, at: Folder, mode: number): void => {
  if (asMade.at === at && asMade.mode === mode) return;
  if ((fstatSync(descriptor).mode & 0o7777) === mode) asMade = { at, mode };
  else fchmodSync(descriptor, mode);
};

let asMade: { readonly at: Folder | null; readonly mode: number } = { at: null, mode: 0 };

const ABSENT: Fault = { fault: 'ENOENT', message: 'no such file or directory' };
const MAY_VANISH = { throwIfNoEntry: false } as const;
/** Opening a FIFO must not wait for a writer, nor a terminal become ours. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
