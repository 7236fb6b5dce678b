// Lists about what earlier runs left – whose content it is, what was recovered, what the trash holds – and extended attributes.
//
//   extra     = has:u8 (1) bytes:string — or has 0 and a problem (problems.ts)
//   provenance = u8 (PROVENANCES)
//   leftover  = index:signed size:u8 digest — index as difference to the one before
//   twin      = index:signed moved:u8 — likewise
//   recovered = path (lists.ts) result:u8 (RESULTS) then failed: problem
//   trashed   = path kind:u8 (KINDS) why:u8 (WHYS) size:varint
import type { Problem } from '../../tree/entry.js';
import type { Leftover, Provenance, Recovered, Trashed, Twin } from '../host.js';
import { checkIndex, inPieces, items, readPath, writePath } from './lists.js';
import { flagOf, oneOf, readProblem, writeProblem } from './problems.js';
import { MAX_EXTRA } from './protocol.js';

export const encodeExtraTexts = (texts: readonly (string | Problem)[]): Generator<Buffer> =>
  inPieces(
    texts,
    () => {},
    (writer, text) => {
      const fits = typeof text === 'string' && text.length <= MAX_EXTRA;
      writer.u8(fits ? 1 : 0);
      if (fits) writer.string(text);
      else writeProblem(writer, typeof text === 'string' ? TOO_MANY : text);
    },
  );

export const decodeExtraTexts = (piece: Buffer): (string | Problem)[] =>
  items(piece, reader => (flagOf(reader) ? reader.string(MAX_EXTRA) : readProblem(reader)));

export const encodeProvenances = (provenances: readonly Provenance[]): Generator<Buffer> =>
  inPieces(
    provenances,
    () => {},
    (writer, provenance) => writer.u8(PROVENANCES.indexOf(provenance)),
  );

export const decodeProvenances = (piece: Buffer): Provenance[] =>
  items(piece, reader => oneOf(PROVENANCES, reader.u8(), 'a provenance'));

export const encodeLeftovers = (leftovers: readonly Leftover[]): Generator<Buffer> => {
  let last = 0;
  return inPieces(
    leftovers,
    () => {
      last = 0;
    },
    (writer, { index, digest, bytes }) => {
      writer.signed(index - last);
      last = index;
      writer.varint(bytes ?? 0);
      writer.u8(digest.length);
      writer.rawString(digest);
    },
  );
};

export const decodeLeftovers = (piece: Buffer): Leftover[] => {
  let last = 0;
  return items(piece, reader => {
    last = checkIndex(last + reader.signed());
    const bytes = reader.varint();
    const digest = reader.rawString(reader.u8());
    return bytes === 0 ? { index: last, digest } : { index: last, digest, bytes };
  });
};

export const encodeTwins = (twins: readonly Twin[]): Generator<Buffer> => {
  let last = 0;
  return inPieces(
    twins,
    () => {
      last = 0;
    },
    (writer, { index, moved }) => {
      writer.signed(index - last);
      last = index;
      writer.u8(moved ? 1 : 0);
    },
  );
};

export const decodeTwins = (piece: Buffer): Twin[] => {
  let last = 0;
  return items(piece, reader => {
    last = checkIndex(last + reader.signed());
    return { index: last, moved: flagOf(reader) };
  });
};

export const encodeRecovered = (recovered: readonly Recovered[]): Generator<Buffer> => {
  const last = { path: '' };
  return inPieces(
    recovered,
    () => {
      last.path = '';
    },
    (writer, one) => {
      writePath(writer, one.path, last);
      writer.u8(RESULTS.indexOf(one.result));
      if (one.result === 'failed') writeProblem(writer, one.problem);
    },
  );
};

export const decodeRecovered = (piece: Buffer): Recovered[] => {
  const last = { path: '' };
  return items(piece, (reader): Recovered => {
    const path = readPath(reader, last);
    const result = oneOf(RESULTS, reader.u8(), 'the result of a recovery');
    return result === 'failed' ? { path, result, problem: readProblem(reader) } : { path, result };
  });
};

export const encodeTrashed = (trashed: readonly Trashed[]): Generator<Buffer> => {
  const last = { path: '' };
  return inPieces(
    trashed,
    () => {
      last.path = '';
    },
    (writer, { path, kind, why, size }) => {
      writePath(writer, path, last);
      writer.u8(KINDS.indexOf(kind));
      writer.u8(WHYS.indexOf(why));
      writer.varint(size);
    },
  );
};

export const decodeTrashed = (piece: Buffer): Trashed[] => {
  const last = { path: '' };
  return items(piece, reader => ({
    path: readPath(reader, last),
    kind: oneOf(KINDS, reader.u8(), 'what is in the trash'),
    why: oneOf(WHYS, reader.u8(), 'why something is in the trash'),
    size: reader.varint(),
  }));
};

const RESULTS: readonly Recovered['result'][] = ['done', 'kept', 'failed'];
const PROVENANCES: readonly Provenance[] = ['baseline', 'drift', 'unknown'];
const KINDS: readonly Trashed['kind'][] = ['file', 'link', 'folder'];
const WHYS: readonly Trashed['why'][] = ['deleted', 'replaced', 'moved'];
const TOO_MANY: Problem = {
  path: '',
  code: 'unsupported',
  message: `read its extended attributes: they take more than ${MAX_EXTRA} bytes`,
  help: 'remove what nobody needs, or leave xattr and acl out of the attributes of the block',
};
