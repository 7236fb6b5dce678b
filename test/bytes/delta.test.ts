// Deltas: what was found in the old file and what was not together are the new one, whatever was done to it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { test } from 'uvu';
import { openSearches } from '../../runtime/bytes/delta.js';
import { blockOf, MIN_BLOCK, openSigner, readSignatures, unsigned } from '../../runtime/bytes/signature.js';
import { openSums, type Sums } from '../../runtime/bytes/sums.js';
import { WireError } from '../../runtime/bytes/wire.js';

async function* inTurn(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
const bytes = (length: number, seed: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at * 64 < length; at++) parts.push(createHash('sha512').update(`${seed} ${at}`).digest());
  return Buffer.concat(parts).subarray(0, length);
};
const signed = (of: { index: number; size: number; block: number }, first: number, content: Buffer): Buffer => {
  const signer = openSigner(content.length);
  content.copy(signer.content);
  return signer.sign(of, first, content.length);
};
const piecesOf = (old: Buffer, index = 0, perPiece = 7): Buffer[] => {
  const of = { index, size: old.length, block: blockOf(old.length) };
  const pieces: Buffer[] = [];
  for (let first = 0; first === 0 || (first + 1) * of.block <= old.length; first += perPiece)
    pieces.push(signed(of, first, old.subarray(first * of.block, (first + perPiece) * of.block)));
  return pieces;
};
/** What the delta of `fresh` rebuilds out of `old`, with the bytes that travelled, through windows of so many bytes. */
const rebuild = async (old: Buffer, fresh: Buffer, bytes = 0, open = openSums) => {
  const parts: Buffer[] = [];
  let literal = 0;
  let asked = 0;
  const pieces = piecesOf(old);
  async function* coming(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      asked++;
      yield piece;
    }
  }
  for await (const { signature } of readSignatures(coming())) {
    const { window, next } = openSearches(bytes, open)(signature!);
    for (let [read, filled] = [0, 0]; read < fresh.length || filled > 0; ) {
      const count = fresh.copy(window, filled, read);
      read += count;
      filled += count;
      const told = await next(filled, read === fresh.length, {
        copy: (from, length) => parts.push(old.subarray(from, from + length)),
        literal: (start, end) => {
          literal += end - start;
          parts.push(Buffer.from(window.subarray(start, end)));
        },
      });
      assert.ok(told > 0, 'every window tells something');
      window.copyWithin(0, told, filled);
      filled -= told;
    }
    // Of the rest nothing was needed.
    return { content: Buffer.concat(parts), literal, block: signature!.block, asked, pieces: pieces.length };
  }
  throw new Error('no signature');
};

const edit = fc.record({
  kind: fc.constantFrom('replace', 'insert', 'remove', 'move', 'double', 'zeros'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(6000),
});
const edited = (
  old: Buffer,
  { kind, at, to, length }: typeof edit extends fc.Arbitrary<infer T> ? T : never,
): Buffer => {
  const start = Math.floor(at * old.length);
  const [before, middle, after] = [
    old.subarray(0, start),
    old.subarray(start, start + length),
    old.subarray(start + length),
  ];
  switch (kind) {
    case 'replace':
      return Buffer.concat([before, bytes(middle.length, length), after]);
    case 'insert':
      return Buffer.concat([before, bytes(length, length), middle, after]);
    case 'remove':
      return Buffer.concat([before, after]);
    case 'double':
      return Buffer.concat([before, middle, middle, after]);
    case 'zeros':
      return Buffer.concat([before, Buffer.alloc(length), after]);
    default: {
      const rest = Buffer.concat([before, after]);
      const place = Math.floor(to * rest.length);
      return Buffer.concat([rest.subarray(0, place), middle, rest.subarray(place)]);
    }
  }
};

test('whatever was edited, inserted, removed, doubled or moved, the delta rebuilds the new content', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60_000),
      fc.array(edit, { maxLength: 6 }),
      fc.integer({ min: 0, max: 5000 }),
      async (size, edits, more) => {
        const old = bytes(size, size);
        const fresh = edits.reduce(edited, old);
        const { content } = await rebuild(old, fresh, more);
        assert.ok(content.equals(fresh));
      },
    ),
    { numRuns: 300 },
  );
});

