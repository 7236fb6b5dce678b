// What `find -printf` prints about files, taken apart while it comes: numbers in columns, of which stats are made when asked for.
//
// A record's fields end with NULs: `TYPE SIZE MODE MODIFIED CHANGED INODE DEVICE NAMES OWNER GROUP PATH`, then the target of a
// link. Times are seconds with a fraction of any length or none. The path may hold anything but a NUL.
//  1. Where anything else comes, nothing of all that came is believed.
//  2. A tree of many files is a text of many megabytes: it is read character by character, as expressions take several times as
//     long, and no object is made for a record before somebody wants it.
import type { Named, Stat } from '../file-verbs.js';
import { timeIn } from './records.js';

/** How GNU find prints such a record; %P is the path below the folder that find was started in. */
export const FIND_FORMAT = '%y %s %m %T@ %C@ %i %D %n %U %G %P\\0%l\\0';

export type FoundRecords = {
  /** Takes the whole records that a text begins with, and says how many characters these are; null where it has others. */
  readonly add: (text: string) => number | null;
  readonly count: () => number;
  /** Is it in the folder with this path, which its own begins with? */
  readonly isIn: (record: number, folder: string) => boolean;
  /** The path of the folder that it is in. */
  readonly folder: (record: number) => string;
  /** What its path has behind so many characters. */
  readonly name: (record: number, behind: number) => string;
  readonly isFolder: (record: number) => boolean;
  /** Is it the file of which these four were seen? */
  readonly isSame: (record: number, size: number, modified: number, changed: number, inode: number) => boolean;
  /** By what its path has behind so many characters. */
  readonly named: (record: number, behind: number) => Named;
  /** What a link points to; null for anything else. */
  readonly target: (record: number) => string | null;
};

export const makeFoundRecords = (): FoundRecords => {
  const blocks: Float64Array[] = [];
  const texts: string[] = [];
  let count = 0;
  let text = '';
  let at = 0;

  /** Digits and the space behind them; NaN where these do not stand there. */
  const number = (base: 8 | 10): number => {
    let value = 0;
    const start = at;
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit < base; digit = text.charCodeAt(++at) - ZERO) {
      value = value * base + digit;
    }
    return at === start || text.charCodeAt(at++) !== SPACE ? Number.NaN : value;
  };

  const time = (): number => {
    const end = text.indexOf(' ', at);
    const start = at;
    at = end + 1;
    return end < 0 ? Number.NaN : (timeIn(text, start, end) ?? Number.NaN);
  };

  /** The next record, which ends before `close`. */
  const read = (end: number, close: number): boolean => {
    if (count % BLOCK === 0) blocks.push(new Float64Array(BLOCK * FIELDS));
    const block = blocks[blocks.length - 1]!;
    const first = (count % BLOCK) * FIELDS;
    const kind = TYPES.indexOf(text.charAt(at));
    if (kind < 0 || text.charCodeAt(at + 1) !== SPACE) return false;
    at += 2;
    block[first] = kind;
    block[first + SIZE] = number(10);
    block[first + MODE] = number(8);
    block[first + MODIFIED] = time();
    block[first + CHANGED] = time();
    let sum = 0;
    for (let field = INODE; field <= GROUP; field++) block[first + field] = number(10);
    for (let field = SIZE; field <= GROUP; field++) sum += block[first + field]!;
    if (Number.isNaN(sum) || end <= at) return false;
    if (text.charCodeAt(at) === SLASH || text.charCodeAt(end - 1) === SLASH) return false;
    block[first + TEXT] = texts.length - 1;
    block[first + START] = at;
    block[first + END] = end;
    block[first + CLOSE] = close;
    at = close + 1;
    count++;
    return true;
  };

  const field = (record: number, which: number): number =>
    blocks[Math.floor(record / BLOCK)]![(record % BLOCK) * FIELDS + which]!;
  const textOf = (record: number): string => texts[field(record, TEXT)]!;

  return {
    add(given) {
      text = given;
      at = 0;
      texts.push(text);
      for (;;) {
        const end = text.indexOf('\0', at);
        const close = end < 0 ? -1 : text.indexOf('\0', end + 1);
        // No record begins with a NUL: what find complained of does, behind all of them.
        if (close < 0 || end === at) break;
        if (!read(end, close)) return null;
      }
      if (at === 0) texts.pop();
      return at;
    },
    count: () => count,
    isIn(record, folder) {
      const start = field(record, START);
      const all = textOf(record);
      const cut = all.lastIndexOf('/', field(record, END) - 1);
      return cut < start ? folder === '' : cut - start === folder.length && all.startsWith(folder, start);
    },
    folder(record) {
      const start = field(record, START);
      const all = textOf(record);
      const cut = all.lastIndexOf('/', field(record, END) - 1);
      return cut < start ? '' : all.slice(start, cut);
    },
    name: (record, behind) => textOf(record).slice(field(record, START) + behind, field(record, END)),
    isFolder: record => KINDS[field(record, 0)] === 'folder',
    isSame(record, size, modified, changed, inode) {
      const block = blocks[Math.floor(record / BLOCK)]!;
      const first = (record % BLOCK) * FIELDS;
      return (
        KINDS[block[first]!] === 'file' &&
        block[first + SIZE] === size &&
        block[first + MODIFIED] === modified &&
        block[first + CHANGED] === changed &&
        block[first + INODE] === inode
      );
    },
    named(record, behind) {
      const block = blocks[Math.floor(record / BLOCK)]!;
      const first = (record % BLOCK) * FIELDS;
      const stat: Stat = {
        kind: KINDS[block[first]!]!,
        size: block[first + SIZE]!,
        mode: block[first + MODE]! & 0o7777,
        modified: block[first + MODIFIED]!,
        changed: block[first + CHANGED]!,
        inode: block[first + INODE]!,
        device: block[first + DEVICE]!,
        names: block[first + NAMES]!,
        owner: block[first + OWNER]!,
        group: block[first + GROUP]!,
      };
      return { name: texts[block[first + TEXT]!]!.slice(block[first + START]! + behind, block[first + END]!), stat };
    },
    target: record =>
      KINDS[field(record, 0)] === 'link' ? textOf(record).slice(field(record, END) + 1, field(record, CLOSE)) : null,
  };
};

/** All records of a text that holds nothing else; null where it does. */
export const parseFound = (text: string): readonly (Named & { readonly target: string | null })[] | null => {
  const records = makeFoundRecords();
  if (records.add(text) !== text.length) return null;
  const each = (_: unknown, record: number) => ({ ...records.named(record, 0), target: records.target(record) });
  return Array.from({ length: records.count() }, each);
};

const ZERO = 48;
const SPACE = 32;
const SLASH = 47;
const TYPES = 'fdlpsbc';
const KINDS: readonly Stat['kind'][] = ['file', 'folder', 'link', 'fifo', 'socket', 'device', 'device'];
/** Records that one array holds. */
const BLOCK = 4096;
/** Of a record; the first is its kind. */
const [SIZE, MODE, MODIFIED, CHANGED, INODE, DEVICE, NAMES, OWNER, GROUP, TEXT, START, END, CLOSE, FIELDS] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
];
