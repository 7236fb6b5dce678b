// Names between byte strings and the UTF-8 text that ssh2 speaks: what does not come through unchanged is refused by name.
import { fromText, MAX_PATH, toText } from '../../tree/path.js';
import type { Fault } from '../file-verbs.js';

/** A path or link target as ssh2 takes it. NUL would end the session, and a name that is not UTF-8 would become another. */
export const toRemote = (path: string): string | Fault => {
  const text = toText(path);
  if (text === null || text.includes(REPLACEMENT)) return NOT_TEXT;
  if (text.includes('\0')) return { fault: 'EINVAL', message: 'it holds a NUL character' };
  return path.length > MAX_PATH ? { fault: 'ENAMETOOLONG', message: 'the path is too long' } : text;
};

/** A path or link target that came; null where ssh2 has lost what it was. */
export const fromRemote = (text: string): string | null => (text.includes(REPLACEMENT) ? null : fromText(text));

/** One component of a path, or why it is none. */
export const refuseName = (name: string): Fault | null => {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    return { fault: 'EINVAL', message: 'not a name' };
  }
  return name.length > MAX_NAME_BYTES ? { fault: 'ENAMETOOLONG', message: 'the name is too long' } : null;
};

const NOT_TEXT: Fault = { fault: 'EILSEQ', message: 'the name is not UTF-8, and SFTP carries no other here' };

/** What ssh2 puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd';
const MAX_NAME_BYTES = 255;
