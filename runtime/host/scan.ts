// A scan made of file verbs: walks a take's folder once, then answers everything the port asks about what was found.
import { type Hasher, openDigests } from '../bytes/digest.js';
import { makeMatcher } from '../tree/matcher.js';
import { isWithin, join, type Path } from '../tree/path.js';
import { findChanged } from './changed.js';
import { type Contents, openContents, openFileReader } from './content.js';
import { readContents } from './content-stream.js';
import { readDeltas } from './delta-stream.js';
import type { DigestCache } from './digest-cache.js';
import { makeExtraReader } from './extra-reader.js';
import { explainFolderFault } from './faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from './file-verbs.js';
import type { FolderPage, Provenance, Selection, Travel } from './host.js';
import { HostError } from './host-error.js';
import { listedBySize } from './listed.js';
import type { KeptListing, ListingCache } from './listing-cache.js';
import { listingKey } from './listing-key.js';
import { changesShowInTimes } from './local-file-system.js';
import { lookup } from './lookup.js';
import { makeManaged } from './managed.js';
import { makePace } from './pace.js';
import type { Start } from './reach.js';
import { readExtras, withExtras } from './scan-extras.js';
import { type ScanState, seenAt } from './scan-state.js';
import type { SeenScan } from './seen.js';
import { signFiles } from './sign.js';
import { isInInnerState } from './transaction/state-folder.js';
import { type Limits, travelling } from './travel.js';
import { walkTree } from './walk.js';
import { wantedBelow } from './walk-wanted.js';

export type ScanTools = {
  readonly cache: DigestCache;
  /** Null where pages are not kept. */
  readonly listings: ListingCache | null;
  /** The host's own, for all that leaves it. */
  readonly limits: Limits;
  /** Awaited after about every 50 ms of work. */
  readonly breathe: () => Promise<void>;
  /** By this relation's baseline; without one, nothing is known. */
  readonly provenance?: (paths: readonly Path[]) => Promise<readonly Provenance[]>;
};

export type ScannedRoot = {
  readonly folder: Folder | null;
  readonly path: string;
  readonly state: Path | null;
  /** The same by identity, where it was found under a name of its own: a root may be reached by several paths. */
  readonly stateFolder?: Pick<Stat, 'device' | 'inode'> | null;
};

/** `folder` is the held root, which stays the caller's; null where the root does not exist. `state` is the path of syncplan's own
 * folder in it, null where that lies elsewhere. */
export const openScan = async (
  verbs: FileVerbs,
  root: ScannedRoot,
  selection: Selection,
  tools: ScanTools,
): Promise<SeenScan> => {
  const state = await observe(verbs, root, selection, tools);
  const { listing, tally, followers } = state.walked;
  const { digest } = listing;
  let contents: Promise<Contents> | null = null;
  const open = (): Promise<Contents> => {
    contents ??= openContents(state);
    return contents;
  };

  const numberOf = (folder: Path): number => {
    const number = listing.number(folder);
    if (number >= 0) return number;
    throw new HostError(
      'protocol',
      `asked for a folder that was not listed, "${folder}"`,
      'this is a fault in syncplan',
    );
  };
  const pageOf = (number: number): FolderPage => ({ folder: listing.path(number), page: listing.page(number) });

  return {
    selection,
    summary: { ...tally, digest, exists: state.start !== null },
    seen: path => seenAt(state, path),
    listed: sizes => listedBySize(state, sizes),
    async *pages(folders) {
      for (const folder of folders) yield pageOf(numberOf(folder));
    },
    async *subtrees(folders) {
      for (const folder of folders) {
        const rest = [numberOf(folder)];
        for (let number = rest.pop(); number !== undefined; number = rest.pop()) {
          yield pageOf(number);
          rest.push(...listing.children(number).reverse());
        }
      }
    },
    async lookup(paths) {
      if (state.start === null) await arrive(state, root);
      return lookup(state, paths);
    },
    async digests(paths) {
      const [opened, reader] = await Promise.all([open(), openFileReader(state)]);
      try {
        return await opened.digests(paths, reader);
      } finally {
        await reader.close();
        state.table.flush();
      }
    },
    async *contents(folders) {
      const [opened, reader] = await Promise.all([open(), openFileReader(state)]);
      try {
        for (const folder of folders) yield { folder, page: await opened.page(numberOf(folder), reader) };
      } finally {
        await reader.close();
        state.table.flush();
      }
    },
    extras: paths => readExtras(state, paths),
    provenance: async paths => tools.provenance?.(paths) ?? paths.map(() => 'unknown' as const),
    followers: async leaders => leaders.map(leader => followers.get(leader) ?? []),
    read: (wanted, travel = PLAIN) => travelling(readContents(state, wanted), travel, tools.limits),
    sign: wanted => signFiles(state, wanted),
    readDeltas: (wanted, signatures, travel = PLAIN) =>
      travelling(readDeltas(state, wanted, signatures), travel, tools.limits),
    changed: paths => findChanged(state, paths),
    async close() {
      state.table.settle();
      state.keep();
      if (state.start !== null && state.start.folder !== root.folder) await verbs.release(state.start.folder);
    },
  };
};

