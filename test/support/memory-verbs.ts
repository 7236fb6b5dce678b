// The file verbs over a disk in memory: the double under the conformance suite, and what tests make fail at operation n.
import {
  type Deed,
  type Fault,
  type FileVerbs,
  type Folder,
  isFault,
  type Sink,
  type Source,
  type Stat,
} from '../../runtime/host/file-verbs.js';
import { managesExtra } from '../../runtime/tree/extra.js';
import { fault, follow, type Inode, type MemoryDisk, statOf } from './memory-disk.js';

export const makeMemoryVerbs = (disk: MemoryDisk): FileVerbs => {
  const held = new Map<number, Inode[]>();
  let handles = 0;
  const hold = (way: Inode[]): Folder => {
    held.set(++handles, way);
    return { held: handles };
  };
  const wayOf = (folder: Folder): Inode[] => {
    const way = held.get(folder.held);
    if (way === undefined) throw new Error('a folder was used after it was released');
    return way;
  };
  const inodeOf = (folder: Folder): Inode => wayOf(folder).at(-1)!;

  /** What stands at the name, or why it cannot be said. */
  const at = (verb: string, folder: Folder, name: string): Inode | Fault => {
    const disturbed = disk.count(verb, name);
    if (disturbed !== null) return disturbed;
    return refuse(name) ?? inodeOf(folder).entries.get(name) ?? fault('ENOENT');
  };

  const perform = (deed: Deed): null | Fault => {
    const name = deed.do === 'sync-folder' ? '' : deed.name;
    const disturbed = disk.count(deed.do, name);
    if (disturbed !== null) return disturbed;
    if (deed.do === 'sync-folder') {
      disk.synced('folder', inodeOf(deed.at));
      return null;
    }
    if (deed.do === 'sync-file') {
      const inode = inodeOf(deed.at).entries.get(name);
      if (inode === undefined) return fault('ENOENT');
      disk.synced('file', inode);
      return null;
    }
    const refused = refuse(name) ?? ('toName' in deed ? refuse(deed.toName) : null);
    const to = 'to' in deed ? inodeOf(deed.to) : null;
    return refused ?? disk.atomically(() => performIn(disk, inodeOf(deed.at), to, deed));
  };

  return {
    open(path) {
      const inode = disk.count('open', path) ?? disk.find(path);
      if (isFault(inode)) return inode;
      if (inode.kind !== 'folder') return fault('ENOTDIR');
      return { folder: hold(wayTo(disk, path)), path, stat: statOf(inode) };
    },
    enter(folder, name) {
      const inode = at('enter', folder, name);
      if (isFault(inode)) return inode;
      if (inode.kind === 'link') return fault('ELOOP');
      return inode.kind === 'folder' ? hold([...wayOf(folder), inode]) : fault('ENOTDIR');
    },
    release: folder => void held.delete(folder.held),
    list(folder) {
      const disturbed = disk.count('list', '');
      if (disturbed !== null) return disturbed;
      const inode = inodeOf(folder);
      if (inode.unreadable) return fault('EACCES');
      return [...inode.entries].map(([name, entry]) => ({ name, stat: statOf(entry) }));
    },
    stat: batch =>
      batch.map(({ at: folder, name }) => {
        const inode = at('stat', folder, name);
        return isFault(inode) ? inode : statOf(inode);
      }),
    readLink(folder, name) {
      const inode = at('readLink', folder, name);
      if (isFault(inode)) return inode;
      return inode.kind === 'link' ? inode.target : fault('EINVAL');
    },
    followed(folder, name) {
      const inode = at('followed', folder, name);
      if (isFault(inode)) return inode;
      const led = inode.kind === 'link' ? follow(disk.root, wayOf(folder), inode.target) : inode;
      return isFault(led) ? led : statOf(led);
    },
    read(folder, name, follows) {
      const inode = at('read', folder, name);
      if (isFault(inode)) return inode;
      if (inode.kind === 'link' && !follows) return fault('ELOOP');
      const led = inode.kind === 'link' ? follow(disk.root, wayOf(folder), inode.target) : inode;
      if (isFault(led)) return led;
      if (led.unreadable) return fault('EACCES');
      if (led.kind !== 'file') return fault(led.kind === 'folder' ? 'EISDIR' : 'ENXIO');
      return openSource(disk, led, name);
    },
    write(folder, name) {
      const there = at('write', folder, name);
      if (!isFault(there)) return fault('EEXIST');
      if (there.fault !== 'ENOENT') return there;
      return openSink(disk, inodeOf(folder), name);
    },
    clone(folder, name, to, toName) {
      const from = at('clone', folder, name);
      if (isFault(from)) return from;
      if (from.kind !== 'file') return fault('EINVAL');
      if (from.unreadable) return fault('EACCES');
      if (inodeOf(to).entries.has(toName)) return fault('EEXIST');
      const refused = refuse(toName);
      if (refused !== null) return refused;
      const inode = disk.make('file', from.mode);
      inode.content = from.content;
      disk.link(inodeOf(to), toName, inode);
      return null;
    },
    perform: deeds => deeds.map(perform),
    extras: {
      hold: folder => hold(wayOf(folder)),
      read: (batch, attributes) =>
        batch.map(({ at: folder, name }) => {
          const inode = at('read-extras', folder, name);
          if (isFault(inode)) return inode;
          return [...inode.extras].flatMap(([key, value]) =>
            managesExtra(attributes)!(key) ? [{ name: key, value }] : [],
          );
        }),
      write: batch =>
        batch.map(({ at: folder, name, set, remove }) => {
          const inode = at('write-extras', folder, name);
          if (isFault(inode)) return inode;
          for (const { name: key, value } of set) inode.extras.set(key, value);
          for (const key of remove) inode.extras.delete(key);
          inode.changed = disk.now();
          return null;
        }),
    },
    syncAll() {
      const disturbed = disk.count('sync-all', '');
      if (disturbed !== null) return disturbed;
      disk.synced('disk', disk.root);
      return null;
    },
    fileSystem: () => 'memory',
    mayWrite: () => null,
    space: () => ({ bytes: 1_000_000_000_000, inodes: 1_000_000_000 }),
    names: {
      user: id => USERS[id] ?? null,
      group: id => USERS[id] ?? null,
      userId: name => idOf(name),
      groupId: name => idOf(name),
      self: () => ({ user: 0, groups: [0] }),
    },
  };
};

