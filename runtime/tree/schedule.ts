// Orders changes into actions, so that every prefix of the list leaves a tree that can be scanned and finished.
//
// Invariants (test/tree/schedule.test.ts):
//  1. A folder is made before anything is put into it; a path is emptied before something of another kind takes its place.
//  2. Among files and links, ranks of the block's `order` ascend; within a rank, paths do. A hard name comes after its leader.
//  3. Deletions come last, children before parents, but for those that make room (1).
//  4. A new folder is put in place whole, by one rename, only if all that it brings has one rank, no hard name in it
//     leads outside, and nobody else makes it at the same time; its actions follow it without a gap.
//  5. Attributes of folders come after everything in them; a folder is never read-only while it is being filled.
import type { Action } from './action.js';
import { type Change, differingAttributes, type Rules } from './change.js';
import type { Entry, FileEntry, FolderEntry } from './entry.js';
import { comparePaths, isWithin, type Path, parent } from './path.js';

export type ScheduleOptions = {
  readonly rules: Rules;
  /** Rank of a file, link or hard name in the block's `order`; null where it has none, and all are equal. */
  readonly rank: ((path: Path, entry: Entry) => number) | null;
  /** Is what stands there, and is to be replaced, not what syncplan put there? Then it is kept in the trash. */
  readonly keep: (path: Path) => boolean;
  /** Extended attributes and access lists of the master's file or folder, as `Scan.extras` gave them; '' for none. */
  readonly extra: (path: Path) => string;
  /** Is this a folder that somebody else makes as well at the same time? Then it is made in place. None is, where it is not given. */
  readonly apart?: (path: Path) => boolean;
};

/** The actions of one relation's part by phase; `inOrder` makes one list of all parts. */
export type Schedule = {
  readonly folders: readonly Action[];
  /** Ascending by rank; the actions of one unit stay together. */
  readonly units: readonly { readonly rank: number; readonly actions: readonly Action[] }[];
  readonly deletions: readonly Action[];
  readonly finishing: readonly Action[];
};

/** One list: the phases of all parts one after another, units by rank across the parts. */
export const inOrder = (parts: readonly Schedule[]): { readonly part: number; readonly action: Action }[] => {
  const of = (pick: (schedule: Schedule) => readonly Action[]) =>
    parts.flatMap((schedule, part) => pick(schedule).map(action => ({ part, action })));
  const units = parts.flatMap(({ units }, part) => units.map(unit => ({ ...unit, part })));
  units.sort((a, b) => a.rank - b.rank || a.part - b.part);
  return [
    ...of(({ folders }) => folders),
    ...units.flatMap(({ part, actions }) => actions.map(action => ({ part, action }))),
    ...of(({ deletions }) => deletions),
    ...of(({ finishing }) => finishing),
  ];
};

/** `changes` in path order, one for a path. */
export const schedule = (changes: readonly Change[], options: ScheduleOptions): Schedule => {
  const ranks = ranksOf(changes, options);
  const whole = wholeFolders(changes, ranks, options);
  const isInside = (path: Path): Path | null => outermost(path, whole);
  const replacedFolders = changes.filter(makesRoom).map(({ path }) => path);
  const makesRoomFor = (path: Path): boolean =>
    replacedFolders.some(folder => path !== folder && isWithin(path, folder));

  const folders: Action[] = [];
  const items: { rank: number; path: Path; actions: Action[] }[] = [];
  const deletions: Action[] = [];
  const finishing: Action[] = [];
  const groups = new Map<Path, Action[]>();

  for (const change of changes) {
    const { path } = change;
    if (change.kind === 'delete') {
      if (!makesRoomFor(path)) deletions.push(removal(change));
      continue;
    }
    if (change.kind === 'attributes') {
      const adjust = adjustment(path, change.entry, change.was, options);
      if (change.entry.kind === 'folder') finishing.push(adjust);
      else items.push({ rank: ranks.get(path) ?? 0, path, actions: [adjust] });
      continue;
    }
    const room = change.kind === 'replace' ? roomFor(change, changes) : [];
    const action = placement(change, options, whole.has(path), room.length > 0);
    if (action.do === 'folder' && lacksOwnerAccess(change.entry)) finishing.push(closing(path, change.entry));
    const outer = isInside(path);
    if (outer !== null && outer !== path) groups.get(outer)!.push(action);
    else if (action.do === 'folder' && !action.whole) folders.push(...room, action);
    else {
      const actions = [...room, action];
      items.push({ rank: ranks.get(path) ?? 0, path, actions });
      if (action.do === 'folder') groups.set(path, actions);
    }
  }
  items.sort((a, b) => a.rank - b.rank || comparePaths(a.path, b.path));
  return { folders, units: items, deletions: deletions.reverse(), finishing: finishing.reverse() };
};

const ranksOf = (changes: readonly Change[], { rank }: ScheduleOptions): Map<Path, number> => {
  const ranks = new Map<Path, number>();
  if (rank === null) return ranks;
  for (const change of changes) {
    if (change.kind === 'delete' || change.entry.kind === 'folder') continue;
    const own = rank(change.path, change.entry);
    // The leader precedes its other names in path order, so its rank is known by now.
    ranks.set(change.path, change.entry.kind === 'hard' ? Math.max(own, ranks.get(change.entry.leader) ?? 0) : own);
  }
  return ranks;
};

