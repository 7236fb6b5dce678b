// Old bundles of the agent are removed by age of their last use; hosts may share a home, so only what is old is touched.
import { readdir, rm, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Marks this bundle as used and removes those that were not for a month. Failures do not matter: it is a cache. */
export const tidyBundles = async (bundle: string, cacheFolder: string, now: number): Promise<void> => {
  try {
    if (TEMPORARY.test(dirname(bundle))) await rm(dirname(bundle), { recursive: true });
    if (dirname(bundle) !== cacheFolder) return;
    await utimes(bundle, new Date(now), new Date(now));
    for (const name of await readdir(cacheFolder)) {
      if (!BUNDLE.test(name) || name === basename(bundle)) continue;
      const path = join(cacheFolder, name);
      const { mtimeMs } = await stat(path);
      if (now - mtimeMs > MONTH_MS) await unlink(path);
    }
  } catch {
    // Another agent may tidy at the same time, or the folder is not ours to change.
  }
};

/** Made by the loader where the cache could not be written. */
const TEMPORARY = /\/syncplan-agent-[^/]{6}$/;
/** Bundles, and what an interrupted push left behind. */
const BUNDLE = /^agent-[0-9a-f]{32}\.mjs(?:\.[0-9a-f]{12})?$/;
const MONTH_MS = 30 * 24 * 3600 * 1000;
