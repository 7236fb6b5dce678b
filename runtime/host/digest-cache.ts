// The digest cache: content digests of files by their identity, so that an unchanged file is digested once in its life.
//
// One file for each root and algorithm, in a folder of this machine's user:
//
//   file   = header batch*
//   header = 128 bytes of text, padded with spaces: `syncplan digests 1 le xxh128 <SHA-256 of the root, 32 digits>\n`
//   batch  = records:u32 sum:u32 record*            — sum is POSIX cksum of the records; numbers in this machine's order
//   record = device inode size modified changed:f64 digest, padded to 8 bytes
//
// 1. Batches are appended whole, by one write; runs that go on side by side cannot mix them.
// 2. What follows the first damaged batch is ignored and written anew at the next rewrite. Damage is never an error, nor
//    is a cache that cannot be written: files are then digested again.
// 3. A later record of a file counts. A file is rewritten when it holds twice the records that the last rewrite left and
//    some more: used records are kept, and of the others the newest, as many again.
// 4. A digest is kept only if the file had last changed well before it was read, by this machine's clock: a change within
//    the granularity of the file system's clock would not show in its times.
import { createHash } from 'node:crypto';
import { appendFileSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { Algorithm } from '../../compiler/plan.js';
import { cksumFinish, cksumUpdate } from '../bytes/cksum.js';
import { type FileKey, makeRecords, RECORD_FIELDS, type Records } from './digest-table.js';
import { makeFolders } from './make-folders.js';

export type DigestCache = {
  /** Digests by one algorithm, of `size` bytes; read from the disk on first use. */
  readonly table: (algorithm: Algorithm, size: number) => DigestTable;
};

export type DigestTable = {
  readonly find: Records['find'];
  /** The moment before a file is opened to be digested, for `add`. */
  readonly moment: () => number;
  /** `digest` is a byte string. */
  readonly add: (key: FileKey, digest: string, moment: number) => void;
  /** Appends what is new to the file. */
  readonly flush: () => void;
  /** Flushes, and rewrites the file where it is due: at the end of a scan. */
  readonly settle: () => void;
};

export type CacheOptions = {
  /** Where the files lie; made where it is missing. */
  readonly folder: string;
  /** What tells this root from others on this machine: its absolute path. */
  readonly root: string;
  /** Milliseconds since 1970 by this machine's clock, which stamps its files as well. */
  readonly now: () => number;
};

export const openDigestCache = (options: CacheOptions): DigestCache => {
  const tables = new Map<Algorithm, DigestTable>();
  return {
    table(algorithm, size) {
      const known = tables.get(algorithm);
      if (known !== undefined) return known;
      const opened = openTable(options, algorithm, size);
      tables.set(algorithm, opened);
      return opened;
    },
  };
};

/** For hosts without a disk of their own. */
export const withoutDigestCache: DigestCache = {
  table: () => ({ find: () => false, moment: () => 0, add: () => {}, flush: () => {}, settle: () => {} }),
};

const openTable = ({ folder, root, now }: CacheOptions, algorithm: Algorithm, size: number): DigestTable => {
  const rootSum = createHash('sha256').update(root, 'latin1').digest('hex').slice(0, 32);
  const header = Buffer.from(
    `${`syncplan digests 1 ${endianness().toLowerCase()} ${algorithm} ${rootSum}`.padEnd(HEADER_BYTES - 1)}\n`,
  );
  const path = join(folder, `${rootSum}-${algorithm}`);
  const records = makeRecords(size);
  const stored = load(path, header, records);
  const fresh = makeFresh(records, size);
  let writable = true;

  const append = (): void => {
    const { batch, count } = fresh.takeBatch();
    try {
      appendFileSync(path, batch, { flag: constants.O_WRONLY | constants.O_APPEND } as object);
      stored.records! += count;
    } catch {
      writable = false;
    }
  };

  /** Where there is no sound file, the whole table is written; a cache that cannot be written is let be. */
  const rewrite = (): void => {
    const kept = keep(records);
    const temporary = `${path}.${process.pid}`;
    try {
      makeFolders(folder, 0o700);
      writeFileSync(temporary, Buffer.concat([header, batchOf(kept, records.stride)]), { mode: 0o600 });
      renameSync(temporary, path);
      stored.records = kept.length / records.stride;
      stored.base = stored.records;
    } catch {
      writable = false;
      discard(temporary);
    }
    fresh.takeBatch();
  };

  return {
    find: records.find,
    moment: now,
    add(key, digest, moment) {
      const latest = Math.max(key[3], key[4]);
      if (moment * 1000 - latest < GRANULARITY) return;
      fresh.add(key, digest);
      if (fresh.pending() >= BATCH_RECORDS) flush();
    },
    flush,
    settle() {
      flush();
      if (writable && stored.records !== null && stored.records > 2 * stored.base + REWRITE_SLACK) rewrite();
    },
  };

  function flush(): void {
    if (fresh.pending() === 0 || !writable) return;
    if (stored.records === null) rewrite();
    else append();
  }
};

const discard = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing can be written there may be nothing to remove either.
  }
};

