// What the tools of a POSIX machine print about files, read into stats: text to records, pure, names with any byte.
//
// `find -printf` ends fields with NULs: `TYPE SIZE MODE MODIFIED CHANGED INODE DEVICE NAMES OWNER GROUP PATH`, then the target
// of a link. `stat -c` cannot print a NUL: there each record begins with the session's mark, which no name holds, and ends
// with a line end: `MARK MODE SIZE INODE DEVICE NAMES OWNER GROUP|MODIFIED|CHANGED|PATH`, its mode in hexadecimal with the type.
// Times are seconds, or a date of UTC, with a fraction of any length or none. The path may hold anything but a NUL.
import type { Named, Stat } from '../file-verbs.js';
import { kindOf } from '../kind.js';

/** How GNU find prints such a record; %P is the path below the folder that find was started in. */
export const FIND_FORMAT = '%y %s %m %T@ %C@ %i %D %n %U %G %P\\0%l\\0';

export type Found = Named & { readonly target: string | null };

/**
 * Null where the text is not wholly made of such records: then nothing of it is believed. A tree of many files is one text, so
 * it is read character by character: expressions take several times as long.
 */
export const parseFound = (text: string): readonly Found[] | null => {
  const records: Found[] = [];
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

  while (at < text.length) {
    const kind = text.charCodeAt(at + 1) === SPACE ? KINDS[text.charAt(at)] : undefined;
    at += 2;
    const size = number(10);
    const mode = number(8);
    const modified = time();
    const changed = time();
    const inode = number(10);
    const device = number(10);
    const names = number(10);
    const owner = number(10);
    const group = number(10);
    const end = text.indexOf('\0', at);
    const close = text.indexOf('\0', end + 1);
    const sum = size + mode + modified + changed + inode + device + names + owner + group;
    if (kind === undefined || Number.isNaN(sum) || end <= at || close < 0) return null;
    const stat = { kind, size, mode: mode & 0o7777, modified, changed, inode, device, names, owner, group };
    records.push({ name: text.slice(at, end), stat, target: kind === 'link' ? text.slice(end + 1, close) : null });
    at = close + 1;
  }
  return records;
};

/** The same for what stat prints. */
export const parseLooked = (text: string, mark: string): readonly Named[] | null => {
  const [before, ...records] = text.split(`${mark} `);
  if (before !== '') return null;
  const named: Named[] = [];
  for (const record of records) {
    const [, facts, modified, changed, name] = LOOKED.exec(record) ?? [];
    const stat = facts === undefined ? null : lookedStat(facts.split(' '), modified!, changed!);
    if (stat === null) return null;
    named.push({ name: name!, stat });
  }
  return named;
};

/** The nearest whole microsecond, as for the files of this machine (micros.ts); null where it is no time. */
export const parseTime = (text: string): number | null => timeIn(text, 0, text.length);

/** Seconds with a fraction of any length or none. */
const timeIn = (text: string, start: number, end: number): number | null => {
  const sign = text.charCodeAt(start) === MINUS ? -1 : 1;
  let seconds = 0;
  let nanos = 0;
  let digits = -1;
  let at = sign === 1 ? start : start + 1;
  if (!isDigit(text, at)) return null;
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digits < 0 && digit === POINT && at + 1 < end) digits = 0;
    else if (digit < 0 || digit > 9) return null;
    else if (digits < 0) seconds = seconds * 10 + digit;
    else if (digits++ < 9) nanos = nanos * 10 + digit;
  }
  for (; digits >= 0 && digits < 9; digits++) nanos *= 10;
  return safe(sign * seconds * 1e6 + Math.round((sign * nanos) / 1000));
};

const isDigit = (text: string, at: number): boolean => text.charCodeAt(at) >= ZERO && text.charCodeAt(at) < ZERO + 10;

/** A date of UTC: its fraction counts on from its second, before 1970 too. */
export const parseDate = (text: string): number | null => {
  const [, year, month, day, hour, minute, second, fraction = ''] = DATE.exec(text) ?? [];
  if (year === undefined) return null;
  const moment = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return Number.isNaN(moment) ? null : safe(moment * 1000 + microsOf(fraction, 1));
};

const microsOf = (fraction: string, sign: 1 | -1): number =>
  Math.round((sign * Number(fraction.slice(0, 9).padEnd(9, '0'))) / 1000);

const safe = (micros: number): number | null => (Number.isSafeInteger(micros) ? micros : null);

const lookedStat = (facts: readonly string[], modifiedText: string, changedText: string): Stat | null => {
  const [modeText = '', size, inode, device, names, owner, group] = facts;
  const mode = Number.parseInt(modeText, 16);
  const modified = parseDate(modifiedText);
  const changed = parseDate(changedText);
  if (modified === null || changed === null) return null;
  return {
    kind: kindOf(mode),
    size: Number(size),
    mode: mode & 0o7777,
    modified,
    changed,
    inode: Number(inode),
    device: Number(device),
    names: Number(names),
    owner: Number(owner),
    group: Number(group),
  };
};

const LOOKED = /^([0-9a-f]+ \d+ \d+ \d+ \d+ \d+ \d+)\|([^|]+)\|([^|]+)\|(.+)\n$/s;
const DATE = /^(-?\d{4,9})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?: \+0000)?$/;
const ZERO = 48;
const SPACE = 32;
const MINUS = 45;
/** From the zero. */
const POINT = -2;
const KINDS: Readonly<Record<string, Stat['kind']>> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  p: 'fifo',
  s: 'socket',
  b: 'device',
  c: 'device',
};
