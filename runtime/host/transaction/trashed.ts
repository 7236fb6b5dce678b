// What the trash holds of a run – what the records of its transactions name, as far as it is there – and of which runs there is any.
import { type Path, parent } from '../../tree/path.js';
import { type Cursor, openCursor } from '../cursor.js';
import { hostErrorOf } from '../faults.js';
import { type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import type { TrashedRun } from '../past.js';
import { decodeTrash, readRecordName, TRASH, type TrashEntry } from './bin.js';
import { openOwn } from './own-folder.js';
import { isDamage, readWhole, unsealRecord } from './record.js';
import { openRoom, openState, plainName, type StatePlace, trustedIn } from './state-folder.js';

/** An entry with what lies in the trash for it, which `at` reaches in the bin. */
export type InTrash = TrashEntry & { readonly stat: Stat; readonly bin: Cursor };

/** By path, the oldest where one run put several away; handed to `use` while the trash is held open. */
export const withTrash = async <T>(
  verbs: FileVerbs,
  place: StatePlace,
  run: string,
  use: (entries: readonly InTrash[]) => Promise<T>,
): Promise<T> => {
  const held: Folder[] = [];
  const cursors: Cursor[] = [];
  const hold = <F extends Folder | null>(folder: F): F => {
    if (folder !== null) held.push(folder);
    return folder;
  };
  try {
    const state = hold(await openState(verbs, place, false));
    const trash = state === null ? null : hold(await openRoom(verbs, place, state, 'trash', false));
    const options = { mode: null, trusted: trustedIn(place), where: `the trash of ${place.where}` };
    const ofRun = trash === null ? null : hold(await openOwn(verbs, trash, plainName(run), options));
    if (ofRun === null) return await use([]);
    const entries = new Map<Path, InTrash>();
    for (const name of await recordsIn(verbs, ofRun, options.where)) {
      const folder = hold(await openOwn(verbs, ofRun, readRecordName(name)!.bin, options));
      if (folder === null) continue;
      const bin = openCursor(verbs, folder);
      cursors.push(bin);
      for (const entry of await readEntries(verbs, ofRun, name, options.where)) {
        const stat = entries.has(entry.path) ? null : await statIn(verbs, bin, entry.path);
        if (stat !== null && stat.kind === entry.kind) entries.set(entry.path, { ...entry, stat, bin });
      }
    }
    return await use([...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)));
  } finally {
    for (const cursor of cursors) await cursor.close();
    for (const folder of held) await verbs.release(folder);
  }
};

/** The oldest first, by the records of each: what these name may have been brought back since. */
export const runsInTrash = async (verbs: FileVerbs, place: StatePlace): Promise<TrashedRun[]> => {
  const state = await openState(verbs, place, false);
  const trash = state === null ? null : await openRoom(verbs, place, state, 'trash', false);
  try {
    const listed = trash === null ? [] : await verbs.list(trash);
    const where = `the trash of ${place.where}`;
    if (isFault(listed)) throw hostErrorOf(`list ${where}`, listed);
    const runs: TrashedRun[] = [];
    for (const { name: run, stat } of listed) {
      if (stat.kind !== 'folder') continue;
      const ofRun = await openOwn(verbs, trash!, run, { mode: null, trusted: trustedIn(place), where });
      if (ofRun === null) continue;
      try {
        const inside = await verbs.list(ofRun);
        if (isFault(inside)) throw hostErrorOf(`list ${where}`, inside);
        const records = inside.flatMap(({ name, stat }) => {
          const record = readRecordName(name);
          return record === null ? [] : [{ put: stat.modified, until: stat.modified + record.age * SECOND }];
        });
        if (records.length === 0) continue;
        const since = Math.min(...records.map(({ put }) => put));
        runs.push({ run, since, until: Math.max(...records.map(({ until }) => until)) });
      } finally {
        await verbs.release(ofRun);
      }
    }
    return runs.sort((a, b) => a.since - b.since);
  } finally {
    for (const folder of [trash, state]) if (folder !== null) await verbs.release(folder);
  }
};

/** The oldest first. */
const recordsIn = async (verbs: FileVerbs, ofRun: Folder, where: string): Promise<string[]> => {
  const listed = await verbs.list(ofRun);
  if (isFault(listed)) throw hostErrorOf(`list ${where}`, listed);
  return listed
    .filter(({ name }) => readRecordName(name) !== null)
    .sort((a, b) => a.stat.modified - b.stat.modified)
    .map(({ name }) => name);
};

const readEntries = async (verbs: FileVerbs, ofRun: Folder, name: string, where: string): Promise<TrashEntry[]> => {
  const bytes = await readWhole(verbs, ofRun, name);
  if (isFault(bytes)) throw hostErrorOf(`read ${name} in ${where}`, bytes);
  const entries = await unsealRecord(TRASH, bytes, decodeTrash);
  if (!isDamage(entries)) return entries;
  throw new HostError(
    'failed',
    `read ${name} in ${where}: ${entries.damage}`,
    `what it tells of lies beside it in ${readRecordName(name)!.bin}/, under the paths it had; take it from there`,
  );
};

const statIn = async (verbs: FileVerbs, bin: Cursor, path: Path): Promise<Stat | null> => {
  const at = await bin.at(parent(path));
  if (isFault(at)) return null;
  const [stat] = await verbs.stat([{ at, name: path.slice(path.lastIndexOf('/') + 1) }]);
  return stat === undefined || isFault(stat) ? null : stat;
};

const SECOND = 1_000_000;
