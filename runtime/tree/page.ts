// Pages: how a folder's listing is encoded, hashed, kept and sent. One encoding serves all four, so a listing that is equal
// on two machines is equal byte for byte, and a tree is compared by comparing the digest of its root page (a Merkle tree).
//
// A page holds the entries of one folder that comply with a selection, sorted by name bytes, one after another:
//
//   entry   = kind:u8 name:string rest
//   rest    = file   (1): size:varint mode:varint modified:signed owner:string group:string extra:string
//             folder (2): flags:u8 mode:varint owner:string group:string extra:string
//                         entries:varint bytes:varint digest:16 raw bytes    — of the whole subtree; digest of its page
//             link   (3): target:string modified:signed owner:string group:string
//             hard   (4): leader:string                                      — path relative to the take's folder
//   flags   = 1 selected, 2 unreadable
//
// Attributes that the relation does not manage are written as 0 or '' on both sides; those of a folder that is not
// selected always are. A folder that is not selected and holds nothing that is, is left out. The digest of a page is the
// xxh128 of its bytes; an unreadable folder has an empty page.
//
// A *content page* holds digests in the order of the page it belongs to: for a file `size of digest:u8, digest`, for a
// folder with anything below it 16 bytes, the xxh128 of its own content page; nothing for links, hard names and
// unreadable folders. A file that cannot be read has digest size 0.
import { makeReader, makeWriter, type Reader, WireError, type Writer } from '../bytes/wire.js';
import type { Entry, FolderEntry } from './entry.js';
import { MAX_NAME, MAX_PATH } from './path.js';

/** A folder as a page shows it: with what stands below it. `digest` is a byte string of 16. */
export type PagedFolder = FolderEntry & { readonly entries: number; readonly bytes: number; readonly digest: string };

export type PagedEntry = Exclude<Entry, FolderEntry> | PagedFolder;

export type Listed = { readonly name: string; readonly entry: PagedEntry };

/** Appends one entry; the caller keeps the order. */
export const writeEntry = (writer: Writer, name: string, entry: PagedEntry): void => {
  switch (entry.kind) {
    case 'file':
      writer.u8(FILE);
      writer.string(name);
      writer.varint(entry.size);
      writer.varint(entry.mode);
      writer.signed(entry.modified);
      writer.string(entry.owner);
      writer.string(entry.group);
      writer.string(entry.extra);
      return;
    case 'folder':
      writer.u8(FOLDER);
      writer.string(name);
      writer.u8((entry.selected ? SELECTED : 0) | (entry.unreadable ? UNREADABLE : 0));
      writer.varint(entry.mode);
      writer.string(entry.owner);
      writer.string(entry.group);
      writer.string(entry.extra);
      writer.varint(entry.entries);
      writer.varint(entry.bytes);
      writer.rawString(entry.digest);
      return;
    case 'link':
      writer.u8(LINK);
      writer.string(name);
      writer.string(entry.target);
      writer.signed(entry.modified);
      writer.string(entry.owner);
      writer.string(entry.group);
      return;
    case 'hard':
      writer.u8(HARD);
      writer.string(name);
      writer.string(entry.leader);
      return;
  }
};

/** The bytes of a page, for tests and small trees. */
export const encodePage = (entries: readonly Listed[]): Buffer => {
  const writer = makeWriter();
  for (const { name, entry } of entries) writeEntry(writer, name, entry);
  return writer.copy();
};

/** Every entry of a page. Throws WireError on damage, on names that are no names and on names out of order. */
export const decodePage = (page: Uint8Array): Listed[] => {
  const reader = makeReader(page);
  const listed: Listed[] = [];
  let previous = '';
  while (!reader.done) {
    const kind = reader.u8();
    const name = reader.string(MAX_NAME);
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
      throw new WireError('a page holds a name that is no name');
    }
    if (name <= previous) throw new WireError('the names of a page are out of order');
    previous = name;
    listed.push({ name, entry: readEntry(reader, kind) });
  }
  return listed;
};

