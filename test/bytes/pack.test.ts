// A pack's records come out of its chunks as they went in, however they were put into chunks.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { MAX_CONTENT, type PackRecord, readRecords, SMALL_FILE, writeRecord } from '../../runtime/bytes/pack.js';
import { makePacker, newPart, PART_ROOM, partChunk } from '../../runtime/bytes/pack-writer.js';
import { makeWriter, WireError } from '../../runtime/bytes/wire.js';

const content = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes));
const digest = fc.uint8Array({ maxLength: 64 }).map(bytes => Buffer.from(bytes).toString('latin1'));
const index = fc.nat(1_000_000);
const text = fc.constantFrom('', 'changed', 'read the file: permission denied');
const record: fc.Arbitrary<PackRecord> = fc.oneof(
  fc.record({ is: fc.constant('whole' as const), index, digest, content }),
  fc.record({ is: fc.constant('part' as const), index, offset: fc.maxSafeNat(), content }),
  fc.record({ is: fc.constant('zeros' as const), index, offset: fc.maxSafeNat(), length: fc.maxSafeNat() }),
  fc.record({ is: fc.constant('copy' as const), index, offset: fc.nat(), from: fc.maxSafeNat(), length: fc.nat() }),
  fc.record({ is: fc.constant('end' as const), index, size: fc.maxSafeNat(), digest }),
  fc.record({ is: fc.constant('lost' as const), index, code: text, message: text, help: text }),
);

test('records are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(record.map(one => ({ ...one }))), records => {
      const packer = makePacker();
      for (const one of records) packer.add(one);
      const chunk = packer.take();
      assert.equal(chunk === null, records.length === 0);
      assert.deepEqual(chunk === null ? [] : [...readRecords(chunk)], records);
      assert.equal(packer.take(), null);
    }),
    { numRuns: 300 },
  );
});

test('a part written around its content is the record', () => {
  fc.assert(
    fc.property(
      index,
      fc.maxSafeNat(),
      fc.constantFrom(0, 1, 127, 128, 20_000, MAX_CONTENT),
      (which, offset, length) => {
        const part = newPart(length);
        part.fill(which & 255, PART_ROOM);
        const chunk = partChunk(part, which, offset, length);
        const records = [...readRecords(chunk)];
        assert.deepEqual(records, [{ is: 'part', index: which, offset, content: Buffer.alloc(length, which & 255) }]);
        const writer = makeWriter();
        writeRecord(writer, records[0]!);
        assert.ok(writer.view().equals(chunk));
      },
    ),
    { numRuns: 60 },
  );
});

test('a packer is full at half a mebibyte and takes one small file more', () => {
  const packer = makePacker();
  const chunks: Buffer[] = [];
  for (let i = 0; i < 40; i++) {
    packer.add({ is: 'whole', index: i, digest: 'd', content: Buffer.alloc(i % 2 === 0 ? SMALL_FILE : 10, i) });
    if (packer.isFull()) chunks.push(packer.take()!);
  }
  chunks.push(packer.take()!);
  assert.ok(chunks.length > 8);
  assert.ok(chunks.every(chunk => chunk.length < MAX_CONTENT));
  const records = chunks.flatMap(chunk => [...readRecords(chunk)]);
  records.forEach((one, i) => {
    assert.ok(one.is === 'whole' && one.index === i && one.content.every(byte => byte === i));
  });
  assert.equal(records.length, 40);
});

test('a damaged chunk ends in a WireError, never in content that is too long', () => {
  const damage = (bytes: readonly number[]) => () => [...readRecords(Uint8Array.from(bytes))];
  assert.throws(damage([9, 0]), WireError);
  assert.throws(damage([1, 0, 5, 0, 65]), WireError);
  assert.throws(damage([2, 0, 0, 255, 255, 255, 127]), WireError);
  assert.throws(damage([1, 0, 255, 255, 255, 127, 0]), WireError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
      try {
        for (const one of readRecords(bytes)) if ('content' in one) assert.ok(one.content.length <= bytes.length);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