test('an insertion at the front and a few edits cost a few blocks; what was moved costs next to nothing', async () => {
  const old = bytes(4_000_000, 1);
  const edits = Buffer.concat([bytes(77, 2), old]);
  for (let at = 0; at < 10; at++) edits[at * 390_000 + 5] = edits[at * 390_000 + 5]! ^ 255;
  const one = await rebuild(old, edits, 1_000_000);
  assert.ok(one.content.equals(edits));
  assert.ok(one.literal < 12 * 2 * one.block, `${one.literal} bytes of literals`);
  const moved = Buffer.concat([old.subarray(2_500_000), old.subarray(0, 2_500_000)]);
  const two = await rebuild(old, moved, 1_000_000);
  assert.ok(two.content.equals(moved));
  assert.ok(two.literal < 4 * two.block, `${two.literal} bytes of literals`);
});

test('old files that are empty, tiny or all the same are no trouble', async () => {
  for (const old of [Buffer.alloc(0), Buffer.alloc(MIN_BLOCK - 1, 1), Buffer.alloc(300_000, 7)]) {
    for (const fresh of [Buffer.alloc(0), Buffer.alloc(200_001, 7), bytes(5000, 3)]) {
      assert.ok((await rebuild(old, fresh)).content.equals(fresh));
    }
  }
});

test('a flood of equal weak sums ends the search soon, and the content is still right', async () => {
  // Every block of both has the same weak sum, and none the same content: pairs of bytes moved so that the sums stay.
  const block = blockOf(400_000);
  const same = (seed: number): Buffer => {
    const one = Buffer.alloc(block, 100);
    for (let bit = 0; bit < 16; bit++) {
      const at = bit * 8;
      if (((seed >> bit) & 1) === 0) continue;
      for (const [place, change] of [
        [0, 1],
        [1, -1],
        [2, -1],
        [3, 1],
      ] as const)
        one[at + place] = one[at + place]! + change;
    }
    return one;
  };
  const many = Math.floor(400_000 / block);
  const old = Buffer.concat(Array.from({ length: many }, (_, i) => same(i + 1)));
  const weaks = piecesOf(old).flatMap(piece => {
    const sums = piece.subarray(piece.length % 12);
    return Array.from({ length: sums.length / 12 }, (_, i) => sums.readUInt32LE(12 * i));
  });
  assert.deepEqual([weaks.length, new Set(weaks).size], [many, 1]);
  let computed = 0;
  const counting = (bytes: number): Sums => {
    const sums = openSums(bytes);
    return {
      ...sums,
      strong(at, length) {
        computed++;
        sums.strong(at, length);
      },
    };
  };
  const fresh = Buffer.concat(Array.from({ length: many * 8 }, (_, i) => same(30_000 + i)));
  const { content, literal } = await rebuild(old, fresh, fresh.length, counting);
  assert.ok(content.equals(fresh));
  assert.equal(literal, fresh.length);
  assert.ok(computed < 200 + 6 * many, `${computed} strong sums for ${many} blocks`);
});

test('signatures come out of their pieces as they went in; pieces that do not fit are refused', async () => {
  const [a, b] = [bytes(50_000, 1), bytes(9_000, 2)];
  const all = [...piecesOf(a, 4), unsigned(5), ...piecesOf(b, 9, 1000)];
  const seen: string[] = [];
  for await (const { index, signature } of readSignatures(inTurn(all))) {
    // What is not asked for is passed over.
    if (index === 4) await signature?.more();
    seen.push(`${index} ${signature?.count}`);
  }
  assert.deepEqual(seen, [
    `4 ${Math.floor(50_000 / blockOf(50_000))}`,
    '5 undefined',
    `9 ${Math.floor(9000 / MIN_BLOCK)}`,
  ]);
  const pieces = piecesOf(a);
  const forge = (size: number, block: number): Buffer => signed({ index: 0, size, block }, 0, Buffer.alloc(0));
  const bad: readonly (readonly Buffer[])[] = [
    pieces.slice(0, -1),
    pieces.slice(1),
    [pieces[0]!, pieces[0]!],
    [pieces[0]!.subarray(0, -1)],
    [pieces[0]!, ...piecesOf(b, 1)],
    [forge(1e15, MIN_BLOCK)],
    [forge(1e6, 8)],
    [forge(1e6, 2 ** 24)],
    [forge(1e6, 1000)],
    [forge(1e6, 1001)],
    [Buffer.alloc(0)],
  ];
  for (const one of bad) {
    await assert.rejects(async () => {
      for await (const _ of readSignatures(inTurn(one)));
    }, WireError);
  }
});

test.run();