const readEntry = (reader: Reader, kind: number): PagedEntry => {
  switch (kind) {
    case FILE:
      return {
        kind: 'file',
        size: reader.varint(),
        mode: reader.varint(),
        modified: reader.signed(),
        owner: reader.string(MAX_NAME),
        group: reader.string(MAX_NAME),
        extra: readExtra(reader),
      };
    case FOLDER: {
      const flags = reader.u8();
      return {
        kind: 'folder',
        selected: (flags & SELECTED) !== 0,
        unreadable: (flags & UNREADABLE) !== 0,
        mode: reader.varint(),
        owner: reader.string(MAX_NAME),
        group: reader.string(MAX_NAME),
        extra: readExtra(reader),
        entries: reader.varint(),
        bytes: reader.varint(),
        digest: reader.rawString(DIGEST_BYTES),
      };
    }
    case LINK:
      return {
        kind: 'link',
        target: reader.string(MAX_PATH),
        modified: reader.signed(),
        owner: reader.string(MAX_NAME),
        group: reader.string(MAX_NAME),
      };
    case HARD:
      return { kind: 'hard', leader: reader.string(MAX_PATH) };
    default:
      throw new WireError(`a page holds an entry of unknown kind ${kind}`);
  }
};

/** A digest, or nothing. */
const readExtra = (reader: Reader): string => {
  const extra = reader.string(DIGEST_BYTES);
  if (extra !== '' && extra.length !== DIGEST_BYTES) throw new WireError('a page holds half a digest of attributes');
  return extra;
};

/** The kind of the entry that begins at `offset` of a page made here. */
export const kindAt = (page: Uint8Array, offset: number): PagedEntry['kind'] => KINDS[page[offset]!]!;

/** Its name. */
export const nameAt = (page: Buffer, offset: number): string => {
  const [start, end] = nameSpan(page, offset);
  return page.toString('latin1', start, end);
};

/** The names of all entries, which begin at every `step`th of these offsets: as one text and parts of it, which is faster by far. */
export const namesAt = (page: Buffer, offsets: Float64Array, step: number): string[] => {
  const text = page.toString('latin1');
  const names: string[] = [];
  for (let at = 0; at < offsets.length; at += step) {
    const [start, end] = nameSpan(page, offsets[at]!);
    names.push(text.substring(start, end));
  }
  return names;
};

/** Below 0 where its name comes before what `text` has from `from` on, 0 where it is the same. */
export const compareNameAt = (page: Buffer, offset: number, text: string, from = 0): number => {
  const [start, end] = nameSpan(page, offset);
  const length = text.length - from;
  const common = Math.min(end - start, length);
  for (let i = 0; i < common; i++) {
    const difference = page[start + i]! - text.charCodeAt(from + i);
    if (difference !== 0) return difference;
  }
  return end - start - length;
};

/** A name has at most MAX_NAME bytes, so its length takes one byte or two. */
const nameSpan = (page: Buffer, offset: number): readonly [start: number, end: number] => {
  const low = page[offset + 1]!;
  const start = offset + (low < 128 ? 2 : 3);
  return [start, start + (low < 128 ? low : (low & 127) | (page[offset + 2]! << 7))];
};

/** What a content page says of each entry of its page: a digest as a byte string, '' for an unreadable file, null for none. */
export const decodeContentPage = (page: readonly Listed[], contents: Uint8Array): (string | null)[] => {
  const reader = makeReader(contents);
  const digests = page.map(({ entry }) => {
    if (entry.kind === 'file') return reader.rawString(reader.u8());
    if (entry.kind === 'folder' && !entry.unreadable && entry.entries > 0) return reader.rawString(DIGEST_BYTES);
    return null;
  });
  if (!reader.done) throw new WireError('a content page is longer than its page');
  return digests;
};

export const DIGEST_BYTES = 16;
const FILE = 1;
const FOLDER = 2;
const LINK = 3;
const HARD = 4;
const KINDS: readonly PagedEntry['kind'][] = ['file', 'file', 'folder', 'link', 'hard'];
const SELECTED = 1;
const UNREADABLE = 2;
