// Large buffers that are used again: fresh memory for every mebibyte that passes costs more than passing it on.
//
// Who takes a buffer and hands it on may give it back once nobody looks at it any more; who does not, leaves it to the
// garbage collector. Only buffers of one size, taken here, are kept, and never more than a few.

/** A buffer of that length; its content is whatever it held before. */
export const takeBuffer = (length: number): Buffer => {
  if (length > POOLED || length < POOLED / 2) return Buffer.allocUnsafeSlow(length);
  const memory = free.pop() ?? new ArrayBuffer(POOLED);
  mine.set(memory, 1);
  return Buffer.from(memory, 0, length);
};

/** Nobody looks at these bytes any more. Anything that was not taken here is ignored. */
export const giveBack = (bytes: Uint8Array): void => {
  const memory = bytes.buffer as ArrayBuffer;
  const holders = mine.get(memory);
  if (holders === undefined) return;
  if (holders > 1) {
    mine.set(memory, holders - 1);
    return;
  }
  mine.delete(memory);
  if (free.length < KEPT) free.push(memory);
};

/** Somebody else looks at these bytes as well: they are to be given back once more. False for what was not taken here. */
export const hold = (bytes: Uint8Array): boolean => {
  const memory = bytes.buffer as ArrayBuffer;
  const holders = mine.get(memory);
  if (holders !== undefined) mine.set(memory, holders + 1);
  return holders !== undefined;
};

const free: ArrayBuffer[] = [];
/** Taken and not given back yet, each with how many hold it. */
const mine = new WeakMap<ArrayBuffer, number>();
/** A mebibyte of content and the head of its record. */
const POOLED = 1_048_576 + 64;
const KEPT = 32;
