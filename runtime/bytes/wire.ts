// Growing buffers for writing and bounded cursors for reading: the primitive encodings that pages, packs and frames share.
//
// varint: 7 bits a byte, least significant first, high bit set on all but the last; whole numbers up to 2^53 - 1.
// signed: zigzag (n >= 0: 2n, n < 0: -2n - 1) as a varint, so up to ±2^52. bytes: varint length, then the bytes. A byte
// string (runtime/tree/path.ts) is written as its bytes.

/** Damaged or hostile input: what was expected where. Always caught where frames are received. */
export class WireError extends Error {}

export type Writer = {
  u8(value: number): void;
  varint(value: number): void;
  signed(value: number): void;
  /** Length and bytes of a byte string. */
  string(value: string): void;
  /** Length and bytes. */
  bytes(value: Uint8Array): void;
  /** Bytes without their length. */
  raw(value: Uint8Array): void;
  /** A byte string without its length. */
  rawString(value: string): void;
  readonly length: number;
  /** A view of what was written since the last `clear`; valid until the next write. */
  view(): Buffer;
  /** A copy of it. */
  copy(): Buffer;
  clear(): void;
};

export const makeWriter = (capacity = 1024): Writer => {
  let buffer = Buffer.allocUnsafeSlow(capacity);
  let length = 0;
  const room = (bytes: number): void => {
    if (length + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, length + bytes));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  };
  const writer: Writer = {
    u8(value) {
      room(1);
      buffer[length++] = value;
    },
    varint(value) {
      room(8);
      const into = buffer;
      let at = length;
      let rest = value;
      if (rest >= FOUR_BYTES) {
        // What lies above 32 bits cannot be shifted, and a division for each byte is slow.
        const high = Math.floor(rest / FOUR_BYTES);
        const low = rest - high * FOUR_BYTES;
        into[at++] = (low & 127) | 128;
        into[at++] = ((low >>> 7) & 127) | 128;
        into[at++] = ((low >>> 14) & 127) | 128;
        into[at++] = (low >>> 21) | 128;
        rest = high;
      }
      while (rest > 127) {
        into[at++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      into[at++] = rest;
      length = at;
    },
    signed(value) {
      writer.varint(value < 0 ? -2 * value - 1 : 2 * value);
    },
    string(value) {
      writer.varint(value.length);
      writer.rawString(value);
    },
    bytes(value) {
      writer.varint(value.length);
      writer.raw(value);
    },
    raw(value) {
      room(value.length);
      buffer.set(value, length);
      length += value.length;
    },
    rawString(value) {
      room(value.length);
      // Names are short, and a loop is faster than a call for those.
      if (value.length > SHORT) {
        length += buffer.write(value, length, 'latin1');
        return;
      }
      const into = buffer;
      const at = length;
      for (let i = 0; i < value.length; i++) into[at + i] = value.charCodeAt(i);
      length = at + value.length;
    },
    get length() {
      return length;
    },
    view: () => buffer.subarray(0, length),
    copy: () => Buffer.from(buffer.subarray(0, length)),
    clear() {
      length = 0;
    },
  };
  return writer;
};

export type Reader = {
  u8(): number;
  varint(): number;
  signed(): number;
  /** A byte string of at most `cap` bytes. */
  string(cap?: number): string;
  /** A view, of at most `cap` bytes. */
  bytes(cap?: number): Buffer;
  raw(length: number): Buffer;
  rawString(length: number): string;
  readonly at: number;
  readonly done: boolean;
};

/** Reads what a Writer wrote; throws WireError on anything else, never reads outside `source`. */
export const makeReader = (source: Uint8Array): Reader => {
  const buffer = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  let at = 0;
  const take = (length: number): number => {
    if (length > buffer.length - at)
      throw new WireError(`${length} bytes expected at ${at}, ${buffer.length - at} left`);
    const start = at;
    at += length;
    return start;
  };
  const capped = (length: number, cap: number): number => {
    if (length > cap) throw new WireError(`a length of ${length} at ${at} is over its cap of ${cap}`);
    return length;
  };
  const reader: Reader = {
    u8: () => buffer[take(1)]!,
    varint() {
      const first = buffer[at];
      if (first !== undefined && first < 128) {
        at++;
        return first;
      }
      let value = 0;
      let factor = 1;
      for (let count = 0; count < 8; count++) {
        const byte = buffer[take(1)]!;
        value += (byte & 127) * factor;
        if (byte < 128) {
          if (value > Number.MAX_SAFE_INTEGER) break;
          return value;
        }
        factor *= 128;
      }
      throw new WireError(`a number at ${at} is longer than 53 bits`);
    },
    signed() {
      const value = reader.varint();
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    },
    string: (cap = MAX_STRING) => reader.rawString(capped(reader.varint(), cap)),
    bytes: (cap = MAX_STRING) => reader.raw(capped(reader.varint(), cap)),
    raw(length) {
      const start = take(length);
      return buffer.subarray(start, start + length);
    },
    rawString(length) {
      const start = take(length);
      return buffer.toString('latin1', start, start + length);
    },
    get at() {
      return at;
    },
    get done() {
      return at === buffer.length;
    },
  };
  return reader;
};

/** The longest string that is read unless the caller says otherwise. */
const MAX_STRING = 65_536;
const SHORT = 32;
/** What four bytes of a varint hold. */
const FOUR_BYTES = 2 ** 28;
