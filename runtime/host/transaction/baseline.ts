// The baseline: what this root held of one take of one block when it was last committed, so that somebody else's changes are
// told from our own old state.
//
//   baseline/BLOCK-KEY/NUMBER = record `baseline` 1     — KEY: of the take's folder, the first 16 digits of its SHA-256; NUMBER: 8 digits
//   body   = flags:u8 algorithm:u8 entries:varint entry*          flags: 1 whole – the numbers before it do not count
//   entry  = kind:u8 path rest                          (paths and numbers as in columns.ts)
//            kind: 0 file, 1 link, 2 folder, 3 nothing (any more)
//   rest   = file: size modified changed inode digest:string; link: target:string; folder, nothing: none
//            changed and inode 0 where they were not looked at (a file that a whole folder brought); digest '' where it is
//            not known
//
// 1. A number is written once, whole, and never changed: what one commit did is one small file, whatever the baseline holds.
// 2. When the small files outgrow the last whole one they are folded into a new whole one; then the old ones are removed.
// 3. It advances only from outcomes, before the transaction is done: a crash between leaves the intent record, and whoever
//    finishes that writes the same entries again.
// 4. Only content counts, not attributes: it tells what must be kept before it is overwritten or deleted.
// 5. One that is damaged is dropped from there on: what it said is unknown, and so is kept before it is overwritten.
import { ALGORITHMS, type Algorithm } from '../../../compiler/plan.js';
import { openDigests } from '../../bytes/digest.js';
import { makeWriter, type Reader, WireError } from '../../bytes/wire.js';
import { MAX_NAME, MAX_PATH, type Path } from '../../tree/path.js';
import { hostErrorOf } from '../faults.js';
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { readColumns, writeColumns } from './columns.js';
import { performOne } from './one-deed.js';
import { openOwn } from './own-folder.js';
import { isDamage, putRecord, type RecordKind, readWhole, sealRecord, unsealRecord } from './record.js';
import { openRoom, plainName, type StatePlace, trustedIn } from './state-folder.js';

export type BaselineEntry =
  | {
      readonly kind: 'file';
      readonly size: number;
      readonly modified: number;
      readonly changed: number;
      readonly inode: number;
      readonly digest: string;
    }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder' };

/** Null: nothing stands there any more. */
export type Advance = { readonly path: Path; readonly entry: BaselineEntry | null };

/** Entries by path from the take's folder; digests are by `algorithm`, and those by another are dropped. */
export type Baseline = Map<Path, BaselineEntry>;

/** Takes in what one transaction did, durably where `durable`. `state` is the held state folder. */
export const advanceBaseline = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  about: { readonly block: string; readonly folder: Path; readonly algorithm: Algorithm; readonly durable: boolean },
  advances: readonly Advance[],
): Promise<void> => {
  const { block, folder, algorithm, durable } = about;
  const doing = `write the baseline of ${place.where}`;
  const all = (await openRoom(verbs, place, state, 'baseline', true))!;
  const where = `the baseline of ${place.where}`;
  const own = (await openOwn(verbs, all, `${plainName(block)}-${await keyOf(folder)}`, {
    mode: 0o700,
    trusted: trustedIn(place),
    where,
  }))!;
  try {
    const numbers = await numbersIn(verbs, own);
    const last = numbers.at(-1)?.number ?? 0;
    const name = String(last + 1).padStart(8, '0');
    const whole = isFoldDue(numbers);
    const held = whole ? await loadNumbers(verbs, own, numbers, algorithm) : null;
    if (held !== null) apply(held, advances);
    const entries = held === null ? advances : [...held].map(([path, entry]) => ({ path, entry }));
    const sealed = await sealRecord(BASELINE, encode(entries, algorithm, whole));
    const fault = await putRecord(verbs, own, name, sealed, durable);
    if (fault !== null) throw hostErrorOf(doing, fault);
    if (durable) for (const at of [all, state]) await performOne(verbs, { do: 'sync-folder', at });
    if (whole) for (const old of numbers) await performOne(verbs, { do: 'remove', at: own, name: old.name });
  } finally {
    await verbs.release(own);
    await verbs.release(all);
  }
};

