// Scans of which the pages are kept in a folder of their own, and all that a scan tells.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import type { Selection } from '../../runtime/host/host.js';
import { type ListingCacheOptions, openListingCache } from '../../runtime/host/listing-cache.js';
import type { SeenScan } from '../../runtime/host/seen.js';
import { collect, localVerbs, type ScanningOptions, scanOf } from './scanning.js';

/** Ways of looking into a folder, counted. */
export type Looks = { listed: number; namesLookedFor: number; known: number };

const counting = (verbs: FileVerbs, looks: Looks): FileVerbs => ({
  ...verbs,
  list: folder => {
    looks.listed++;
    return verbs.list(folder);
  },
  listKept: async (folder, kept, sameNames) => {
    const found = await verbs.listKept!(folder, kept, sameNames);
    if ('length' in found) looks.listed++;
    else if (sameNames) looks.known++;
    else looks.namesLookedFor++;
    return found;
  },
});

type Keeping = {
  readonly folder: string;
  readonly scan: (
    path: string,
    chosen?: Partial<Selection>,
    verbs?: FileVerbs,
    more?: ScanningOptions,
  ) => Promise<SeenScan & { looks: Looks }>;
};

/** As if a minute had gone by since everything was last changed, unless `now` is given. */
export const keeping = async (
  work: (keeping: Keeping) => Promise<void>,
  { now = () => Date.now() + 60_000, fewest = 0, ...bounds }: Partial<ListingCacheOptions> = {},
): Promise<void> => {
  const top = mkdtempSync(join(tmpdir(), 'syncplan-listings-'));
  const folder = join(top, 'listings');
  try {
    await work({
      folder,
      async scan(path, chosen = {}, verbs = localVerbs(), more = {}) {
        const looks = { listed: 0, namesLookedFor: 0, known: 0 };
        const listings = openListingCache({ ...bounds, folder, root: path, now, fewest });
        const scan = await scanOf(path, chosen, { ...more, verbs: counting(verbs, looks), listings });
        await scan.close();
        return { ...scan, looks };
      },
    });
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
};

/** All that a scan tells: pages, counts, problems, further names, and what was seen of every path. */
export const told = async (scan: SeenScan, paths: readonly string[]) => ({
  summary: scan.summary,
  pages: (await collect(scan.subtrees(['']))).map(
    ({ folder, page }) => `${folder} ${Buffer.from(page).toString('hex')}`,
  ),
  followers: await scan.followers(paths),
  seen: paths.map(path => scan.seen(path)),
});
