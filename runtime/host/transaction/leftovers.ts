// Leftovers: content that a run which was killed or interrupted left in staging, used again by the next run of the same block instead of being sent.
//
//   staging/RUN-BLOCK/files = record `files` 2: block:string files:varint file*       (paths and numbers as in columns.ts)
//   file   = path staged:path size modified index
//            path: from the root; staged: from the staging folder; modified: the time it was to be given; index: of its step
//
// 1. The record says what is meant to be there. Whether it is, whole and unchanged, is found out by digesting it; and the
//    caller compares the digest with the master's. So nothing here needs to be durable.
//    Until the first content comes it names the block and no files: a run that is killed before is known for dead as well.
// 2. Only under the block's lock: whoever else staged for this block is dead then, and nobody comes back to it.
import { makeWriter, type Reader } from '../../bytes/wire.js';
import type { Outcome } from '../../tree/action.js';
import { leaf, type Path, parent } from '../../tree/path.js';
import { openCursor } from '../cursor.js';
import { isFault } from '../file-verbs.js';
import type { Leftover } from '../host.js';
import { givenOf, giveOne } from './attributes.js';
import { adoptBegun, digestBegun } from './begun.js';
import { readColumns, writeColumns } from './columns.js';
import type { Desk } from './desk.js';
import { hashFile } from './hash-file.js';
import { performOne } from './one-deed.js';
import { givenOwners } from './owners.js';
import { isDamage, putRecord, type RecordKind, readWhole, sealRecord, unsealRecord } from './record.js';
import { discard, stagedFolder, stagedName, stagedPath } from './staged.js';
import { desksOf, failedOrStopped, fromRoot, inconsistent, isTime, modeOf, openHashers, type Work } from './work.js';

/** Where the content of a step was found: a staging folder of a dead run, and its place in it. */
export type Found = { readonly desk: Desk; readonly folder: string; readonly staged: Path; readonly digest: string };

/** Says whose staging this is, as soon as it is there. */
export const writeOwner = (work: Work): Promise<void> => writeRecords(work, false);

/** Says which file each staged one will be. */
export const writeFiles = (work: Work): Promise<void> => writeRecords(work, true);

/** Small transfers are sent again sooner than a record is worth. */
const writeRecords = async (work: Work, withFiles: boolean): Promise<void> => {
  for (const desk of desksOf(work)) {
    const indexes: number[] = [];
    let bytes = 0;
    for (let index = 0; index < work.table.size; index++) {
      const step = work.table.step(index);
      if (step?.action.do !== 'file' || work.parts[step.part]!.desk !== desk) continue;
      indexes.push(index);
      bytes += step.action.size;
    }
    if (bytes < WORTHWHILE) continue;
    const record = encode(work, withFiles ? indexes : []);
    // What cannot be written costs nothing but the chance to use it.
    await putRecord(work.verbs, desk.staging, NAME, await sealRecord(FILES, record), false);
  }
};

/** Is there anything that says what is staged? Without it, nobody could use it again. */
export const isRecorded = async ({ verbs }: Work, { staging }: Desk): Promise<boolean> => {
  const [stat] = await verbs.stat([{ at: staging, name: NAME }]);
  return stat !== undefined && !isFault(stat);
};

/** Staging folders of dead runs of this block, by desk. */
export const deadOf = async (work: Work): Promise<ReadonlyMap<Desk, ReadonlyMap<string, readonly File[]>>> => {
  const all = new Map<Desk, Map<string, readonly File[]>>();
  for (const desk of desksOf(work)) {
    const dead = new Map<string, readonly File[]>();
    all.set(desk, dead);
    const listed = await work.verbs.list(desk.stagingParent);
    for (const { name, stat } of isFault(listed) ? [] : listed) {
      if (stat.kind !== 'folder' || name === desk.stagingName) continue;
      const files = await readFiles(work, desk, name);
      if (files !== null) dead.set(name, files);
    }
  }
  return all;
};

