// Finds in new content what an old file holds already: a rolling weak sum at every byte, a strong one to confirm.
//
// Invariants:
//  1. Everything given is told exactly once and in order, as a copy out of the old file or as literal bytes.
//  2. After a block that was found the one that follows it in the old file is tried first, without any search; at the
//     beginning, the first.
//  3. Strong sums in vain are bounded: after as many as the old file has blocks, some times over, nothing is searched any more.
//  4. Of blocks with equal weak sums only a few are looked at, however many the old file has.
//  5. It begins while the signature is still coming, and asks for more of it where it needs that. Bytes are literal only once
//     all of it was searched for them.
import { type Signature, STRONG } from './signature.js';
import { openSums, type Sums } from './sums.js';
import { FREE_AT, SPREAD, SUM_AT } from './sums-code.js';

export type Telling = {
  /** Whole blocks of the old file. */
  readonly copy: (from: number, length: number) => void;
  /** Bytes of the window. */
  readonly literal: (start: number, end: number) => void;
};

export type Search = {
  /** Content to be searched is put here. */
  readonly window: Buffer;
  /**
   * Searches what stands in the window's first bytes; returns how many of them were told. The rest is to stand at its front
   * the next time.
   */
  readonly next: (filled: number, isLast: boolean, tell: Telling) => Promise<number>;
};

/** Searches for one signature after another, in windows of so many bytes, or of two blocks. `open` is for tests. */
export const openSearches = (bytes: number, open = openSums): ((signature: Signature) => Search) => {
  let sums = open(0);
  return signature => {
    const layout = layOut(signature, Math.max(bytes, 2 * signature.block));
    if (sums.bytes < layout.bytes) sums = open(layout.bytes);
    const window = Buffer.from(sums.memory, sums.at, layout.room);
    return search(signature, openTable(signature, sums, layout), window);
  };
};

const search = (signature: Signature, table: Table, window: Buffer): Search => {
  const { block, count } = signature;
  let expected = 0;
  let patience = PATIENCE + PATIENCE_FOR_EACH * count;

  /** So many blocks are known from now on, or all there are. */
  const know = async (blocks: number): Promise<void> => {
    while (signature.told() < Math.min(blocks, count)) await signature.more();
    table.takeIn();
  };

  /** The first place from `start` on at which a block was found; where none was, `number` is NONE. */
  const roll = (start: number, filled: number): { readonly at: number; readonly number: number } => {
    const last = filled - block;
    for (let from = start; ; from++) {
      const at = from > last ? from : table.roll(from, last);
      const number = at > last ? NONE : table.confirm(at);
      if (number !== NONE || at > last) return { at, number };
      patience--;
      if (patience <= 0) return { at, number };
      from = at;
    }
  };

  const next: Search['next'] = async (filled, isLast, tell) => {
    let at = 0;
    let literal = 0;
    while (at + block <= filled && patience > 0 && count > 0) {
      if (expected !== NONE && expected < count) {
        await know(expected + 1);
        const end = table.follow(at, filled - block, expected);
        if (end > at) {
          if (literal < at) tell.literal(literal, at);
          tell.copy(expected * block, end - at);
          expected += (end - at) / block;
          at = end;
          literal = at;
          continue;
        }
      }
      // What was changed ends soon, mostly.
      if (expected !== NONE) await know(expected + AHEAD);
      expected = NONE;
      const found = roll(at, filled);
      if (found.number === NONE && patience > 0 && signature.told() < count) {
        await know(count);
        at = literal;
        continue;
      }
      at = found.at;
      if (found.number !== NONE) expected = found.number;
    }
    const end = isLast || patience <= 0 || count === 0 ? filled : at;
    if (literal < end) tell.literal(literal, end);
    return end;
  };
  return { window, next };
};

/** Where things lie behind the window, as words. */
type Layout = ReturnType<typeof layOut>;

const layOut = ({ count }: Signature, room: number) => {
  const bits = Math.max(8, Math.ceil(Math.log2(count + 1)) + 2);
  // The byte behind the window is read.
  const heads = (FREE_AT + Math.ceil((room + 1) / 4) * 4) / 4;
  const following = heads + 2 ** bits;
  const weaks = following + count + 1;
  const strongs = weaks + count + 1;
  return { room, bits, heads, following, weaks, strongs, bytes: 4 * (strongs + 2 * count) - FREE_AT };
};

type Table = ReturnType<typeof openTable>;

/** Blocks by their weak sums; of equal blocks the first one is kept. Numbers in it are one more than those of blocks. */
const openTable = ({ block, weak, strong, told }: Signature, sums: Sums, layout: Layout) => {
  const { bits, heads, following, weaks, strongs } = layout;
  const words = new Uint32Array(sums.memory);
  const bytes = Buffer.from(sums.memory);
  let taken = 0;
  words.fill(0, heads, following);
  const slotOf = (sum: number): number => heads + (Math.imul(sum, SPREAD) >>> (32 - bits));
  /** Where the strong sum of a number is. */
  const strongOf = (number: number): number => strongs + 2 * (number - 1);
  const areEqual = (one: number, other: number): boolean =>
    words[one] === words[other] && words[one + 1] === words[other + 1];
  const take = (number: number): void => {
    const sum = weak[number - 1]!;
    const slot = slotOf(sum);
    strong.copy(bytes, 4 * strongOf(number), (number - 1) * STRONG, number * STRONG);
    let length = 0;
    let last = 0;
    for (let at = words[slot]!; at !== 0; at = words[following + at]!, length++) {
      if (length === LONGEST || (words[weaks + at] === sum && areEqual(strongOf(at), strongOf(number)))) return;
      last = at;
    }
    if (length === LONGEST) return;
    words[weaks + number] = sum;
    words[following + number] = 0;
    words[last === 0 ? slot : following + last] = number;
  };
  return {
    takeIn(): void {
      for (const end = told(); taken < end; taken++) take(taken + 1);
    },
    /** Where a block is next, by its weak sum. Places are those of the window. */
    roll: (at: number, last: number): number =>
      sums.roll(sums.at + at, sums.at + last, block, 4 * heads, 32 - bits, 4 * following, 4 * weaks) - sums.at,
    /** The block that begins there, of those with the weak sum that `roll` found. */
    confirm(at: number): number {
      const sum = words[FOUND]!;
      sums.strong(sums.at + at, block);
      for (let number = words[slotOf(sum)]!; number !== 0; number = words[following + number]!)
        if (words[weaks + number] === sum && areEqual(FOUND, strongOf(number))) return number - 1;
      return NONE;
    },
    /** Where the blocks from `block` on, as far as they are known, do not stand one after another any more. */
    follow(at: number, last: number, first: number): number {
      const lastKnown = at + (taken - first - 1) * block;
      return sums.follow(sums.at + at, sums.at + Math.min(last, lastKnown), block, 4 * strongOf(first + 1)) - sums.at;
    },
  };
};

const NONE = -1;
const FOUND = SUM_AT / 4;
/** Blocks behind the expected one that must have come before anything else is searched for. */
const AHEAD = 64;
/** Blocks of one slot that are looked at. */
const LONGEST = 16;
const PATIENCE = 64;
const PATIENCE_FOR_EACH = 4;
