// What the tools of a POSIX machine complain of in the C locale, read into faults: the words of the C library stand last.
import type { Fault, Stat } from '../file-verbs.js';
import type { Answer } from './session.js';
import { UNABLE } from './statuses.js';

/** What one tool said of one name, or the errno name that a script gave. */
export const faultOf = (said: string): Fault => {
  const text = said.replace(/\n+$/, '');
  if (/^E[A-Z0-9]+$/.test(text)) return { fault: text, message: WORDS[text] ?? text };
  const end = text.slice(-LONGEST);
  const row = ENDINGS.find(([, pattern]) => pattern.test(end));
  if (row !== undefined) return { fault: row[0], message: WORDS[row[0]] ?? row[0] };
  return { fault: 'EIO', message: `a program there says only: ${end.trim()}` };
};

/**
 * What find and stat said of several names: that some vanished meanwhile is no fault, anything else is. A name may hold line
 * ends, so what a tool says goes on until it speaks again; what cannot be told apart counts as a fault.
 */
export const faultAmong = (said: string, harmless: ReadonlySet<string> = VANISHED): Fault | null => {
  for (const one of said.split(/\n(?=(?:find|stat): )/)) {
    const fault = one === '' ? null : faultOf(one);
    if (fault !== null && !harmless.has(fault.fault)) return fault;
  }
  return null;
};

/** Of what links were followed to: where one leads nowhere, the stat of a BSD tells of the link itself. */
export const followedTo = (stat: Stat): Stat | Fault => (stat.kind === 'link' ? faultOf('ENOENT') : stat);

/** A verb that could not begin, or failed as a whole. */
export const answerFault = ({ status, output }: Answer): Fault | null => {
  if (status === 0) return null;
  const said = output.toString('latin1');
  if (status === UNABLE) return faultOf(said);
  return { fault: 'EIO', message: `a program there ended with ${status}` };
};

/** What was said, and the status, of each of so many deeds. */
export const deedFaults = (answer: Answer, count: number): readonly (null | Fault)[] => {
  const unable = answer.status === UNABLE ? answerFault(answer) : null;
  const texts = unable === null ? answer.output.toString('latin1').split('\0') : [];
  return Array.from({ length: count }, (_, index) => {
    if (unable !== null) return unable;
    const status = texts[2 * index + 1];
    if (status === '0') return null;
    if (status === undefined) return { fault: 'EIO', message: 'the script there ended too early' };
    return faultOf(texts[2 * index]!);
  });
};

/** What a tool printed, and what it complained of behind the last NUL. */
export const apart = (answer: Answer): { readonly text: string; readonly said: string } | Fault => {
  const fault = answerFault(answer);
  if (fault !== null) return fault;
  const text = answer.output.toString('latin1');
  const at = text.lastIndexOf('\0');
  if (at < 0) return UNREADABLE;
  return { text: text.slice(0, at), said: text.slice(at + 1) };
};

/** The tools print in a format that was asked for: whatever else comes is believed in nothing. */
export const UNREADABLE: Fault = {
  fault: 'EPROTO',
  message: 'a program there prints something else than was asked for',
};

const VANISHED: ReadonlySet<string> = new Set(['ENOENT']);
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EEXIST: 'something stands there',
  ENOTDIR: 'it is no folder',
  EISDIR: 'it is a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'read-only file system',
  ELOOP: 'it is a symbolic link',
  ENAMETOOLONG: 'the name is too long',
  EXDEV: 'it lies on another file system',
  EIO: 'input/output error',
  EMLINK: 'too many links',
  EBUSY: 'it is in use',
  ETXTBSY: 'the program is running',
  ESTALE: 'it was replaced meanwhile',
  EINVAL: 'invalid argument',
  EFBIG: 'the file is too large',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on the whole system',
  ENOTSUP: 'operation not supported',
  ENOSYS: 'function not implemented',
  EILSEQ: 'the file system does not take this name',
};

/** Of glibc, musl and the BSDs, and what shells and tools say in their own words; the most telling first. */
const ENDINGS: readonly (readonly [string, RegExp])[] = [
  ['ENOTEMPTY', /Directory not empty$/],
  ['EISDIR', /Is a directory$|is a directory$|cannot overwrite directory .* with non-directory$/s],
  ['ENOTDIR', /Not a directory$|cannot overwrite non-directory .* with directory$/s],
  ['ENOENT', /No such file or directory$|[Dd]irectory nonexistent$|nonexistent directory$/],
  ['EACCES', /Permission denied$/],
  ['EPERM', /Operation not permitted$|hard link not allowed for directory$/],
  ['EEXIST', /File exists$|cannot overwrite existing file$/],
  ['ENOSPC', /No space left on device$/],
  ['EDQUOT', /[Qq]uota exceeded$/],
  ['EROFS', /Read-only file system$/],
  ['ELOOP', /Too many levels of symbolic links$|Symbolic link loop$/],
  ['ENAMETOOLONG', /File ?name too long$/],
  ['EXDEV', /Invalid cross-device link$|Cross-device link$/],
  ['EIO', /Input\/output error$|I\/O error$/],
  ['EMLINK', /Too many links$/],
  ['EBUSY', /Device or resource busy$|Resource busy$|Device busy$/],
  ['ETXTBSY', /Text file busy$/],
  ['ESTALE', /Stale (NFS )?file handle$/],
  ['EINVAL', /Invalid argument$|to a subdirectory of itself/],
  ['EFBIG', /File too large$/],
  ['EMFILE', /Too many open files$/],
  ['ENFILE', /Too many open files in system$/],
  ['ENOTSUP', /Operation not supported$|Not supported$/],
  ['ENOSYS', /Function not implemented$/],
  ['EILSEQ', /Invalid or incomplete multibyte or wide character$|Illegal byte sequence$/],
];
const LONGEST = 1000;
