// The inner loops of deltas in WebAssembly: the sums of blocks, and the search for them.
//
// The weak sum (signature.ts) is two sums of 16 bits, `a` of the bytes and `b` of all that `a` has been, one over the other.
// The strong one is XXH64 as its specification says, without a seed, of blocks that are a multiple of 8 bytes long, at least 32.
import {
  assemble,
  type Code,
  call,
  type Defined,
  define,
  i16x8,
  i32,
  i32x4,
  i64,
  type Local,
  repeatWhile,
  returned,
  v128,
  when,
} from './assembler.js';

export type SumsCode = {
  /** Writes the sums of the blocks from `at` to before `end` one after another: 4 bytes weak, 8 bytes strong. */
  readonly sign: (at: number, end: number, block: number, into: number) => void;
  /** The strong sum of a block, left at SUM_AT. */
  readonly strong: (at: number, block: number) => void;
  /** Where the first block begins, of those one after another from `at` on, whose strong sum is not the next one in the list,
   * or which begins after `last`. */
  readonly follow: (at: number, last: number, block: number, list: number) => number;
  /**
   * The first place, up to `last`, at which a block begins whose weak sum is in the table; if there is none, the place after
   * `last`. Then the sum is at SUM_AT. The table: `heads` holds for each slot the number of a block, `following` for each
   * number the next one of the same slot, `weaks` its sum. 0 is no number. The slot of a sum is what is left of its product
   * with SPREAD after `shift` bits are shifted out. One byte behind the last block is read and does not matter.
   */
  readonly roll: (
    at: number,
    last: number,
    block: number,
    heads: number,
    shift: number,
    following: number,
    weaks: number,
  ) => number;
};

/** Sixteen columns of bytes are summed side by side where the machine can do that. */
export const sumsModule = (sideBySide: boolean): Uint8Array<ArrayBuffer> =>
  assemble([weak(sideBySide), digest(), sign(), strong(), follow(), roll()], 1);

export const SPREAD = 0x9e3779b1;
export const SUM_AT = 0;
const SPOT_AT = 16;
/** From here on the memory is its owner's. */
export const FREE_AT = 64;
const WEAK = 0;
const DIGEST = 1;

const weak = (sideBySide: boolean): Defined =>
  define(null, ['i32', 'i32'], 'i32', ([at, length], local) => {
    const [end, a, b] = [local('i32'), local('i32'), local('i32')];
    const addByte = [a.set(i32.add(a.get, i32.load8(0, at!.get))), b.set(i32.add(b.get, a.get)), at!.advance(1)];
    return [
      ...(sideBySide ? inColumns(at!, length!, { end, a, b }, local) : []),
      end.set(i32.add(at!.get, sideBySide ? i32.and(length!.get, i32.const(15)) : length!.get)),
      when(i32.isLess(at!.get, end.get), [repeatWhile(i32.isLess(at!.get, end.get), addByte)]),
      packed(a, b),
    ];
  });

/** All whole rows of sixteen bytes. A byte counts in `b` as often as bytes follow it, and once more. */
const inColumns = (
  at: Local,
  length: Local,
  { end, a, b }: { readonly end: Local; readonly a: Local; readonly b: Local },
  local: (type: 'v128') => Local,
): Code[] => {
  /** Of the columns, eight to a vector; and of all that these have been, row by row. */
  const sums = [local('v128'), local('v128')] as const;
  const history = [local('v128'), local('v128')] as const;
  const halves = [0, 1] as const;
  const each = (value: (lane: number) => number): Code =>
    v128.const(Array.from({ length: 8 }, (_, lane) => [value(lane), 0]).flat());
  const both = ([left, right]: readonly [Local, Local]): Code => i16x8.add(left.get, right.get);
  const ofLast = halves.map(half =>
    i16x8.mul(
      sums[half].get,
      each(lane => 16 - 8 * half - lane),
    ),
  );
  const total = (vector: Code): Code[] => [
    v128.store(SPOT_AT, i32.const(0), i32x4.addPairs(vector)),
    [0, 4, 8, 12].map(lane => i32.load(SPOT_AT + lane, i32.const(0))).reduce((x, y) => i32.add(x, y)),
  ];
  return [
    end.set(i32.add(at.get, i32.and(length.get, i32.const(-16)))),
    when(i32.isLess(at.get, end.get), [
      repeatWhile(i32.isLess(at.get, end.get), [
        ...halves.map(half => history[half].set(i16x8.add(history[half].get, sums[half].get))),
        ...halves.map(half => sums[half].set(i16x8.add(sums[half].get, v128.load8x8(8 * half, at.get)))),
        at.advance(16),
      ]),
      a.set(total(both(sums)).flat()),
      b.set(
        total(
          i16x8.add(
            i16x8.mul(
              both(history),
              each(() => 16),
            ),
            i16x8.add(ofLast[0]!, ofLast[1]!),
          ),
        ).flat(),
      ),
    ]),
  ];
};