const performIn = (
  disk: MemoryDisk,
  folder: Inode,
  to: Inode | null,
  deed: Exclude<Deed, { do: 'sync-folder' | 'sync-file' }>,
): null | Fault => {
  const there = folder.entries.get(deed.name);
  if (deed.do === 'make-folder' || deed.do === 'make-link') {
    if (there !== undefined) return fault('EEXIST');
    const inode = deed.do === 'make-folder' ? disk.make('folder', deed.mode) : disk.make('link', 0o777, deed.target);
    disk.link(folder, deed.name, inode);
    return null;
  }
  if (there === undefined) return fault('ENOENT');
  switch (deed.do) {
    case 'hard-link':
      if (there.kind === 'folder') return fault('EPERM');
      if (to!.entries.has(deed.toName)) return fault('EEXIST');
      disk.link(to!, deed.toName, there);
      return null;
    case 'rename':
      return rename(disk, folder, deed.name, to!, deed.toName);
    case 'remove':
      if (there.kind === 'folder') return fault('EISDIR');
      disk.unlink(folder, deed.name);
      return null;
    case 'remove-folder':
      if (there.kind !== 'folder') return fault('ENOTDIR');
      if (there.entries.size > 0) return fault('ENOTEMPTY');
      disk.unlink(folder, deed.name);
      return null;
    case 'set':
      if (deed.mode !== null && there.kind === 'link') return fault('ELOOP');
      there.mode = deed.mode ?? there.mode;
      there.modified = deed.modified ?? there.modified;
      there.owner = deed.owner ?? there.owner;
      there.group = deed.group ?? there.group;
      there.changed = disk.now();
      return null;
  }
};

/** As rename(2): nothing happens between two names of one inode; only an empty folder is replaced by a folder. */
const rename = (disk: MemoryDisk, from: Inode, name: string, to: Inode, toName: string): null | Fault => {
  const inode = from.entries.get(name)!;
  const there = to.entries.get(toName);
  if (there === inode) return null;
  if (there !== undefined) {
    if (inode.kind === 'folder' && there.kind !== 'folder') return fault('ENOTDIR');
    if (inode.kind !== 'folder' && there.kind === 'folder') return fault('EISDIR');
    if (there.entries.size > 0) return fault('ENOTEMPTY');
    disk.unlink(to, toName);
  }
  disk.unlink(from, name);
  disk.link(to, toName, inode);
  return null;
};

const openSource = (disk: MemoryDisk, inode: Inode, name: string): Source => {
  let position = 0;
  return {
    stat: statOf(inode),
    read(into) {
      const disturbed = disk.count('read-bytes', name);
      if (disturbed !== null) return disturbed;
      const count = inode.content.copy(into, 0, position);
      position += count;
      return count;
    },
    readAt(into, at) {
      const disturbed = disk.count('read-bytes', name);
      return disturbed ?? inode.content.copy(into, 0, at);
    },
    restat: (): Stat => statOf(inode),
    close: () => {},
  };
};

const openSink = (disk: MemoryDisk, folder: Inode, name: string): Sink => {
  const inode = disk.make('file', 0o600);
  disk.link(folder, name, inode);
  return {
    write(bytes) {
      const disturbed = disk.count('write-bytes', name);
      if (disturbed !== null) return disturbed;
      inode.content = Buffer.concat([inode.content, bytes]);
      disk.touch(inode);
      return null;
    },
    skip(length) {
      inode.content = Buffer.concat([inode.content, Buffer.alloc(length)]);
      return null;
    },
    finish({ mode, modified }) {
      const disturbed = disk.count('finish', name);
      if (disturbed !== null) return disturbed;
      inode.mode = mode;
      inode.modified = modified ?? inode.modified;
      inode.changed = disk.now();
      return null;
    },
    discard() {
      if (folder.entries.get(name) === inode) disk.unlink(folder, name);
    },
  };
};

/** The folders from the root down to the one at this path, for links that lead upwards. */
const wayTo = (disk: MemoryDisk, path: string): Inode[] => {
  const way = [disk.root];
  let soFar = '';
  for (const name of path.split('/')) {
    soFar += `${name}/`;
    const inode = disk.find(soFar);
    if (!isFault(inode) && inode !== way.at(-1)) way.push(inode);
  }
  return way;
};

const refuse = (name: string): Fault | null => {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return fault('EINVAL');
  return name.length > 255 ? fault('ENAMETOOLONG') : null;
};

const idOf = (name: string): number | null => {
  const found = Object.entries(USERS).find(([, known]) => known === name);
  return found === undefined ? null : Number(found[0]);
};

const USERS: Readonly<Record<number, string>> = { 0: 'root', 33: 'www-data' };
