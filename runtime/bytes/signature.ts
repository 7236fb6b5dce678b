// Signatures: what an old file holds, block by block, told in few bytes to whoever is to send what is new in it.
//
//   piece = index:varint size:varint block:varint first:varint sums     — sums to the piece's end: weak:u32le strong:8 bytes each
//
// `index` is the step that wants the content, `size` that of the old file, `block` the bytes of each block, `first` the number
// of the piece's first block. Pieces of a file come in order until all its whole blocks are told; what is left over at its end
// has no sum. A file that cannot be signed is one piece with a block of 0. strong is XXH64: whoever rebuilds the file checks
// the whole of it.
import type { Hasher } from './digest.js';
import { makeReader, makeWriter, WireError } from './wire.js';

export type Signature = {
  readonly index: number;
  readonly block: number;
  readonly weak: Uint32Array;
  /** STRONG bytes for each block. */
  readonly strong: Buffer;
};

/** A step whose old file cannot be signed has no signature. */
export type Signed = { readonly index: number; readonly signature: Signature | null };

/** About the square root: as many sums as bytes that one edit costs. */
export const blockOf = (size: number): number =>
  Math.min(Math.max(Math.ceil(Math.sqrt(size) / 8) * 8, MIN_BLOCK), MAX_BLOCK);

/** The next piece of a signature: the sums of the whole blocks in `content`, from block `first` on. */
export const signBlocks = (
  of: { readonly index: number; readonly size: number; readonly block: number },
  first: number,
  content: Buffer,
  strong: Hasher,
): Buffer => {
  const writer = makeWriter(64 + (content.length / of.block) * (4 + STRONG));
  for (const value of [of.index, of.size, of.block, first]) writer.varint(value);
  for (let at = 0; at + of.block <= content.length; at += of.block) {
    const weak = weakOf(content, at, of.block);
    for (let shift = 0; shift < 32; shift += 8) writer.u8((weak >>> shift) & 255);
    writer.rawString(strong.hash(content.subarray(at, at + of.block)));
  }
  return writer.copy();
};

export const unsigned = (index: number): Buffer => {
  const writer = makeWriter(16);
  for (const value of [index, 0, 0, 0]) writer.varint(value);
  return writer.copy();
};

/** The signatures out of their pieces, one at a time. Throws WireError on anything else. */
export async function* readSignatures(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Signed> {
  let open: (Signature & { readonly size: number }) | null = null;
  let told = 0;
  for await (const piece of pieces) {
    const reader = makeReader(piece);
    const [index, size, block, first] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()];
    if (open === null) {
      if (block === 0) {
        yield { index, signature: null };
        continue;
      }
      const count = Math.floor(size / block);
      if (block < MIN_BLOCK || block > MAX_BLOCK || count > MAX_BLOCKS)
        throw new WireError(`a signature of ${size} bytes has blocks of ${block}`);
      open = { index, size, block, weak: new Uint32Array(count), strong: Buffer.allocUnsafe(count * STRONG) };
      told = 0;
    }
    const sums = reader.raw(piece.length - reader.at);
    const more = sums.length / (4 + STRONG);
    const fits = index === open.index && size === open.size && block === open.block && first === told;
    if (!fits || !Number.isInteger(more) || told + more > open.weak.length || (more === 0 && open.weak.length > 0))
      throw new WireError('the pieces of a signature do not fit together');
    for (let at = 0; at < sums.length; at += 4 + STRONG, told++) {
      open.weak[told] = sums.readUInt32LE(at);
      sums.copy(open.strong, told * STRONG, at + 4, at + 4 + STRONG);
    }
    if (told < open.weak.length) continue;
    yield { index, signature: open };
    open = null;
  }
  if (open !== null) throw new WireError('a signature ended before all of its blocks');
}

/** The sum of the bytes, and the sum of all such sums from the front, 16 bits each. */
export const weakOf = (content: Uint8Array, start: number, length: number): number => {
  let a = 0;
  let b = 0;
  for (let at = start, end = start + length; at < end; at++) {
    a = (a + content[at]!) | 0;
    b = (b + a) | 0;
  }
  return ((a & 0xffff) | (b << 16)) >>> 0;
};

/** Bytes of a block's strong sum. */
export const STRONG = 8;
export const MIN_BLOCK = 512;
const MAX_BLOCK = 262_144;
const MAX_BLOCKS = 4_194_304;
