// The text that getfattr writes and setfattr reads: pure, by bytes, tested with every byte in names and values.
//
//   # file: PATH            backslash, newline and carriage return as \ooo, every other byte as it is
//   NAME=0xHEX              `=` in a name as \075 as well; a value of no bytes is `0x`, or NAME alone
//                           an empty line ends the file
//
// Texts are byte strings. A line that is none of these is damage, and read as null: nothing is guessed.
import type { Extra } from '../tree/extra.js';

export type Dumped = { readonly path: string; readonly extras: readonly Extra[] };

/** Every file of a dump that has attributes, or null where the text is no dump. */
export const parseDump = (text: string): Dumped[] | null => {
  const files: { path: string; extras: Extra[] }[] = [];
  let current: { path: string; extras: Extra[] } | null = null;
  for (const line of text.split('\n')) {
    if (line === '') {
      current = null;
      continue;
    }
    if (current === null) {
      const path = line.startsWith(FILE) ? unquote(line.slice(FILE.length)) : null;
      if (path === null) return null;
      current = { path, extras: [] };
      files.push(current);
      continue;
    }
    const extra = parseExtra(line);
    if (extra === null) return null;
    current.extras.push(extra);
  }
  return files;
};

/** What setfattr restores. */
export const formatDump = (files: readonly Dumped[]): string =>
  files
    .map(({ path, extras }) => {
      const lines = extras.map(({ name, value }) => `${quote(name, NAME_QUOTED)}=0x${hexOf(value)}\n`);
      return `${FILE}${quote(path, PATH_QUOTED)}\n${lines.join('')}\n`;
    })
    .join('');

export type Complaint = { readonly words: string };

/**
 * What such a program said on its standard error: `[PROGRAM: ]PATH: [ATTRIBUTE: ]WORDS` a line, PATH quoted as above. A path
 * may hold `: ` itself: the longest that fits is meant. `others` are lines that name none of these paths.
 */
export const complaintsIn = (
  text: string,
  paths: ReadonlySet<string>,
): { readonly of: ReadonlyMap<string, Complaint>; readonly others: readonly string[] } => {
  const of = new Map<string, Complaint>();
  const others: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const rest = line.replace(/^(?:getfattr|setfattr): /, '');
    const path = pathIn(rest, paths);
    if (path === null) others.push(line);
    else of.set(path, { words: rest.slice(rest.lastIndexOf(': ') + 2) });
  }
  return { of, others };
};

const pathIn = (line: string, paths: ReadonlySet<string>): string | null => {
  for (let end = line.lastIndexOf(': '); end > 0; end = line.lastIndexOf(': ', end - 1)) {
    const path = unquote(line.slice(0, end));
    if (path !== null && paths.has(path)) return path;
  }
  return null;
};

const parseExtra = (line: string): Extra | null => {
  const equals = line.indexOf('=');
  const name = unquote(equals < 0 ? line : line.slice(0, equals));
  if (name === null || name === '') return null;
  if (equals < 0) return { name, value: '' };
  const hex = line.slice(equals + 1);
  if (!/^0x(?:[0-9a-f]{2})*$/i.test(hex)) return null;
  return { name, value: Buffer.from(hex.slice(2), 'hex').toString('latin1') };
};

const hexOf = (value: string): string => Buffer.from(value, 'latin1').toString('hex');

const quote = (text: string, quoted: RegExp): string =>
  text.replace(quoted, byte => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);

const unquote = (text: string): string | null => {
  if (!text.includes('\\')) return text;
  const plain = text.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    octal === '134' ? BACKSLASH : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return plain.includes('\\') ? null : plain.replaceAll(BACKSLASH, '\\');
};

/** Stands for a backslash while lone ones are looked for; no byte string holds it. */
const BACKSLASH = '\u0100';
const FILE = '# file: ';
const PATH_QUOTED = /[\\\n\r]/g;
const NAME_QUOTED = /[\\\n\r=]/g;
