// Old bundles of the agent, and copies of Node.js, are removed by age of their last use; hosts may share a home, so only
// what is old is touched.
import { readdir, rm, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export type Used = {
  /** The bundle that runs, and the Node.js that runs it. */
  readonly bundle: string;
  readonly node: string;
};

/** Marks what is used and removes what was not for a month. Failures do not matter: it is a cache. */
export const tidyBundles = async ({ bundle, node }: Used, cacheFolder: string, now: number): Promise<void> => {
  try {
    if (TEMPORARY.test(dirname(bundle))) await rm(dirname(bundle), { recursive: true });
    if (dirname(bundle) !== cacheFolder) return;
    const code = `${bundle}.${process.version}-${process.arch}`;
    const used = [bundle, code, node].filter(path => dirname(path) === cacheFolder);
    // Its compiled code is not there before its first end.
    for (const path of used) await utimes(path, new Date(now), new Date(now)).catch(() => undefined);
    for (const name of await readdir(cacheFolder)) {
      if (!OURS.test(name) || used.some(path => basename(path) === name)) continue;
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
/** Bundles, their compiled code, copies of Node.js, and what an interrupted push of any left behind. */
const OURS = /^(?:agent-[0-9a-f]{32}\.[cm]js(?:\.[\w.-]+)?|node-[0-9a-f]{64}(?:\.\w{6})?)$/;
const MONTH_MS = 30 * 24 * 3600 * 1000;
