// The intent log of a root: writing, listing, finishing and forgetting the records of transactions (format: intent.ts).
import type { Path } from '../../tree/path.js';
import { hostErrorOf } from '../faults.js';
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { decodeIntent, encodeIntent, INTENT, type Intent } from './intent.js';
import { performOne } from './one-deed.js';
import { type Damage, isDamage, putRecord, readWhole, sealRecord, UNFINISHED, unsealRecord } from './record.js';
import { DONE, isNumbered, openRoom, openState, type StatePlace } from './state-folder.js';

export type Logged = {
  readonly name: string;
  /** The record's own name in the log. */
  readonly file: string;
  readonly state: 'intent' | 'owed';
  readonly intent: Intent | Damage;
};

/** From here the transaction goes forward. Where it throws, nothing of the record is left, or else `isLogged` says so. */
export const writeIntent = async (verbs: FileVerbs, place: StatePlace, name: string, intent: Intent): Promise<void> => {
  const doing = `write the intent record of ${place.where}`;
  return withLog(verbs, place, intent.strict ? 'durable' : 'make', async log => {
    const sealed = await sealRecord(INTENT, encodeIntent(intent));
    const fault = await putRecord(verbs, log!, name, sealed, intent.strict);
    if (fault === null) return;
    await performOne(verbs, { do: 'remove', at: log!, name });
    throw fault.fault === 'EIO' ? failedSync(doing, fault.message) : hostErrorOf(doing, fault);
  });
};

/** Is the record of this transaction there, done or not? */
export const isLogged = (verbs: FileVerbs, place: StatePlace, name: string): Promise<boolean> =>
  withLog(verbs, place, 'read', async log => {
    if (log === null) return false;
    const [stat] = await verbs.stat([{ at: log, name }]);
    return stat !== undefined && (!isFault(stat) || stat.fault !== 'ENOENT');
  });

/** Its last word, made durable where the transaction is: nothing of it needs to be done again. */
export const markDone = (
  verbs: FileVerbs,
  place: StatePlace,
  name: string,
  intent: Omit<Intent, 'steps'>,
): Promise<void> =>
  withLog(verbs, place, 'make', async at => {
    const doing = `write that the transaction on ${place.where} is done`;
    const ended =
      intent.owed === ''
        ? await performOne(verbs, { do: 'remove', at: at!, name })
        : await performOne(verbs, { do: 'rename', at: at!, name, to: at!, toName: `${name}${DONE}` });
    if (ended !== null) throw hostErrorOf(doing, ended);
    if (intent.owed !== '') await forgetOlder(verbs, place, at!, name, intent);
    const synced = intent.strict ? await performOne(verbs, { do: 'sync-folder', at: at! }) : null;
    if (synced !== null) throw failedSync(doing, synced.message);
  });

/** What earlier transactions of this block owed is owed by this one: however often a hook fails, there is one record of it. */
const forgetOlder = async (
  verbs: FileVerbs,
  place: StatePlace,
  log: Folder,
  own: string,
  { block, owed }: Pick<Intent, 'block' | 'owed'>,
): Promise<void> => {
  const listed = await verbs.list(log);
  for (const { name, stat } of isFault(listed) ? [] : listed) {
    if (stat.kind !== 'file' || !name.endsWith(DONE) || name === `${own}${DONE}`) continue;
    const other = await readIntent(verbs, place, log, name);
    if (other === null || isDamage(other) || other.block !== block || other.owed !== owed) continue;
    await performOne(verbs, { do: 'remove', at: log, name });
  }
};

