// Records: how everything that is to last is written, and read again – whole and of a known version, or named as damaged.
//
//   record = head length:6 sum:4 body       — length of the body, least significant byte first; CRC-32 of length and body
//   head   = `syncplan KIND VERSION\n`
//
// A record is written under another name, synced, renamed into place, and its folder synced: so a name never holds half of
// one, and what is found damaged was damaged by a disk or by a hand. It is never guessed at.
import { openDigests } from '../../bytes/digest.js';
import { makeReader, type Reader, WireError } from '../../bytes/wire.js';
import { type Deed, type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { performOne } from './one-deed.js';

/** What a record holds and in which form: a reader refuses every other version. */
export type RecordKind = { readonly name: string; readonly version: number };

/** Why a record cannot be read: `it is cut short`. */
export type Damage = { readonly damage: string };

export const isDamage = (value: unknown): value is Damage =>
  typeof value === 'object' && value !== null && 'damage' in value;

export const sealRecord = async (kind: RecordKind, body: Uint8Array): Promise<Buffer> => {
  const head = headOf(kind);
  const sealed = Buffer.allocUnsafe(head.length + FIXED + body.length);
  sealed.write(head, 'latin1');
  sealed.writeUIntLE(body.length, head.length, LENGTH_BYTES);
  sealed.set(body, head.length + FIXED);
  sealed.write(await sumOf(sealed, head.length), head.length + LENGTH_BYTES, 'latin1');
  return sealed;
};

/** The body as `read` takes it apart, or what is wrong with it. */
export const unsealRecord = async <T>(
  kind: RecordKind,
  bytes: Buffer,
  read: (reader: Reader) => T,
): Promise<T | Damage> => {
  const head = headOf(kind);
  const end = bytes.indexOf(10) + 1;
  const found = bytes.toString('latin1', 0, Math.min(end, LONGEST_HEAD));
  if (found !== head) {
    const version = new RegExp(`^syncplan ${kind.name} (\\d+)\n$`).exec(found)?.[1];
    if (version === undefined)
      return { damage: bytes.length < head.length ? 'it is cut short' : 'its head is damaged' };
    return { damage: `it is of version ${version}, and this program reads version ${kind.version}` };
  }
  const start = head.length + FIXED;
  if (bytes.length < start) return { damage: 'it is cut short' };
  const length = bytes.readUIntLE(head.length, LENGTH_BYTES);
  if (bytes.length - start !== length) {
    return { damage: bytes.length - start < length ? 'it is cut short' : 'it is longer than it says' };
  }
  const body = bytes.subarray(start);
  const sum = bytes.toString('latin1', head.length + LENGTH_BYTES, start);
  if ((await sumOf(bytes, head.length)) !== sum) return { damage: 'its checksum does not match' };
  try {
    const reader = makeReader(body);
    const value = read(reader);
    return reader.done ? value : { damage: 'it holds more than it should' };
  } catch (error) {
    if (error instanceof WireError) return { damage: error.message };
    throw error;
  }
};

/** Puts a sealed record in place of the one of that name; with `durable`, it survives a power cut from here on. Nobody else
 * writes by the name `temporary` meanwhile: what is found there is of somebody who died. */
export const putRecord = async (
  verbs: FileVerbs,
  at: Folder,
  name: string,
  sealed: Uint8Array,
  durable: boolean,
  temporary = `${name}${UNFINISHED}`,
): Promise<null | Fault> => {
  let sink = await verbs.write(at, temporary);
  if (isFault(sink) && sink.fault === 'EEXIST') {
    await performOne(verbs, { do: 'remove', at, name: temporary });
    sink = await verbs.write(at, temporary);
  }
  if (isFault(sink)) return sink;
  const written = await sink.write(sealed);
  if (written !== null) {
    await sink.discard();
    return written;
  }
  const finished = await sink.finish({ mode: 0o600, modified: null });
  const placing: Deed[] = [{ do: 'rename', at, name: temporary, to: at, toName: name }];
  if (durable) placing.unshift({ do: 'sync-file', at, name: temporary });
  if (durable) placing.push({ do: 'sync-folder', at });
  let fault = finished;
  for (const deed of placing) fault ??= await performOne(verbs, deed);
  if (fault !== null) await performOne(verbs, { do: 'remove', at, name: temporary });
  return fault;
};

/** A file of ours as a whole. */
export const readWhole = async (verbs: FileVerbs, at: Folder, name: string): Promise<Buffer | Fault> => {
  const source = await verbs.read(at, name, false);
  if (isFault(source)) return source;
  try {
    if (source.stat.size > LARGEST) return { fault: 'EFBIG', message: `it is larger than ${LARGEST} bytes` };
    const bytes = Buffer.allocUnsafe(source.stat.size);
    const count = await source.read(bytes);
    return isFault(count) ? count : bytes.subarray(0, count);
  } finally {
    await source.close();
  }
};

/** Over the length and the body of a record whose head has this length. */
const sumOf = async (record: Buffer, head: number): Promise<string> => {
  const hasher = await openDigests('crc32');
  hasher.init();
  hasher.update(record.subarray(head, head + LENGTH_BYTES));
  hasher.update(record.subarray(head + FIXED));
  return hasher.digest();
};

const headOf = ({ name, version }: RecordKind): string => `syncplan ${name} ${version}\n`;

/** What a record is called until it is whole. */
export const UNFINISHED = '.new';
const LENGTH_BYTES = 6;
const FIXED = LENGTH_BYTES + 4;
const LONGEST_HEAD = 64;
const LARGEST = 1_073_741_824;
