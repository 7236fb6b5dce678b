// A disk with a cached and a durable layer: what was not made durable may be lost, torn or kept when its machine dies.
//
// The model, no kinder than ext4 and no kinder than what POSIX promises:
//  1. Content and attributes of a file become durable by a sync of that file or of the disk, entries of a folder by a sync
//     of that folder or of the disk. Nothing else makes anything durable, neither closing nor renaming.
//  2. A crash keeps a prefix of each folder's unsynced entry operations, in the order in which they were made.
//  3. An operation on two folders (a rename) is kept in both or in neither, and so are all before it in either.
//  4. Content that was not synced is what it was at the last sync, or what was written, or torn: cut short, or as long as it
//     was to be with zeros for what did not arrive. A new file that was never synced may be there empty, with 0600.
//     A link is nothing but attributes and no call syncs it by itself: it is as durable as the entries of its folder.
//  5. Attributes that were not synced are old or new, whatever became of the content.
//  6. When an inode last changed is part of what changed it: an operation on entries that is lost takes its mark along, as
//     file systems with a journal do it.
//  7. A sync that fails loses what it should have written: a later one does not bring it back, though it says so.
//  8. A process that dies loses nothing: `image` is what the cache holds.
import { HostError } from '../../runtime/host/host-error.js';
import { fault, type Inode, type MemoryDisk, type MemoryDiskOptions, makeMemoryDisk } from './memory-disk.js';
import type { Random } from './seeded.js';

export type SimulatedDisk = MemoryDisk & {
  readonly syncsOneByOne: boolean;
  /** Everything is durable from here on. */
  readonly settle: () => void;
  /** The host is gone: every operation from now on throws. Throws itself. */
  readonly die: () => never;
  readonly isDead: () => boolean;
  /** What a new process finds after the old one was killed. */
  readonly image: () => SimulatedDisk;
  /** What a new process finds after the machine lost its power. */
  readonly crash: (random: Random) => SimulatedDisk;
  /** Operations on entries that a crash may lose. */
  readonly pending: () => number;
  /** Called after each operation on entries, and after each change of content: the cached layer as others read it. */
  onChange: () => void;
};

type Attributes = Readonly<Record<string, unknown>>;
type Version = { readonly content: Buffer; readonly attributes: Attributes };
type EntryChange = {
  readonly folder: Inode;
  readonly name: string;
  readonly inode: Inode | null;
  /** The inode that got or lost the name, and when. */
  readonly touched: Inode;
  readonly moment: number;
};
type Group = readonly EntryChange[];

export type SimulatedDiskOptions = MemoryDiskOptions & {
  /** There is no call that syncs the whole disk. */
  readonly syncsOneByOne?: boolean;
};

