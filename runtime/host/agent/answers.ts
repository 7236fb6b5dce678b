// Lists that answers carry: what was found, digests, followers, outcomes and pages, in pieces that are each decodable alone.
//
//   found    = kind:u8 (FOUND) then file: size, mode, modified, extra · folder: flags:u8 mode extra · link: target modified,
//              each with owner and group · hard: leader:string · special: what:u8 · absent: nothing · problem
//   digest   = size:u8 bytes — or size 0 and a problem
//   followed = count:varint path… (lists.ts; the first after '')
//   outcome  = index:signed result:u8 (RESULTS) then inconsistent: why:text · failed: problem — index as difference
//   page     = more:u8 folder:string bytes — a page too long for one piece comes in several, all but the last with more = 1
import { makeReader, makeWriter, type Reader, WireError, type Writer } from '../../bytes/wire.js';
import type { Found, Outcome } from '../../tree/action.js';
import type { Problem } from '../../tree/entry.js';
import { MAX_NAME, MAX_PATH, type Path, refusePath } from '../../tree/path.js';
import type { FolderPage } from '../host.js';
import { checkIndex, inPieces, items, readPath, writePath } from './lists.js';
import { readProblem, readText, writeProblem, writeText } from './problems.js';
import { MAX_ITEMS, MAX_PAGE, PIECE } from './protocol.js';

export const encodeFounds = (founds: readonly (Found | Problem)[]): Generator<Buffer> =>
  inPieces(founds, () => {}, writeFound);

export const decodeFounds = (piece: Buffer): (Found | Problem)[] => items(piece, readFound);

export const encodeDigests = (digests: readonly (string | Problem)[]): Generator<Buffer> =>
  inPieces(
    digests,
    () => {},
    (writer, digest) => {
      if (typeof digest === 'string') {
        writer.u8(digest.length);
        writer.rawString(digest);
      } else {
        writer.u8(0);
        writeProblem(writer, digest);
      }
    },
  );

export const decodeDigests = (piece: Buffer): (string | Problem)[] =>
  items(piece, reader => {
    const size = reader.u8();
    if (size > MAX_DIGEST) throw new WireError(`a digest of ${size} bytes`);
    return size === 0 ? readProblem(reader) : reader.rawString(size);
  });

export const encodeFollowers = (followers: readonly (readonly Path[])[]): Generator<Buffer> =>
  inPieces(
    followers,
    () => {},
    (writer, paths) => {
      writer.varint(paths.length);
      const last = { path: '' };
      for (const path of paths) writePath(writer, path, last);
    },
  );

export const decodeFollowers = (piece: Buffer): Path[][] =>
  items(piece, reader => {
    const count = reader.varint();
    if (count > MAX_ITEMS) throw new WireError(`${count} names of one file`);
    const last = { path: '' };
    const paths: Path[] = [];
    while (paths.length < count) paths.push(readPath(reader, last));
    return paths;
  });

export const encodeOutcomes = (outcomes: readonly Outcome[]): Generator<Buffer> => {
  let last = 0;
  return inPieces(
    outcomes,
    () => {
      last = 0;
    },
    (writer, outcome) => {
      writer.signed(outcome.index - last);
      last = outcome.index;
      writer.u8(RESULTS.indexOf(outcome.result));
      if (outcome.result === 'inconsistent') writeText(writer, outcome.why);
      else if (outcome.result === 'failed') writeProblem(writer, outcome.problem);
    },
  );
};

export const decodeOutcomes = (piece: Buffer): Outcome[] => {
  let last = 0;
  return items(piece, (reader): Outcome => {
    last = checkIndex(last + reader.signed());
    const index = last;
    const result = RESULTS[reader.u8()];
    if (result === undefined) throw new WireError('an outcome with an unknown result');
    switch (result) {
      case 'done':
      case 'kept':
        return { index, result };
      case 'inconsistent':
        return { index, result, why: readText(reader) };
      case 'failed':
        return { index, result, problem: readProblem(reader) };
    }
  });
};

