// Sums in WebAssembly against sums made byte by byte, and against another XXH64, where columns are summed and where not.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { openDigests } from '../../runtime/bytes/digest.js';
import { openSums } from '../../runtime/bytes/sums.js';
import { FREE_AT, SPREAD, SUM_AT } from '../../runtime/bytes/sums-code.js';

/** As signature.ts specifies it. */
const weakOf = (content: Uint8Array): number => {
  let [a, b] = [0, 0];
  for (const byte of content) {
    a = (a + byte) & 0xffff;
    b = (b + a) & 0xffff;
  }
  return b * 65_536 + a;
};
const xxh64 = await openDigests('xxh64');
/** Least significant byte first. */
const strongOf = (content: Uint8Array): string => Buffer.from(xxh64.hash(content), 'latin1').reverse().toString('hex');

/** Blocks of any length a signature may have, at any place; large bytes, so that every sum overflows. */
const blocks = fc.record({
  block: fc.integer({ min: 4, max: 700 }).map(words => 8 * words),
  count: fc.integer({ min: 1, max: 4 }),
  shift: fc.nat(17),
  seed: fc.nat(),
  large: fc.boolean(),
});
const contentOf = ({
  block,
  count,
  shift,
  seed,
  large,
}: {
  block: number;
  count: number;
  shift: number;
  seed: number;
  large: boolean;
}) => {
  let state = seed | 1;
  return Buffer.from(
    Array.from({ length: block * count + shift }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return large ? 255 - (state >>> 30) : state >>> 24;
    }),
  );
};

/** The content of some blocks in a memory of its own, with so many bytes behind it. */
const inMemory = (one: Parameters<typeof contentOf>[0], more: number, sideBySide: boolean) => {
  const content = contentOf(one);
  const sums = openSums(content.length + more, sideBySide);
  const memory = Buffer.from(sums.memory);
  content.copy(memory, FREE_AT);
  return { content, sums, memory, at: FREE_AT + one.shift, behind: FREE_AT + content.length };
};

for (const sideBySide of [true, false]) {
  const how = sideBySide ? 'side by side' : 'byte by byte';

  test(`${how}: blocks are signed with both sums, and their strong sums are known one by one`, () => {
    fc.assert(
      fc.property(blocks, one => {
        const { block, count, shift } = one;
        const { content, sums, memory, at, behind: into } = inMemory(one, 16 * count, sideBySide);
        sums.sign(at, at + count * block, block, into);
        for (let number = 0; number < count; number++) {
          const piece = content.subarray(shift + number * block, shift + (number + 1) * block);
          assert.equal(memory.readUInt32LE(into + 12 * number), weakOf(piece));
          assert.equal(memory.toString('hex', into + 12 * number + 4, into + 12 * (number + 1)), strongOf(piece));
          sums.strong(at + number * block, block);
          assert.equal(memory.toString('hex', SUM_AT, SUM_AT + 8), strongOf(piece));
        }
      }),
      { numRuns: 150 },
    );
  });

  test(`${how}: blocks are followed as far as their sums are those of the list`, () => {
    fc.assert(
      fc.property(blocks, fc.nat(5), fc.integer({ min: 1, max: 5 }), (one, wrong, last) => {
        const { block, count, shift } = one;
        const { content, sums, memory, at, behind: list } = inMemory(one, 8 * count, sideBySide);
        for (let number = 0; number < count; number++) {
          const piece = content.subarray(shift + number * block, shift + (number + 1) * block);
          memory.write(strongOf(piece), list + 8 * number, 'hex');
        }
        if (wrong < count) memory[list + 8 * wrong + 7]! ^= 1;
        const end = sums.follow(at, at + (Math.min(last, count) - 1) * block, block, list);
        assert.equal(end, at + Math.min(wrong, count, last) * block);
      }),
      { numRuns: 150 },
    );
  });

  test(`${how}: the search stops at every place whose weak sum is in the table, and at no other`, () => {
    fc.assert(
      fc.property(
        blocks,
        fc.array(fc.nat(900), { maxLength: 6 }),
        fc.integer({ min: 2, max: 8 }),
        (one, places, bits) => {
          const { block } = one;
          const content = Buffer.concat([
            contentOf(one),
            contentOf({ ...one, seed: one.seed + 1, count: 1, shift: 900 }),
          ]);
          const last = content.length - block;
          const wanted = places.map(place => weakOf(content.subarray(place % last, (place % last) + block)));
          const heads = Math.ceil((FREE_AT + content.length + 1) / 4);
          const following = heads + 2 ** bits;
          const weaks = following + wanted.length + 1;
          const sums = openSums(4 * (weaks + wanted.length + 1) - FREE_AT, sideBySide);
          const words = new Uint32Array(sums.memory);
          content.copy(Buffer.from(sums.memory), FREE_AT);
          for (const [i, sum] of wanted.entries()) {
            const slot = heads + (Math.imul(sum, SPREAD) >>> (32 - bits));
            words[weaks + i + 1] = sum;
            words[following + i + 1] = words[slot]!;
            words[slot] = i + 1;
          }
          const found: number[] = [];
          for (let at = 0; at <= last; at++) {
            at =
              sums.roll(FREE_AT + at, FREE_AT + last, block, 4 * heads, 32 - bits, 4 * following, 4 * weaks) - FREE_AT;
            if (at > last) assert.equal(at, last + 1);
            else {
              found.push(at);
              assert.equal(words[SUM_AT / 4], weakOf(content.subarray(at, at + block)));
            }
          }
          const right = Array.from({ length: last + 1 }, (_, at) => at).filter(at =>
            wanted.includes(weakOf(content.subarray(at, at + block))),
          );
          assert.deepEqual(found, right);
        },
      ),
      { numRuns: 25 },
    );
  });
}

test.run();
