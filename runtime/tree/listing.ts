// The listing of one scan: every page of a tree and what was seen of each entry, kept in a few large buffers.
//
// Built in walk order (folders in path order, each ended after all that is below it), read by folder or by path afterwards.
//  1. Folders are numbered as they are ended, so those below a folder are exactly the numbers from `first(folder)` up to it.
//  2. Entries are numbered in rows; those of one folder are rows in a sequence, in the order of its page.
//  3. A row takes 40 bytes, a page its encoding, a folder about 120 bytes: some 75 MB for a million files.
import type { Hasher } from '../bytes/digest.js';
import { makeWriter, type Writer } from '../bytes/wire.js';
import type { Entry, FolderEntry } from './entry.js';
import { makePages, makeRows, ROW_FIELDS, type Rows, SEGMENT_BYTES } from './listing-store.js';
import { compareNameAt, kindAt, nameAt, type PagedEntry, writeEntry } from './page.js';
import { leaf, type Path, parent } from './path.js';

/** What a host knows a file by: as long as all four are the same, it is the same content. */
export type Identity = {
  readonly size: number;
  readonly modified: number;
  readonly changed: number;
  readonly inode: number;
};

/** A folder as an earlier listing has it. */
export type KeptFolder = {
  readonly page: Buffer;
  readonly digest: string;
  /** Of each entry, ROW_FIELDS numbers in the order of the page: where it begins in it, size, modified, changed, inode. */
  readonly columns: Float64Array;
  readonly count: number;
  /** The folder itself when it was listed; its inode is 0 where that tells nothing. */
  readonly seen: Identity;
};

/** A folder that is listed, as its parent's page names it. */
export type Folded = { readonly entries: number; readonly bytes: number; readonly digest: string };

export type ListingBuilder = {
  /** Begins the page of a folder; `end` ends the one begun last. */
  readonly begin: () => void;
  /** Names in ascending order within a folder. */
  readonly add: (name: string, entry: Exclude<Entry, FolderEntry>, seen: Identity) => void;
  readonly addFolder: (name: string, entry: FolderEntry, folded: Folded, seen: Identity) => void;
  /** Entries `from` up to `to` of an earlier listing, as they are; all of them files, and these are their bytes. */
  readonly addKept: (kept: KeptFolder, from: number, to: number) => number;
  /** Entries that were added to the folder begun last. */
  readonly added: () => number;
  /** A page that turns out to be the one of `kept` is not digested again. */
  readonly end: (folder: Path, kept?: KeptFolder) => Folded;
  /** Forgets the folder begun last, which is empty. */
  readonly drop: () => void;
  /** After the folder taken itself was ended. */
  readonly finish: () => Listing;
};

export type Listing = {
  /** Of the page of the folder taken. */
  readonly digest: string;
  readonly folders: number;
  readonly rows: number;
  /** A folder's number, or -1 where it has no page. */
  readonly number: (folder: Path) => number;
  readonly path: (folder: number) => Path;
  /** A view. */
  readonly page: (folder: number) => Buffer;
  readonly first: (folder: number) => number;
  /** Numbers of the folders directly in a folder, in the order of its page. */
  readonly children: (folder: number) => number[];
  readonly firstRow: (folder: number) => number;
  readonly rowCount: (folder: number) => number;
  /** A copy, as a KeptFolder has them. */
  readonly columns: (folder: number) => Float64Array;
  /** The row of a path, or -1 where it is not listed. */
  readonly find: (path: Path) => number;
  readonly kind: (page: Buffer, row: number) => PagedEntry['kind'];
  readonly name: (page: Buffer, row: number) => string;
  readonly size: (row: number) => number;
  readonly modified: (row: number) => number;
  readonly changed: (row: number) => number;
  readonly inode: (row: number) => number;
};

