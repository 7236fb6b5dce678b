// The local host conforms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalHost } from '../../runtime/host/local.js';
import { makeDiskPlace } from '../support/fixture.js';
import { conformance } from './conformance.js';

conformance('local', async () => {
  const place = makeDiskPlace();
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const host = await openLocalHost({ label: 'here', cacheFolder, breathe: () => new Promise(setImmediate) });
  return {
    host,
    place,
    async cleanup() {
      await host.close();
      place.remove();
      rmSync(cacheFolder, { recursive: true, force: true });
    },
  };
});
