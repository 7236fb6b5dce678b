// What is written is read back; what is damaged is refused, and nothing outside the source is ever read.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { makeReader, makeWriter, WireError } from '../../runtime/bytes/wire.js';

type Item =
  | { readonly is: 'u8' | 'varint' | 'signed'; readonly value: number }
  | { readonly is: 'string' | 'rawString'; readonly value: string }
  | { readonly is: 'bytes' | 'raw'; readonly value: Uint8Array };

const byteString = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('latin1'));
const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({ is: fc.constant('u8' as const), value: fc.nat(255) }),
  fc.record({ is: fc.constant('varint' as const), value: fc.maxSafeNat() }),
  fc.record({
    is: fc.constant('varint' as const),
    value: fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1),
  }),
  fc.record({ is: fc.constant('signed' as const), value: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }) }),
  fc.record({ is: fc.constantFrom('string' as const, 'rawString' as const), value: byteString }),
  fc.record({ is: fc.constantFrom('bytes' as const, 'raw' as const), value: fc.uint8Array({ maxLength: 300 }) }),
);

test('everything written is read back', () => {
  fc.assert(
    fc.property(fc.array(item), fc.integer({ min: 1, max: 64 }), (items, capacity) => {
      const writer = makeWriter(capacity);
      for (const one of items) (writer[one.is] as (value: unknown) => void)(one.value);
      const reader = makeReader(writer.copy());
      for (const one of items) {
        if (one.is === 'raw') assert.deepEqual(new Uint8Array(reader.raw(one.value.length)), one.value);
        else if (one.is === 'bytes') assert.deepEqual(new Uint8Array(reader.bytes()), one.value);
        else if (one.is === 'rawString') assert.equal(reader.rawString(one.value.length), one.value);
        else assert.equal(reader[one.is](), one.value);
      }
      assert.ok(reader.done);
    }),
    { numRuns: 300 },
  );
});

test('reading anything at all ends in values or a WireError', () => {
  const reads = fc.array(fc.constantFrom('u8', 'varint', 'signed', 'string', 'bytes'), { maxLength: 20 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), reads, (source, verbs) => {
      const reader = makeReader(source);
      try {
        for (const verb of verbs) {
          const value = reader[verb as 'u8']();
          if (typeof value === 'number') assert.ok(Number.isSafeInteger(value));
          assert.ok(reader.at <= source.length);
        }
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('caps are kept', () => {
  const writer = makeWriter();
  writer.string('four');
  assert.equal(makeReader(writer.copy()).string(4), 'four');
  assert.throws(() => makeReader(writer.copy()).string(3), WireError);
  assert.throws(() => makeReader(writer.copy()).bytes(3), WireError);
});

test('a view is valid until the next write, a copy for good', () => {
  const writer = makeWriter(4);
  writer.rawString('abc');
  const copy = writer.copy();
  writer.clear();
  writer.rawString('xyz');
  assert.equal(copy.toString('latin1'), 'abc');
  assert.equal(writer.view().toString('latin1'), 'xyz');
  assert.equal(writer.length, 3);
});

test.run();
