// The pack stream: the content of many files as one stream of bytes, small files whole, large ones in parts.
//
// A pack is a sequence of records; a chunk of the stream holds whole records, so that who passes it on need not look inside.
//
//   record = whole (1): index:varint size:varint digest:string content:size raw bytes
//            part  (2): index:varint offset:varint content:bytes        — in order, from 0, without gaps
//            end   (3): index:varint size:varint digest:string          — after the parts of a file
//            zeros (5): index:varint offset:varint length:varint        — among the parts, for that many bytes of zeros
//            copy  (7): index:varint offset:varint from:varint length:varint — among the parts, so many bytes of the file that stands
//                       at the step's path now, from there on: what a delta need not send
//            begun (8): index:varint length:varint                      — in place of the first parts: so many bytes that its receiver has said,
//                       with their digest, that it holds of the file
//            lost  (4): index:varint code:string message:string help:string — it cannot be sent; what came of it is void
//
// `index` is the step that wants the content (host.ts). `digest` is the block's algorithm over the whole content, computed
// by the sender while reading, zeros and all. code is a ProblemCode; 'changed' says that the file is no longer what was listed.
// Content of a record is at most MAX_CONTENT bytes. A chunk may travel squeezed (squeeze.ts, where 6 is explained).
import { makeReader, WireError, type Writer } from './wire.js';

export type PackRecord =
  | { readonly is: 'whole'; readonly index: number; readonly digest: string; readonly content: Buffer }
  | { readonly is: 'part'; readonly index: number; readonly offset: number; readonly content: Buffer }
  | { readonly is: 'zeros'; readonly index: number; readonly offset: number; readonly length: number }
  | {
      readonly is: 'copy';
      readonly index: number;
      readonly offset: number;
      readonly from: number;
      readonly length: number;
    }
  | { readonly is: 'begun'; readonly index: number; readonly length: number }
  | { readonly is: 'end'; readonly index: number; readonly size: number; readonly digest: string }
  | {
      readonly is: 'lost';
      readonly index: number;
      readonly code: string;
      readonly message: string;
      readonly help: string;
    };

export const writeRecord = (writer: Writer, record: PackRecord): void => {
  if (record.is === 'part') {
    writePartHead(writer, record.index, record.offset, record.content.length);
    writer.raw(record.content);
    return;
  }
  writer.u8(CODES[record.is]);
  writer.varint(record.index);
  switch (record.is) {
    case 'whole':
      writer.varint(record.content.length);
      writer.string(record.digest);
      writer.raw(record.content);
      return;
    case 'zeros':
      writer.varint(record.offset);
      writer.varint(record.length);
      return;
    case 'copy':
      writer.varint(record.offset);
      writer.varint(record.from);
      writer.varint(record.length);
      return;
    case 'begun':
      writer.varint(record.length);
      return;
    case 'end':
      writer.varint(record.size);
      writer.string(record.digest);
      return;
    case 'lost':
      writer.string(record.code);
      writer.string(record.message);
      writer.string(record.help);
      return;
  }
};

/** A `part` record up to its content, of which `length` bytes must follow. */
export const writePartHead = (writer: Writer, index: number, offset: number, length: number): void => {
  writer.u8(CODES.part);
  writer.varint(index);
  writer.varint(offset);
  writer.varint(length);
};

/** The records of one chunk; contents are views into it. Throws WireError on damage. */
export function* readRecords(chunk: Uint8Array): Generator<PackRecord> {
  const reader = makeReader(chunk);
  while (!reader.done) {
    const code = reader.u8();
    const index = reader.varint();
    if (code === CODES.whole) {
      const size = reader.varint();
      const digest = reader.string(MAX_DIGEST);
      if (size > MAX_CONTENT) throw new WireError(`a record of ${size} bytes is over the cap of ${MAX_CONTENT}`);
      yield { is: 'whole', index, digest, content: reader.raw(size) };
    } else if (code === CODES.part) {
      yield { is: 'part', index, offset: reader.varint(), content: reader.bytes(MAX_CONTENT) };
    } else if (code === CODES.zeros) {
      yield { is: 'zeros', index, offset: reader.varint(), length: reader.varint() };
    } else if (code === CODES.copy) {
      yield { is: 'copy', index, offset: reader.varint(), from: reader.varint(), length: reader.varint() };
    } else if (code === CODES.begun) {
      yield { is: 'begun', index, length: reader.varint() };
    } else if (code === CODES.end) {
      yield { is: 'end', index, size: reader.varint(), digest: reader.string(MAX_DIGEST) };
    } else if (code === CODES.lost) {
      yield { is: 'lost', index, code: reader.string(64), message: reader.string(), help: reader.string() };
    } else {
      throw new WireError(`a pack holds a record of unknown kind ${code}`);
    }
  }
}

/** Content bytes in one record at most; a chunk is a little larger at most. */
export const MAX_CONTENT = 1_048_576;
/** Bytes of a chunk at most. */
export const MAX_CHUNK = 2 * MAX_CONTENT;
/** Zeros are told as such where at least so many stand together; also the grain in which they are looked for. */
export const ZERO_RUN = 65_536;
/** Files up to this size are sent whole, many to a chunk. */
export const SMALL_FILE = 262_144;
const MAX_DIGEST = 64;
const CODES = { whole: 1, part: 2, end: 3, lost: 4, zeros: 5, copy: 7, begun: 8 } as const;
