// Content digests of what a scan listed: of single files, and folded into content pages of whole subtrees (tree/page.ts).
//
//  1. A digest is of what the file holds when it is read, which need not be what was listed: who acts on it checks that.
//  2. It is remembered by the cache only if the file was the same before and after it was read.
//  3. A folder's content page is made after those of the folders below it, which have smaller numbers (tree/listing.ts).
import { openDigests } from '../bytes/digest.js';
import { makeWriter } from '../bytes/wire.js';
import type { Problem } from '../tree/entry.js';
import type { Identity } from '../tree/listing.js';
import { DIGEST_BYTES } from '../tree/page.js';
import { leaf, type Path, parent } from '../tree/path.js';
import { problemOf } from './faults.js';
import { type FileDigester, makeFileDigester, type SeenFile } from './file-digest.js';
import { isFault } from './file-verbs.js';
import { OPENING } from './pace.js';
import type { Reach } from './reach.js';
import { type LookedUp, reachFrom, type ScanState, seenAt } from './scan-state.js';

export type Contents = {
  /** The content page of a listed folder, by its number. */
  readonly page: (folder: number, reader: FileReader) => Promise<Buffer>;
  readonly digests: (paths: readonly Path[], reader: FileReader) => Promise<(string | Problem)[]>;
};

/** Reads and digests files, for one answer at a time. */
export type FileReader = FileDigester & Reach;

export const openFileReader = async (state: ScanState): Promise<FileReader> => ({
  ...makeFileDigester(state.verbs, await openDigests(state.selection.algorithm), state.table),
  ...reachFrom(state),
});

export const openContents = async (state: ScanState): Promise<Contents> => {
  const { listing } = state.walked;
  const { table, pace, device } = state;
  const { size, hash } = await openDigests(state.selection.algorithm);
  const ofEmpty = Buffer.from(hash(Buffer.alloc(0)), 'latin1');
  const pageHasher = await openDigests('xxh128');
  const digests = Buffer.alloc(listing.rows * size);
  const known = new Uint8Array(listing.rows);
  const folderDigests = Buffer.alloc(listing.folders * DIGEST_BYTES);
  const folded = new Uint8Array(listing.folders);
  const writer = makeWriter();

  /** Is the digest of this row known, or was it once? */
  const recall = (row: number): boolean => {
    if (known[row] !== UNKNOWN) return true;
    const bytes = listing.size(row);
    if (bytes === 0) ofEmpty.copy(digests, row * size);
    else if (
      !table.find(device, listing.inode(row), bytes, listing.modified(row), listing.changed(row), digests, row * size)
    )
      return false;
    known[row] = KNOWN;
    return true;
  };

  const digestRows = async (folder: number, rows: readonly number[], reader: FileReader): Promise<void> => {
    const path = listing.path(folder);
    const page = listing.page(folder);
    const at = await reader.at(path);
    const together = state.walked.followedFiles.size > 0 ? 1 : reader.together;
    for (let start = 0; start < rows.length; start += together) {
      const some = rows.slice(start, start + together);
      const files = some.map(row => ({ name: listing.name(page, row), seen: seenIn(row) }));
      const answers = isFault(at)
        ? files.map(() => at)
        : await reader.digestAll(at, files, isFollowed(path, files[0]!.name));
      for (const [index, row] of some.entries()) {
        const digest = answers[index]!;
        known[row] = isFault(digest) ? UNREADABLE : KNOWN;
        if (!isFault(digest)) digests.write(digest, row * size, 'latin1');
        const pause = pace(OPENING + listing.size(row) / 1024);
        if (pause !== null) await pause;
      }
    }
  };

  const seenIn = (row: number): Identity => ({
    size: listing.size(row),
    modified: listing.modified(row),
    changed: listing.changed(row),
    inode: listing.inode(row),
  });

  const isFollowed = (folder: Path, name: string): boolean =>
    state.walked.followedFiles.size > 0 && state.walked.followedFiles.has(folder === '' ? name : `${folder}/${name}`);

  const write = (folder: number): Buffer => {
    const page = listing.page(folder);
    const children = listing.children(folder);
    const end = listing.firstRow(folder) + listing.rowCount(folder);
    let child = 0;
    writer.clear();
    for (let row = listing.firstRow(folder); row < end; row++) {
      const kind = listing.kind(page, row);
      if (kind === 'file') {
        writer.u8(known[row] === KNOWN ? size : 0);
        if (known[row] === KNOWN) writer.raw(digests.subarray(row * size, (row + 1) * size));
      } else if (kind === 'folder') {
        const below = children[child++]!;
        if (listing.rowCount(below) > 0) {
          writer.raw(folderDigests.subarray(below * DIGEST_BYTES, (below + 1) * DIGEST_BYTES));
        }
      }
    }
    return writer.view();
  };

  const fold = async (folder: number, reader: FileReader): Promise<void> => {
    const page = listing.page(folder);
    const end = listing.firstRow(folder) + listing.rowCount(folder);
    const missing: number[] = [];
    for (let row = listing.firstRow(folder); row < end; row++) {
      if (listing.kind(page, row) === 'file' && !recall(row)) missing.push(row);
    }
    if (missing.length > 0) await digestRows(folder, missing, reader);
    folderDigests.write(pageHasher.hash(write(folder)), folder * DIGEST_BYTES, 'latin1');
    folded[folder] = 1;
  };

  return {
    async page(folder, reader) {
      for (let below = listing.first(folder); below <= folder; below++) {
        if (folded[below] === 1) continue;
        await fold(below, reader);
        const pause = pace(listing.rowCount(below) / 8);
        if (pause !== null) await pause;
      }
      return Buffer.from(write(folder));
    },
    async digests(paths, reader) {
      const answers: (string | Problem)[] = [];
      const ahead = await digestAhead(state, paths, reader);
      for (const path of paths) {
        const seen = seenAt(state, path);
        const row = seen?.kind !== 'file' || state.lookedUp.has(path) ? -1 : listing.find(path);
        if (row >= 0 && recall(row) && known[row] === KNOWN) {
          answers.push(digests.toString('latin1', row * size, (row + 1) * size));
          continue;
        }
        const digest =
          seen?.kind !== 'file' ? notListed(path) : (ahead.get(path) ?? (await digestSeen(path, seen, reader)));
        answers.push(digest);
        if (row >= 0 && typeof digest === 'string') {
          digests.write(digest, row * size, 'latin1');
          known[row] = KNOWN;
        }
        const pause = pace(OPENING + (seen?.size ?? 0) / 1024);
        if (pause !== null) await pause;
      }
      return answers;
    },
  };
};

