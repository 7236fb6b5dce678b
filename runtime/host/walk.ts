// Walks a take's folder and lists what complies, in path order, entering folders one by one and never through a link.
//
//  1. A folder that cannot be read, is too deep or belongs to another file system is listed as unreadable, never as empty.
//  2. What vanishes while it is looked at is left out; what is refused or cannot be carried is left out and named.
//  3. Links are followed only where the policy says so and only on the master; an ancestor is never entered again.
//  4. Of a set of hard links the first in path order is the file, the others are its further names.
//  5. syncplan's own folder in the root is never listed, nor are those of roots that lie in this one.
//  6. A folder of which a page was kept, and in which nothing changed, is listed by that page (listing-cache.ts).
//  7. Where a machine's word is all there is, a tree that does not end ends the walk: then nothing of it is believed.
import type { Hasher } from '../bytes/digest.js';
import { type Folded, type Listing, makeListing } from '../tree/listing.js';
import type { Matcher, Scope } from '../tree/matcher.js';
import { join, leaf, type Path, parent } from '../tree/path.js';
import { problemOf } from './faults.js';
import {
  type Fault,
  type FileVerbs,
  type Folder,
  type FoundAsKept,
  isFault,
  isSameInode,
  type Named,
  type Stat,
} from './file-verbs.js';
import type { ScanSummary, Selection } from './host.js';
import { decideLink, linkLoop } from './link-policy.js';
import type { KeptListing, KnownFolder } from './listing-cache.js';
import { folderOf, linkOf, type Managed } from './managed.js';
import type { Pace } from './pace.js';
import type { Start } from './reach.js';
import { STATE_FOLDER } from './transaction/state-folder.js';
import { endless, makeBudget, tooDeep } from './walk-bounds.js';
import { makeFacts } from './walk-facts.js';
import { makeTally } from './walk-tally.js';
import { isBearable, MAX_DEPTH } from './walk-wanted.js';

export type Walked = {
  readonly listing: Listing;
  readonly tally: Omit<ScanSummary, 'digest' | 'exists'>;
  /** Further names by the path of their file. */
  readonly followers: ReadonlyMap<Path, readonly Path[]>;
  /** Links that are listed as the folders and files they lead to. */
  readonly followedFolders: ReadonlySet<Path>;
  readonly followedFiles: ReadonlySet<Path>;
  /** Folders whose page tells all that is in them: nothing but settled files of one name each, and folders. */
  readonly plain: ReadonlySet<Path>;
  /** Names in them that were looked for, or whose folder is kept no more as it is. */
  readonly fresh: number;
};

export type Walk = {
  readonly verbs: FileVerbs;
  /** Null where the folder does not exist. */
  readonly start: (Start & { readonly stat: Stat }) | null;
  /** Path of syncplan's own folder from the root; null where that lies elsewhere. */
  readonly state: Path | null;
  readonly stateFolder: Pick<Stat, 'device' | 'inode'> | null;
  readonly selection: Selection;
  readonly matcher: Matcher;
  readonly managed: Managed;
  readonly hasher: Hasher;
  readonly pace: Pace;
  /** Null where no pages are kept. */
  readonly kept: KeptListing | null;
};