export const makeSimulatedDisk = (options: SimulatedDiskOptions = {}): SimulatedDisk => {
  const memory = makeMemoryDisk(options);
  const { count, make, link, unlink, touch } = memory;
  const durable = new Map<Inode, Version>();
  const durableEntries = new Map<Inode, Map<string, Inode>>();
  /** When an inode last changed by an operation on entries, and otherwise. */
  const byEntries = new Map<Inode, number>();
  const byItself = new Map<Inode, number>();
  /** Content that a sync failed to write: until it is written anew, no sync makes it durable. */
  const lost = new Map<Inode, Buffer>();
  /** The last operation on entries of an inode that is durable. */
  const committed = new Map<Inode, number>();
  let journal: Group[] = [];
  let open: EntryChange[] | null = null;
  let dead = false;
  let highest = options.inodes ?? 1;

  const alive = (): void => {
    if (dead) throw new HostError('lost', 'the machine is gone', 'start it again');
  };
  const ownMoment = (inode: Inode): number =>
    inode.changed === byEntries.get(inode) ? (byItself.get(inode) ?? 0) : inode.changed;
  const record = (folder: Inode, name: string, inode: Inode | null, touched: Inode, work: () => void): void => {
    byItself.set(touched, ownMoment(touched));
    work();
    byEntries.set(touched, touched.changed);
    const change = { folder, name, inode, touched, moment: touched.changed };
    if (open !== null) open.push(change);
    else journal.push([change]);
    if (open === null) disk.onChange();
  };
  const commit = (group: Group): void => {
    for (const { folder, name, inode, touched, moment } of group) {
      committed.set(touched, moment);
      const entries = durableEntries.get(folder) ?? new Map<string, Inode>();
      durableEntries.set(folder, entries);
      if (inode === null) entries.delete(name);
      else entries.set(name, inode);
    }
  };
  const syncContent = (inode: Inode): void => {
    const { content: cached, attributes } = versionOf(inode);
    const content = lost.get(inode) === cached ? (durable.get(inode) ?? EMPTY).content : cached;
    durable.set(inode, { content, attributes: { ...attributes, changed: ownMoment(inode) } });
  };

  /** By name for `sync-file`, wherever that is: more may be lost than was to be written, never less. */
  const lose = (verb: string, name: string): void =>
    visit(
      disk.root,
      inode => inode.entries,
      (inode, at) => {
        if (verb === 'sync-folder' || (verb === 'sync-file' && at !== name)) return;
        if (inode.content !== durable.get(inode)?.content) lost.set(inode, inode.content);
      },
    );

  const disk: SimulatedDisk = Object.assign(memory, {
    syncsOneByOne: options.syncsOneByOne ?? false,
    count(verb: string, name: string) {
      alive();
      const answer = count(verb, name) ?? (verb === 'sync-all' && disk.syncsOneByOne ? fault('ENOSYS') : null);
      alive();
      if (answer !== null && !UNTRIED.has(answer.fault) && verb.startsWith('sync-')) lose(verb, name);
      return answer;
    },
    make(kind: Inode['kind'], mode: number, target?: string) {
      const inode = make(kind, mode, target);
      highest = Math.max(highest, inode.number);
      durable.set(inode, versionOf(inode));
      return inode;
    },
    link(folder: Inode, name: string, inode: Inode) {
      alive();
      record(folder, name, inode, inode, () => link(folder, name, inode));
    },
    unlink(folder: Inode, name: string) {
      alive();
      record(folder, name, null, folder.entries.get(name)!, () => unlink(folder, name));
    },
    touch(inode: Inode) {
      alive();
      touch(inode);
      disk.onChange();
    },
    atomically<T>(work: () => T): T {
      if (open !== null) return work();
      open = [];
      try {
        return work();
      } finally {
        if (open.length > 0) journal.push(open);
        open = null;
        disk.onChange();
      }
    },
    synced(what: 'file' | 'folder' | 'disk', inode: Inode) {
      if (what === 'disk') return disk.settle();
      syncContent(inode);
      if (what === 'file') return;
      for (const below of inode.entries.values()) if (below.kind === 'link') syncContent(below);
      const kept = closure(journal, inode);
      for (const group of journal) if (kept.has(group)) commit(group);
      journal = journal.filter(group => !kept.has(group));
    },
    settle() {
      journal = [];
      for (const known of [byEntries, byItself, committed]) known.clear();
      visit(
        disk.root,
        inode => inode.entries,
        inode => {
          syncContent(inode);
          durableEntries.set(inode, new Map(inode.entries));
        },
      );
    },
    die(): never {
      dead = true;
      throw new HostError('lost', 'the machine died', 'start it again');
    },
    isDead: () => dead,
    pending: () => journal.length,
    image: () => copyOf(disk, highest, inode => inode.entries, versionOf),
    crash(random: Random) {
      const entries = new Map([...durableEntries].map(([folder, names]) => [folder, new Map(names)]));
      const moments = new Map(committed);
      for (const group of survivors(journal, random)) {
        for (const { folder, name, inode, touched, moment } of group) {
          moments.set(touched, moment);
          const names = entries.get(folder) ?? new Map<string, Inode>();
          entries.set(folder, names);
          if (inode === null) names.delete(name);
          else names.set(name, inode);
        }
      }
      const choose = chooseVersions(random, inode => durable.get(inode) ?? EMPTY);
      const version = (inode: Inode): Version => {
        const old = durable.get(inode) ?? EMPTY;
        const { content, attributes } = choose(inode);
        const itself = attributes === old.attributes ? 0 : ownMoment(inode);
        const changed = Math.max(Number(old.attributes.changed ?? 0), moments.get(inode) ?? 0, itself);
        return { content, attributes: { ...attributes, changed } };
      };
      return copyOf(disk, highest, inode => entries.get(inode) ?? NOTHING, version);
    },
    onChange: () => {},
  });
  durable.set(disk.root, versionOf(disk.root));
  return disk;
};

