// Writes a pack stream: small files and short records share a chunk, parts of large files are a chunk each, uncopied.
import { type PackRecord, SMALL_FILE, writePartHead, writeRecord } from './pack.js';
import { takeBuffer } from './pool.js';
import { makeWriter } from './wire.js';

export type Packer = {
  readonly add: (record: PackRecord) => void;
  /** Holds enough for a chunk: take it. */
  readonly isFull: () => boolean;
  /** The chunk so far, or null where it is empty. */
  readonly take: () => Buffer | null;
};

export const makePacker = (): Packer => {
  const writer = makeWriter(FULL + SMALL_FILE + 1024);
  return {
    add: record => writeRecord(writer, record),
    isFull: () => writer.length >= FULL,
    take() {
      if (writer.length === 0) return null;
      const chunk = writer.copy();
      writer.clear();
      return chunk;
    },
  };
};

/** Where content is to be read to that becomes a chunk of its own: `length` bytes from PART_ROOM on. */
export const newPart = (length: number): Buffer => takeBuffer(PART_ROOM + length);

/** A chunk that is one `part` record, its head written right before the content that stands in `part`. */
export const partChunk = (part: Buffer, index: number, offset: number, length: number): Buffer => {
  const head = makeWriter(PART_ROOM);
  writePartHead(head, index, offset, length);
  const start = PART_ROOM - head.length;
  head.view().copy(part, start);
  return part.subarray(start, PART_ROOM + length);
};

/** More than the head of a part ever takes. */
export const PART_ROOM = 32;
const FULL = 524_288;