/** Pages in pieces; small ones share a piece, large ones take several. */
export async function* encodePages(pages: AsyncIterable<FolderPage>): AsyncGenerator<Buffer> {
  const writer = makeWriter(PIECE + 4096);
  for await (const { folder, page } of pages) {
    for (let at = 0; ; ) {
      const part = page.subarray(at, at + 4 * PIECE);
      at += part.length;
      writer.u8(at < page.length ? 1 : 0);
      writer.string(folder);
      writer.bytes(part);
      if (writer.length >= PIECE) {
        yield writer.copy();
        writer.clear();
      }
      if (at === page.length) break;
    }
  }
  if (writer.length > 0) yield writer.copy();
}

/** Puts pages together again. `check` sees each folder named and throws where it was not asked for. */
export async function* decodePages(
  pieces: AsyncIterable<Buffer>,
  check: (folder: Path) => void,
): AsyncGenerator<FolderPage> {
  let open: { folder: Path; parts: Buffer[]; length: number } | null = null;
  for await (const piece of pieces) {
    const reader = makeReader(piece);
    while (!reader.done) {
      const more = reader.u8();
      const folder = checkedPath(reader);
      const bytes = reader.bytes(piece.length);
      if (more > 1 || (open !== null && open.folder !== folder)) throw new WireError('the parts of a page do not fit');
      if (open === null) check(folder);
      open ??= { folder, parts: [], length: 0 };
      open.parts.push(bytes);
      open.length += bytes.length;
      if (open.length > MAX_PAGE) throw new WireError(`a page is longer than ${MAX_PAGE} bytes`);
      if (more === 1) continue;
      const page: Buffer = open.parts.length === 1 ? bytes : Buffer.concat(open.parts);
      open = null;
      yield { folder, page };
    }
  }
  if (open !== null) throw new WireError('a page is not complete');
}

const writeFound = (writer: Writer, found: Found | Problem): void => {
  if ('code' in found) {
    writer.u8(PROBLEM);
    writeProblem(writer, found);
    return;
  }
  writer.u8(FOUND.indexOf(found.kind));
  switch (found.kind) {
    case 'file':
      writer.varint(found.size);
      writer.varint(found.mode);
      writer.signed(found.modified);
      writer.string(found.extra);
      break;
    case 'folder':
      writer.u8((found.selected ? 1 : 0) | (found.unreadable ? 2 : 0));
      writer.varint(found.mode);
      writer.string(found.extra);
      break;
    case 'link':
      writer.string(found.target);
      writer.signed(found.modified);
      break;
    case 'hard':
      writer.string(found.leader);
      return;
    case 'special':
      writer.u8(SPECIALS.indexOf(found.what));
      return;
    case 'absent':
      return;
  }
  writer.string(found.owner);
  writer.string(found.group);
};

const readFound = (reader: Reader): Found | Problem => {
  const tag = reader.u8();
  if (tag === PROBLEM) return readProblem(reader);
  const kind = FOUND[tag];
  if (kind === undefined) throw new WireError(`something of unknown kind ${tag} was found`);
  const named = () => ({ owner: reader.string(MAX_NAME), group: reader.string(MAX_NAME) });
  switch (kind) {
    case 'file': {
      const [size, mode, modified] = [reader.varint(), reader.varint(), reader.signed()];
      return { kind, size, mode, modified, extra: reader.string(MAX_DIGEST), ...named() };
    }
    case 'folder': {
      const [flags, mode] = [reader.u8(), reader.varint()];
      const extra = reader.string(MAX_DIGEST);
      return { kind, selected: (flags & 1) !== 0, unreadable: (flags & 2) !== 0, mode, extra, ...named() };
    }
    case 'link': {
      const [target, modified] = [reader.string(MAX_PATH), reader.signed()];
      return { kind, target, modified, ...named() };
    }
    case 'hard':
      return { kind, leader: checkedPath(reader) };
    case 'special': {
      const what = SPECIALS[reader.u8()];
      if (what === undefined) throw new WireError('something special of unknown kind');
      return { kind, what };
    }
    case 'absent':
      return { kind };
  }
};

const checkedPath = (reader: Reader): Path => {
  const path = reader.string(MAX_PATH);
  const refused = refusePath(path);
  if (refused !== null) throw new WireError(`a path is refused: ${refused}`);
  return path;
};

const MAX_DIGEST = 64;
const FOUND = ['file', 'folder', 'link', 'hard', 'special', 'absent'] as const;
const PROBLEM = 255;
const SPECIALS = ['fifo', 'socket', 'device'] as const;
const RESULTS = ['done', 'kept', 'inconsistent', 'failed'] as const;
