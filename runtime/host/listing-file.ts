// The file in which the pages of a listing are kept (listing-cache.ts); numbers in this machine's order:
//
//   file   = head sum counts folder* digest* row* page* path*
//   head   = 128 bytes of text, padded with spaces: the title, and `\n`
//   sum    = xxh128 of all that follows, 16 bytes
//   counts = folders rows page-bytes path-bytes:f64
//   folder = page-bytes rows path-bytes inode modified changed:f64   — in the order in which they were ended; 0 0 0 where its
//            times did not tell yet
//   digest = of the page, 16 bytes
//   row    = ROW_FIELDS numbers:f64                     — as tree/listing.ts has them
import type { Hasher } from '../bytes/digest.js';
import type { Identity, KeptFolder, Listing } from '../tree/listing.js';
import { ROW_FIELDS } from '../tree/listing-store.js';
import type { Path } from '../tree/path.js';

export type KeptPages = { readonly find: (path: Path) => KeptFolder | null };

/** Nothing where a file of another title, or damaged. */
export const decodeListing = (file: Buffer, title: string, hasher: Hasher): KeptPages => {
  if (file.length < BODY_AT + COUNTS_BYTES || !file.subarray(0, HEAD_BYTES).equals(headOf(title))) return NOTHING_KEPT;
  if (hasher.hash(file.subarray(BODY_AT)) !== file.toString('latin1', HEAD_BYTES, BODY_AT)) return NOTHING_KEPT;
  // What Node.js reads into begins at a multiple of eight, and so does every number of the file.
  const numbers = new Float64Array(file.buffer, file.byteOffset, Math.floor(file.length / 8));
  const { fields, digests, rows, pages, paths } = sectionsOf(
    numbers[BODY_AT / 8]!,
    numbers[BODY_AT / 8 + 1]!,
    numbers[BODY_AT / 8 + 2]!,
  );
  const count = (digests / 8 - fields) / FOLDER_FIELDS;
  /** Of each folder: where its page begins, and its rows. */
  const places = new Float64Array(count * 2);
  const folders = new Map<Path, number>();
  let [page, row, path] = [pages, rows, paths];
  for (let folder = 0; folder < count; folder++) {
    const at = fields + folder * FOLDER_FIELDS;
    places[folder * 2] = page;
    places[folder * 2 + 1] = row;
    folders.set(file.toString('latin1', path, path + numbers[at + 2]!), folder);
    page += numbers[at]!;
    row += numbers[at + 1]! * ROW_FIELDS;
    path += numbers[at + 2]!;
  }
  return {
    find(wanted) {
      const folder = folders.get(wanted);
      if (folder === undefined) return null;
      const at = fields + folder * FOLDER_FIELDS;
      const [from, first, digest] = [places[folder * 2]!, places[folder * 2 + 1]!, digests + folder * DIGEST_BYTES];
      return {
        page: file.subarray(from, from + numbers[at]!),
        digest: file.toString('latin1', digest, digest + DIGEST_BYTES),
        columns: numbers.subarray(first, first + numbers[at + 1]! * ROW_FIELDS),
        count: numbers[at + 1]!,
        seen: { size: 0, inode: numbers[at + 3]!, modified: numbers[at + 4]!, changed: numbers[at + 5]! },
      };
    },
  };
};

/** Where the parts of a file begin: those of numbers as places of numbers, the others as places of bytes. */
const sectionsOf = (folders: number, rowCount: number, pageBytes: number) => {
  const fields = (BODY_AT + COUNTS_BYTES) / 8;
  const digests = (fields + folders * FOLDER_FIELDS) * 8;
  const rows = (digests + folders * DIGEST_BYTES) / 8;
  const pages = (rows + rowCount * ROW_FIELDS) * 8;
  return { fields, digests, rows, pages, paths: pages + pageBytes };
};

export type Keeping = {
  readonly title: string;
  readonly listing: Listing;
  readonly plain: ReadonlySet<Path>;
  /** The folder taken. */
  readonly top: Identity;
  /** Microseconds: of what changed later, its times do not tell yet. */
  readonly settled: number;
};

/** Null where it would be too large to be kept. */
export const encodeListing = ({ title, listing, plain, top, settled }: Keeping, hasher: Hasher): Buffer | null => {
  const kept: number[] = [];
  let [rows, pageBytes, pathBytes] = [0, 0, 0];
  for (let folder = 0; folder < listing.folders; folder++) {
    if (!plain.has(listing.path(folder))) continue;
    kept.push(folder);
    rows += listing.rowCount(folder);
    pageBytes += listing.page(folder).length;
    pathBytes += listing.path(folder).length;
  }
  const sections = sectionsOf(kept.length, rows, pageBytes);
  if (sections.paths + pathBytes > LARGEST) return null;
  const file = Buffer.allocUnsafeSlow(sections.paths + pathBytes);
  const numbers = new Float64Array(file.buffer, 0, Math.floor(file.length / 8));
  headOf(title).copy(file);
  numbers.set([kept.length, rows, pageBytes, pathBytes], BODY_AT / 8);
  let { fields, digests, rows: row, pages: page, paths: path } = sections;
  for (const folder of kept) {
    const bytes = listing.page(folder);
    const name = listing.path(folder);
    const columns = listing.columns(folder);
    numbers.set([bytes.length, listing.rowCount(folder), name.length, ...stampOf(listing, name, top, settled)], fields);
    digests += file.write(hasher.hash(bytes), digests, 'latin1');
    numbers.set(columns, row);
    page += bytes.copy(file, page);
    path += file.write(name, path, 'latin1');
    fields += FOLDER_FIELDS;
    row += columns.length;
  }
  file.write(hasher.hash(file.subarray(BODY_AT)), HEAD_BYTES, 'latin1');
  return file;
};

/** What says later on that no name came or went; of a folder that changed just now, nothing does. */
const stampOf = (listing: Listing, path: Path, top: Identity, settled: number): [number, number, number] => {
  const row = path === '' ? -1 : listing.find(path);
  const { inode, modified, changed } =
    row < 0 ? top : { inode: listing.inode(row), modified: listing.modified(row), changed: listing.changed(row) };
  return Math.max(modified, changed) < settled ? [inode, modified, changed] : [0, 0, 0];
};

const headOf = (title: string): Buffer => Buffer.from(`${title.padEnd(HEAD_BYTES - 1)}\n`);

export const NOTHING_KEPT: KeptPages = { find: () => null };
const HEAD_BYTES = 128;
const DIGEST_BYTES = 16;
const BODY_AT = HEAD_BYTES + DIGEST_BYTES;
const COUNTS_BYTES = 32;
const FOLDER_FIELDS = 6;
/** Some six million entries. */
const LARGEST = 536_870_912;
