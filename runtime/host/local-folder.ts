// Held folders of this machine, and how a name in one is addressed, so that no link flipped meanwhile leads elsewhere.
//
// On Linux `/proc/self/fd/N/name` is openat for every call: the kernel starts at the held folder itself, wherever it was
// moved. Elsewhere a folder is known by its path, and before each use the path must still lead to the folder that was
// opened: a weaker guarantee, since the path can be changed between the look and the use.
//
// A process that does nothing else may stay in the folder it works in (`stayInside`): names there need no way at all, which
// takes a third off every call. Then its working folder means nothing, and whoever starts a program says where.
import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type { Fault, Folder } from './file-verbs.js';

export type LocalFolder = Folder & {
  /** What stands before a name, as a byte string; ends in '/'. */
  readonly prefix: string;
  /** Where the prefix is a real path: what it must lead to. */
  readonly identity: string | null;
};

/** Opens an absolute path, following links; throws as node:fs does. */
export const holdPath = (path: string, byDescriptor: boolean): LocalFolder => {
  const descriptor = openSync(bytesOf(path), FOLDER_FLAGS & ~constants.O_NOFOLLOW);
  return hold(descriptor, byDescriptor ? null : realpathSync.native(bytesOf(path), { encoding: 'latin1' }));
};

/** Opens a folder below a held one, never through a link; throws as node:fs does. */
export const holdBelow = (at: Folder, name: string): LocalFolder => {
  const path = address(at, name);
  const descriptor = openSync(path, FOLDER_FLAGS);
  return hold(descriptor, (at as LocalFolder).identity === null ? null : `${(at as LocalFolder).prefix}${name}`);
};

/** A descriptor of a folder, as a held folder; only where names are addressed by descriptors. */
export const holdDescriptor = (descriptor: number): LocalFolder => hold(descriptor, null);

export const letGo = (folder: Folder): void => {
  // Where nobody holds it any more, it may be unmounted. Mostly another folder is stood in before that.
  if (folder === inside) leaveSoon();
  closeSync(folder.held);
};

/** From now on this process stays in the folder it used last, while that is held. */
export const stayInside = (): void => {
  stays = isMainThread && process.platform === 'linux';
};

/** Goes into a held folder, where that is known by its descriptor; the answer is to be called when the work there is done. */
export const standIn = (folder: Folder): (() => void) => {
  if (folder === inside) return STAY;
  const back = stays ? null : workingFolder();
  process.chdir((folder as LocalFolder).prefix);
  if (back !== null) return () => process.chdir(back);
  inside = folder;
  return STAY;
};

/** As `address`, for a call that is followed by others in the same folder. */
export const addressNear = (at: Folder, name: string): string | Buffer => {
  if (!stays || (at as LocalFolder).identity !== null) return address(at, name);
  refuseName(name);
  standIn(at);
  return bytesOf(name);
};

/** A path for node:fs that means `name` in the held folder. */
export const address = (at: Folder, name: string): string | Buffer => {
  refuseName(name);
  return folderPath(at, name);
};

/** A path for node:fs that means the held folder itself, or what `name` (checked by the caller) is in it. */
export const folderPath = (at: Folder, name = ''): string | Buffer => {
  const { prefix, identity } = at as LocalFolder;
  if (identity !== null) {
    const stats = statSync(bytesOf(prefix));
    if (`${stats.dev}:${stats.ino}` !== identity || !sameLeaf(prefix, stats.ino)) {
      throw Object.assign(new Error('the folder was replaced meanwhile'), { code: 'ESTALE' });
    }
  }
  return bytesOf(prefix + name);
};

/** Node.js takes text as UTF-8: a byte string with bytes above 127 must go as a buffer. ASCII stays text, for speed. */
export const bytesOf = (name: string): string | Buffer => (NOT_ASCII.test(name) ? Buffer.from(name, 'latin1') : name);

/** An exception of node:fs as a value. */
export const faultOf = (error: unknown): Fault => {
  const { code, errno = 0, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') throw error;
  if (code.startsWith('ERR_')) return { fault: 'EINVAL', message };
  return {
    fault: UNNAMED.test(code) ? (ERRNO_NAMES.get(-errno) ?? code) : code,
    message: message.replace(/^\w+: /, '').replace(/, \w+( '.*)?$/s, ''),
  };
};

const refuseName = (name: string): void => {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw Object.assign(new Error('not a name'), { code: 'EINVAL' });
  }
};

let stays = false;
/** The folder that is the working folder of this process; null where that is none of ours. */
let inside: Folder | null = null;
const STAY = (): void => undefined;

const leaveSoon = (): void => {
  inside = null;
  if (leaving !== null) return;
  leaving = setImmediate(() => {
    leaving = null;
    if (inside === null) process.chdir('/');
  });
};

let leaving: NodeJS.Immediate | null = null;

/** Somebody may have removed it; then any other will do. */
const workingFolder = (): string => {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
};

/** What Node.js calls an errno that it does not know; a used-up quota is one of them. */
const UNNAMED = /unknown/i;
const ERRNO_NAMES = new Map(Object.entries(system.errno).map(([name, number]) => [number as number, name]));

const hold = (descriptor: number, path: string | null): LocalFolder => {
  if (path === null) return { held: descriptor, prefix: `/proc/self/fd/${descriptor}/`, identity: null };
  const stats = fstatSync(descriptor);
  return {
    held: descriptor,
    prefix: path.endsWith('/') ? path : `${path}/`,
    identity: `${stats.dev}:${stats.ino}`,
  };
};

/** The folder's own name is no link: `prefix` without its slash is the same inode when links are not followed. */
const sameLeaf = (prefix: string, inode: number): boolean =>
  prefix === '/' || lstatSync(bytesOf(prefix.slice(0, -1))).ino === inode;

/** On Linux a descriptor that only names the folder: it asks for no right to read it. */
const O_PATH = process.platform === 'linux' ? 0o10000000 : 0;
export const NAMES_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | O_PATH;
const FOLDER_FLAGS = NAMES_ONLY | constants.O_DIRECTORY;
const NOT_ASCII = /[^\0-\x7f]/;
