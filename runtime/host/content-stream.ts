// Reads listed files as a pack stream: every byte once, digested while it is read, checked to be what the scan has seen.
//
//  1. A file is sent only if it is what was seen when it is opened, and still is when its last byte was read; otherwise its
//     record says `lost` with 'changed', and what came of it is void.
//  2. Never more than one chunk is in memory, however large a file is. Long runs of zeros in it are named, not sent.
//  3. A file that cannot be read is lost by itself; the stream goes on.
//  4. Of a file that was begun the rest is sent only where the first bytes here have the digest that they have there.
import { type Hasher, openDigests } from '../bytes/digest.js';
import { MAX_CONTENT, SMALL_FILE } from '../bytes/pack.js';
import { makePacker, newPart, PART_ROOM, type Packer, partChunk } from '../bytes/pack-writer.js';
import { stretchesOf } from '../bytes/zeros.js';
import type { Problem } from '../tree/entry.js';
import { leaf, type Path, parent } from '../tree/path.js';
import { notListed } from './content.js';
import { problemOf } from './faults.js';
import { isSame, remember } from './file-digest.js';
import { type Fault, isFault, type Source, type Stat } from './file-verbs.js';
import type { Wanted } from './host.js';
import { OPENING } from './pace.js';
import type { Reach } from './reach.js';
import { type LookedUp, reachFrom, type ScanState, seenAt } from './scan-state.js';
import { differsFromSeen } from './seen.js';

export async function* readContents(state: ScanState, wanted: readonly Wanted[]): AsyncGenerator<Uint8Array> {
  const hasher = await openDigests(state.selection.algorithm);
  const packer = makePacker();
  const scratch = Buffer.allocUnsafeSlow(SMALL_FILE);
  const reach = reachFrom(state);
  try {
    for (const one of wanted) {
      const seen = seenAt(state, one.path);
      const lost =
        seen?.kind !== 'file'
          ? notListed(one.path)
          : seen.size > SMALL_FILE
            ? yield* sendLarge(state, reach, one, hasher, packer)
            : yield* sendSmall(state, reach, one, seen, scratch, hasher, packer);
      if (lost !== null) addLost(packer, one, lost);
      const pause = state.pace(OPENING);
      if (pause !== null) await pause;
    }
    const rest = packer.take();
    if (rest !== null) yield rest;
  } finally {
    await reach.close();
    state.table.flush();
  }
}

/** Null, or why it is lost. */
async function* sendLarge(
  state: ScanState,
  reach: Reach,
  one: Wanted,
  hasher: Hasher,
  packer: Packer,
): AsyncGenerator<Uint8Array, Problem | null> {
  const moment = state.table.moment();
  const source = await openSeen(state, reach, one.path);
  if ('code' in source) return source;
  try {
    const before = packer.take();
    if (before !== null) yield before;
    const digest = yield* readParts(state, source, one, hasher, packer);
    const after = isFault(digest) ? digest : await source.restat();
    if (isFault(after)) return problemOfReading(one.path, after);
    if (isFault(digest) || !isSame(source.stat, after)) return changed(one.path);
    remember(state.table, source.stat, digest, moment);
    packer.add({ is: 'end', index: one.index, size: source.stat.size, digest });
    return null;
  } finally {
    await source.close();
  }
}

/** The same of a small one, many to a chunk. */
async function* sendSmall(
  state: ScanState,
  reach: Reach,
  { path, index }: Wanted,
  seen: LookedUp,
  scratch: Buffer,
  hasher: Hasher,
  packer: Packer,
): AsyncGenerator<Uint8Array, Problem | null> {
  const moment = state.table.moment();
  const content = scratch.subarray(0, seen.size);
  const stat = await readSmall(state, reach, path, seen, content);
  if ('code' in stat) return stat;
  const before = packer.isFull() ? packer.take() : null;
  if (before !== null) yield before;
  const digest = hasher.hash(content);
  remember(state.table, stat, digest, moment);
  packer.add({ is: 'whole', index, digest, content });
  return null;
}

/** Fills `into`, if the file then still is what was seen: whoever wrote to it meanwhile changed its times. */
const readSmall = async (
  state: ScanState,
  reach: Reach,
  path: Path,
  seen: LookedUp,
  into: Buffer,
): Promise<Stat | Problem> => {
  const { verbs } = state;
  if (verbs.readWhole === undefined) return readOpened(await openSeen(state, reach, path), path, into);
  const at = await reach.at(parent(path));
  const read = isFault(at) ? at : await verbs.readWhole(at, leaf(path), seen.followed, into);
  if (isFault(read)) return problemOfReading(path, read);
  const differs = differsFromSeen(read.stat, seen);
  if (differs !== null) return { ...changed(path), message: `read the file: ${differs}` };
  return read.count < into.length ? changed(path) : read.stat;
};

