// Does a symbolic link lead out of its root, read as text: an absolute target, or one that climbs out at any point?
import type { Path } from './path.js';

/** `folder` is where the link lies, relative to the root. */
export const escapes = (target: string, folder: Path): boolean => {
  if (target.startsWith('/')) return true;
  let depth = folder === '' ? 0 : folder.split('/').length;
  for (const name of target.split('/')) {
    if (name === '..') depth--;
    else if (name !== '' && name !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
};
