// What the tools of a POSIX machine print about files, read into stats: text to records, pure, names with any byte.
//
// A record is `TYPE SIZE MODE MODIFIED CHANGED INODE DEVICE NAMES OWNER GROUP NAME` ended by a NUL: mode in octal, times in
// seconds with a fraction of any length or none. The name comes last and may hold anything but a NUL.
import type { Named, Stat } from '../file-verbs.js';

/** How GNU find prints such a record; %P is the name below the folder that find was started in. */
export const FIND_FORMAT = '%y %s %m %T@ %C@ %i %D %n %U %G %P\\0';

/** Null where the text is not wholly made of such records: then nothing of it is believed. */
export const parseRecords = (text: string): readonly Named[] | null => {
  if (text === '') return [];
  if (!text.endsWith('\0')) return null;
  const named: Named[] = [];
  for (const record of text.slice(0, -1).split('\0')) {
    const [, facts, name] = RECORD.exec(record) ?? [];
    const stat = facts === undefined ? null : statOf(facts.split(' '));
    if (stat === null || !name) return null;
    named.push({ name, stat });
  }
  return named;
};

/** The nearest whole microsecond, as for the files of this machine (micros.ts); null where it is no time. */
export const parseTime = (text: string): number | null => {
  const [, sign, seconds, fraction = ''] = TIME.exec(text) ?? [];
  if (seconds === undefined) return null;
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  const micros =
    sign === '-'
      ? Math.round(-nanoseconds / 1000) - Number(seconds) * 1e6
      : Math.round(nanoseconds / 1000) + Number(seconds) * 1e6;
  return Number.isSafeInteger(micros) ? micros : null;
};

const statOf = (facts: readonly string[]): Stat | null => {
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

const RECORD = /^([a-zA-Z] \d+ [0-7]+ [-.\d]+ [-.\d]+ \d+ \d+ \d+ \d+ \d+) (.+)$/s;
const TIME = /^(-?)(\d+)(?:\.(\d+))?$/;
const KINDS: Readonly<Record<string, Stat['kind']>> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  p: 'fifo',
  s: 'socket',
  b: 'device',
  c: 'device',
};
