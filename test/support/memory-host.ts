// A whole host over a disk in memory.
import { ALGORITHMS } from '../../compiler/plan.js';
import { hostFromVerbs } from '../../runtime/host/from-verbs.js';
import type { Host, Locks } from '../../runtime/host/host.js';
import type { MemoryDisk } from './memory-disk.js';
import { makeMemoryVerbs } from './memory-verbs.js';

export const makeMemoryHost = (disk: MemoryDisk, label = 'memory', locks: Locks | null = null): Host =>
  hostFromVerbs({
    label,
    kind: 'memory',
    verbs: makeMemoryVerbs(disk),
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
      hardLinks: true,
      weaker: [],
    },
    cacheFolder: null,
    breathe: async () => {},
    now: () => disk.now() / 1000,
    newId: () => `marker-${disk.now()}`,
    locks,
  });