const observe = async (
  verbs: FileVerbs,
  root: ScannedRoot,
  selection: Selection,
  { cache, listings, breathe }: ScanTools,
): Promise<ScanState> => {
  const path = selection.folder === '' ? root.path : `${root.path}/${selection.folder}`;
  const start = await findStart(verbs, root, selection.folder, path);
  const matcher = makeMatcher(selection.terms, { now: selection.now });
  const managed = makeManaged(selection, verbs.names);
  const pace = makePace(breathe);
  const [hasher, { size }] = [await openDigests('xxh128'), await openDigests(selection.algorithm)];
  const extras = makeExtraReader(verbs, selection, managed, hasher);
  const isOwn = (below: Path): boolean => isInInnerState(below) || join(selection.folder, below) === root.state;
  const kept =
    listings === null || start === null ? null : await openKept(verbs, root, start, selection, listings, hasher);
  const done = start === null ? undefined : verbs.ahead?.(start.folder, wantedBelow(matcher.top, isOwn));
  const walk = { verbs, start, ...ownOf(root), selection, matcher, managed, hasher, pace, kept };
  const listed = await walkTree(walk).finally(done);
  if (isFault(listed)) throw unusable(path, listed);
  const keep = kept?.finish(listed.listing, listed.plain, listed.fresh, start!.stat) ?? KEEPS_NOTHING;
  const walked = extras === null ? listed : await withExtras(verbs, start, listed, extras, hasher);
  const table = cache.table(selection.algorithm, size);
  const device = start?.stat.device ?? 0;
  const own = root.state;
  const lookedUp = new Map();
  return { verbs, selection, own, matcher, managed, pace, table, start, device, walked, extras, keep, lookedUp };
};

/** Null where pages of this take cannot be used again. */
const openKept = async (
  verbs: FileVerbs,
  root: ScannedRoot,
  { folder, stat }: Start & { readonly stat: Stat },
  selection: Selection,
  listings: ListingCache,
  hasher: Hasher,
): Promise<KeptListing | null> => {
  const key = verbs.listKept === undefined ? null : listingKey(selection, ownOf(root), verbs.names, stat);
  if (key === null || !changesShowInTimes(await verbs.fileSystem(folder))) return null;
  return listings.open(key, hasher, (await verbs.namesShowInTimes?.(folder)) === true ? stat.device : null);
};

/** The folder taken was missing, and may have been made since, with its root. */
const arrive = async (state: ScanState, root: ScannedRoot): Promise<void> => {
  const { verbs, selection } = state;
  const opened = root.folder === null ? await verbs.open(root.path) : null;
  if (isFault(opened)) return;
  const folder = opened?.folder ?? root.folder;
  const path = selection.folder === '' ? root.path : `${root.path}/${selection.folder}`;
  const start = await findStart(verbs, { ...root, folder }, selection.folder, path);
  if (opened !== null && start?.folder !== opened.folder) await verbs.release(opened.folder);
  state.start = start;
  state.device = start?.stat.device ?? 0;
};

const ownOf = ({ state, stateFolder = null }: ScannedRoot) => ({ state, stateFolder });

/** Enters the take's folder from the root, never through a link; null where it does not exist. */
const findStart = async (
  verbs: FileVerbs,
  root: ScannedRoot,
  folder: Path,
  path: string,
): Promise<(Start & { readonly stat: Stat }) | null> => {
  const names = folder === '' ? [] : folder.split('/');
  if (isInInnerState(folder) || (root.state !== null && isWithin(folder, root.state))) {
    throw new HostError('bad-root', `list ${path}: it is syncplan's own folder`, 'take another folder');
  }
  if (root.folder === null) return null;
  if (names.length === 0) {
    const opened = await verbs.open(root.path);
    if (isFault(opened)) throw unusable(root.path, opened);
    await verbs.release(opened.folder);
    return { folder: root.folder, path, stat: opened.stat };
  }
  let at = root.folder;
  let stat: Stat | null = null;
  for (const name of names) {
    const answer = (await verbs.stat([{ at, name }]))[0]!;
    const entered = isFault(answer) ? answer : await verbs.enter(at, name);
    if (at !== root.folder) await verbs.release(at);
    if (isFault(entered) || isFault(answer)) {
      const fault = isFault(entered) ? entered : (answer as Fault);
      if (fault.fault === 'ENOENT') return null;
      throw unusable(path, fault);
    }
    at = entered;
    stat = answer;
  }
  return { folder: at, path, stat: stat! };
};

const KEEPS_NOTHING = (): void => undefined;
const PLAIN: Travel = { compress: 0, limit: null };

const unusable = (path: string, fault: Fault): HostError => {
  const { why, help } = explainFolderFault(fault);
  return new HostError('bad-root', `list ${path}: ${why}`, help);
};
