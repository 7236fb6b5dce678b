// Chunks of a pack stream, compressed where that makes them smaller: each by itself, so that whoever passes them on need not look.
//
//   squeezed (6): files:varint literal:varint zeros:varint copied:varint size:varint deflated
//
// It is a chunk of its own: raw deflate, to the chunk's end, of a chunk of `size` bytes that holds no squeezed one. The counts
// are for those who pass it on: files completed in it, bytes of content, bytes of zeros that are only named, bytes copied.
//
// Invariants:
//  1. What does not shrink travels as it is, and after failures in a row more and more chunks do so untried, until another
//     large file begins.
//  2. A chunk that says that something is lost is never squeezed: whoever passes it on reads it.
//  3. Not more than one chunk's worth is ever inflated, and never more than was declared.
import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import { MAX_CHUNK, readRecords } from './pack.js';
import { giveBack } from './pool.js';
import { makeReader, makeWriter, WireError } from './wire.js';

/** What whoever passes a chunk on may know of it. */
export type Counts = {
  readonly files: number;
  readonly literal: number;
  readonly zeros: number;
  readonly copied: number;
  readonly lost: boolean;
};

type Squeezed = Counts & {
  /** Of the chunk that was squeezed. */
  readonly size: number;
  readonly deflated: Buffer;
};

/** The same pack with its chunks squeezed, `level` 1 to 9; the next chunk is read while one is worked on. */
export async function* squeezePack(pack: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  const hope = makeHope();
  let before: Promise<Uint8Array> | null = null;
  for await (const chunk of pack) {
    if (beginsFile(chunk)) hope.renew();
    const next = hope.mayShrink() ? squeezeChunk(chunk, level, hope.tell) : Promise.resolve(chunk);
    // Awaited a round later: until then nobody listens to what it says.
    next.catch(() => {});
    if (before !== null) yield await before;
    before = next;
  }
  if (before !== null) yield await before;
}

/** Counts a chunk, squeezed or not. Throws WireError on damage. */
export const countsOf = (chunk: Uint8Array): Counts => {
  const squeezed = readSqueezed(chunk);
  if (squeezed !== null) return squeezed;
  const counts = { files: 0, literal: 0, zeros: 0, copied: 0, lost: false };
  for (const record of readRecords(chunk)) {
    counts.lost ||= record.is === 'lost';
    if (record.is === 'zeros') counts.zeros += record.length;
    if (record.is === 'copy' || record.is === 'begun') counts.copied += record.length;
    if (record.is === 'whole' || record.is === 'part') counts.literal += record.content.length;
    if (record.is === 'whole' || record.is === 'end') counts.files++;
  }
  return counts;
};

/** A chunk as it was before it was squeezed, if it was. Throws WireError where it is not what it was declared to be. */
export const openChunk = (chunk: Uint8Array): Uint8Array => {
  const squeezed = readSqueezed(chunk);
  if (squeezed === null) return chunk;
  const { size, deflated } = squeezed;
  const opened = inflate(deflated, size);
  if (opened.length !== size) throw new WireError(`${opened.length} bytes came of a squeezed chunk of ${size}`);
  return opened;
};

/** Null for a chunk that travels as it is. */
const readSqueezed = (chunk: Uint8Array): Squeezed | null => {
  if (chunk[0] !== SQUEEZED) return null;
  const reader = makeReader(chunk);
  reader.u8();
  const [files, literal, zeros] = [reader.varint(), reader.varint(), reader.varint()];
  const [copied, size] = [reader.varint(), reader.varint()];
  if (size > MAX_CHUNK) throw new WireError(`a squeezed chunk of ${size} bytes is over the cap of ${MAX_CHUNK}`);
  if (literal > size || files > size) throw new WireError('a squeezed chunk is said to hold more than its size');
  return { files, literal, zeros, copied, lost: false, size, deflated: reader.raw(chunk.length - reader.at) };
};

const inflate = (deflated: Buffer, size: number): Buffer => {
  try {
    // zlib takes no cap of 0; an empty chunk is refused by its length. With room to spare it allocates once.
    return inflateRawSync(deflated, { maxOutputLength: Math.max(size, 1), chunkSize: size + SPARE });
  } catch (error) {
    const why =
      error instanceof RangeError ? `it holds more than the ${size} bytes declared` : (error as Error).message;
    throw new WireError(`a squeezed chunk cannot be opened: ${why}`);
  }
};

const squeezeChunk = async (chunk: Uint8Array, level: number, tell: (shrank: boolean) => void): Promise<Uint8Array> => {
  const counts = countsOf(chunk);
  if (counts.lost || chunk.length < SMALLEST) return chunk;
  const deflated = await deflate(chunk, { level, chunkSize: ROOM });
  const shrank = deflated.length < chunk.length * WORTHWHILE;
  tell(shrank);
  if (!shrank) return chunk;
  const writer = makeWriter(deflated.length + HEAD);
  writer.u8(SQUEEZED);
  for (const count of [counts.files, counts.literal, counts.zeros, counts.copied, chunk.length]) writer.varint(count);
  writer.raw(deflated);
  giveBack(chunk);
  return writer.view();
};

/** How many chunks pass untried: none after a first that did not shrink, one after the second in a row, then twice as many each time. */
const makeHope = () => {
  let failures = 0;
  let untried = 0;
  return {
    mayShrink: (): boolean => untried-- <= 0,
    /** What comes is another content than what failed. */
    renew: (): void => {
      untried = 0;
    },
    tell: (shrank: boolean): void => {
      failures = shrank ? 0 : Math.min(failures + 1, MOST_FAILURES);
      untried = failures < 2 ? 0 : 2 ** (failures - 2);
    },
  };
};

/** The first part of a large file. */
const beginsFile = (chunk: Uint8Array): boolean => {
  const [first] = readRecords(chunk);
  return first?.is === 'part' && first.offset === 0;
};

const deflate = promisify(deflateRaw) as (
  chunk: Uint8Array,
  options: { readonly level: number; readonly chunkSize: number },
) => Promise<Buffer>;

const SQUEEZED = 6;
/** Chunks below are not worth it. */
const SMALLEST = 128;
/** What it must shrink to at least. */
const WORTHWHILE = 15 / 16;
/** At most 16 chunks, some 16 MiB, pass before it is tried again. */
const MOST_FAILURES = 6;
/** More than the head ever takes. */
const HEAD = 48;
const ROOM = 262_144;
const SPARE = 64;
