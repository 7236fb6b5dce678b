// Squeezed packs open to what went in, travel smaller where that is possible, and never open to more than they declare.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import { MAX_CHUNK, MAX_CONTENT, type PackRecord, readRecords, writeRecord } from '../../runtime/bytes/pack.js';
import { splitPack } from '../../runtime/bytes/split.js';
import { countsOf, openChunk, squeezePack } from '../../runtime/bytes/squeeze.js';
import { makeWriter, WireError } from '../../runtime/bytes/wire.js';

const chunkOf = (...records: readonly PackRecord[]): Buffer => {
  const writer = makeWriter();
  for (const record of records) writeRecord(writer, record);
  return writer.copy();
};
async function* inTurn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
const collect = async (pack: AsyncIterable<Uint8Array>): Promise<Buffer[]> => {
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(Buffer.from(chunk));
  return chunks;
};
const squeeze = (chunks: readonly Uint8Array[], level = 6): Promise<Buffer[]> =>
  collect(squeezePack(inTurn(chunks), level));
const bytes = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);
const text = (length: number, seed = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => 97 + (((i * 7 + seed) ^ (i >> 4)) % 23)));
const partOf = (content: Buffer, index = 0, offset = 0): PackRecord => ({ is: 'part', index, offset, content });
const LOST: PackRecord = { is: 'lost', index: 1, code: 'denied', message: 'm'.repeat(500), help: '' };

/** A squeezed chunk as a sender could forge it. */
const forged = (size: number, deflated: Uint8Array, counts: readonly number[] = [0, 0, 0, 0]): Buffer => {
  const writer = makeWriter();
  writer.u8(6);
  for (const count of [...counts, size]) writer.varint(count);
  writer.raw(deflated);
  return writer.copy();
};

const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }).map(one => Buffer.from(one)),
  fc.nat(9000).map(length => text(length, length)),
);
const record: fc.Arbitrary<PackRecord> = fc.oneof(
  fc.record({ is: fc.constant('whole' as const), index: fc.nat(99), digest: fc.constant('d'), content }),
  fc.record({ is: fc.constant('part' as const), index: fc.nat(99), offset: fc.nat(), content }),
  fc.record({ is: fc.constant('zeros' as const), index: fc.nat(99), offset: fc.nat(), length: fc.nat() }),
  fc.record({ is: fc.constant('end' as const), index: fc.nat(99), size: fc.nat(), digest: fc.constant('d') }),
  fc.record({
    is: fc.constant('copy' as const),
    index: fc.nat(99),
    offset: fc.nat(),
    from: fc.nat(),
    length: fc.nat(),
  }),
  fc.constant(LOST),
);

test('at every level a squeezed pack opens to the chunks that went in, and counts as they do', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(record, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      async (groups, level) => {
        const chunks = groups.map(records => chunkOf(...records));
        const squeezed = await squeeze(chunks, level);
        assert.ok(bytes(squeezed) <= bytes(chunks));
        assert.deepEqual(
          squeezed.map(chunk => Buffer.from(openChunk(chunk))),
          chunks,
        );
        const counts = (all: readonly Uint8Array[]) =>
          all.map(countsOf).map(({ files, literal, zeros, copied, lost }) => [files, literal, zeros, copied, lost]);
        assert.deepEqual(counts(squeezed), counts(chunks));
      },
    ),
    { numRuns: 120 },
  );
});

test('text shrinks, more at a higher level; what does not shrink travels untouched', async () => {
  const chunk = chunkOf(partOf(Buffer.concat([text(200_000), randomBytes(50_000), text(200_000, 5)])));
  const [fast, best] = [bytes(await squeeze([chunk], 1)), bytes(await squeeze([chunk], 9))];
  assert.ok(fast < chunk.length / 2 && best <= fast, `${chunk.length} ${fast} ${best}`);
  const noise = [chunkOf(partOf(randomBytes(100_000))), chunkOf({ is: 'end', index: 0, size: 1, digest: 'd' })];
  assert.deepEqual(await squeeze(noise, 9), noise);
});

test('a chunk that tells of something lost is left for everybody to read', async () => {
  const [chunk] = await squeeze([chunkOf(LOST)]);
  assert.deepEqual([...readRecords(chunk!)], [LOST]);
});

test('after content that does not shrink some passes untried, and it is tried again later', async () => {
  const noise = Array.from({ length: 8 }, (_, i) => chunkOf(partOf(randomBytes(20_000), 0, i * 20_000)));
  const texts = Array.from({ length: 40 }, (_, i) => chunkOf(partOf(text(20_000), 0, (8 + i) * 20_000)));
  const shrank = (await squeeze([...noise, ...texts], 1)).map(
    (chunk, i) => chunk.length < [...noise, ...texts][i]!.length,
  );
  const first = shrank.indexOf(true);
  assert.ok(first > noise.length && first < 30, `tried again at ${first}`);
  assert.ok(shrank.slice(first + 2).every(Boolean));
});

