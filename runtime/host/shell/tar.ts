// A tar archive of a few files, for a tar on the far side to take apart: content, mode and time of many files in one stream.
//
// Headers are those of POSIX ustar, 512 bytes: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1, link name
// 100, magic 8. What does not fit is told before: a time that has a fraction or no room by a header of type `x`, which a tar that
// does not know it skips, and a name of more than 100 bytes by one of type `L`. Everything is padded to whole blocks with zeros.

export type Packed = {
  /** From the folder that it is taken apart in: a byte string without `..`. */
  readonly name: string;
  readonly mode: number;
  /** Microseconds. */
  readonly modified: number;
  readonly content: Uint8Array;
};

/** One piece, so that it is handed over in one. */
export const packTar = (files: readonly Packed[]): Buffer => {
  const times = files.map(({ modified }) => (fitsHeader(modified) ? '' : timeRecord(modified)));
  const size = files.reduce(
    (sum, { name, content }, i) =>
      sum +
      BLOCK +
      padded(content.length) +
      (times[i] === '' ? 0 : BLOCK + padded(times[i]!.length)) +
      (name.length > MAX_NAME ? BLOCK + padded(name.length + 1) : 0),
    2 * BLOCK,
  );
  const archive = Buffer.alloc(size < LARGE ? size : Math.ceil(size / LARGE_BLOCK) * LARGE_BLOCK);
  let at = 0;
  const text = (name: string, type: string, value: string): void => {
    writeHeader(archive, at, { name, type, mode: 0o600, size: value.length, seconds: 0 });
    archive.write(value, at + BLOCK, 'latin1');
    at += BLOCK + padded(value.length);
  };
  for (const [i, { name, mode, modified, content }] of files.entries()) {
    if (times[i] !== '') text('x', 'x', times[i]!);
    if (name.length > MAX_NAME) text('././@LongLink', 'L', `${name}\0`);
    const seconds = Math.min(LAST_SECOND, Math.max(0, Math.floor(modified / SECOND)));
    writeHeader(archive, at, { name, type: '0', mode, size: content.length, seconds });
    archive.set(content, at + BLOCK);
    at += BLOCK + padded(content.length);
  }
  return archive;
};

/** A header has whole seconds, none before 1970, and eleven octal digits for them. */
const fitsHeader = (modified: number): boolean =>
  modified % SECOND === 0 && modified >= 0 && modified <= LAST_SECOND * SECOND;

/** One record, whose length counts its own digits. */
const timeRecord = (modified: number): string => {
  const rest = ` mtime=${fraction(modified)}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  return `${length}${rest}`;
};

const fraction = (micros: number): string => {
  const whole = Math.floor(Math.abs(micros) / SECOND);
  const rest = String(Math.abs(micros) % SECOND).padStart(6, '0');
  return `${micros < 0 ? '-' : ''}${whole}.${rest}`;
};

type Header = {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly seconds: number;
};

/** Into zeros. Digit by digit, and summed up meanwhile: there are two headers for nearly every file. */
const writeHeader = (archive: Buffer, at: number, { name, type, mode, size, seconds }: Header): void => {
  const end = at + Math.min(name.length, MAX_NAME);
  archive.write(name, at, MAX_NAME, 'latin1');
  archive.set(COMMON, at + MAX_NAME);
  archive[at + TYPE] = type.charCodeAt(0);
  let sum = COMMON_SUM + archive[at + TYPE]!;
  for (let byte = at; byte < end; byte++) sum += archive[byte]!;
  sum += writeOctal(archive, at + 100, 7, mode);
  sum += writeOctal(archive, at + 124, 11, size);
  sum += writeOctal(archive, at + 136, 11, seconds);
  writeOctal(archive, at + SUM, 6, sum);
  archive[at + SUM + 6] = 0;
};

/** The sum of the digits as they are written. */
const writeOctal = (archive: Buffer, at: number, digits: number, value: number): number => {
  let sum = 0;
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    const more = Math.floor(rest / 8);
    const digit = ZERO + rest - more * 8;
    archive[place] = digit;
    sum += digit;
    rest = more;
  }
  return sum;
};

const padded = (length: number): number => Math.ceil(length / BLOCK) * BLOCK;

const SECOND = 1_000_000;
const LAST_SECOND = 8 ** 11 - 1;
const BLOCK = 512;
const MAX_NAME = 100;
const SUM = 148;
const TYPE = 156;
/** Bytes of a header of which any is set. */
const USED = 265;
const ZERO = 48;
/** What is the same in every header, from behind the name on; the sum counts as spaces in itself. */
const COMMON = Buffer.alloc(USED - MAX_NAME);
COMMON.write('0000000', 108 - MAX_NAME, 'latin1');
COMMON.write('0000000', 116 - MAX_NAME, 'latin1');
COMMON.fill(' ', SUM - MAX_NAME, TYPE - MAX_NAME);
COMMON.write('ustar\x0000', 257 - MAX_NAME, 'latin1');
const COMMON_SUM = COMMON.reduce((sum, byte) => sum + byte, 0);
/** From this size on an archive is filled up to whole blocks of the script, so that one program takes it. */
const LARGE = 1_048_576;
const LARGE_BLOCK = 65_536;
