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

/** Null where the text is not wholly made of such records: then nothing of it is believed. */
export const parseFound = (text: string): readonly Found[] | null => {
  if (text === '') return [];
  if (!text.endsWith('\0')) return null;
  const fields = text.slice(0, -1).split('\0');
  if (fields.length % 2 === 1) return null;
  const records: Found[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const [, facts, name] = FOUND.exec(fields[at]!) ?? [];
    const stat = facts === undefined ? null : foundStat(facts.split(' '));
    if (stat === null || !name) return null;
    records.push({ name, stat, target: stat.kind === 'link' ? fields[at + 1]! : null });
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
export const parseTime = (text: string): number | null => {
  const [, sign, seconds, fraction = ''] = TIME.exec(text) ?? [];
  if (seconds === undefined) return null;
  const whole = Number(seconds) * 1e6;
  return safe(sign === '-' ? microsOf(fraction, -1) - whole : microsOf(fraction, 1) + whole);
};

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

const foundStat = (facts: readonly string[]): Stat | null => {
  const [type = '', size, mode = '', modifiedText = '', changedText = '', inode, device, names, owner, group] = facts;
  const kind = KINDS[type];
  const modified = parseTime(modifiedText);
  const changed = parseTime(changedText);
  if (kind === undefined || modified === null || changed === null) return null;
  return {
    kind,
    size: Number(size),
    mode: Number.parseInt(mode, 8) & 0o7777,
    modified,
    changed,
    inode: Number(inode),
    device: Number(device),
    names: Number(names),
    owner: Number(owner),
    group: Number(group),
  };
};

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

const FOUND = /^([a-zA-Z] \d+ [0-7]+ [-.\d]+ [-.\d]+ \d+ \d+ \d+ \d+ \d+) (.+)$/s;
const LOOKED = /^([0-9a-f]+ \d+ \d+ \d+ \d+ \d+ \d+)\|([^|]+)\|([^|]+)\|(.+)\n$/s;
const TIME = /^(-?)(\d+)(?:\.(\d+))?$/;
const DATE = /^(-?\d{4,9})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?: \+0000)?$/;
const KINDS: Readonly<Record<string, Stat['kind']>> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  p: 'fifo',
  s: 'socket',
  b: 'device',
  c: 'device',
};
