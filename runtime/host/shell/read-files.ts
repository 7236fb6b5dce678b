// Digests files that nothing there can digest: small ones are read many in one request, large ones by themselves.
//
//  1. An answer with many counts only if every file of it was the same before and after, and all of them are as long together
//     as they were said to be. Else each is read by itself, and its own fault is told.
//  2. What is under way is bounded by what the files were when they were looked at, whatever they have become.
import type { Algorithm } from '../../../compiler/plan.js';
import { type Hasher, openDigests } from '../../bytes/digest.js';
import { isSame } from '../file-digest.js';
import { type Digested, type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import { notFile } from '../kind.js';
import { pathOf } from './folder.js';
import { parseLooked } from './records.js';
import type { ShellSession } from './session.js';
import { openSource } from './source.js';

export type ReadAsk = {
  readonly session: ShellSession;
  readonly algorithm: Algorithm;
  readonly at: Folder;
  readonly follow: boolean;
  readonly look: (names: readonly string[]) => Promise<readonly (Stat | Fault)[]>;
};

/** One answer for each name, in order. */
export const digestByReading = async (asked: ReadAsk, names: readonly string[]): Promise<(Digested | Fault)[]> => {
  const hasher = await openDigests(asked.algorithm);
  const answers = new Map<string, Digested | Fault>();
  const stats = asked.follow ? [] : await asked.look(names);
  const small: Small[] = [];
  for (const [i, name] of names.entries()) {
    const stat = stats[i];
    if (stat === undefined) continue;
    if (isFault(stat)) answers.set(name, stat);
    else if (stat.kind !== 'file') answers.set(name, notFile(stat.kind));
    else if (stat.size <= SMALL) small.push({ name, size: stat.size });
  }
  const batches = inBatches(small);
  for (let next = 0; next < batches.length; next += UNDER_WAY) {
    const read = await Promise.all(
      batches.slice(next, next + UNDER_WAY).map(batch => readTogether(asked, hasher, batch)),
    );
    for (const [name, digested] of read.flat()) answers.set(name, digested);
  }
  const digests: (Digested | Fault)[] = [];
  for (const name of names) digests.push(answers.get(name) ?? (await readAlone(asked, hasher, name)));
  return digests;
};

type Small = { readonly name: string; readonly size: number };

const inBatches = (files: readonly Small[]): readonly (readonly Small[])[] => {
  const batches: Small[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (last !== undefined && last.length < MANY && bytes + file.size <= ENOUGH) last.push(file);
    else {
      batches.push([file]);
      bytes = 0;
    }
    bytes += file.size;
  }
  return batches;
};

/** Nothing where not all of them were read as they were. */
const readTogether = async (
  { session, at }: ReadAsk,
  hasher: Hasher,
  batch: readonly Small[],
): Promise<readonly (readonly [string, Digested])[]> => {
  const words = batch.map(({ name }) => `./${name}`);
  const total = batch.reduce((sum, { size }) => sum + size, 0);
  const most = total + batch.length * FACTS_ROOM;
  const { status, output } = await session.ask('contents', [pathOf(at), String(total + 1), ...words], { most });
  const start = output.indexOf(0) + 1;
  const end = output.lastIndexOf(`\0${session.mark}\0`, undefined, 'latin1');
  if (status !== 0 || start === 0 || end < start) return [];
  const before = parseLooked(output.toString('latin1', 0, start - 1), session.mark);
  const after = parseLooked(output.toString('latin1', end + session.mark.length + 2), session.mark);
  if (before?.length !== batch.length || after?.length !== batch.length) return [];
  const content = output.subarray(start, end);
  const digests: (readonly [string, Digested])[] = [];
  let from = 0;
  for (const [i, { name }] of batch.entries()) {
    const [one, other] = [before[i]!, after[i]!];
    if (one.name !== words[i] || other.name !== words[i] || !isSame(one.stat, other.stat)) return [];
    const digest = hasher.hash(content.subarray(from, from + one.stat.size));
    digests.push([name, { digest, before: one.stat, after: other.stat }]);
    from += one.stat.size;
  }
  return from === content.length ? digests : [];
};

const readAlone = async ({ session, at, follow }: ReadAsk, hasher: Hasher, name: string): Promise<Digested | Fault> => {
  const source = await openSource(session, at, name, follow);
  if (isFault(source)) return source;
  try {
    const part = Buffer.allocUnsafe(Math.min(PART, Math.max(1, source.stat.size)));
    hasher.init();
    for (let count = await source.read(part); count !== 0; count = await source.read(part)) {
      if (isFault(count)) return count;
      hasher.update(part.subarray(0, count));
    }
    const after = await source.restat();
    return isFault(after) ? after : { digest: hasher.digest(), before: source.stat, after };
  } finally {
    await source.close();
  }
};

/** A file of more is worth a request of its own. */
const SMALL = 262_144;
const MANY = 500;
const ENOUGH = 4_194_304;
/** Facts of one file, twice, with the longest of names. */
const FACTS_ROOM = 1_024;
const UNDER_WAY = 2;
const PART = 1_048_576;
