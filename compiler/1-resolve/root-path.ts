// Which folders may be roots, and which texts are paths: checked once, so that nothing later meets an odd one.
import { posix } from 'node:path';

/** The path as written, or its flaw; shallow: less than two levels deep. */
export const readRootPath = (
  written: string,
): { readonly path: string; readonly isShallow: boolean } | { readonly flaw: string } | 'forbidden' => {
  const flaw = textFlaw(written);
  if (flaw !== null) return { flaw };
  const parts = written.split('/');
  if (parts.includes('..') && !written.startsWith('..')) return { flaw: 'has a ".." part' };
  if (parts.slice(parts.findIndex(part => part !== '..')).includes('..')) {
    return { flaw: 'has a ".." part behind a name' };
  }
  if (written.startsWith('~') && !/^~(\/|$)/.test(written)) return { flaw: "names another user's home folder" };
  const path = plainPath(written);
  if (FORBIDDEN.test(path)) return 'forbidden';
  return { path: written, isShallow: path.startsWith('/') && path.split('/').length < 3 };
};

/** The plainest form of a path: no trailing `/`, no `./`. */
export const plainPath = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, '');

/** What is wrong with a folder or path below a root, or its plainest form as a byte string. */
export const readInnerPath = (written: string): { readonly path: string } | { readonly flaw: string } => {
  const flaw = textFlaw(written);
  if (flaw !== null) return { flaw };
  if (written.startsWith('/')) return { flaw: 'is absolute' };
  if (written === '~' || written.startsWith('~/')) return { flaw: 'begins in a home folder' };
  const parts = written
    .replace(/^(\.\/)+/, '')
    .replace(/\/$/, '')
    .split('/');
  if (parts.includes('')) return { flaw: 'has an empty part' };
  if (parts.includes('.') || parts.includes('..')) return { flaw: 'has a "." or ".." part' };
  const path = Buffer.from(parts.join('/'), 'utf8').toString('latin1');
  if (path.split('/').some(part => part.length > 255)) return { flaw: 'has a part longer than 255 bytes' };
  return { path };
};

/** Local and relative to the file that declares it. */
export const isRelative = (path: string): boolean => !path.startsWith('/') && !path.startsWith('~');

/** The top of a file system, and home folders: they hold logins and keys beside everything else. */
const FORBIDDEN = /^(?:\/|~|\/root|\/home|\/Users|\/(?:home|Users)\/[^/]+)$/;

const textFlaw = (text: string): string | null => {
  if (text === '') return 'is empty';
  if (text.length > 4096) return 'is longer than 4096 characters';
  return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? 'holds a control character' : null;
};
