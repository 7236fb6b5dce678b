// The host over a disk in memory conforms, so the transaction tests that use it test the real thing.
import { isFault } from '../../runtime/host/file-verbs.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { conformance } from './conformance.js';

conformance(
  'memory',
  async () => {
    const place = makeMemoryPlace();
    const host = makeMemoryHost(place.disk);
    const lock = (path: string): void => {
      const inode = place.disk.find(`${place.path}/${path}`);
      if (!isFault(inode)) inode.unreadable = true;
    };
    return { host, place, lock, cleanup: () => host.close() };
  },
  { locks: true },
);
