// Names and paths as byte strings: every character is one byte (U+0000 to U+00FF), so no name is ever lost or merged.
//
// Node.js reads such a name with encoding 'latin1' and takes it back as Buffer.from(name, 'latin1'). `<` on two byte
// strings compares them by bytes. A path is relative to a root: components joined by '/', '' is the root itself.

/** A path below a root; '' is the root. */
export type Path = string;

/** The UTF-8 bytes of a text as a byte string. */
export const fromText = (text: string): Path => Buffer.from(text, 'utf8').toString('latin1');

/** A byte string as text, or null where its bytes are not UTF-8. */
export const toText = (path: Path): string | null => {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
};

/** As text for a message; bytes that are not UTF-8 each as a character. */
export const asText = (path: Path): string => toText(path) ?? path;

export const join = (folder: Path, name: string): Path => (folder === '' ? name : `${folder}/${name}`);

export const parent = (path: Path): Path => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const leaf = (path: Path): string => path.slice(path.lastIndexOf('/') + 1);

/** Is `path` the folder itself or somewhere below it? */
export const isWithin = (path: Path, folder: Path): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);

/**
 * Order of paths: component by component, by bytes, a folder before what it holds. `a/b` comes before `a-b`, which a
 * plain comparison of strings would turn around ('-' is a smaller byte than '/').
 */
export const comparePaths = (a: Path, b: Path): number => {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x === SLASH) return -1;
    if (y === SLASH) return 1;
    return x - y;
  }
  return a.length - b.length;
};

/** Why a path received from elsewhere is refused, or null: it must be relative, clean and of bearable length. */
export const refusePath = (path: Path): string | null => {
  if (path.length > MAX_PATH) return `longer than ${MAX_PATH} bytes`;
  if (path.startsWith('/')) return 'absolute';
  if (path === '') return null;
  // Asked of every path that is received: without making its components.
  for (let at = 0, start = 0; at <= path.length; at++) {
    const code = at === path.length ? SLASH : path.charCodeAt(at);
    if (code === 0) return 'holds a NUL byte';
    if (code !== SLASH) continue;
    const length = at - start;
    const dots = length > 0 && length < 3 && path.startsWith('..'.slice(0, length), start);
    if (length === 0 || dots) return 'has an empty, "." or ".." component';
    if (length > MAX_NAME) return `has a component longer than ${MAX_NAME} bytes`;
    start = at + 1;
  }
  return null;
};

const SLASH = 47;
export const MAX_NAME = 255;
export const MAX_PATH = 16_384;