/** All that must be durable when this folder's entries are: its own operations, and what came before them in others. */
const closure = (journal: readonly Group[], folder: Inode): ReadonlySet<Group> => {
  const kept = new Set<Group>();
  const folders = new Set([folder]);
  for (let i = journal.length - 1; i >= 0; i--) {
    const group = journal[i]!;
    if (!group.some(change => folders.has(change.folder))) continue;
    kept.add(group);
    for (const change of group) folders.add(change.folder);
  }
  return kept;
};

/** A prefix for each folder, consistent across folders. */
const survivors = (journal: readonly Group[], random: Random): Group[] => {
  const style = random.pick(['none', 'all', 'cut', 'cut', 'by-folder', 'by-folder', 'by-folder'] as const);
  if (style === 'none') return [];
  if (style === 'all') return [...journal];
  if (style === 'cut') return journal.slice(0, random.below(journal.length + 1));
  const lost = new Set<Inode>();
  const kept: Group[] = [];
  const odds = random.pick([0.03, 0.15, 0.5]);
  for (const group of journal) {
    const loses = group.some(({ folder }) => lost.has(folder)) || random.chance(odds);
    if (loses) for (const { folder } of group) lost.add(folder);
    else kept.push(group);
  }
  return kept;
};

const chooseVersions = (random: Random, durableOf: (inode: Inode) => Version): ((inode: Inode) => Version) => {
  const style = random.pick(['old', 'new', 'torn', 'any', 'any'] as const);
  return inode => {
    const old = durableOf(inode);
    const cached = versionOf(inode);
    const fate = style === 'any' ? random.pick(['old', 'new', 'torn'] as const) : style;
    const attributes = style === 'any' && random.chance(0.5) ? old.attributes : cached.attributes;
    if (old.content === cached.content || fate === 'new') return { content: cached.content, attributes };
    if (fate === 'old') return { content: old.content, attributes: style === 'old' ? old.attributes : attributes };
    return { content: tornBetween(old.content, cached.content, random), attributes };
  };
};

const tornBetween = (old: Buffer, wanted: Buffer, random: Random): Buffer => {
  const arrived = random.below(wanted.length + 1);
  const grows = wanted.length >= old.length && wanted.subarray(0, old.length).equals(old);
  const from = grows ? Math.max(old.length, arrived) : arrived;
  if (random.chance(0.5)) return Buffer.from(wanted.subarray(0, from));
  const zeros = Buffer.from(wanted);
  zeros.fill(0, from);
  return zeros;
};

/** A disk of its own with the same inode numbers, all of it durable. */
const copyOf = (
  from: SimulatedDisk,
  highest: number,
  entriesOf: (inode: Inode) => ReadonlyMap<string, Inode>,
  version: (inode: Inode) => Version,
): SimulatedDisk => {
  const to = makeSimulatedDisk({ time: from.now(), inodes: highest, syncsOneByOne: from.syncsOneByOne });
  const copies = new Map<Inode, Inode>();
  const fill = (source: Inode, copy: Inode): void => {
    for (const [name, inode] of entriesOf(source)) {
      const known = copies.get(inode);
      if (known !== undefined) {
        if (inode.kind === 'folder') continue; // Reached by two names of an unfinished rename: one is enough.
        known.names++;
        copy.entries.set(name, known);
        continue;
      }
      const { content, attributes } = version(inode);
      const names = inode.kind === 'folder' ? 2 : 1;
      const fresh: Inode = { ...inode, ...attributes, content, names, entries: new Map() };
      copies.set(inode, fresh);
      copy.entries.set(name, fresh);
      fill(inode, fresh);
    }
  };
  fill(from.root, to.root);
  to.settle();
  return to;
};

const visit = (
  inode: Inode,
  entriesOf: (inode: Inode) => ReadonlyMap<string, Inode>,
  see: (inode: Inode, name: string) => void,
  name = '',
): void => {
  see(inode, name);
  for (const [at, below] of entriesOf(inode)) visit(below, entriesOf, see, at);
};

/** All that a stat tells but its identity, and whatever else an inode carries. */
const versionOf = ({
  number: _,
  kind: _kind,
  names: _names,
  entries: _entries,
  target: _target,
  content,
  ...rest
}: Inode): Version => ({
  content,
  attributes: rest,
});

const EMPTY: Version = { content: Buffer.alloc(0), attributes: {} };
const NOTHING: ReadonlyMap<string, Inode> = new Map();

/** A sync that was not even begun loses nothing: there is no such call, or what was to be synced could not be opened. */
const UNTRIED: ReadonlySet<string> = new Set(['ENOSYS', 'EACCES']);