export const makeListing = (hasher: Hasher): ListingBuilder => {
  const rows = makeRows();
  const pages = makePages();
  const numbers = new Map<Path, number>();
  const paths: Path[] = [];
  /** FOLDER_FIELDS numbers for each folder: segment, offset, length, first row, rows, first folder below. */
  let folders = new Uint32Array(64 * FOLDER_FIELDS);
  const frames: Frame[] = [];
  let depth = -1;
  let topDigest = '';

  const add = (name: string, entry: PagedEntry, seen: Identity, bytes: number, below: number): void => {
    const frame = frames[depth]!;
    const at = frame.rows * ROW_FIELDS;
    if (at === frame.columns.length) frame.columns = grown(frame.columns, at * 2);
    const { columns } = frame;
    columns[at] = frame.writer.length;
    columns[at + 1] = seen.size;
    columns[at + 2] = seen.modified;
    columns[at + 3] = seen.changed;
    columns[at + 4] = seen.inode;
    frame.rows++;
    frame.entries += 1 + below;
    frame.bytes = Math.min(Number.MAX_SAFE_INTEGER, frame.bytes + bytes);
    writeEntry(frame.writer, name, entry);
  };

  return {
    begin() {
      depth++;
      if (depth === frames.length) frames.push(newFrame());
      const frame = frames[depth]!;
      frame.writer.clear();
      frame.rows = frame.entries = frame.bytes = 0;
      frame.first = paths.length;
    },
    add: (name, entry, seen) => add(name, entry, seen, entry.kind === 'file' ? entry.size : 0, 0),
    addFolder: (name, entry, folded, seen) => add(name, { ...entry, ...folded }, seen, folded.bytes, folded.entries),
    addKept({ page, columns: kept, count }, from, to) {
      if (from === to) return 0;
      const frame = frames[depth]!;
      const at = frame.rows * ROW_FIELDS;
      const start = kept[from * ROW_FIELDS]!;
      const shift = frame.writer.length - start;
      const rows = kept.subarray(from * ROW_FIELDS, to * ROW_FIELDS);
      while (at + rows.length > frame.columns.length) frame.columns = grown(frame.columns, frame.columns.length * 2);
      const { columns } = frame;
      columns.set(rows, at);
      let bytes = 0;
      for (let row = at; row < at + rows.length; row += ROW_FIELDS) {
        columns[row]! += shift;
        bytes += columns[row + 1]!;
      }
      frame.rows += to - from;
      frame.entries += to - from;
      frame.bytes = Math.min(Number.MAX_SAFE_INTEGER, frame.bytes + bytes);
      frame.writer.raw(page.subarray(start, to === count ? page.length : kept[to * ROW_FIELDS]!));
      return bytes;
    },
    added: () => frames[depth]!.rows,
    end(folder, kept) {
      const frame = frames[depth--]!;
      const number = paths.length;
      const at = number * FOLDER_FIELDS;
      if (at === folders.length) {
        const larger = new Uint32Array(at * 2);
        larger.set(folders);
        folders = larger;
      }
      const page = frame.writer.view();
      const placed = pages.put(page);
      folders[at] = placed.segment;
      folders[at + 1] = placed.offset;
      folders[at + 2] = page.length;
      folders[at + 3] = rows.append(frame.columns, frame.rows);
      folders[at + 4] = frame.rows;
      folders[at + 5] = frame.first;
      numbers.set(folder, number);
      paths.push(folder);
      topDigest = kept?.page.equals(page) === true ? kept.digest : hasher.hash(page);
      // A huge folder must not leave its buffers to every other folder of its depth.
      if (page.length > SEGMENT_BYTES) frames[depth + 1] = newFrame();
      return { entries: frame.entries, bytes: frame.bytes, digest: topDigest };
    },
    drop: () => void depth--,
    finish() {
      frames.length = 0;
      const field = (folder: number, which: number): number => folders[folder * FOLDER_FIELDS + which]!;
      const page = (folder: number): Buffer => pages.view(field(folder, 0), field(folder, 1), field(folder, 2));
      /** Found last: the folder with a slash behind it, and the rows from the next one to the end of that folder. */
      let [beside, besidePage, nextRow, endRow] = ['', page(0), 0, 0];
      const listing: Listing = {
        digest: topDigest,
        folders: paths.length,
        rows: rows.count(),
        number: folder => numbers.get(folder) ?? -1,
        path: folder => paths[folder]!,
        page,
        first: folder => field(folder, 5),
        children(folder) {
          const children: number[] = [];
          const first = field(folder, 5);
          for (let child = folder - 1; child >= first; child = field(child, 5) - 1) children.push(child);
          return children.reverse();
        },
        firstRow: folder => field(folder, 3),
        rowCount: folder => field(folder, 4),
        columns: folder => rows.copy(field(folder, 3), field(folder, 4)),
        find(path) {
          // Whoever asks for all of them goes from one to the next.
          const cut = path.lastIndexOf('/') + 1;
          if (nextRow < endRow && cut === beside.length && path.startsWith(beside)) {
            if (compareNameAt(besidePage, rows.get(nextRow, 0), path, cut) === 0) return nextRow++;
          }
          const folder = path === '' ? -1 : listing.number(parent(path));
          if (folder < 0) return -1;
          const row = findRow(listing, folder, leaf(path), rows);
          if (row < 0) return -1;
          beside = path.slice(0, cut);
          besidePage = page(folder);
          nextRow = row + 1;
          endRow = listing.firstRow(folder) + listing.rowCount(folder);
          return row;
        },
        kind: (buffer, row) => kindAt(buffer, rows.get(row, 0)),
        name: (buffer, row) => nameAt(buffer, rows.get(row, 0)),
        size: row => rows.get(row, 1),
        modified: row => rows.get(row, 2),
        changed: row => rows.get(row, 3),
        inode: row => rows.get(row, 4),
      };
      return listing;
    },
  };
};

/** By halving: the names of a page ascend. */
const findRow = (listing: Listing, folder: number, name: string, rows: Rows): number => {
  const page = listing.page(folder);
  let low = listing.firstRow(folder);
  let high = low + listing.rowCount(folder);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareNameAt(page, rows.get(middle, 0), name);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
};

/** A folder whose page is being written. */
type Frame = {
  readonly writer: Writer;
  columns: Float64Array;
  rows: number;
  entries: number;
  bytes: number;
  first: number;
};

const newFrame = (): Frame => ({
  writer: makeWriter(1024),
  columns: new Float64Array(16 * ROW_FIELDS),
  rows: 0,
  entries: 0,
  bytes: 0,
  first: 0,
});

const grown = (columns: Float64Array, length: number): Float64Array => {
  const larger = new Float64Array(length);
  larger.set(columns);
  return larger;
};

const FOLDER_FIELDS = 6;