/** XXH64. */
const digest = (): Defined =>
  define(null, ['i32', 'i32'], 'i64', ([at, length], local) => {
    const lanes = [local('i64'), local('i64'), local('i64'), local('i64')];
    const [sum, end] = [local('i64'), local('i32')];
    const mixed = (lane: Code, input: Code): Code =>
      i64.mul(i64.rotateLeft(i64.add(lane, i64.mul(input, PRIME_2)), i64.const(31n)), PRIME_1);
    const rotated = (lane: Local, by: bigint): Code => i64.rotateLeft(lane.get, i64.const(by));
    const merge = (lane: Local): Code =>
      sum.set(i64.add(i64.mul(i64.xor(sum.get, mixed(i64.const(0n), lane.get)), PRIME_1), PRIME_4));
    const fold = (by: bigint): Code => sum.set(i64.xor(sum.get, i64.shiftRight(sum.get, i64.const(by))));
    return [
      ...[i64.add(PRIME_1, PRIME_2), PRIME_2, i64.const(0n), i64.const(-PRIMES[0])].map((start, i) =>
        lanes[i]!.set(start),
      ),
      end.set(i32.add(at!.get, i32.and(length!.get, i32.const(-32)))),
      repeatWhile(i32.isLess(at!.get, end.get), [
        ...lanes.map((lane, i) => lane.set(mixed(lane.get, i64.load(8 * i, at!.get)))),
        at!.advance(32),
      ]),
      sum.set(
        lanes.map((lane, i) => rotated(lane, [1n, 7n, 12n, 18n][i]!)).reduce((one, other) => i64.add(one, other)),
      ),
      ...lanes.map(merge),
      sum.set(i64.add(sum.get, i64.extend(length!.get))),
      end.set(i32.add(end.get, i32.and(length!.get, i32.const(24)))),
      when(i32.isLess(at!.get, end.get), [
        repeatWhile(i32.isLess(at!.get, end.get), [
          sum.set(i64.xor(sum.get, mixed(i64.const(0n), i64.load(0, at!.get)))),
          sum.set(i64.add(i64.mul(rotated(sum, 27n), PRIME_1), PRIME_4)),
          at!.advance(8),
        ]),
      ]),
      fold(33n),
      sum.set(i64.mul(sum.get, PRIME_2)),
      fold(29n),
      sum.set(i64.mul(sum.get, PRIME_3)),
      fold(32n),
      sum.get,
    ];
  });

const sign = (): Defined =>
  define('sign', ['i32', 'i32', 'i32', 'i32'], null, ([at, end, block, into]) => [
    when(i32.isLess(at!.get, end!.get), [
      repeatWhile(i32.isLess(at!.get, end!.get), [
        i32.store(0, into!.get, call(WEAK, at!.get, block!.get)),
        i64.store(4, into!.get, call(DIGEST, at!.get, block!.get)),
        into!.advance(12),
        at!.set(i32.add(at!.get, block!.get)),
      ]),
    ]),
  ]);

const strong = (): Defined =>
  define('strong', ['i32', 'i32'], null, ([at, block]) => [
    i64.store(SUM_AT, i32.const(0), call(DIGEST, at!.get, block!.get)),
  ]);

const follow = (): Defined =>
  define('follow', ['i32', 'i32', 'i32', 'i32'], 'i32', ([at, last, block, list], local) => {
    const same = local('i32');
    const isInside = i32.isLess(at!.get, i32.add(last!.get, i32.const(1)));
    return [
      when(isInside, [
        repeatWhile(i32.and(same.get, isInside), [
          same.set(i64.isEqual(call(DIGEST, at!.get, block!.get), i64.load(0, list!.get))),
          when(same.get, [at!.set(i32.add(at!.get, block!.get)), list!.advance(8)]),
        ]),
      ]),
      at!.get,
    ];
  });

const roll = (): Defined =>
  define(
    'roll',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    'i32',
    ([at, last, block, heads, shift, following, weaks], local) => {
      const [a, b, sum, number, leaving] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32')];
      const entry = (table: Local, place: Code): Code =>
        i32.load(0, i32.add(table.get, i32.shiftLeft(place, i32.const(2))));
      return [
        sum.set(call(WEAK, at!.get, block!.get)),
        a.set(i32.and(sum.get, i32.const(0xffff))),
        b.set(i32.shiftRight(sum.get, i32.const(16))),
        repeatWhile(i32.isLess(at!.get, i32.add(last!.get, i32.const(1))), [
          sum.set(packed(a, b)),
          number.set(entry(heads!, i32.shiftRight(i32.mul(sum.get, i32.const(SPREAD)), shift!.get))),
          when(number.get, [
            repeatWhile(number.get, [
              when(i32.isEqual(entry(weaks!, number.get), sum.get), [
                i32.store(SUM_AT, i32.const(0), sum.get),
                returned(at!.get),
              ]),
              number.set(entry(following!, number.get)),
            ]),
          ]),
          leaving.set(i32.load8(0, at!.get)),
          a.set(i32.add(i32.sub(a.get, leaving.get), i32.load8(0, i32.add(at!.get, block!.get)))),
          b.set(i32.add(i32.sub(b.get, i32.mul(block!.get, leaving.get)), a.get)),
          at!.advance(1),
        ]),
        at!.get,
      ];
    },
  );

const packed = (a: Local, b: Local): Code =>
  i32.or(i32.and(a.get, i32.const(0xffff)), i32.shiftLeft(b.get, i32.const(16)));

const PRIMES = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n] as const;
const [PRIME_1, PRIME_2, PRIME_3, PRIME_4] = [
  i64.const(PRIMES[0]),
  i64.const(PRIMES[1]),
  i64.const(PRIMES[2]),
  i64.const(PRIMES[3]),
];