test('another large file is tried at once, whatever the one before was', async () => {
  const noise = Array.from({ length: 8 }, (_, i) => chunkOf(partOf(randomBytes(20_000), 0, i * 20_000)));
  const texts = Array.from({ length: 3 }, (_, i) => chunkOf(partOf(text(20_000), 1, i * 20_000)));
  const squeezed = (await squeeze([...noise, ...texts], 1)).slice(noise.length);
  // One is under way when what came of the first is known.
  assert.ok(squeezed[0]!.length < 15_000, `${squeezed[0]!.length} bytes`);
  assert.ok(squeezed[2]!.length < 15_000, `${squeezed[2]!.length} bytes`);
});

test('an error of the source comes out where it stands, and nothing after it', async () => {
  const chunk = chunkOf(partOf(text(1000)));
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(chunk);
    throw new Error('the disk is gone');
  }
  let seen = 0;
  await assert.rejects(async () => {
    for await (const _ of squeezePack(failing(), 3)) seen++;
  }, /the disk is gone/);
  assert.ok(seen <= 1);
});

test('a chunk that opens to more or less than declared, to another squeezed one, or to nothing known, is refused', () => {
  const plain = chunkOf(partOf(text(1000)));
  const bomb = deflateRawSync(Buffer.alloc(64 * MAX_CONTENT));
  assert.ok(bomb.length < MAX_CONTENT);
  const before = process.memoryUsage().arrayBuffers;
  for (const size of [0, 1, 1000, MAX_CHUNK])
    assert.throws(
      () => openChunk(forged(size, bomb)),
      (error: unknown) => error instanceof WireError,
    );
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * MAX_CONTENT);
  const bad: readonly (readonly [string, Buffer])[] = [
    ['declares too much', forged(MAX_CHUNK + 1, deflateRawSync(plain))],
    ['declares one byte more', forged(plain.length + 1, deflateRawSync(plain))],
    ['declares one byte less', forged(plain.length - 1, deflateRawSync(plain))],
    ['is cut', forged(plain.length, deflateRawSync(plain).subarray(0, -3))],
    ['is no deflate', forged(plain.length, Buffer.alloc(40, 255))],
    ['counts more than it can hold', forged(plain.length, deflateRawSync(plain), [0, plain.length + 1, 0, 0])],
    ['ends in its head', forged(plain.length, Buffer.alloc(0)).subarray(0, 3)],
  ];
  for (const [what, chunk] of bad)
    assert.throws(
      () => openChunk(chunk),
      (error: unknown) => error instanceof WireError,
      what,
    );
  const nested = forged(plain.length, deflateRawSync(plain));
  assert.throws(() => [...readRecords(openChunk(forged(nested.length, deflateRawSync(nested))))], WireError);
});

test('damage anywhere in a squeezed chunk is told or changes content alone, and never throws anything else', async () => {
  const [chunk] = await squeeze([chunkOf(partOf(text(5000)), partOf(text(3000), 1))]);
  fc.assert(
    fc.property(fc.nat(chunk!.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(chunk!);
      damaged[at] = damaged[at]! ^ change;
      try {
        countsOf(damaged);
        for (const _ of readRecords(openChunk(damaged)));
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('a split pack brings the same content in the same order in chunks of its grain', async () => {
  const whole: PackRecord = { is: 'whole', index: 3, digest: 'whole', content: text(10_000) };
  const small: PackRecord = { is: 'whole', index: 4, digest: 'small', content: text(10) };
  const end: PackRecord = { is: 'end', index: 0, size: 12_000, digest: 'parts' };
  const zeros: PackRecord = { is: 'zeros', index: 0, offset: 9_000, length: 3_000 };
  const chunks = [chunkOf(LOST, whole), chunkOf(partOf(text(9_000, 3))), chunkOf(zeros, end, small, small)];
  const split = await collect(splitPack(inTurn(chunks), 4096));
  assert.ok(split.every(({ length }) => length < 2 * 4096 + 100));
  const records = split.flatMap(chunk => [...readRecords(chunk)]);
  assert.deepEqual(
    records.map(one => `${one.is} ${one.index}${one.is === 'part' ? ` ${one.offset} ${one.content.length}` : ''}`),
    [
      'lost 1',
      ...['part 3 0 4096', 'part 3 4096 4096', 'part 3 8192 1808', 'end 3'],
      ...['part 0 0 4096', 'part 0 4096 4096', 'part 0 8192 808', 'zeros 0', 'end 0'],
      ...['whole 4', 'whole 4'],
    ],
  );
  const of = (index: number) =>
    Buffer.concat(records.flatMap(one => (one.is === 'part' && one.index === index ? [one.content] : [])));
  assert.deepEqual([of(3), of(0)], [text(10_000), text(9_000, 3)]);
  assert.deepEqual(
    records.find(one => one.is === 'end'),
    { is: 'end', index: 3, size: 10_000, digest: 'whole' },
  );
});

test.run();
