// A whole host over a disk in memory.
import { ALGORITHMS } from '../../compiler/plan.js';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import { hostFromVerbs } from '../../runtime/host/from-verbs.js';
import type { Host, Locks } from '../../runtime/host/host.js';
import { blind } from './blind-verbs.js';
import type { MemoryDisk } from './memory-disk.js';
import { makeMemoryVerbs } from './memory-verbs.js';

/** Not where a test says so (no-inodes.ts): then there are no hard names either. */
export const TELLS_INODES = process.env.SYNCPLAN_TEST_INODES !== 'none';

/** `change` makes other verbs of those of the disk. */
export const makeMemoryHost = (
  disk: MemoryDisk,
  label = 'memory',
  locks: Locks | null = null,
  change: (verbs: FileVerbs) => FileVerbs = verbs => verbs,
): Host =>
  hostFromVerbs({
    label,
    kind: 'memory',
    verbs: change(TELLS_INODES ? makeMemoryVerbs(disk) : blind(makeMemoryVerbs(disk))),
    facts: {
      system: 'memory',
      machine: label,
      node: process.versions.node,
      user: 'root',
      home: '/',
      caseSensitive: true,
      algorithms: ALGORITHMS,
      privileged: true,
      timeStep: 1,
      hardLinks: TELLS_INODES,
      weaker: [],
    },
    cacheFolder: null,
    breathe: async () => {},
    now: () => disk.now() / 1000,
    newId: () => `marker-${disk.now()}`,
    locks,
  });
