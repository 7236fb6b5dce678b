// A disk in memory with inodes, hard links and a clock of its own: every operation is counted and may be made to fail.
import type { Fault, Stat } from '../../runtime/host/file-verbs.js';

export type Inode = {
  readonly number: number;
  readonly kind: Stat['kind'];
  mode: number;
  modified: number;
  changed: number;
  names: number;
  owner: number;
  group: number;
  content: Buffer;
  readonly target: string;
  readonly entries: Map<string, Inode>;
  /** Extended attributes. */
  readonly extras: Map<string, string>;
  /** As if its mode forbade this user to read it. */
  unreadable: boolean;
};

export type Operation = { readonly number: number; readonly verb: string; readonly name: string };

export type MemoryDisk = {
  readonly root: Inode;
  /** Microseconds; each call is later than the one before. */
  readonly now: () => number;
  readonly make: (kind: Stat['kind'], mode: number, target?: string) => Inode;
  readonly link: (folder: Inode, name: string, inode: Inode) => void;
  readonly unlink: (folder: Inode, name: string) => void;
  readonly touch: (inode: Inode) => void;
  /** Follows links on the way, as opening an absolute path does; '' and '/' are the root. */
  readonly find: (path: string) => Inode | Fault;
  /** Counts an operation; the answer of `disturb` for it, when there is one. */
  readonly count: (verb: string, name: string) => Fault | null;
  /** Set by a test: may change the disk, and may answer with a fault that the operation then meets. */
  disturb: (operation: Operation) => Fault | null;
  /** Everything that `work` does to names happens at once, as in one system call. */
  atomically: <T>(work: () => T) => T;
  /** Called when content and attributes of a file, the entries of a folder, or a whole disk were made durable. */
  synced: (what: 'file' | 'folder' | 'disk', inode: Inode) => void;
};

export type MemoryDiskOptions = {
  /** Microseconds at which its clock starts. */
  readonly time?: number;
  /** The number of the last inode that is taken. */
  readonly inodes?: number;
};

export const makeMemoryDisk = (options: MemoryDiskOptions = {}): MemoryDisk => {
  let time = options.time ?? 1_700_000_000_000_000;
  let inodes = options.inodes ?? 0;
  let operations = 0;
  const make: MemoryDisk['make'] = (kind, mode, target = '') => {
    const moment = disk.now();
    return {
      number: ++inodes,
      kind,
      mode,
      modified: moment,
      changed: moment,
      names: kind === 'folder' ? 2 : 0,
      owner: 0,
      group: 0,
      content: Buffer.alloc(0),
      target,
      entries: new Map(),
      extras: new Map(),
      unreadable: false,
    };
  };
  const disk: MemoryDisk = {
    now: () => (time += 1000),
    make,
    link(folder, name, inode) {
      folder.entries.set(name, inode);
      if (inode.kind !== 'folder') inode.names++;
      disk.touch(folder);
      inode.changed = disk.now();
    },
    unlink(folder, name) {
      const inode = folder.entries.get(name)!;
      folder.entries.delete(name);
      if (inode.kind !== 'folder') inode.names--;
      disk.touch(folder);
      inode.changed = disk.now();
    },
    touch(inode) {
      inode.modified = disk.now();
      inode.changed = inode.modified;
    },
    find: path => find(disk.root, path),
    count(verb, name) {
      operations++;
      return disk.disturb({ number: operations, verb, name });
    },
    disturb: () => null,
    atomically: work => work(),
    synced: () => {},
    get root() {
      return root;
    },
  };
  const root = make('folder', 0o755);
  return disk;
};

export const fault = (code: string): Fault => ({ fault: code, message: code.toLowerCase() });

export const statOf = (inode: Inode): Stat => ({
  kind: inode.kind,
  size: inode.kind === 'file' ? inode.content.length : inode.target.length,
  mode: inode.mode,
  modified: inode.modified,
  changed: inode.changed,
  inode: inode.number,
  device: 1,
  names: inode.names,
  owner: inode.owner,
  group: inode.group,
});

/** What a link in `folders` (from the root down) leads to. */
export const follow = (root: Inode, folders: readonly Inode[], target: string, depth = 0): Inode | Fault => {
  if (depth > 40) return fault('ELOOP');
  const way = target.startsWith('/') ? [root] : [...folders];
  for (const name of target.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (way.length > 1) way.pop();
      continue;
    }
    const at = way.at(-1)!;
    if (at.kind !== 'folder') return fault('ENOTDIR');
    const next = at.entries.get(name);
    if (next === undefined) return fault('ENOENT');
    const led = next.kind === 'link' ? follow(root, way, next.target, depth + 1) : next;
    if ('fault' in led) return led;
    way.push(led);
  }
  return way.at(-1)!;
};

const find = (root: Inode, path: string): Inode | Fault => follow(root, [root], path);
