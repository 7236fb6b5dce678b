// Digests of every algorithm a plan may name, synchronous once opened, each hasher with a state of its own.
//
// A digest is a byte string (one character, one byte) in the order in which its usual program prints it. hash-wasm where it
// is fastest or the only one; node:crypto and zlib where these are faster.
import { createHash, type Hash } from 'node:crypto';
import * as zlib from 'node:zlib';
import {
  createAdler32,
  createBLAKE2b,
  createBLAKE3,
  createCRC32,
  createXXHash64,
  createXXHash128,
  type IHasher,
} from 'hash-wasm';
import type { Algorithm } from '../../compiler/plan.js';
import { cksumFinish, cksumUpdate } from './cksum.js';

export type Hasher = {
  readonly algorithm: Algorithm;
  /** Bytes of a digest. */
  readonly size: number;
  /** The digest of these bytes; ends whatever `init` began. */
  readonly hash: (bytes: Uint8Array) => string;
  readonly init: () => void;
  readonly update: (bytes: Uint8Array) => void;
  readonly digest: () => string;
};

/** Can nobody make another content with the same digest? The others tell accidents, not intent. */
export const isUnforgeable = (algorithm: Algorithm): boolean => UNFORGEABLE.has(algorithm);

/** A hasher for one stream at a time: open one for each thing that is done at the same time. */
export const openDigests = async (algorithm: Algorithm): Promise<Hasher> => {
  switch (algorithm) {
    case 'xxh128':
      return fromWasm(algorithm, await createXXHash128());
    case 'xxh64':
      return fromWasm(algorithm, await createXXHash64());
    case 'blake3':
      return fromWasm(algorithm, await createBLAKE3());
    case 'blake2b':
      return fromWasm(algorithm, await createBLAKE2b(512));
    case 'adler32':
      return fromWasm(algorithm, await createAdler32());
    case 'crc32':
      // Node.js 18, which may serve on a far side, has no zlib.crc32.
      return typeof zlib.crc32 === 'function'
        ? fromSum(algorithm, zlib.crc32, sum => sum)
        : fromWasm(algorithm, await createCRC32());
    case 'cksum':
      return fromSum(algorithm, (bytes, sum) => cksumUpdate(sum, bytes), cksumFinish);
    case 'sha512':
    case 'sha256':
    case 'sha1':
    case 'md5':
      return fromNode(algorithm);
  }
};

const fromWasm = (algorithm: Algorithm, hasher: IHasher): Hasher => {
  const digest = (): string => {
    const bytes = hasher.digest('binary');
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  };
  return {
    algorithm,
    size: hasher.digestSize,
    hash(bytes) {
      hasher.init();
      hasher.update(bytes);
      return digest();
    },
    init: () => void hasher.init(),
    update: bytes => void hasher.update(bytes),
    digest,
  };
};

const fromNode = (algorithm: 'sha512' | 'sha256' | 'sha1' | 'md5'): Hasher => {
  let state: Hash = createHash(algorithm);
  return {
    algorithm,
    size: NODE_SIZES[algorithm],
    hash: bytes => createHash(algorithm).update(bytes).digest('binary'),
    init() {
      state = createHash(algorithm);
    },
    update: bytes => void state.update(bytes),
    digest: () => state.digest('binary'),
  };
};

/** Sums of 32 bits that a function carries on; printed most significant byte first. */
const fromSum = (
  algorithm: Algorithm,
  carryOn: (bytes: Buffer, sum: number) => number,
  finish: (sum: number, length: number) => number,
): Hasher => {
  const out = Buffer.alloc(4);
  let sum = 0;
  let length = 0;
  const hasher: Hasher = {
    algorithm,
    size: 4,
    hash(bytes) {
      hasher.init();
      hasher.update(bytes);
      return hasher.digest();
    },
    init() {
      sum = 0;
      length = 0;
    },
    update(bytes) {
      // zlib.crc32 forgets the sum it is to carry on when there are no bytes.
      if (bytes.length === 0) return;
      sum = carryOn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), sum);
      length += bytes.length;
    },
    digest() {
      out.writeUInt32BE(finish(sum, length) >>> 0);
      return out.toString('latin1');
    },
  };
  return hasher;
};

const NODE_SIZES = { sha512: 64, sha256: 32, sha1: 20, md5: 16 } as const;

const UNFORGEABLE: ReadonlySet<Algorithm> = new Set(['blake3', 'blake2b', 'sha512', 'sha256']);
