// A scan of an agent as the engine sees it: each verb one request, each answer checked against what was asked.
import { WireError } from '../../bytes/wire.js';
import { isWithin, type Path } from '../../tree/path.js';
import type { FolderPage, Scan, ScanSummary, Selection } from '../host.js';
import { decodeDigests, decodeFollowers, decodeFounds, decodePages } from './answers.js';
import type { Calls } from './calls.js';
import { type Held, held } from './client-links.js';
import { decodeIndexes, encodePaths, encodeWanted } from './lists.js';
import { type Call, NOTHING } from './messages.js';
import { decodeExtraTexts, decodeProvenances } from './past.js';

export const scanCall = (root: number, { numbers, ...selection }: Selection): Call => ({
  verb: 'scan',
  root,
  selection: {
    ...selection,
    terms: [...selection.terms],
    attributes: [...selection.attributes],
    ...(numbers === undefined ? {} : { numbers: { owners: [...numbers.owners], groups: [...numbers.groups] } }),
  },
});

export const remoteScan = (calls: Calls, scan: number, summary: ScanSummary): Held<Scan> => {
  const pages = (verb: 'pages' | 'subtrees' | 'contents', folders: readonly Path[], expected: Expected) =>
    calls.stream({ verb, scan }, encodePaths(folders), pieces =>
      checkedPages(decodePages(pieces, expected.check), expected),
    );
  const list = <T>(
    verb: 'lookup' | 'digests' | 'provenance' | 'extras' | 'followers',
    paths: readonly Path[],
    decode: (piece: Buffer) => readonly T[],
  ): Promise<T[]> => calls.list({ verb, scan }, encodePaths(paths), decode, answers => sameLength(paths, answers));
  let closing: Promise<void> | null = null;
  const remote: Scan = {
    summary,
    pages: folders => pages('pages', folders, inOrder(folders)),
    subtrees: folders => pages('subtrees', folders, below(folders)),
    contents: folders => pages('contents', folders, below(folders)),
    lookup: paths => list('lookup', paths, decodeFounds),
    digests: paths => list('digests', paths, decodeDigests),
    provenance: paths => list('provenance', paths, decodeProvenances),
    extras: paths => list('extras', paths, decodeExtraTexts),
    followers: leaders => list('followers', leaders, decodeFollowers),
    read: (wanted, travel = { compress: 0, limit: null }) =>
      calls.stream({ verb: 'read', scan, travel }, encodeWanted(wanted), pieces => pieces),
    sign: wanted => calls.stream({ verb: 'sign', scan }, encodeWanted(wanted), pieces => pieces),
    readDeltas: (wanted, signatures, travel = { compress: 0, limit: null }) =>
      calls.stream({ verb: 'readDeltas', scan, travel, wanted: [...wanted] }, signatures, pieces => pieces),
    changed: paths =>
      calls.list({ verb: 'changed', scan }, encodePaths(paths), decodeIndexes, indexes =>
        ascending(indexes, paths.length),
      ),
    close: () => {
      closing ??= calls.ask({ verb: 'closeScan', scan }, NOTHING, 'an end');
      return closing;
    },
  };
  return held(remote, calls, scan);
};

type Expected = { readonly check: (folder: Path) => void; readonly finish: () => void };

async function* checkedPages(pages: AsyncIterable<FolderPage>, expected: Expected): AsyncGenerator<FolderPage> {
  yield* pages;
  expected.finish();
}

/** Exactly the folders asked for, in the order asked. */
const inOrder = (folders: readonly Path[]): Expected => {
  let next = 0;
  return {
    check(folder) {
      if (folders[next++] !== folder) throw new WireError('the agent sent a page that was not asked for');
    },
    finish() {
      if (next !== folders.length) throw new WireError('the agent did not send every page asked for');
    },
  };
};

/** Only folders at or below those asked for, in their order: the one that fitted last is looked at first. */
const below = (folders: readonly Path[]): Expected => {
  let at = 0;
  return {
    check(folder) {
      for (let tried = 0; tried < folders.length; tried++) {
        if (isWithin(folder, folders[at]!)) return;
        at = (at + 1) % folders.length;
      }
      throw new WireError('the agent sent a page that was not asked for');
    },
    finish() {},
  };
};

const sameLength = (asked: readonly unknown[], answers: readonly unknown[]): void => {
  if (answers.length === asked.length) return;
  throw new WireError(`the agent gave ${answers.length} answers to ${asked.length} questions`);
};

/** Indexes below an end, each once. */
export const ascending = (indexes: readonly number[], end: number): void => {
  for (const [at, index] of indexes.entries()) {
    if (index < end && (at === 0 || index > indexes[at - 1]!)) continue;
    throw new WireError('the agent names something that was not asked for');
  }
};
