// Ends a transaction: removes what is left in staging, what dead runs left there, and trash that is past its age.
//
// What an intent record still speaks of is never removed: it is all that its block can be finished with.
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { binOf, readRecordName } from './bin.js';
import { type Desk, transactionName } from './desk.js';
import { performOne } from './one-deed.js';
import { isPointedAt } from './pointer.js';
import { UNFINISHED } from './record.js';
import { removeTree } from './remove-tree.js';
import { DONE, isNumbered, openRoom } from './state-folder.js';

export type Ending = {
  readonly verbs: FileVerbs;
  readonly breathe: () => Promise<void>;
  /** Seconds for which trash is kept whose own age is not known. */
  readonly trash: number;
  /** Its staging folder stays: its intent is not done, or the next run is to use what is in it. */
  readonly kept: boolean;
  /** Staging folders of dead runs of the same block: nobody will come back to them. */
  readonly dead: ReadonlySet<string>;
};

/** Ages are told by the clock of the file system itself, never by another machine's. */
export const endDesk = async (desk: Desk, ending: Ending): Promise<void> => {
  const { verbs, breathe, kept } = ending;
  if (!kept) await removeTree(verbs, desk.stagingParent, desk.stagingName, breathe);
  const now = await clockOf(verbs, desk);
  if (now === null) return;
  const log = await readLogNames(desk, ending, now);
  // Where that cannot be told, everything in staging may still be needed.
  if (log !== null) await removeDeadStaging(desk, ending, now, log);
  const trash = await openRoom(verbs, desk.place, desk.folder, 'trash', false);
  if (trash === null) return;
  await emptyTrash(desk, trash, ending, now);
  await verbs.release(trash);
};

/** Making a folder in it has just set the time of the staging folder. Microseconds. */
const clockOf = async (verbs: FileVerbs, { folder, stagingParent }: Desk): Promise<number | null> => {
  const made = await performOne(verbs, { do: 'make-folder', at: stagingParent, name: CLOCK, mode: 0o700 });
  if (made === null) await performOne(verbs, { do: 'remove-folder', at: stagingParent, name: CLOCK });
  const [stat] = await verbs.stat([{ at: folder, name: 'staging' }]);
  return stat === undefined || isFault(stat) ? null : stat.modified;
};

const removeDeadStaging = async (
  desk: Desk,
  { verbs, breathe, dead }: Ending,
  now: number,
  spokenOf: ReadonlySet<string>,
): Promise<void> => {
  const listed = await verbs.list(desk.stagingParent);
  if (isFault(listed)) return;
  const old = listed.filter(
    ({ name, stat }) => name !== desk.stagingName && (dead.has(name) || stat.modified < now - LEFTOVER_AGE * MICROS),
  );
  for (const { name } of old) {
    if (spokenOf.has(name) || (await isPointedAt(verbs, desk.stagingParent, name))) continue;
    await removeTree(verbs, desk.stagingParent, name, breathe);
  }
};

/** Names of the transactions that are not done; records that were never finished go with their run's staging, or with time. */
const readLogNames = async (desk: Desk, { verbs, dead }: Ending, now: number): Promise<ReadonlySet<string> | null> => {
  const log = await openRoom(verbs, desk.place, desk.folder, 'intent', false);
  if (log === null) return new Set();
  const listed = await verbs.list(log);
  for (const { name, stat } of isFault(listed) ? [] : listed) {
    if (!name.endsWith(UNFINISHED)) continue;
    const isDead = dead.has(name.slice(0, -UNFINISHED.length));
    if (isDead || stat.modified < now - LEFTOVER_AGE * MICROS) await performOne(verbs, { do: 'remove', at: log, name });
  }
  await verbs.release(log);
  return isFault(listed) ? null : new Set(listed.map(({ name }) => name).filter(name => !name.endsWith(DONE)));
};

/** What was removed is kept for as long as the plan said when it was removed, and until its transaction has ended. */
const emptyTrash = async (desk: Desk, trash: Folder, ending: Ending, now: number): Promise<void> => {
  const { verbs, breathe } = ending;
  const runs = await verbs.list(trash);
  for (const { name: run } of isFault(runs) ? [] : runs) {
    const ofRun = await verbs.enter(trash, run);
    if (isFault(ofRun)) continue;
    const listed = await verbs.list(ofRun);
    const entries = isFault(listed) ? [] : listed;
    const ages = new Map(entries.flatMap(({ name }) => agesIn(name)));
    const due = entries.filter(({ name, stat }) => {
      const record = readRecordName(name);
      const age = record?.age ?? ages.get(name) ?? ending.trash;
      const since = record === null ? timeOf(entries, name, stat.modified) : stat.modified;
      return since < now - age * MICROS;
    });
    let left = entries.length;
    // After the trash was listed: whoever has a part of it that is in that list and is not in this one has ended.
    const others = due.length === 0 ? [] : await verbs.list(desk.stagingParent);
    for (const { name } of due) {
      if (isFault(others) || others.some(other => isTrashOf(run, name, other.name))) continue;
      if (await removeTree(verbs, ofRun, name, breathe)) left--;
    }
    await verbs.release(ofRun);
    if (left === 0) await performOne(verbs, { do: 'remove-folder', at: trash, name: run });
  }
};

/** May this be of the transaction with this staging folder? Both names may have been numbered. */
const isTrashOf = (run: string, name: string, staging: string): boolean => {
  const bin = binOf(name);
  return [bin, bin.replace(/\.\d+$/, '')].some(block => isNumbered(staging, transactionName({ run, block })));
};

const agesIn = (name: string): [string, number][] => {
  const record = readRecordName(name);
  return record === null ? [] : [[record.bin, record.age]];
};

/** A bin is as old as the record that tells of it. */
const timeOf = (
  entries: readonly { readonly name: string; readonly stat: { readonly modified: number } }[],
  bin: string,
  own: number,
): number => entries.find(({ name }) => readRecordName(name)?.bin === bin)?.stat.modified ?? own;

const CLOCK = 'clock.new';
/** A run that is still alive shows it more often (sign-of-life.ts). */
const LEFTOVER_AGE = 86_400;
const MICROS = 1_000_000;
