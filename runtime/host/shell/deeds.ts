// The small deeds in a shell: neighbours in the same folders are one request, and all requests are on their way together.
import { type Deed, type Fault, isFault } from '../file-verbs.js';
import { deedFaults } from './complaints.js';
import { pathOf, wordFor } from './folder.js';
import type { ShellTools } from './probe.js';
import type { ShellSession } from './session.js';

/** What its touch takes. */
export type Times = Pick<ShellTools, 'touch' | 'fineTouch'>;

export const performAll = async (
  session: ShellSession,
  deeds: readonly Deed[],
  times: Times,
): Promise<(null | Fault)[]> => {
  const asked: Promise<readonly (null | Fault)[]>[] = [];
  for (let start = 0; start < deeds.length; ) {
    const end = endOfStretch(deeds, start);
    asked.push(performHere(session, deeds.slice(start, end), times));
    start = end;
  }
  // Every one is waited for, also when the connection is lost: then all are refused.
  return (await Promise.all(asked)).flat();
};

/** As `touch -d` takes it: seconds behind a `@`, or a date of UTC; with its fraction, or the second that has begun. */
export const timeText = (micros: number, { touch, fineTouch }: Times): string => {
  if (touch === 'date') {
    const second = Math.floor(micros / 1_000_000);
    const rest = fineTouch ? micros - second * 1_000_000 : 0;
    return `${new Date(second * 1000).toISOString().slice(0, -5)}${fractionText(rest)}Z`;
  }
  const rest = fineTouch ? Math.abs(micros % 1_000_000) : 0;
  const whole = fineTouch ? Math.trunc(Math.abs(micros) / 1_000_000) : Math.abs(Math.floor(micros / 1_000_000));
  return `@${micros < 0 ? '-' : ''}${whole}${fractionText(rest)}`;
};

const fractionText = (micros: number): string => (micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`);

/** Five digits: with fewer, some chmod keep the special bits of a folder. */
export const modeText = (mode: number): string => (mode & 0o7777).toString(8).padStart(5, '0');

/** A sync may take as long as the disk needs to write out everything. */
export const SYNC_PATIENCE_MS = 600_000;

const endOfStretch = (deeds: readonly Deed[], start: number): number => {
  const first = deeds[start]!;
  let end = start + 1;
  while (end < deeds.length && end - start < TOGETHER && isBeside(first, deeds[end]!)) end++;
  return end;
};

const isBeside = (one: Deed, other: Deed): boolean => {
  if (pathOf(one.at) !== pathOf(other.at)) return false;
  if (!('to' in one) || !('to' in other)) return !('to' in one) && !('to' in other);
  return pathOf(one.to) === pathOf(other.to);
};

/** What cannot be a name is answered here; the rest goes there. */
const performHere = async (session: ShellSession, deeds: readonly Deed[], times: Times): Promise<(null | Fault)[]> => {
  const words = deeds.map(deed => wordsOf(deed, times));
  const fit = words.filter(one => !isFault(one)) as readonly (readonly string[])[];
  const [first] = deeds;
  const folders = 'to' in first! ? [pathOf(first.at), pathOf(first.to)] : [pathOf(first!.at)];
  const syncs = deeds.some(deed => deed.do === 'sync-file' || deed.do === 'sync-folder');
  const faults =
    fit.length === 0
      ? []
      : deedFaults(
          await session.ask(
            'to' in first! ? 'move' : 'perform',
            [...folders, ...fit.flat()],
            syncs ? { patience: SYNC_PATIENCE_MS } : {},
          ),
          fit.length,
        );
  let next = 0;
  return words.map(one => (isFault(one) ? one : faults[next++]!));
};

const wordsOf = (deed: Deed, times: Times): readonly string[] | Fault => {
  if (deed.do === 'sync-folder') return ['sync-folder'];
  const name = wordFor(deed.name);
  if (isFault(name)) return name;
  switch (deed.do) {
    case 'make-folder':
      return ['folder', name, modeText(deed.mode)];
    case 'make-link':
      return deed.target.includes('\0') ? NO_TARGET : ['link', name, deed.target];
    case 'hard-link':
    case 'rename': {
      const to = wordFor(deed.toName);
      // The scripts put the folder before these.
      return isFault(to) ? to : [deed.do, deed.name, deed.toName];
    }
    case 'remove':
    case 'remove-folder':
    case 'sync-file':
      return [deed.do, name];
    case 'set':
      return [
        'set',
        name,
        deed.mode === null ? '' : modeText(deed.mode),
        deed.modified === null ? '' : timeText(deed.modified, times),
        ownersText(deed.owner, deed.group),
      ];
  }
};

const ownersText = (owner: number | null, group: number | null): string =>
  `${owner ?? ''}${group === null ? '' : `:${group}`}`;

const NO_TARGET: Fault = { fault: 'EINVAL', message: 'a link cannot point to a name with a NUL' };
const TOGETHER = 500;