/** Where files are digested many at a time: neighbours of one folder together. */
const digestAhead = async (
  state: ScanState,
  paths: readonly Path[],
  reader: FileReader,
): Promise<ReadonlyMap<Path, string | Problem>> => {
  const digests = new Map<Path, string | Problem>();
  if (reader.together === 1) return digests;
  const folders = new Map<Path, (SeenFile & { readonly path: Path })[]>();
  for (const path of paths) {
    const seen = seenAt(state, path);
    if (seen?.kind !== 'file' || seen.followed) continue;
    const file = { path, name: leaf(path), seen };
    const neighbours = folders.get(parent(path));
    if (neighbours === undefined) folders.set(parent(path), [file]);
    else neighbours.push(file);
  }
  for (const [folder, neighbours] of folders) {
    const at = await reader.at(folder);
    if (isFault(at)) continue;
    const answers = await reader.digestAll(at, neighbours, false);
    for (const [index, { path }] of neighbours.entries()) {
      const digest = answers[index]!;
      digests.set(path, isFault(digest) ? problemOf(path, 'read the file', digest) : digest);
    }
  }
  return digests;
};

const digestSeen = async (path: Path, seen: LookedUp, reader: FileReader): Promise<string | Problem> => {
  const at = await reader.at(parent(path));
  const digest = isFault(at) ? at : await reader.digest(at, { name: leaf(path), seen }, seen.followed);
  return isFault(digest) ? problemOf(path, 'read the file', digest) : digest;
};

export const notListed = (path: Path): Problem => ({
  path,
  code: 'bad-path',
  message: 'read the file: no file was listed under this path',
  help: 'this is a fault in syncplan',
});

const UNKNOWN = 0;
const KNOWN = 1;
const UNREADABLE = 2;
