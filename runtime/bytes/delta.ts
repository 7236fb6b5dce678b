// Finds in new content what an old file holds already: a rolling weak sum at every byte, a strong one to confirm.
//
// Invariants:
//  1. Everything given is told exactly once and in order, as a copy out of the old file or as literal bytes.
//  2. After a block that was found the one that follows it in the old file is tried first, without any search.
//  3. Strong sums in vain are bounded: after as many as the old file has blocks, some times over, nothing is searched any more.
//  4. Of blocks with equal weak sums only a few are looked at, however many the old file has.
import type { Hasher } from './digest.js';
import { type Signature, STRONG, weakOf } from './signature.js';

export type Telling = {
  /** Whole blocks of the old file. */
  readonly copy: (from: number, length: number) => void;
  /** Bytes of the window. */
  readonly literal: (start: number, end: number) => void;
};

/** Searches window after window; returns how many bytes of each were told. The rest stands at the front of the next one. */
export type Search = (window: Uint8Array, isLast: boolean, tell: Telling) => number;

/** `strong` computes XXH64. */
export const makeSearch = ({ block, weak, strong: sums }: Signature, strong: Hasher): Search => {
  const count = weak.length;
  const bits = Math.max(8, Math.ceil(Math.log2(count + 1)) + 2);
  const heads = new Int32Array(2 ** bits).fill(NONE);
  const following = new Int32Array(count).fill(NONE);
  const slotOf = (sum: number): number => Math.imul(sum, GOLDEN) >>> (32 - bits);
  const sumOf = (number: number): string => sums.toString('latin1', number * STRONG, (number + 1) * STRONG);
  /** Of equal blocks the first one is kept. */
  for (let number = 0; number < count; number++) {
    const slot = slotOf(weak[number]!);
    let length = 0;
    let last = NONE;
    let known = false;
    for (let at = heads[slot]!; at !== NONE && length < LONGEST && !known; at = following[at]!, length++) {
      known = weak[at] === weak[number] && sumOf(at) === sumOf(number);
      last = at;
    }
    if (known || length >= LONGEST) continue;
    if (last === NONE) heads[slot] = number;
    else following[last] = number;
  }
  let expected = NONE;
  let patience = PATIENCE + PATIENCE_FOR_EACH * count;

  const findAt = (window: Uint8Array, at: number, sum: number): number => {
    let confirmed: string | null = null;
    for (let number = heads[slotOf(sum)]!; number !== NONE; number = following[number]!) {
      if (weak[number] !== sum) continue;
      confirmed ??= strong.hash(window.subarray(at, at + block));
      if (sumOf(number) === confirmed) return number;
    }
    if (confirmed !== null) patience--;
    return NONE;
  };

  /** The first place from `start` on at which a block is found, rolling byte by byte; `found` is that block. */
  let found = NONE;
  const roll = (window: Uint8Array, start: number): number => {
    const end = window.length - block;
    const first = weakOf(window, start, block);
    let a = first & 0xffff;
    let b = first >>> 16;
    for (let at = start; ; at++) {
      const sum = ((a & 0xffff) | (b << 16)) >>> 0;
      if (heads[Math.imul(sum, GOLDEN) >>> (32 - bits)] !== NONE) {
        found = findAt(window, at, sum);
        if (found !== NONE || patience <= 0) return at;
      }
      if (at >= end) {
        found = NONE;
        return at + 1;
      }
      const leaving = window[at]!;
      a = (a - leaving + window[at + block]!) | 0;
      b = (b - Math.imul(block, leaving) + a) | 0;
    }
  };

  return (window, isLast, tell) => {
    let at = 0;
    let literal = 0;
    while (at + block <= window.length && patience > 0 && count > 0) {
      if (expected !== NONE && expected < count && isBlock(window, at, expected)) {
        if (literal < at) tell.literal(literal, at);
        tell.copy(expected * block, block);
        expected++;
        at += block;
        literal = at;
        continue;
      }
      expected = NONE;
      at = roll(window, at);
      if (found === NONE) continue;
      expected = found;
    }
    const end = isLast || patience <= 0 || count === 0 ? window.length : at;
    if (literal < end) tell.literal(literal, end);
    return end;
  };

  function isBlock(window: Uint8Array, at: number, number: number): boolean {
    return strong.hash(window.subarray(at, at + block)) === sumOf(number);
  }
};

const NONE = -1;
const GOLDEN = 0x9e3779b1;
/** Blocks of one slot that are looked at. */
const LONGEST = 16;
const PATIENCE = 64;
const PATIENCE_FOR_EACH = 4;