/** What all blocks committed in this folder of the root; empty where nothing is known. */
export const loadBaseline = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  folder: Path,
  algorithm: Algorithm,
): Promise<Baseline> => {
  const baseline: Baseline = new Map();
  const all = await openRoom(verbs, place, state, 'baseline', false);
  if (all === null) return baseline;
  try {
    const listed = await verbs.list(all);
    const end = `-${await keyOf(folder)}`;
    for (const { name } of isFault(listed) ? [] : listed.filter(({ name }) => name.endsWith(end))) {
      const where = `the baseline of ${place.where}`;
      const own = await openOwn(verbs, all, name, { mode: null, trusted: trustedIn(place), where });
      if (own === null) continue;
      const ofBlock = await loadNumbers(verbs, own, await numbersIn(verbs, own), algorithm);
      for (const [path, entry] of ofBlock) baseline.set(path, entry);
      await verbs.release(own);
    }
  } finally {
    await verbs.release(all);
  }
  return baseline;
};

type Numbered = { readonly name: string; readonly number: number; readonly size: number };

const numbersIn = async (verbs: FileVerbs, own: Folder): Promise<Numbered[]> => {
  const listed = await verbs.list(own);
  if (isFault(listed)) return [];
  return listed
    .filter(({ name }) => /^\d{8,15}$/.test(name))
    .map(({ name, stat }) => ({ name, number: Number(name), size: stat.size }))
    .sort((a, b) => a.number - b.number);
};

/** The oldest is the last whole one, or the first ever. */
const isFoldDue = (numbers: readonly Numbered[]): boolean => {
  const small = numbers.slice(1).reduce((sum, { size }) => sum + size, 0);
  return numbers.length > MOST_NUMBERS || small > (numbers[0]?.size ?? 0) + FOLD_SLACK;
};

const loadNumbers = async (
  verbs: FileVerbs,
  own: Folder,
  numbers: readonly Numbered[],
  algorithm: Algorithm,
): Promise<Baseline> => {
  const baseline: Baseline = new Map();
  for (const { name } of numbers) {
    const bytes = await readWhole(verbs, own, name);
    const part = isFault(bytes) ? null : await unsealRecord(BASELINE, bytes, reader => decode(reader, algorithm));
    if (part === null || isDamage(part) || part.whole) baseline.clear();
    if (part !== null && !isDamage(part)) apply(baseline, part.advances);
  }
  return baseline;
};

const apply = (baseline: Baseline, advances: readonly Advance[]): void => {
  for (const { path, entry } of advances) {
    if (entry === null) baseline.delete(path);
    else baseline.set(path, entry);
  }
};

const keyOf = async (folder: Path): Promise<string> => {
  const digest = (await openDigests('sha256')).hash(Buffer.from(folder, 'latin1'));
  return Buffer.from(digest, 'latin1').toString('hex').slice(0, 16);
};

const encode = (advances: readonly Advance[], algorithm: Algorithm, whole: boolean): Buffer => {
  const writer = makeWriter(48 * advances.length + 16);
  writer.u8(whole ? 1 : 0);
  writer.u8(ALGORITHMS.indexOf(algorithm));
  writer.varint(advances.length);
  const columns = writeColumns(writer);
  for (const { path, entry } of advances) {
    writer.u8(entry === null ? NOTHING : KINDS.indexOf(entry.kind));
    columns.path(path);
    if (entry?.kind === 'link') writer.string(entry.target);
    if (entry?.kind !== 'file') continue;
    columns.number('size', entry.size);
    columns.number('modified', entry.modified);
    columns.number('changed', entry.changed);
    columns.number('inode', entry.inode);
    writer.string(entry.digest);
  }
  return writer.copy();
};

/** Throws WireError. */
const decode = (reader: Reader, wanted: Algorithm): { readonly whole: boolean; readonly advances: Advance[] } => {
  const whole = reader.u8() === 1;
  const known = ALGORITHMS[reader.u8()] === wanted;
  const advances: Advance[] = [];
  const count = reader.varint();
  const columns = readColumns(reader);
  for (let read = 0; read < count; read++) {
    const code = reader.u8();
    const path = columns.path();
    const kind = KINDS[code];
    if (kind === undefined && code !== NOTHING) throw new WireError('an entry is of unknown kind');
    if (kind === 'link') advances.push({ path, entry: { kind, target: reader.string(MAX_PATH) } });
    else if (kind === 'file') {
      const [size, modified] = [columns.number('size'), columns.number('modified')];
      const [changed, inode] = [columns.number('changed'), columns.number('inode')];
      const digest = reader.string(MAX_NAME);
      advances.push({ path, entry: { kind, size, modified, changed, inode, digest: known ? digest : '' } });
    } else advances.push({ path, entry: kind === undefined ? null : { kind } });
  }
  return { whole, advances };
};

const BASELINE: RecordKind = { name: 'baseline', version: 1 };
const KINDS: readonly BaselineEntry['kind'][] = ['file', 'link', 'folder'];
const NOTHING = 3;
const MOST_NUMBERS = 64;
const FOLD_SLACK = 65_536;
