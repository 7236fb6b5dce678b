// Lists that requests carry: paths, wanted files, indexes – cut into pieces that are each decodable by themselves.
//
//   path    = shared:varint suffix:string      — bytes shared with the path before it in the piece; '' before the first
//   wanted  = index:signed path begun:varint [digest] — index as difference to the one before, 0 before the first; begun:
//             so many of its first bytes are at its receiver, 0 for none; then their digest, its length before it as u8
//   index   = signed                           — likewise
//
// A piece holds items until its end. Every path is refused on receipt where refusePath refuses it.
import { makeReader, makeWriter, type Reader, WireError, type Writer } from '../../bytes/wire.js';
import { MAX_PATH, type Path, refusePath } from '../../tree/path.js';
import type { Wanted } from '../host.js';
import { MAX_ITEMS, PIECE } from './protocol.js';

export const encodePaths = (paths: readonly Path[]): Generator<Buffer> => {
  const last = { path: '' };
  return inPieces(
    paths,
    () => {
      last.path = '';
    },
    (writer, path) => writePath(writer, path, last),
  );
};

export const decodePaths = (piece: Buffer): Path[] => {
  const last = { path: '' };
  return items(piece, reader => readPath(reader, last));
};

export const encodeWanted = (wanted: readonly Wanted[]): Generator<Buffer> => {
  const last = { path: '', index: 0 };
  return inPieces(
    wanted,
    () => {
      last.path = '';
      last.index = 0;
    },
    (writer, { path, index, begun }) => {
      writer.signed(index - last.index);
      last.index = index;
      writePath(writer, path, last);
      writer.varint(begun?.bytes ?? 0);
      if (begun === undefined) return;
      writer.u8(begun.digest.length);
      writer.rawString(begun.digest);
    },
  );
};

export const decodeWanted = (piece: Buffer): Wanted[] => {
  const last = { path: '', index: 0 };
  return items(piece, reader => {
    last.index = checkIndex(last.index + reader.signed());
    const one = { index: last.index, path: readPath(reader, last) };
    const bytes = reader.varint();
    return bytes === 0 ? one : { ...one, begun: { bytes, digest: reader.rawString(reader.u8()) } };
  });
};

export const encodeIndexes = (indexes: readonly number[]): Generator<Buffer> => {
  const last = { index: 0 };
  return inPieces(
    indexes,
    () => {
      last.index = 0;
    },
    (writer, index) => {
      writer.signed(index - last.index);
      last.index = index;
    },
  );
};

export const decodeIndexes = (piece: Buffer): number[] => {
  let last = 0;
  return items(piece, reader => {
    last = checkIndex(last + reader.signed());
    return last;
  });
};

/** Items one after another in pieces of about PIECE bytes; `restart` forgets what the next piece cannot know. */
export function* inPieces<T>(
  list: Iterable<T>,
  restart: () => void,
  write: (writer: Writer, item: T) => void,
): Generator<Buffer> {
  const writer = makeWriter(PIECE + 4096);
  restart();
  for (const item of list) {
    write(writer, item);
    if (writer.length < PIECE) continue;
    yield writer.copy();
    writer.clear();
    restart();
  }
  if (writer.length > 0) yield writer.copy();
}

/** Reads items until the end of a piece. */
export const items = <T>(piece: Buffer, read: (reader: Reader) => T): T[] => {
  const reader = makeReader(piece);
  const list: T[] = [];
  while (!reader.done) list.push(read(reader));
  return list;
};

/** All items of a stream of pieces; refuses more than MAX_ITEMS. */
export const collect = async <T>(
  pieces: AsyncIterable<Buffer>,
  decode: (piece: Buffer) => readonly T[],
): Promise<T[]> => {
  const list: T[] = [];
  for await (const piece of pieces) {
    const more = decode(piece);
    if (list.length + more.length > MAX_ITEMS) throw new WireError(`a list is longer than ${MAX_ITEMS} items`);
    for (const item of more) list.push(item);
  }
  return list;
};

export const writePath = (writer: Writer, path: Path, last: { path: Path }): void => {
  const shared = sharedLength(path, last.path);
  writer.varint(shared);
  writer.string(shared === 0 ? path : path.slice(shared));
  last.path = path;
};

export const readPath = (reader: Reader, last: { path: Path }): Path => {
  const shared = reader.varint();
  if (shared > last.path.length) throw new WireError('a path shares more than the path before it has');
  const suffix = reader.string(MAX_PATH);
  const path = shared === 0 ? suffix : last.path.slice(0, shared) + suffix;
  // What is shared up to its last whole component was looked at with the path before.
  const known = shared === 0 ? 0 : path.lastIndexOf('/', shared - 1) + 1;
  const refused = refuseFrom(path, known);
  if (refused !== null) throw new WireError(`a path is refused: ${refused}`);
  last.path = path;
  return path;
};

/** refusePath, for a path whose components before `known` are in order. */
const refuseFrom = (path: Path, known: number): string | null => {
  if (known === 0 || path.length > MAX_PATH) return refusePath(path);
  return known === path.length ? 'ends with a slash' : refusePath(path.slice(known));
};

export const checkIndex = (index: number): number => {
  if (!Number.isSafeInteger(index) || index < 0) throw new WireError(`${index} is no index`);
  return index;
};

const sharedLength = (a: string, b: string): number => {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
};