/** What the file holds; `records` is null where there is none that could be appended to. */
type Stored = { records: number | null; base: number };

const load = (path: string, header: Buffer, records: Records): Stored => {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch {
    return { records: null, base: 0 };
  }
  if (file.length > LARGEST || !file.subarray(0, HEADER_BYTES).equals(header)) return { records: null, base: 0 };
  // A copy that is aligned for doubles; a torn end is cut off.
  const store = new Float64Array((file.length - (file.length % 8)) / 8);
  const bytes = Buffer.from(store.buffer);
  file.copy(bytes);
  const numbers = new Uint32Array(store.buffer);
  let total = 0;
  let base = 0;
  for (let at = HEADER_BYTES / 8; at < store.length; ) {
    const count = numbers[at * 2]!;
    const end = at + 1 + count * records.stride;
    if (count === 0 || end > store.length) return { records: null, base: 0 };
    if (sumOf(bytes.subarray((at + 1) * 8, end * 8)) !== numbers[at * 2 + 1]) return { records: null, base: 0 };
    for (let record = at + 1; record < end; record += records.stride) records.put(store, record, false);
    if (total === 0) base = count;
    total += count;
    at = end;
  }
  return file.length % 8 === 0 ? { records: total, base } : { records: null, base: 0 };
};

/** Records of this run: written once as batches, found at once. */
const makeFresh = (records: Records, size: number) => {
  let store = new Float64Array(FRESH_RECORDS * records.stride);
  let bytes = Buffer.from(store.buffer);
  let filled = 0;
  let written = 0;
  return {
    pending: (): number => (filled - written) / records.stride,
    add(key: FileKey, digest: string): void {
      if (filled === store.length) {
        // Whatever was not written by now cannot be; it is still found in this run.
        store = new Float64Array(FRESH_RECORDS * records.stride);
        bytes = Buffer.from(store.buffer);
        filled = 0;
        written = 0;
      }
      store.set(key, filled);
      bytes.write(digest.slice(0, size), (filled + RECORD_FIELDS) * 8, 'latin1');
      records.put(store, filled, true);
      filled += records.stride;
    },
    takeBatch(): { readonly batch: Buffer; readonly count: number } {
      const part = store.subarray(written, filled);
      written = filled;
      return { batch: batchOf(part, records.stride), count: part.length / records.stride };
    },
  };
};

/** The records that a rewrite keeps, the oldest first. */
const keep = (records: Records): Float64Array => {
  const others = Math.min(records.living() - records.used(), Math.max(records.used(), REWRITE_SLACK));
  const kept = new Float64Array((records.used() + others) * records.stride);
  let at = kept.length;
  const take = (used: boolean, most: number): void => {
    let left = most;
    for (const { store, at: from } of records.each(used)) {
      if (left-- === 0) return;
      at -= records.stride;
      kept.set(store.subarray(from, from + records.stride), at);
    }
  };
  take(true, records.used());
  take(false, others);
  return kept;
};

const batchOf = (stored: Float64Array, stride: number): Buffer => {
  const content = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const head = new Uint32Array([stored.length / stride, sumOf(content)]);
  return Buffer.concat([Buffer.from(head.buffer), content]);
};

const sumOf = (bytes: Uint8Array): number => cksumFinish(cksumUpdate(0, bytes), bytes.length);

const HEADER_BYTES = 128;
const BATCH_RECORDS = 4096;
const FRESH_RECORDS = 4096;
const REWRITE_SLACK = 4096;
/** Microseconds. The coarsest times that file systems keep are 2 s apart. */
const GRANULARITY = 2_000_000;
/** A file larger than this is begun anew. */
const LARGEST = 536_870_912;