/** New folders that may be staged whole; the rank of each goes into `ranks`. Only the outermost of a nest is kept. */
const wholeFolders = (
  changes: readonly Change[],
  ranks: Map<Path, number>,
  { apart = () => false }: ScheduleOptions,
): Set<Path> => {
  const ofFolder = new Map<Path, number | 'empty' | 'mixed'>();
  for (const change of changes) {
    const fresh = change.kind === 'create' || change.kind === 'replace';
    if (!fresh) continue;
    if (change.entry.kind === 'folder') {
      ofFolder.set(change.path, apart(change.path) ? 'mixed' : 'empty');
      continue;
    }
    const rank = ranks.get(change.path) ?? 0;
    const leader = change.entry.kind === 'hard' ? change.entry.leader : null;
    for (let folder = parent(change.path); ofFolder.has(folder); folder = parent(folder)) {
      const before = ofFolder.get(folder)!;
      const leadsOut = leader !== null && !isWithin(leader, folder);
      ofFolder.set(folder, leadsOut || (before !== 'empty' && before !== rank) ? 'mixed' : rank);
    }
  }
  const whole = new Set<Path>();
  for (const [folder, rank] of ofFolder) {
    if (rank === 'mixed' || rank === 'empty' || outermost(folder, whole) !== null) continue;
    whole.add(folder);
    ranks.set(folder, rank);
  }
  return whole;
};

const outermost = (path: Path, whole: ReadonlySet<Path>): Path | null => {
  if (whole.size === 0) return null;
  for (let at = path; at !== ''; at = parent(at)) if (whole.has(at)) return at;
  return null;
};

const makesRoom = (change: Change): boolean =>
  change.kind === 'replace' && change.was.kind === 'folder' && change.entry.kind !== 'folder';

/** What must go before something of another kind can stand there: renaming replaces files and links, never folders. */
const roomFor = (change: Change & { kind: 'replace' }, changes: readonly Change[]): Action[] => {
  if (change.was.kind === 'folder') {
    const below = changes.filter(other => other.kind === 'delete' && isWithin(other.path, change.path));
    return [
      ...below.reverse().map(other => removal(other as Change & { kind: 'delete' })),
      { do: 'remove-folder', path: change.path },
    ];
  }
  return change.entry.kind === 'folder' ? [{ do: 'remove', path: change.path }] : [];
};

const removal = ({ path, was }: Change & { kind: 'delete' }): Action =>
  was.kind === 'folder' ? { do: 'remove-folder', path } : { do: 'remove', path };

const placement = (
  change: Change & { kind: 'create' | 'replace' },
  { rules, keep, extra }: ScheduleOptions,
  whole: boolean,
  cleared: boolean,
): Action => {
  const { path, entry } = change;
  const expect = change.kind === 'create' || cleared ? 'absent' : 'seen';
  const kept = expect === 'seen' && keep(path);
  switch (entry.kind) {
    case 'folder':
      return {
        do: 'folder',
        path,
        mode: lacksOwnerAccess(entry) ? entry.mode | OWNER_ACCESS : entry.mode,
        ...ownersOf(entry, rules),
        extra: valuesOf(entry, path, rules, extra),
        whole,
      };
    case 'file':
      return {
        do: 'file',
        path,
        size: entry.size,
        mode: rules.mode ? entry.mode : entry.mode & ~OTHERS_WRITE,
        modified: rules.modified ? entry.modified : null,
        ...ownersOf(entry, rules),
        extra: valuesOf(entry, path, rules, extra),
        expect,
        keep: kept,
      };
    case 'link':
      return {
        do: 'link',
        path,
        target: entry.target,
        modified: rules.modified ? entry.modified : null,
        ...ownersOf(entry, rules),
        expect,
        keep: kept,
      };
    case 'hard':
      return { do: 'hard', path, leader: entry.leader, expect, keep: kept };
  }
};

/** They may be listed for other reasons than to be carried. */
const ownersOf = (
  { owner, group }: { readonly owner: string; readonly group: string },
  rules: Rules,
): { readonly owner: string; readonly group: string } => ({
  owner: rules.owner ? owner : '',
  group: rules.group ? group : '',
});

/** The values are asked for only where there are some. */
const valuesOf = (entry: FileEntry | FolderEntry, path: Path, rules: Rules, extra: ScheduleOptions['extra']): string =>
  rules.extra && entry.extra !== '' ? extra(path) : '';

const adjustment = (path: Path, entry: Entry, was: Entry, { rules, extra }: ScheduleOptions): Action => {
  const differs = differingAttributes(entry, was, rules);
  return {
    do: 'adjust',
    path,
    mode: differs.mode && (entry.kind === 'file' || entry.kind === 'folder') ? entry.mode : null,
    modified: differs.modified && (entry.kind === 'file' || entry.kind === 'link') ? entry.modified : null,
    owner: differs.owner && entry.kind !== 'hard' ? entry.owner : null,
    group: differs.group && entry.kind !== 'hard' ? entry.group : null,
    extra:
      differs.extra && (entry.kind === 'file' || entry.kind === 'folder') ? valuesOf(entry, path, rules, extra) : null,
  };
};

const lacksOwnerAccess = (entry: Entry): boolean =>
  entry.kind === 'folder' && (entry.mode & OWNER_ACCESS) !== OWNER_ACCESS;

const closing = (path: Path, entry: Entry): Action => ({
  do: 'adjust',
  path,
  mode: entry.kind === 'folder' ? entry.mode : null,
  modified: null,
  owner: null,
  group: null,
  extra: null,
});

const OWNER_ACCESS = 0o700;
const OTHERS_WRITE = 0o022;