/** A Fault where the folder itself cannot be listed. */
export const walkTree = async (walk: Walk): Promise<Walked | Fault> => {
  const { verbs, start, state, stateFolder, selection, matcher, managed, pace, kept } = walk;
  const listing = makeListing(walk.hasher);
  const tally = makeTally();
  const followers = new Map<Path, Path[]>();
  const followedFolders = new Set<Path>();
  const followedFiles = new Set<Path>();
  /** First paths of files with further names that may still come, by inode (and device, where it is another). */
  const leaders = new Map<number | string, Path>();
  const plain = new Set<Path>();
  let fresh = 0;
  /** Identities of the folders on the way down. */
  const way: Stat[] = [];
  const budget = makeBudget(verbs.mostListed);
  const facts = makeFacts(managed);
  const file = { kind: 'file' as const, size: 0, mode: 0, modified: 0, owner: '', group: '', extra: '' };

  const listFolder = async (held: Folder, { named, isSteady }: FoundNow, path: Path, scope: Scope): Promise<void> => {
    const sorted = isSorted(named) ? named : [...named].sort(byName);
    let isPlain = isSteady;
    const own = state !== null && parent(state) === inRoot(path) ? leaf(state) : null;
    for (const { name, stat, refused } of sorted) {
      if (budget.isSpent()) return;
      if (name === STATE_FOLDER || name === own || isStateFolder(stat)) continue;
      if (refused !== undefined) {
        const help = 'rename it there, or leave it out';
        tally.problem({ path: join(path, name), code: 'bad-path', message: `list it: ${refused}`, help });
        continue;
      }
      if (stat.kind === 'file') {
        isPlain = isPlain && isSettled(stat);
        if (scope.selects(facts.of(name, 'file', stat))) addFile(name, path, stat, selection.links.hard === 'keep');
      } else if (stat.kind === 'folder') await addFolder(held, name, path, scope, stat, false);
      else if (stat.kind === 'link') await addLink(held, name, path, scope, stat);
      else if (scope.selects(facts.of(name, 'special', stat))) tally.skipped++;
      isPlain = isPlain && (stat.kind === 'file' || stat.kind === 'folder');
    }
    if (isPlain && sorted.length > 0 && listing.added() === sorted.length) plain.add(path);
  };

  const isStateFolder = (stat: Stat): boolean => stateFolder !== null && isSameInode(stat, stateFolder);

  /** Nothing but its identity is needed to know it again: what it looks like changes with that. */
  const isSettled = (stat: Stat): boolean =>
    stat.names === 1 &&
    stat.device === start!.stat.device &&
    Math.max(stat.changed, stat.modified) < kept!.settled &&
    !managed.losesBits(stat);

  /** What the page that was kept says of files, and each folder as it is now. */
  const listAsKept = async (held: Folder, { page, folders }: FoundKept, path: Path, scope: Scope): Promise<void> => {
    let from = 0;
    const addFiles = (to: number): void => {
      tally.bytes += listing.addKept(page, from, to);
      tally.files += to - from;
      from = to + 1;
    };
    for (const { row, name, stat } of folders) {
      addFiles(row);
      if (name === STATE_FOLDER || isStateFolder(stat)) continue;
      await addFolder(held, name, path, scope, stat, false);
    }
    addFiles(page.count);
    if (listing.added() === page.count) plain.add(path);
  };

  const addFile = (name: string, folder: Path, stat: Stat, linked: boolean): void => {
    if (!bearable(name, folder) || !countable(stat.size, name, folder)) return;
    if (linked && stat.names > 1 && addFurtherName(name, folder, stat)) return;
    file.size = stat.size;
    file.mode = managed.mode(stat);
    file.modified = managed.modified(stat);
    file.owner = managed.owner(stat);
    file.group = managed.group(stat);
    tally.files++;
    tally.bytes += stat.size;
    if (managed.losesBits(stat)) tally.specialBits++;
    listing.add(name, file, stat);
  };

  const addFurtherName = (name: string, folder: Path, stat: Stat): boolean => {
    const key = stat.device === start!.stat.device ? stat.inode : `${stat.device}:${stat.inode}`;
    const path = join(folder, name);
    const leader = leaders.get(key);
    if (leader === undefined) {
      leaders.set(key, path);
      return false;
    }
    const others = followers.get(leader);
    if (others === undefined) followers.set(leader, [path]);
    else others.push(path);
    tally.hard++;
    listing.add(name, { kind: 'hard', leader }, stat);
    return true;
  };

  const addLink = async (held: Folder, name: string, folder: Path, scope: Scope, stat: Stat): Promise<void> => {
    const follows = selection.links.symbolic === 'follow' && selection.side === 'master';
    // Followed, a link counts as what it leads to, which its own facts do not tell.
    if (!follows && !scope.selects(facts.of(name, 'link', stat))) return;
    if (!bearable(name, folder)) return;
    const path = join(folder, name);
    const decision = await decideLink(verbs, selection, { held, folder: inRoot(folder), name, path });
    const selected = (): boolean => scope.selects(facts.of(name, 'link', stat));
    switch (decision.is) {
      case 'gone':
        return;
      case 'skipped':
        if (selected()) tally.skipped++;
        return;
      case 'refused':
        if (selected()) tally.problem(decision.problem);
        return;
      case 'link':
        tally.links++;
        listing.add(name, linkOf(stat, decision.target, managed), stat);
        return;
      case 'followed':
        if (decision.stat.kind === 'folder') return addFolder(held, name, folder, scope, decision.stat, true);
        if (decision.stat.kind !== 'file') {
          if (scope.selects(facts.of(name, 'special', decision.stat))) tally.skipped++;
        } else if (scope.selects(facts.of(name, 'file', decision.stat))) {
          followedFiles.add(path);
          addFile(name, folder, decision.stat, false);
        }
        return;
    }
  };

  const addFolder = async (
    held: Folder,
    name: string,
    folder: Path,
    scope: Scope,
    stat: Stat,
    followed: boolean,
  ): Promise<void> => {
    const selected = scope.selectsFolder(facts.of(name, 'folder', stat));
    const inner = scope.enter(name);
    if ((inner === null && !selected) || !bearable(name, folder)) return;
    const path = join(folder, name);
    const outcome = inner === null ? NOTHING_BELOW : await listBelow(held, name, path, inner, stat, followed);
    if (outcome === 'gone') return;
    if (outcome === 'unreadable' || selected || outcome.entries > 0) {
      const folded = outcome === 'unreadable' || outcome === NOTHING_BELOW ? emptyPage(path) : outcome;
      tally.folders++;
      if (selected && managed.losesBits(stat)) tally.specialBits++;
      listing.addFolder(name, folderOf(stat, selected, outcome === 'unreadable', managed), folded, stat);
    }
  };

  /** Lists a folder's page; one that turns out empty still has to be given its page, or not. */
  const listBelow = async (
    held: Folder,
    name: string,
    path: Path,
    scope: Scope,
    stat: Stat,
    followed: boolean,
  ): Promise<Folded | 'unreadable' | 'gone'> => {
    const unreadable = (fault: Fault): 'unreadable' | 'gone' => {
      if (fault.fault === 'ENOENT') return 'gone';
      tally.problem(problemOf(path, 'list the folder', fault));
      return 'unreadable';
    };
    if (followed && way.some(above => isSameInode(above, stat))) {
      tally.problem(linkLoop(path));
      return 'gone';
    }
    if (!followed && stat.device !== way[way.length - 1]!.device) {
      tally.mounts++;
      return 'unreadable';
    }
    if (way.length > MAX_DEPTH) {
      tally.problem(tooDeep(path));
      return 'unreadable';
    }
    const entered = followed ? await verbs.open(`${start!.path}/${path}`) : await verbs.enter(held, name);
    if (isFault(entered)) return unreadable(entered);
    const inside = 'folder' in entered ? entered.folder : entered;
    const found = await look(inside, path, stat);
    if (isFault(found)) {
      await verbs.release(inside);
      return unreadable(found);
    }
    if (followed) followedFolders.add(path);
    way.push(stat);
    listing.begin();
    await addFound(inside, found, path, scope);
    way.pop();
    await verbs.release(inside);
    if (listing.added() > 0) return endFolder(found, path);
    listing.drop();
    return NOTHING_BELOW;
  };

  /** What is in a folder, or what its kept page leaves open. */
  const look = async (held: Folder, path: Path, seen: Stat): Promise<Found | Fault> => {
    // It was seen by its name, some time ago: another may have come there, or names into it.
    const isSteady = kept !== null && (verbs.itself === undefined || isSameFolder(await verbs.itself(held), seen));
    const known = isSteady ? kept.find(path, seen) : null;
    const found = await (known === null ? verbs.list(held) : verbs.listKept!(held, known.page, known.sameNames));
    if (isFault(found)) return found;
    const names = 'folders' in found ? known!.page.count : found.length;
    budget.take(names, way.length);
    const pause = pace(names + 1);
    if (pause !== null) await pause;
    return 'folders' in found ? { ...known!, ...found } : { named: found, isSteady };
  };

  const addFound = (held: Folder, found: Found, path: Path, scope: Scope): Promise<void> =>
    'named' in found ? listFolder(held, found, path, scope) : listAsKept(held, found, path, scope);

  const endFolder = (found: Found, path: Path): Folded => {
    const folded = 'named' in found ? listing.end(path) : listing.end(path, found.page);
    const isKept = 'page' in found && !found.isDated && folded.digest === found.page.digest;
    if (!isKept && plain.has(path)) fresh += 'named' in found ? found.named.length : found.page.count;
    return folded;
  };

  const emptyPage = (path: Path): Folded => {
    listing.begin();
    return listing.end(path);
  };

  const inRoot = (folder: Path): Path => (folder === '' ? selection.folder : join(selection.folder, folder));

  /** Names and paths longer than the formats carry are left out and named. */
  const bearable = (name: string, folder: Path): boolean => {
    if (isBearable(name, folder)) return true;
    const help = 'shorten it, or leave it out';
    tally.problem({ path: folder, code: 'name-too-long', message: `list a name of ${name.length} bytes in it`, help });
    return false;
  };

  const countable = (size: number, name: string, folder: Path): boolean => {
    if (size <= Number.MAX_SAFE_INTEGER) return true;
    const message = 'list the file: its size cannot be counted';
    tally.problem({ path: join(folder, name), code: 'unsupported', message, help: 'leave it out' });
    return false;
  };

  listing.begin();
  if (start !== null) {
    const found = await look(start.folder, '', start.stat);
    if (isFault(found)) return found;
    way.push(start.stat);
    await addFound(start.folder, found, '', matcher.top);
    if (budget.isSpent()) return endless(verbs.mostListed);
    endFolder(found, '');
  } else listing.end('');
  return { listing: listing.finish(), tally: tally.summary(), followers, followedFolders, followedFiles, plain, fresh };
};

/** A folder as it was listed now. What was listed is kept where it is `isSteady`: by all that was seen of it, the one held. */
type FoundNow = { readonly named: readonly Named[]; readonly isSteady: boolean };
/** One as its kept page tells it, but for the folders in it. */
type FoundKept = FoundAsKept & KnownFolder;
type Found = FoundNow | FoundKept;

const isSameFolder = (held: Stat | Fault, seen: Stat): boolean =>
  !isFault(held) && isSameInode(held, seen) && held.modified === seen.modified && held.changed === seen.changed;

const isSorted = (named: readonly Named[]): boolean => {
  for (let i = 1; i < named.length; i++) if (named[i - 1]!.name >= named[i]!.name) return false;
  return true;
};

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : 1);

const NOTHING_BELOW: Folded = { entries: 0, bytes: 0, digest: '' };
