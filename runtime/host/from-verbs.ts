// Makes a whole host of file verbs: opens roots, scans them, begins transactions. The same code for every kind of machine.
import { leaf, type Path, parent, toText } from '../tree/path.js';
import { type DigestCache, openDigestCache, withoutDigestCache } from './digest-cache.js';
import { explainFolderFault } from './faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from './file-verbs.js';
import type { Host, HostFacts, Root } from './host.js';
import { HostError } from './host-error.js';
import { openScan } from './scan.js';
import { asSeenScan } from './seen.js';
import { performOne } from './transaction/one-deed.js';
import { beginTransaction } from './transaction/transaction.js';

export type HostParts = {
  readonly label: string;
  readonly kind: Host['kind'];
  readonly verbs: FileVerbs;
  readonly facts: HostFacts;
  /** Where digests of unchanged files are kept; null keeps none. */
  readonly cacheFolder: string | null;
  /** Lets the process do other work now and then. */
  readonly breathe: () => Promise<void>;
  /** Milliseconds since 1970, by the clock of the machine that holds the files. */
  readonly now: () => number;
};

export const hostFromVerbs = (parts: HostParts): Host => {
  const { label, kind, verbs, facts, cacheFolder, breathe, now } = parts;
  const held = new Map<Root, HeldRoot>();
  const caches = new Map<Path, DigestCache>();

  const cacheFor = (root: Path): DigestCache => {
    const cache =
      caches.get(root) ??
      (cacheFolder === null ? withoutDigestCache : openDigestCache({ folder: cacheFolder, root, now }));
    caches.set(root, cache);
    return cache;
  };

  return {
    label,
    kind,
    facts,
    async openRoot(path, { create }) {
      const holding = await holdRoot(verbs, path, create, label);
      const root: Root = {
        path: holding.path,
        get exists() {
          return holding.open !== null;
        },
        get identity() {
          return holding.open === null ? '' : `${holding.open.stat.device}:${holding.open.stat.inode}`;
        },
        space: await spaceAt(verbs, holding),
        scan: selection =>
          openScan(verbs, { folder: holding.open?.folder ?? null, path: holding.path }, selection, {
            cache: cacheFor(holding.path),
            breathe,
          }),
      };
      held.set(root, holding);
      return root;
    },
    async begin(id, parts) {
      const heldParts = [];
      for (const { root, scan } of parts) {
        const holding = held.get(root);
        if (holding === undefined) {
          throw new HostError(
            'protocol',
            `a root of another host was given to ${label}`,
            'this is a fault in syncplan',
          );
        }
        const { folder, stat } = await ensureRoot(verbs, holding, label);
        heldParts.push({ folder, owner: stat.owner, path: shown(holding.path), scan: asSeenScan(scan) });
      }
      return beginTransaction({ label, verbs, privileged: facts.privileged, breathe }, id, heldParts);
    },
    traffic: () => ({ sent: 0, received: 0 }),
    async close() {
      for (const { open } of held.values()) if (open !== null) await verbs.release(open.folder);
      held.clear();
    },
  };
};

type HeldRoot = { readonly path: Path; open: { readonly folder: Folder; readonly stat: Stat } | null };

const holdRoot = async (verbs: FileVerbs, path: Path, create: boolean, label: string): Promise<HeldRoot> => {
  const opened = await verbs.open(path);
  if (!isFault(opened)) return { path: opened.path, open: opened };
  if (opened.fault !== 'ENOENT') throw badRoot(path, opened, label);
  const above = create ? await verbs.open(parentOf(path)) : opened;
  if (isFault(above)) {
    throw new HostError(
      'missing-root',
      `the root ${shown(path)} does not exist on ${label}${create ? ', nor does the folder it would be made in' : ''}`,
      create
        ? `make ${shown(parentOf(path))} there, or correct the root's path in the plan`
        : `make it there, or correct the root's path in the plan`,
    );
  }
  await verbs.release(above.folder);
  return { path: above.path === '/' ? `/${nameIn(path)}` : `${above.path}/${nameIn(path)}`, open: null };
};

/** A root that is to be created is made when the first transaction begins on it: its last component only. */
const ensureRoot = async (
  verbs: FileVerbs,
  holding: HeldRoot,
  label: string,
): Promise<{ readonly folder: Folder; readonly stat: Stat }> => {
  if (holding.open !== null) return holding.open;
  const above = await verbs.open(parentOf(holding.path));
  if (isFault(above)) throw badRoot(holding.path, above, label);
  const name = nameIn(holding.path);
  const made = await performOne(verbs, { do: 'make-folder', at: above.folder, name, mode: ROOT_MODE });
  await verbs.release(above.folder);
  if (made !== null && made.fault !== 'EEXIST') throw badRoot(holding.path, made, label);
  const opened = await verbs.open(holding.path);
  if (isFault(opened)) throw badRoot(holding.path, opened, label);
  holding.open = opened;
  return opened;
};

const spaceAt = async (verbs: FileVerbs, holding: HeldRoot): Promise<Root['space']> => {
  if (holding.open !== null) return verbs.space(holding.open.folder);
  const above = await verbs.open(parentOf(holding.path));
  if (isFault(above)) return null;
  const space = await verbs.space(above.folder);
  await verbs.release(above.folder);
  return space;
};

const badRoot = (path: Path, fault: Fault, label: string): HostError => {
  const { why, help } = explainFolderFault(fault);
  return new HostError('bad-root', `the root ${shown(path)} on ${label} cannot be used: ${why}`, help);
};

const withoutEnd = (path: Path): Path => path.replace(/\/+$/, '');
const parentOf = (path: Path): Path => parent(withoutEnd(path)) || '/';
const nameIn = (path: Path): string => leaf(withoutEnd(path));
const shown = (path: Path): string => toText(path) ?? path;

const ROOT_MODE = 0o755;