/** Every record of the log, by name. */
export const readLog = (verbs: FileVerbs, place: StatePlace): Promise<readonly Logged[]> =>
  withLog(verbs, place, 'read', async log => {
    if (log === null) return [];
    const listed = await verbs.list(log);
    if (isFault(listed)) throw hostErrorOf(`list the intent log of ${place.where}`, listed);
    const names = listed
      .flatMap(({ name, stat }) => (stat.kind === 'file' && isRecord(name) ? [name] : []))
      .sort(byAge);
    const all: Logged[] = [];
    for (const name of names) {
      const intent = await readIntent(verbs, place, log, name);
      if (intent === null) continue;
      const done = name.endsWith(DONE);
      all.push({
        name: done ? name.slice(0, -DONE.length) : name,
        file: name,
        state: done ? 'owed' : 'intent',
        intent,
      });
    }
    return all;
  });

/** The hooks that transactions of this name owed have run. */
export const forgetOwed = (verbs: FileVerbs, place: StatePlace, wanted: string): Promise<void> =>
  withLog(verbs, place, 'read', async log => {
    if (log === null) return;
    const listed = await verbs.list(log);
    if (isFault(listed)) throw hostErrorOf(`list the intent log of ${place.where}`, listed);
    for (const { name } of listed) {
      if (!name.endsWith(DONE) || !isNumbered(name.slice(0, -DONE.length), wanted)) continue;
      const removed = await performOne(verbs, { do: 'remove', at: log, name });
      if (removed !== null && removed.fault !== 'ENOENT')
        throw hostErrorOf(`strike ${name} off ${place.where}`, removed);
    }
    await performOne(verbs, { do: 'sync-folder', at: log });
  });

/** A damaged record is put aside under another name, for a person to look at. */
export const putAside = (verbs: FileVerbs, place: StatePlace, name: string): Promise<Path> =>
  withLog(verbs, place, 'read', async log => {
    const toName = `${name}${DAMAGED}`;
    if (log !== null) {
      const moved = await performOne(verbs, { do: 'rename', at: log, name, to: log, toName });
      if (moved !== null) throw hostErrorOf(`put the damaged intent record of ${place.where} aside`, moved);
      await performOne(verbs, { do: 'sync-folder', at: log });
    }
    return toName;
  });

const withLog = async <T>(
  verbs: FileVerbs,
  place: StatePlace,
  open: 'read' | 'make' | 'durable',
  use: (log: Folder | null) => Promise<T>,
): Promise<T> => {
  const make = open !== 'read';
  const state = await openState(verbs, place, make);
  if (state === null) return use(null);
  try {
    const log = await openRoom(verbs, place, state, 'intent', make);
    try {
      if (open === 'durable') await performOne(verbs, { do: 'sync-folder', at: state });
      return await use(log);
    } finally {
      if (log !== null) await verbs.release(log);
    }
  } finally {
    await verbs.release(state);
  }
};

/** Null where somebody was quicker and it is gone. */
const readIntent = async (
  verbs: FileVerbs,
  place: StatePlace,
  log: Folder,
  name: string,
): Promise<Intent | Damage | null> => {
  const bytes = await readWhole(verbs, log, name);
  if (!isFault(bytes)) return unsealRecord(INTENT, bytes, decodeIntent);
  if (bytes.fault === 'ENOENT') return null;
  throw hostErrorOf(`read the intent record ${name} of ${place.where}`, bytes);
};

/** Of one name, in the order of their numbers. */
const byAge = (a: string, b: string): number => {
  const [first, second] = [a, b].map(name => (name.endsWith(DONE) ? name.slice(0, -DONE.length) : name)) as [
    string,
    string,
  ];
  const [one, other] = [first, second].map(name => name.replace(/\.\d+$/, '')) as [string, string];
  if (one !== other) return one < other ? -1 : 1;
  return numberOf(first) - numberOf(second);
};

const numberOf = (name: string): number => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);

const isRecord = (name: string): boolean => !name.endsWith(UNFINISHED) && !name.endsWith(DAMAGED);

const failedSync = (doing: string, message: string): HostError =>
  new HostError(
    'failed',
    `${doing}: the disk reports an error${message === '' ? '' : ` (${message})`}`,
    'look at the disk and the system log of that host, then run the same command again',
  );

const DAMAGED = '.damaged';
