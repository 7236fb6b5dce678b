// What `stat -c` prints about files, read into stats, and what tools print of times: text to records, pure, names with any byte.
//
// It cannot print a NUL, as find can (found.ts): each record begins with the session's mark, which no name holds, and ends with
// a line end: `MARK MODE SIZE INODE DEVICE NAMES OWNER GROUP|MODIFIED|CHANGED|PATH`, its mode in hexadecimal with the type.
// Times are a date of UTC, or seconds since 1970 where it is a BSD's, with a fraction of any length or none; the fraction counts
// on from its second, before 1970 too. The path may hold anything but a NUL.
import type { Named, Stat } from '../file-verbs.js';
import { kindOf } from '../kind.js';

/** Null where the text is not wholly made of such records: then nothing of it is believed. */
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
export const timeIn = (text: string, start: number, end: number): number | null => {
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

/** As stat prints one. */
const lookedTime = (text: string): number | null => {
  const date = parseDate(text);
  if (date !== null) return date;
  const [, seconds, fraction = ''] = SECONDS.exec(text) ?? [];
  return seconds === undefined ? null : safe(Number(seconds) * 1e6 + microsOf(fraction));
};

/** A date of UTC: its fraction counts on from its second, before 1970 too. */
export const parseDate = (text: string): number | null => {
  const [, year, month, day, hour, minute, second, fraction = ''] = DATE.exec(text) ?? [];
  if (year === undefined) return null;
  const moment = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return Number.isNaN(moment) ? null : safe(moment * 1000 + microsOf(fraction));
};

const microsOf = (fraction: string): number => Math.round(Number(fraction.slice(0, 9).padEnd(9, '0')) / 1000);

const safe = (micros: number): number | null => (Number.isSafeInteger(micros) ? micros : null);

const lookedStat = (facts: readonly string[], modifiedText: string, changedText: string): Stat | null => {
  const [modeText = '', size, inode, device, names, owner, group] = facts;
  const mode = Number.parseInt(modeText, 16);
  const modified = lookedTime(modifiedText);
  const changed = lookedTime(changedText);
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
const SECONDS = /^(-?\d{1,12})(?:\.(\d+))?$/;
const ZERO = 48;
const MINUS = 45;
/** From the zero. */
const POINT = -2;
