// Faults of the system in words: an errno name becomes a problem's code, why it failed, and what to do about it.
import type { Problem, ProblemCode } from '../tree/entry.js';
import type { Path } from '../tree/path.js';
import type { Fault } from './file-verbs.js';
import { HostError } from './host-error.js';

/** `doing` is one or two words: `open`, `make the folder`. The message carries no path. */
export const problemOf = (path: Path, doing: string, fault: Fault): Problem => {
  const { code, why, help } = explainFault(fault);
  return { path, code, message: `${doing}: ${why}`, help };
};

export type Explained = { readonly code: ProblemCode; readonly why: string; readonly help: string };

export const explainFault = (fault: Fault): Explained => {
  const row = FAULTS[fault.fault];
  if (row !== undefined) return { code: row[0], why: row[1], help: row[2] };
  return {
    code: 'io',
    why: fault.message === '' ? fault.fault : fault.message,
    help: 'look at the disk and the system log of that host, then run the same command again',
  };
};

/** A fault that every next file would meet as well: the host cannot go on. */
export const stopsHost = (fault: Fault): boolean => STOPPING.has(fault.fault);

/** The host, or one of its roots, cannot be used: `doing` names what was being done on what. */
export const hostErrorOf = (doing: string, fault: Fault): HostError => {
  const { code, why, help } = explainFault(fault);
  return new HostError(code === 'no-space' ? 'no-space' : 'failed', `${doing}: ${why}`, help);
};

/** The same where a root, or a folder that a plan names, is what cannot be used. */
export const explainFolderFault = (fault: Fault): Explained => {
  const explained = explainFault(fault);
  if (fault.fault !== 'ENOTDIR') return explained;
  return {
    ...explained,
    why: 'it, or something above it, is no folder',
    help: 'a root must be a folder; correct the path in the plan',
  };
};

const RETRY = 'run the same command again';
const WHO = 'give the user that syncplan logs in as the right to it, or log in as another';

const FAULTS: Readonly<Record<string, readonly [ProblemCode, string, string]>> = {
  EACCES: ['denied', 'permission denied', WHO],
  EPERM: ['denied', 'operation not permitted', WHO],
  ENOENT: ['gone', 'no such file or folder any more', RETRY],
  ESTALE: ['gone', 'it vanished on the file server', RETRY],
  ENOTDIR: ['in-the-way', 'something that is no folder stands on its way', 'remove what stands there, or leave it out'],
  ELOOP: [
    'in-the-way',
    'a symbolic link stands where a folder or file is expected',
    'replace the link by what it stands for',
  ],
  EEXIST: ['in-the-way', 'something stands there already', 'see what put it there, then run the same command again'],
  EISDIR: ['in-the-way', 'a folder stands there', 'empty and remove it, or leave it out'],
  ENOTEMPTY: ['not-empty', 'the folder is not empty', 'empty it, or leave it out'],
  ENAMETOOLONG: ['name-too-long', 'the name is too long for this file system', 'shorten the name, or leave it out'],
  EILSEQ: ['bad-path', 'the file system does not take this name', 'rename it, or leave it out'],
  EINVAL: ['unsupported', 'the file system does not take this name or value', 'rename it, or leave it out'],
  ENOSPC: [
    'no-space',
    'no space (or no inodes) left on the disk',
    'free some space on that host, then run the same command again',
  ],
  EDQUOT: ['no-space', 'the disk quota is used up', 'free some space on that host, or raise the quota'],
  E2BIG: [
    'no-space',
    'its extended attributes do not fit into this file system',
    'make them smaller, or leave `xattr` out of the attributes of the block',
  ],
  EROFS: ['read-only', 'the file system is read-only', 'mount it writable, or choose another root'],
  EFBIG: [
    'no-space',
    'the file is too large for this file system',
    'choose another file system, or leave the file out',
  ],
  EMLINK: ['unsupported', 'too many hard links to one file', 'say `hard split` in the links of the block'],
  EXDEV: ['unsupported', 'it lies on another file system', 'give what is mounted there a root of its own'],
  ENOTSUP: ['unsupported', 'the file system cannot do that', 'leave that attribute or link out'],
  EOPNOTSUPP: ['unsupported', 'the file system cannot do that', 'leave that attribute or link out'],
  ENOSYS: ['unsupported', 'the system cannot do that', 'leave that attribute or link out'],
  ENXIO: [
    'special',
    'it is a FIFO, a socket or a device',
    'leave it out; only files, folders and links are synchronised',
  ],
  EBUSY: ['in-the-way', 'it is in use, perhaps a mount point', 'stop what uses it, or leave it out'],
  ETXTBSY: ['in-the-way', 'the program is running', 'stop it, then run the same command again'],
  EMFILE: ['io', 'too many open files', 'raise the limit of open files (`ulimit -n`) on that host'],
  ENFILE: ['io', 'too many open files on the whole system', 'close some programs on that host'],
  EIO: ['io', 'the disk reports an error', 'look at the disk and the system log of that host'],
};

const STOPPING: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE']);
