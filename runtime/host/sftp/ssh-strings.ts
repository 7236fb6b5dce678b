// How SSH writes keys, certificates and signatures: numbers of 32 and 64 bits, and strings with their length before them. Pure.

export type Reader = {
  readonly string: () => Buffer;
  readonly text: () => string;
  readonly number: () => number;
  readonly big: () => bigint;
  readonly at: () => number;
  readonly isAtEnd: () => boolean;
};

/** Throws a RangeError where the bytes end too early. */
export const readSsh = (bytes: Buffer): Reader => {
  let at = 0;
  const number = (): number => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const string = (): Buffer => {
    const length = number();
    if (length > bytes.length - at) throw new RangeError('a string that is longer than what holds it');
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    string,
    text: () => string().toString('utf8'),
    number,
    big() {
      at += 8;
      return bytes.readBigUInt64BE(at - 8);
    },
    at: () => at,
    isAtEnd: () => at === bytes.length,
  };
};

export const sshNumber = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const sshString = (value: Buffer | string): Buffer => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([sshNumber(bytes.length), bytes]);
};

/** A number of any length that is not negative: without zeros before it, but for one where it would else look negative. */
export const sshInteger = (value: Buffer): Buffer => {
  const start = value.findIndex(byte => byte !== 0);
  const digits = start < 0 ? Buffer.alloc(0) : value.subarray(start);
  return sshString((digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.alloc(1), digits]));
};
