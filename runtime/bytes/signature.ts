// Signatures: what an old file holds, block by block, told in few bytes to whoever is to send what is new in it.
//
//   piece = index:varint size:varint block:varint first:varint sums     — sums to the piece's end: weak:u32le strong:u64le each
//
// `index` is the step that wants the content, `size` that of the old file, `block` the bytes of each block, a multiple of 8,
// `first` the number of the piece's first block. Pieces of a file come in order until all its whole blocks are told; what is
// left over at its end has no sum. A file that cannot be signed is one piece with a block of 0. weak is the sum of the bytes,
// and above it the sum of all such sums from the front, 16 bits each; strong is XXH64: whoever rebuilds the file checks the
// whole of it.
import { openSums } from './sums.js';
import { makeReader, makeWriter, type Reader, WireError } from './wire.js';

/** The sums of an old file as far as they have come. */
export type Signature = {
  readonly index: number;
  readonly block: number;
  /** Blocks in all. */
  readonly count: number;
  /** Of so many the sums are there. */
  readonly told: () => number;
  /** Waits for some more of them; not to be called where all are there. */
  readonly more: () => Promise<void>;
  readonly weak: Uint32Array;
  /** STRONG bytes for each block. */
  readonly strong: Buffer;
};

/** A step whose old file cannot be signed has no signature. */
export type Signed = { readonly index: number; readonly signature: Signature | null };

/** About the square root: as many sums as bytes that one edit costs. */
export const blockOf = (size: number): number =>
  Math.min(Math.max(Math.ceil(Math.sqrt(size) / 8) * 8, MIN_BLOCK), MAX_BLOCK);

/** Signs blocks that are read into its `content`, as many as it holds. */
export const openSigner = (bytes: number) => {
  const most = Math.floor(bytes / MIN_BLOCK) * SUMS;
  const sums = openSums(bytes + most);
  const told = sums.at + bytes;
  return {
    content: Buffer.from(sums.memory, sums.at, bytes),
    /** The next piece of a signature: the sums of the whole blocks in the first bytes of `content`, from block `first` on. */
    sign({ index, size, block }: Pick<Head, 'index' | 'size' | 'block'>, first: number, length: number): Buffer {
      const count = Math.floor(length / block);
      sums.sign(sums.at, sums.at + count * block, block, told);
      const writer = makeWriter(HEAD + count * SUMS);
      for (const value of [index, size, block, first]) writer.varint(value);
      writer.raw(Buffer.from(sums.memory, told, count * SUMS));
      return writer.view();
    },
  };
};

export const unsigned = (index: number): Buffer => {
  const writer = makeWriter(16);
  for (const value of [index, 0, 0, 0]) writer.varint(value);
  return writer.copy();
};

/**
 * The signatures out of their pieces, one at a time, each as soon as its first piece is there: whoever asks for the next one is
 * done with it. Throws WireError on anything else.
 */
export async function* readSignatures(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Signed> {
  const coming = pieces[Symbol.asyncIterator]();
  try {
    for (let piece = await coming.next(); piece.done !== true; piece = await coming.next()) {
      const head = readHead(makeReader(piece.value));
      if (head.block === 0) {
        yield { index: head.index, signature: null };
        continue;
      }
      const { signature, take } = begin(head, coming);
      take(piece.value);
      yield { index: head.index, signature };
      while (signature.told() < signature.count) await signature.more();
    }
  } finally {
    await coming.return?.();
  }
}

type Head = { readonly index: number; readonly size: number; readonly block: number; readonly first: number };

const readHead = (reader: Reader): Head => ({
  index: reader.varint(),
  size: reader.varint(),
  block: reader.varint(),
  first: reader.varint(),
});

const begin = ({ index, size, block }: Head, coming: AsyncIterator<Uint8Array>) => {
  const count = Math.floor(size / block);
  if (block < MIN_BLOCK || block > MAX_BLOCK || block % 8 !== 0 || count > MAX_BLOCKS)
    throw new WireError(`a signature of ${size} bytes has blocks of ${block}`);
  const weak = new Uint32Array(count);
  const strong = Buffer.allocUnsafe(count * STRONG);
  let told = 0;
  const take = (piece: Uint8Array): void => {
    const reader = makeReader(piece);
    const head = readHead(reader);
    const sums = reader.raw(piece.length - reader.at);
    const more = sums.length / SUMS;
    const fits = head.index === index && head.size === size && head.block === block && head.first === told;
    if (!fits || !Number.isInteger(more) || told + more > count || (more === 0 && count > 0))
      throw new WireError('the pieces of a signature do not fit together');
    for (let at = 0; at < sums.length; at += SUMS, told++) {
      weak[told] = sums.readUInt32LE(at);
      sums.copy(strong, told * STRONG, at + 4, at + 4 + STRONG);
    }
  };
  const more = async (): Promise<void> => {
    const piece = await coming.next();
    if (piece.done === true) throw new WireError('a signature ended before all of its blocks');
    take(piece.value);
  };
  const signature: Signature = { index, block, count, told: () => told, more, weak, strong };
  return { signature, take };
};

/** Bytes of a block's strong sum. */
export const STRONG = 8;
const SUMS = 4 + STRONG;
/** More than the numbers before the sums ever take. */
const HEAD = 32;
export const MIN_BLOCK = 512;
const MAX_BLOCK = 262_144;
const MAX_BLOCKS = 4_194_304;
