// A temporary folder with a tree in it, and scans of it by the file verbs of this machine.
import { chmodSync, linkSync, lutimesSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DigestCache, withoutDigestCache } from '../../runtime/host/digest-cache.js';
import { type FileVerbs, isFault, type Stat } from '../../runtime/host/file-verbs.js';
import type { FolderPage, Selection } from '../../runtime/host/host.js';
import type { ListingCache } from '../../runtime/host/listing-cache.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { openScan } from '../../runtime/host/scan.js';
import type { SeenScan } from '../../runtime/host/seen.js';
import { makeLimits } from '../../runtime/host/travel.js';
import { decodePage, type PagedEntry } from '../../runtime/tree/page.js';
import { join as joinPath, type Path } from '../../runtime/tree/path.js';

/** Paths (byte strings) to a file's content, a link (`-> target`), another name (`= path`) or null for a folder. */
export type Tree = Readonly<Record<Path, string | null>>;

export type Place = { readonly path: string; readonly make: (tree: Tree) => void };

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/** Everything gets the same time, so that trees made one after the other are equal. */
export const inPlace = async (tree: Tree, work: (place: Place) => Promise<void>): Promise<void> => {
  const path = mkdtempSync(join(tmpdir(), 'syncplan-scan-'));
  const make = (more: Tree): void => {
    for (const [name, content] of Object.entries(more)) {
      const at = bytes(`${path}/${name}`);
      mkdirSync(bytes(`${path}/${name}`.replace(/\/[^/]*$/, '')), { recursive: true });
      if (content === null) mkdirSync(at, { recursive: true });
      else if (content.startsWith('-> ')) symlinkSync(bytes(content.slice(3)), at);
      else if (content.startsWith('= ')) linkSync(bytes(`${path}/${content.slice(2)}`), at);
      else writeFileSync(at, bytes(content));
      if (content !== null && !content.startsWith('-> ')) chmodSync(at, 0o644);
      if (content !== null) lutimesSync(at, 1_600_000_000, 1_600_000_000);
    }
  };
  try {
    make(tree);
    await work({ path, make });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
};

export const selection = (more: Partial<Selection> = {}): Selection => ({
  side: 'master',
  folder: '',
  terms: [{ base: '', include: { is: 'all' }, except: null }],
  attributes: ['mode', 'modified'],
  set: null,
  times: true,
  timeStep: 1,
  links: { symbolic: 'keep', hard: 'keep', escaping: 'keep' },
  algorithm: 'xxh128',
  now: 1_700_000_000_000,
  ...more,
});

export type ScanningOptions = {
  readonly verbs?: FileVerbs;
  readonly cache?: DigestCache;
  readonly listings?: ListingCache | null;
  readonly breathe?: () => Promise<void>;
  /** syncplan's own folder, where that lies elsewhere. */
  readonly stateFolder?: Pick<Stat, 'device' | 'inode'>;
};

export const localVerbs = (): FileVerbs => makeLocalVerbs({ home: '/nowhere' });

export const scanOf = async (
  path: string,
  chosen: Partial<Selection> = {},
  {
    verbs = localVerbs(),
    cache = withoutDigestCache,
    listings = null,
    breathe = async () => {},
    stateFolder,
  }: ScanningOptions = {},
): Promise<SeenScan> => {
  const root = await verbs.open(path);
  if (isFault(root)) throw new Error(root.message);
  const own = stateFolder === undefined ? { state: '.syncplan' } : { state: null, stateFolder };
  return openScan(verbs, { ...root, ...own }, selection(chosen), {
    cache,
    listings,
    breathe,
    limits: makeLimits(Date.now),
  });
};

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** Everything listed, by path, in the order of the pages. */
export const listed = async (scan: SeenScan): Promise<Map<Path, PagedEntry>> => {
  const all = new Map<Path, PagedEntry>();
  for (const { folder, page } of await collect<FolderPage>(scan.subtrees(['']))) {
    for (const { name, entry } of decodePage(page)) all.set(joinPath(folder, name), entry);
  }
  return all;
};

/** Paths listed, as `path kind`. */
export const kinds = async (scan: SeenScan): Promise<string[]> =>
  [...(await listed(scan))].map(([path, entry]) => `${path} ${entry.kind}`);
