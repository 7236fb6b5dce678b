// The listing cache: the pages of a take's last listing with what was seen of their entries, so that a folder in which nothing
// changed is looked at, but not written and digested anew.
//
// One file for each root and each selection (listing-file.ts), in a folder of this machine's user.
//
// 1. A folder is kept only where its page tells all that is in it (walk.ts), and every file in it had last changed well before
//    it was looked at: a change within the granularity of the file system's clock would not show in its times.
// 2. It is used only where exactly its names are there, and each file is what it was by its identity (`listKept`). Folders
//    in it are listed by themselves, and all that is said of them is looked at.
// 3. Names are not looked for where the folder itself is what it was: a name that comes or goes changes its times. That is
//    believed of some file systems alone (local-file-system.ts), and of times that lay well before the names were looked for.
// 4. Whatever else a page depends on is in the name of the file: the selection and more (listing-key.ts), and syncplan's version.
// 5. Damage is never an error, nor is a cache that cannot be written: everything is then listed as ever.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { Hasher } from '../bytes/digest.js';
import type { Identity, KeptFolder, Listing } from '../tree/listing.js';
import type { Path } from '../tree/path.js';
import type { Stat } from './file-verbs.js';
import { decodeListing, encodeListing, type KeptPages, NOTHING_KEPT } from './listing-file.js';
import { makeFolders } from './make-folders.js';

export type ListingCache = {
  /** What is kept of the take whose pages depend on all that `key` tells; read from the disk now. `hasher` is of xxh128. `device`
   * has a file system on which a folder's own times tell whether names came or went; null where that is not known. */
  readonly open: (key: string, hasher: Hasher, device: number | null) => KeptListing;
};

export type KeptListing = {
  /** `seen` is the folder now. */
  readonly find: (path: Path, seen: Stat) => KnownFolder | null;
  /** Files that last changed after this, in microseconds, may still change without its being seen. */
  readonly settled: number;
  /** After the walk: nothing is found any more. What this gives keeps the folders of `plain` where that is worth it: `fresh` names
   * of them were looked for, or are kept no more as they are. `top` is the folder taken. */
  readonly finish: (listing: Listing, plain: ReadonlySet<Path>, fresh: number, top: Identity) => () => void;
};

export type KnownFolder = {
  readonly page: KeptFolder;
  /** It holds the names that it held. */
  readonly sameNames: boolean;
  /** It could be told that from its times, but not from those that are kept. */
  readonly isDated: boolean;
};

export type ListingCacheOptions = {
  /** Where the files lie; made where it is missing. */
  readonly folder: string;
  /** What tells this root from others on this machine: its absolute path. */
  readonly root: string;
  /** Milliseconds since 1970 by this machine's clock, which stamps its files as well. */
  readonly now: () => number;
  /** Entries of a listing that is kept: a smaller one is listed sooner than it is read. */
  readonly fewest?: number;
  /** Bytes of all listings together. */
  readonly mostBytes?: number;
};

export const openListingCache = ({
  folder,
  root,
  now,
  fewest = FEWEST,
  mostBytes = MOST_BYTES,
}: ListingCacheOptions): ListingCache => ({
  open(key, hasher, device) {
    const [rootSum, keySum] = [sumOf(root), sumOf(`${SYNCPLAN_VERSION} ${key}`)];
    const path = join(folder, `${rootSum}-${keySum}`);
    const title = `syncplan listing 1 ${endianness().toLowerCase()} ${rootSum} ${keySum}`;
    const moment = now();
    const settled = moment * 1000 - GRANULARITY;
    let kept = load(path, title, hasher);
    return {
      find(at, seen) {
        const page = kept.find(at);
        if (page === null) return null;
        const isTimed = seen.device === device;
        const sameNames = isTimed && isSame(seen, page.seen);
        return { page, sameNames, isDated: isTimed && !sameNames && Math.max(seen.modified, seen.changed) < settled };
      },
      settled,
      finish(listing, plain, fresh, top) {
        // Its memory, until the scan is closed, would be as much as the listing's own.
        kept = NOTHING_KEPT;
        return () => {
          if (listing.rows < fewest) return;
          try {
            if (fresh * WORTH < listing.rows) return touch(path, moment);
            const file = encodeListing({ title, listing, plain, top, settled }, hasher);
            if (file !== null && hasRoom(folder, path, mostBytes - file.length, moment)) write(folder, path, file);
          } catch {
            // It is listed as ever next time.
          }
        };
      },
    };
  },
});

const isSame = (a: Identity, b: Identity): boolean =>
  a.inode !== 0 && a.inode === b.inode && a.modified === b.modified && a.changed === b.changed;

const load = (path: string, title: string, hasher: Hasher): KeptPages => {
  try {
    const file = readFileSync(path);
    return decodeListing(file, title, hasher);
  } catch {
    return NOTHING_KEPT;
  }
};

/** Says that it is used; not each time, as the folder may itself lie in a root that is synchronised. */
const touch = (path: string, moment: number): void => {
  if (Math.abs(moment - statSync(path).mtimeMs) > A_DAY) utimesSync(path, moment / 1000, moment / 1000);
};

const write = (folder: string, path: string, file: Buffer): void => {
  const temporary = `${path}.${process.pid}`;
  try {
    makeFolders(folder, 0o700);
    writeFileSync(temporary, file, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

/**
 * Are the others no more than `most` bytes? What nobody has used for long goes first, and where there is too much, what was not used
 * lately. The rest stays: if each took the place of another, none would be there when it is asked for.
 */
const hasRoom = (folder: string, path: string, most: number, moment: number): boolean => {
  const others = namesIn(folder)
    .map(name => join(folder, name))
    .filter(other => other !== path)
    .map(other => ({ path: other, ...sizeAndTime(other) }))
    .sort((a, b) => a.used - b.used);
  let bytes = others.reduce((sum, { size }) => sum + size, 0);
  for (const other of others) {
    const idle = moment - other.used;
    if (idle < 30 * A_DAY && (bytes <= most || idle < 2 * A_DAY)) break;
    rmSync(other.path, { force: true });
    bytes -= other.size;
  }
  return bytes <= most;
};

/** It may not have been made yet. */
const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const sizeAndTime = (path: string): { readonly size: number; readonly used: number } => {
  const { size, mtimeMs } = statSync(path);
  return { size, used: mtimeMs };
};

const sumOf = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 32);

/** Microseconds. The coarsest times that file systems keep are 2 s apart. */
const GRANULARITY = 2_000_000;
const FEWEST = 1_000;
/** It is written where more than one name in so many is not kept as it is. */
const WORTH = 32;
/** Of some fifteen million entries. */
const MOST_BYTES = 1_073_741_824;
const A_DAY = 86_400_000;
