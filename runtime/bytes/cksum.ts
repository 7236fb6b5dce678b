// The CRC of POSIX cksum: polynomial 0x04C11DB7, most significant bit first, the length appended, all bits turned at the end.

/** Folds bytes into a running remainder; begin with 0. Eight bytes a step, by eight tables. */
export const cksumUpdate = (remainder: number, bytes: Uint8Array): number => {
  let crc = remainder;
  const eights = bytes.length - (bytes.length % 8);
  let i = 0;
  for (; i < eights; i += 8) {
    const first = crc ^ ((bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!);
    crc =
      TABLES[1792 + (first >>> 24)]! ^
      TABLES[1536 + ((first >>> 16) & 255)]! ^
      TABLES[1280 + ((first >>> 8) & 255)]! ^
      TABLES[1024 + (first & 255)]! ^
      TABLES[768 + bytes[i + 4]!]! ^
      TABLES[512 + bytes[i + 5]!]! ^
      TABLES[256 + bytes[i + 6]!]! ^
      TABLES[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc << 8) ^ TABLES[(crc >>> 24) ^ bytes[i]!]!;
  return crc;
};

/** The sum of `length` bytes that left this remainder: the length follows, least significant byte first, without zeros. */
export const cksumFinish = (remainder: number, length: number): number => {
  let crc = remainder;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) {
    crc = (crc << 8) ^ TABLES[(crc >>> 24) ^ (rest % 256)]!;
  }
  return ~crc >>> 0;
};

/** Table k, at 256 × k, holds for each byte its remainder when k zero bytes follow it. */
const TABLES = ((): Int32Array => {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256]!;
    tables[at] = (shorter << 8) ^ tables[shorter >>> 24]!;
  }
  return tables;
})();
