// The local host conforms.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalHost } from '../../runtime/host/local.js';
import { makeDiskPlace } from '../support/fixture.js';
import { conformance } from './conformance.js';

conformance(
  'local',
  async () => {
    const place = makeDiskPlace();
    const locked: string[] = [];
    const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
    const host = await openLocalHost({ label: 'here', cacheFolder, breathe: () => new Promise(setImmediate) });
    return {
      host,
      place,
      lock(path) {
        locked.push(join(place.path, path));
        chmodSync(join(place.path, path), 0);
      },
      async cleanup() {
        await host.close();
        for (const path of locked) chmodSync(path, 0o700);
        place.remove();
        rmSync(cacheFolder, { recursive: true, force: true });
      },
    };
  },
  // Root may read everything; unprivileged.test.ts runs this file as somebody else.
  { locks: process.getuid?.() !== 0 },
);