/** Digests what may serve; `found` remembers where it lies. Of files that were only begun, what there is of them. */
export const findLeftovers = async (work: Work, found: Map<number, Found>): Promise<Leftover[]> => {
  const hashers = await openHashers(new Set(work.parts.map(({ scan }) => scan.selection.algorithm)));
  const leftovers: Leftover[] = [];
  for (const [desk, folders] of await deadOf(work)) {
    for (const [folder, files] of folders) {
      const held = await work.verbs.enter(desk.stagingParent, folder);
      if (isFault(held)) continue;
      const cursor = openCursor(work.verbs, held);
      const byPath = new Map(files.map(file => [file.path, file] as const));
      for (let index = 0; index < work.table.size; index++) {
        const step = work.table.step(index);
        if (step?.action.do !== 'file' || found.has(index)) continue;
        const part = work.parts[step.part]!;
        const { action } = step;
        const file = part.desk === desk ? byPath.get(fromRoot(part, action.path)) : undefined;
        if (file?.size !== action.size || file.modified !== (action.modified ?? UNKNOWN)) continue;
        const at = await cursor.at(parent(file.staged));
        if (isFault(at)) continue;
        const name = leaf(file.staged);
        const [stat] = await work.verbs.stat([{ at, name }]);
        // Its time is given last: one that has it was written to the end.
        if (stat === undefined || isFault(stat) || stat.size !== action.size || !isTime(stat, action.modified)) {
          await adoptBegun(work, index, desk, { folder, staged: file.staged, number: file.index });
          continue;
        }
        // A file that was lent (lend.ts) may still be another's.
        if (stat.names > 1) continue;
        const digest = await hashFile(work, at, name, hashers.get(part.scan.selection.algorithm)!.parts);
        if (isFault(digest)) continue;
        found.set(index, { desk, folder, staged: file.staged, digest });
        leftovers.push({ index, digest });
      }
      await cursor.close();
      await work.verbs.release(held);
    }
  }
  return [...leftovers, ...(await digestBegun(work))].sort((a, b) => a.index - b.index);
};

/** Moves it to where it would have been staged, with the attributes it is to have now. */
export const adoptLeftover = async (
  work: Work,
  index: number,
  { desk, folder, staged, digest }: Found,
): Promise<Outcome | null> => {
  const { action, part: number } = work.table.step(index)!;
  if (action.do !== 'file') return null;
  const part = work.parts[number]!;
  await discard(work, index);
  const to = await stagedFolder(work, index);
  if (isFault(to)) return failedOrStopped(work, index, action.path, 'make the staging folder', to);
  const held = await work.verbs.enter(desk.stagingParent, folder);
  if (isFault(held)) return lost(index);
  const cursor = openCursor(work.verbs, held);
  const at = await cursor.at(parent(staged));
  const toName = stagedName(work, index);
  const moved = isFault(at) ? at : await performOne(work.verbs, { do: 'rename', at, name: leaf(staged), to, toName });
  await cursor.close();
  await work.verbs.release(held);
  if (moved !== null) return lost(index);
  const given = givenOf(action, givenOwners(work, action), modeOf(part, action.mode));
  const fault = await giveOne(work, part, to, toName, given);
  if (fault !== null) {
    await performOne(work.verbs, { do: 'remove', at: to, name: toName });
    return failedOrStopped(work, index, action.path, 'set the attributes', fault);
  }
  work.digests.set(index, digest);
  work.synced.delete(index);
  work.table.setStaged(index, true);
  work.table.setWaiting(index);
  work.arrivals.ended(index, digest);
  return null;
};

type File = {
  readonly path: Path;
  readonly staged: Path;
  readonly size: number;
  readonly modified: number;
  readonly index: number;
};

/** Null where it is of another block, or says nothing. */
const readFiles = async ({ verbs, id }: Work, desk: Desk, name: string): Promise<readonly File[] | null> => {
  const folder = await verbs.enter(desk.stagingParent, name);
  if (isFault(folder)) return null;
  const bytes = await readWhole(verbs, folder, NAME);
  await verbs.release(folder);
  if (isFault(bytes)) return null;
  const record = await unsealRecord(FILES, bytes, decode);
  return isDamage(record) || record.block !== id.block ? null : record.files;
};

const encode = (work: Work, indexes: readonly number[]): Buffer => {
  const writer = makeWriter(64 * indexes.length + 64);
  writer.string(work.id.block);
  writer.varint(indexes.length);
  const [paths, staged] = [writeColumns(writer), writeColumns(writer)];
  for (const index of indexes) {
    const { action, part } = work.table.step(index)!;
    if (action.do !== 'file') continue;
    paths.path(fromRoot(work.parts[part]!, action.path));
    staged.path(stagedPath(work, index));
    paths.number('size', action.size);
    paths.number('modified', action.modified ?? UNKNOWN);
    paths.number('index', index);
  }
  return writer.copy();
};

/** Throws WireError. */
const decode = (reader: Reader): { readonly block: string; readonly files: readonly File[] } => {
  const block = reader.string();
  const files: File[] = [];
  const count = reader.varint();
  const [paths, staged] = [readColumns(reader), readColumns(reader)];
  for (let read = 0; read < count; read++) {
    const [path, lies] = [paths.path(), staged.path()];
    const [size, modified, index] = [paths.number('size'), paths.number('modified'), paths.number('index')];
    files.push({ path, staged: lies, size, modified, index });
  }
  return { block, files };
};

const lost = (index: number): Outcome => inconsistent(index, 'what an earlier run had staged for it is gone');

const NAME = 'files';
const FILES: RecordKind = { name: 'files', version: 2 };
const UNKNOWN = 1 - 2 ** 51;
const WORTHWHILE = 1_048_576;