const readOpened = async (source: Source | Problem, path: Path, into: Buffer): Promise<Stat | Problem> => {
  if ('code' in source) return source;
  try {
    const count = into.length === 0 ? 0 : await source.read(into);
    const after = isFault(count) ? count : await source.restat();
    if (isFault(after)) return problemOfReading(path, after);
    return count === into.length && isSame(source.stat, after) ? source.stat : changed(path);
  } finally {
    await source.close();
  }
};

/** The file, opened, if it still is what was seen. */
export const openSeen = async (state: ScanState, reach: Reach, path: Path): Promise<Source | Problem> => {
  const seen = seenAt(state, path);
  if (seen?.kind !== 'file') return notListed(path);
  const at = await reach.at(parent(path));
  const source = isFault(at) ? at : await state.verbs.read(at, leaf(path), seen.followed);
  if (isFault(source)) return problemOfReading(path, source);
  const differs = differsFromSeen(source.stat, seen);
  if (differs === null) return source;
  await source.close();
  return { ...changed(path), message: `read the file: ${differs}` };
};

async function* readParts(
  state: ScanState,
  source: Source,
  { index, begun }: Wanted,
  hasher: Hasher,
  packer: Packer,
): AsyncGenerator<Uint8Array, string | Fault> {
  const { size } = source.stat;
  const there = begun === undefined || begun.bytes > size ? 0 : await sharedStart(state, source, begun, hasher);
  if (isFault(there)) return there;
  if (there > 0) packer.add({ is: 'begun', index, length: there });
  let zeros = 0;
  /** Of a chunk that was nothing but zeros, nobody was given a view. */
  let spare: Buffer | null = null;
  if (there === 0) hasher.init();
  for (let offset = there; offset < size; ) {
    const length = Math.min(MAX_CONTENT, size - offset);
    const part: Buffer = spare?.length === PART_ROOM + length ? spare : newPart(length);
    const content = part.subarray(PART_ROOM, PART_ROOM + length);
    // Where something was compared, the position of the source says nothing.
    const count = await (begun === undefined ? source.read(content) : source.readAt(content, offset));
    if (isFault(count)) return count;
    if (count < length) return CHANGED;
    hasher.update(content);
    const stretches = stretchesOf(content);
    spare = stretches.every(stretch => stretch.zeros) ? part : null;
    for (const stretch of stretches) {
      const run = stretch.end - stretch.start;
      if (stretch.zeros) zeros += run;
      else {
        const start = offset + stretch.start;
        if (zeros > 0) packer.add({ is: 'zeros', index, offset: start - zeros, length: zeros });
        zeros = 0;
        const before = packer.take();
        if (before !== null) yield before;
        // The head is written over what stands before: room left for it, or the end of a run of zeros.
        const chunk = partChunk(part.subarray(stretch.start), index, start, run);
        // Whoever is done with one chunk gives its memory back: two of them must not share it.
        yield stretches.length === 1 ? chunk : Buffer.from(chunk);
      }
    }
    offset += length;
    const pause = state.pace(length / 1024);
    if (pause !== null) await pause;
  }
  if (zeros > 0) packer.add({ is: 'zeros', index, offset: size - zeros, length: zeros });
  return hasher.digest();
}

/** As many bytes as were begun, where they are the same here; else 0. `hasher` has taken them in then. */
const sharedStart = async (
  state: ScanState,
  source: Source,
  { bytes, digest }: NonNullable<Wanted['begun']>,
  hasher: Hasher,
): Promise<number | Fault> => {
  const own = await openDigests(state.selection.algorithm);
  const buffer = Buffer.allocUnsafeSlow(Math.min(MAX_CONTENT, bytes));
  own.init();
  hasher.init();
  for (let done = 0; done < bytes; ) {
    const piece = buffer.subarray(0, Math.min(buffer.length, bytes - done));
    const count = await source.readAt(piece, done);
    if (isFault(count)) return count;
    if (count < piece.length) return CHANGED;
    own.update(piece);
    hasher.update(piece);
    done += count;
    const pause = state.pace(count / 1024);
    if (pause !== null) await pause;
  }
  return own.digest() === digest ? bytes : 0;
};

export const addLost = (packer: Packer, { index }: Wanted, { code, message, help }: Problem): void =>
  packer.add({ is: 'lost', index, code, message, help });

/** What is not there any more, or is no file any more, has changed; the rest is what the system says. */
export const problemOfReading = (path: Path, fault: Fault): Problem =>
  fault === CHANGED || NO_LONGER_THERE.has(fault.fault) ? changed(path) : problemOf(path, 'read the file', fault);

const changed = (path: Path): Problem => ({
  path,
  code: 'changed',
  message: 'read the file: it changed meanwhile',
  help: 'run the same command again, or lock what changes it',
});

export const CHANGED: Fault = { fault: 'CHANGED', message: 'it changed meanwhile' };
const NO_LONGER_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'ESTALE']);
