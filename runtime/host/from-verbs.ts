// Makes a whole host of file verbs: opens roots, scans them, begins transactions. The same code for every kind of machine.
import type { Path } from '../tree/path.js';
import { type About, NO_LIMITS } from './about.js';
import { type DigestCache, openDigestCache, withoutDigestCache } from './digest-cache.js';
import type { FileVerbs } from './file-verbs.js';
import {
  ensureRoot,
  fileSystemAt,
  type HeldRoot,
  holdRoot,
  mark,
  placeOf,
  spaceAt,
  stateFolderOf,
  withinOf,
  writeFaultAt,
} from './held-root.js';
import type { Host, HostFacts, Links, Locks, Programs, Root, Scan, Selection } from './host.js';
import { HostError } from './host-error.js';
import { attendLeftBehind } from './left-behind.js';
import { openListingCache } from './listing-cache.js';
import { makeProvenance } from './provenance.js';
import { openScan } from './scan.js';
import { asSeenScan, type SeenScan } from './seen.js';
import { beginTransaction, type HeldPart, type TransactionTools } from './transaction/transaction.js';
import { makeLimits } from './travel.js';
import { makeTurns } from './turns.js';

export type HostParts = {
  readonly label: string;
  readonly kind: Host['kind'];
  readonly verbs: FileVerbs;
  readonly facts: HostFacts;
  /** Where digests of unchanged files are kept; null keeps none. */
  readonly cacheFolder: string | null;
  /** Where pages of unchanged folders are kept; absent where none are. */
  readonly listingFolder?: string;
  /** What tells a root from all others whose digests and pages lie in these folders; its path, where they are all of one machine. */
  readonly cacheName?: (root: Path) => string;
  /** Lets the process do other work now and then. */
  readonly breathe: () => Promise<void>;
  /** Milliseconds since 1970, by the clock of the machine that holds the files. */
  readonly now: () => number;
  /** A random id, for the marker of a root. */
  readonly newId: () => string;
  readonly locks?: Locks | null;
  readonly programs?: Programs | null;
  readonly links?: Links | null;
  /** What it tells of itself beyond its clock. */
  readonly about?: (now: () => number) => About;
};

export const hostFromVerbs = (parts: HostParts): Host => {
  const { label, kind, verbs, facts, cacheFolder, cacheName = root => root, breathe, now, newId } = parts;
  const { listingFolder, locks = null, programs = null, links = null, about = nothingBut } = parts;
  const held = new Map<Root, HeldRoot>();
  const caches = new Map<Path, DigestCache>();
  const limits = makeLimits(now);
  const turns = makeTurns();
  const digestsThere = facts.digests?.made.length !== 0;
  const tools: TransactionTools = { label, verbs, privileged: facts.privileged, limits, breathe, digestsThere };

  const cacheFor = (root: Path): DigestCache => {
    const cache =
      caches.get(root) ??
      (cacheFolder === null
        ? withoutDigestCache
        : openDigestCache({ folder: cacheFolder, root: cacheName(root), now }));
    caches.set(root, cache);
    return cache;
  };

  const scan = async (holding: HeldRoot, selection: Selection): Promise<Scan> => {
    const place = placeOf(verbs, holding, label);
    const root = {
      folder: holding.open?.folder ?? null,
      path: holding.path,
      state: withinOf(holding),
      stateFolder: await stateFolderOf(verbs, holding),
    };
    const opened: SeenScan = await openScan(verbs, root, selection, {
      cache: cacheFor(holding.path),
      listings:
        listingFolder === undefined
          ? null
          : openListingCache({ folder: listingFolder, root: cacheName(holding.path), now }),
      limits,
      breathe,
      provenance: makeProvenance({ verbs, place, scan: () => opened }),
    });
    return opened;
  };

  return {
    label,
    kind,
    facts,
    locks,
    programs,
    links,
    about: async () => about(now),
    async openRoot(path, options) {
      const holding = await holdRoot(verbs, path, options, label);
      const root: Root = {
        path: holding.path,
        get exists() {
          return holding.open !== null;
        },
        get identity() {
          return holding.open === null ? '' : `${holding.open.stat.device}:${holding.open.stat.inode}`;
        },
        get marker() {
          return holding.marker;
        },
        space: await spaceAt(verbs, holding),
        fileSystem: await fileSystemAt(verbs, holding),
        writeFault: await writeFaultAt(verbs, holding),
        ...attendLeftBehind(tools, { path: holding.path, place: () => placeOf(verbs, holding, label) }),
        scan: selection => scan(holding, selection),
      };
      held.set(root, holding);
      return root;
    },
    async begin(id, given) {
      const heldParts: HeldPart[] = [];
      for (const { root, scan: seen } of given) {
        const holding = held.get(root);
        if (holding === undefined) {
          throw new HostError(
            'protocol',
            `a root of another host was given to ${label}`,
            'this is a fault in syncplan',
          );
        }
        await ensureRoot(verbs, holding, label);
        heldParts.push({
          place: placeOf(verbs, holding, label)!,
          path: holding.path,
          scan: asSeenScan(seen),
          opened: state => turns(holding.elsewhere ?? holding.path, () => mark(verbs, holding, state, label, newId)),
        });
      }
      return beginTransaction(tools, id, heldParts);
    },
    traffic: () => ({ sent: 0, received: 0 }),
    async close() {
      for (const { open } of held.values()) if (open !== null) await verbs.release(open.folder);
      held.clear();
    },
  };
};

/** The clock of a host that was told its difference to ours in whole seconds. */
const nothingBut = (now: () => number): About => ({
  clock: now(),
  clockStep: 1_000,
  openFiles: null,
  tools: [],
  server: NO_LIMITS,
});
