// A tar archive of a few files, for a tar on the far side to take apart: content, mode and time of many files in one stream.
//
// Headers are those of POSIX ustar, 512 bytes: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1, link name
// 100, magic 8. What does not fit is told before: a time with its fraction by a header of type `x`, which a tar that does
// not know it skips, and a name of more than 100 bytes by one of type `L`. Everything is padded to whole blocks with zeros.

export type Packed = {
  /** One component, a byte string. */
  readonly name: string;
  readonly mode: number;
  /** Microseconds; null leaves it to the far side. */
  readonly modified: number | null;
  readonly content: readonly Uint8Array[];
};

export const packTar = (files: readonly Packed[]): Uint8Array[] => [...files.flatMap(packOne), Buffer.alloc(2 * BLOCK)];

const packOne = ({ name, mode, modified, content }: Packed): Uint8Array[] => {
  const size = content.reduce((sum, piece) => sum + piece.length, 0);
  const pieces: Uint8Array[] = [];
  if (modified !== null && modified % 1_000_000 !== 0) pieces.push(...extended(fraction(modified)));
  if (name.length > MAX_NAME) pieces.push(header('././@LongLink', 0, name.length + 1, 0, 'L'), padded(`${name}\0`));
  const seconds = modified === null ? 0 : Math.max(0, Math.floor(modified / 1_000_000));
  pieces.push(header(name.slice(0, MAX_NAME), mode, size, seconds, '0'), ...content);
  if (size % BLOCK !== 0) pieces.push(Buffer.alloc(BLOCK - (size % BLOCK)));
  return pieces;
};

/** One record, whose length counts its own digits. */
const extended = (time: string): Uint8Array[] => {
  const rest = ` mtime=${time}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  const record = `${length}${rest}`;
  return [header('x', 0o600, record.length, 0, 'x'), padded(record)];
};

const fraction = (micros: number): string => {
  const whole = Math.floor(Math.abs(micros) / 1_000_000);
  const rest = String(Math.abs(micros) % 1_000_000).padStart(6, '0');
  return `${micros < 0 ? '-' : ''}${whole}.${rest}`;
};

const header = (name: string, mode: number, size: number, seconds: number, type: string): Buffer => {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, MAX_NAME, 'latin1');
  octal(block, 100, 8, mode);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  octal(block, 124, 12, size);
  octal(block, 136, 12, seconds);
  block.fill(' ', 148, 156);
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
};

const octal = (block: Buffer, at: number, width: number, value: number): void => {
  block.write(value.toString(8).padStart(width - 1, '0'), at, width - 1, 'latin1');
};

const padded = (text: string): Buffer => {
  const block = Buffer.alloc(Math.ceil(text.length / BLOCK) * BLOCK);
  block.write(text, 'latin1');
  return block;
};

const BLOCK = 512;
const MAX_NAME = 100;
