// Recovers a real folder in this process: what an interrupted run left there is finished, without a master.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recovered } from '../../runtime/host/host.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { fromText } from '../../runtime/tree/path.js';

export const recoverFolder = async (folder: string): Promise<readonly Recovered[]> => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const host = await openLocalHost({ label: 'recovering', cacheFolder, breathe: async () => {} });
  try {
    const root = await host.openRoot(fromText(folder), { create: false, state: null });
    const recovered: Recovered[] = [];
    for (const unfinished of await root.unfinished()) {
      if (unfinished.state === 'intent') recovered.push(...(await root.recover(unfinished)));
    }
    return recovered;
  } finally {
    await host.close();
    rmSync(cacheFolder, { recursive: true, force: true });
  }
};
