// Files that were begun: what came of a large one before its stream broke is kept aside, to go on from there.
//
//   staging/RUN-BLOCK/INDEX.begun     its first bytes; its name in the end is INDEX, or inside INDEX.d
//
// 1. It lies where nothing is put in place from: a whole folder that is renamed never holds half a file.
// 2. It is worth what its digest says: the master's host sends the rest only where its own first bytes have that digest, and
//    the receiver digests these bytes again, as part of the whole, when it goes on. So nothing here needs to be durable.
import { stretchesOf } from '../../bytes/zeros.js';
import { leaf, parent } from '../../tree/path.js';
import { openCursor } from '../cursor.js';
import { type Fault, type Folder, isFault, type Sink } from '../file-verbs.js';
import type { Leftover } from '../host.js';
import type { Desk } from './desk.js';
import { hashFile } from './hash-file.js';
import { performOne } from './one-deed.js';
import { discardUnfinished, stagedFolder, stagedName } from './staged.js';
import { openHashers, type Work } from './work.js';

/** Closes a file of which so much is written, and keeps it, where that is worth it and can be done. */
export const keepBegun = async (work: Work, index: number, sink: Sink, bytes: number): Promise<void> => {
  if (bytes < WORTHWHILE) return sink.discard();
  const fault = await sink.finish({ mode: OWN, modified: null });
  const at = await stagedFolder(work, index);
  if (isFault(at)) return;
  if (fault === null && (await setAside(work, index, at, stagedName(work, index)))) work.begun.set(index, bytes);
  else await discardUnfinished(work, index, at);
};

/** What a dead run left of a file that it had begun: at its staged place where it was killed, aside where its stream broke. */
export const adoptBegun = async (
  work: Work,
  index: number,
  desk: Desk,
  { folder, staged, number }: { readonly folder: string; readonly staged: string; readonly number: number },
): Promise<void> => {
  const { action } = work.table.step(index)!;
  if (action.do !== 'file' || work.begun.has(index)) return;
  const held = await work.verbs.enter(desk.stagingParent, folder);
  if (isFault(held)) return;
  const cursor = openCursor(work.verbs, held);
  for (const path of [nameOf(number), staged]) {
    const at = await cursor.at(parent(path));
    if (isFault(at)) continue;
    const name = leaf(path);
    const [stat] = await work.verbs.stat([{ at, name }]);
    if (stat === undefined || isFault(stat) || stat.kind !== 'file') continue;
    if (stat.size < WORTHWHILE || stat.size > action.size) continue;
    if (!(await setAside(work, index, at, name))) continue;
    work.begun.set(index, stat.size);
    break;
  }
  await cursor.close();
  await work.verbs.release(held);
};

/** Of each the digest of what is there. */
export const digestBegun = async (work: Work): Promise<Leftover[]> => {
  if (work.begun.size === 0) return [];
  const hashers = await openHashers(new Set(work.parts.map(({ scan }) => scan.selection.algorithm)));
  const all: Leftover[] = [];
  for (const [index, bytes] of [...work.begun].sort(([a], [b]) => a - b)) {
    const step = work.table.step(index);
    if (step?.action.do !== 'file' || work.table.isStaged(index)) continue;
    const part = work.parts[step.part]!;
    const hasher = hashers.get(part.scan.selection.algorithm)!.parts;
    const digest = await hashFile(work, part.desk.staging, nameOf(index), hasher);
    if (!isFault(digest)) all.push({ index, digest, bytes });
  }
  return all;
};

/** Its bytes, in pieces that are each good until the next, null for zeros; a fault where they cannot be read. */
export async function* readBegun(
  work: Work,
  index: number,
): AsyncGenerator<{ readonly length: number; readonly content: Buffer | null } | Fault> {
  const source = await work.verbs.read(stagingOf(work, index), nameOf(index), false);
  if (isFault(source)) return yield source;
  const buffer = Buffer.allocUnsafeSlow(AT_ONCE);
  try {
    for (;;) {
      const count = await source.read(buffer);
      if (isFault(count)) return yield count;
      for (const { zeros, start, end } of stretchesOf(buffer.subarray(0, count)))
        yield { length: end - start, content: zeros ? null : buffer.subarray(start, end) };
      if (count < buffer.length) return;
      await work.breathe();
    }
  } finally {
    await source.close();
  }
}

/** It is needed no more: its file comes anew, or went on from there. */
export const dropBegun = async (work: Work, index: number): Promise<void> => {
  if (!work.begun.delete(index)) return;
  await performOne(work.verbs, { do: 'remove', at: stagingOf(work, index), name: nameOf(index) });
};

const setAside = async (work: Work, index: number, at: Folder, name: string): Promise<boolean> => {
  const to = stagingOf(work, index);
  return (await performOne(work.verbs, { do: 'rename', at, name, to, toName: nameOf(index) })) === null;
};

const stagingOf = (work: Work, index: number): Folder => work.parts[work.table.step(index)!.part]!.desk.staging;

const nameOf = (index: number): string => `${index}.begun`;

/** Less is sent again sooner than it is asked for. */
const WORTHWHILE = 1_048_576;
const AT_ONCE = 1_048_576;
const OWN = 0o600;
