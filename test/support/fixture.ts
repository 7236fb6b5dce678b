// A small tree to work on, put and looked at behind a host's back: on a real disk, or on one in memory.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault } from '../../runtime/host/file-verbs.js';
import { modifiedOf, secondsOf } from '../../runtime/host/micros.js';
import { type Inode, type MemoryDisk, makeMemoryDisk } from './memory-disk.js';

/** By path, a byte string; parents come before what they hold, and missing ones are made. */
export type Tree = Readonly<Record<string, Item>>;

export type Item =
  | { readonly file: string; readonly mode?: number; readonly modified?: number }
  | { readonly folder: number }
  | { readonly link: string; readonly modified?: number }
  | { readonly hard: string }
  | { readonly fifo: true };

export type Place = {
  /** Absolute. */
  readonly path: string;
  /** Makes or replaces; keeps what is not named. */
  readonly put: (tree: Tree) => void;
  /** From now on what stands here is too old for a later change to hide within the granularity of times. */
  readonly age: () => void;
  /** Removes, with all below. */
  readonly drop: (path: string) => void;
  /** One line for each path, sorted, without `.syncplan`: `a/b file 0644 TIME content`; ` names=2` where a file has more. */
  readonly look: () => string[];
  /** Paths below `.syncplan`. */
  readonly state: () => string[];
  readonly remove: () => void;
};

/** In the steps in which the host under test keeps times (whole-seconds.ts). */
export const STEP = Number(process.env.SYNCPLAN_TEST_TIME_STEP ?? 1);
export const MOMENT = Math.floor(1_600_000_000_123_456 / STEP) * STEP;

/** Microseconds; a little more than the coarsest times that file systems keep are apart. */
const OLD_ENOUGH = 2_200_000;

/** In a new folder, unless it is given one. */
export const makeDiskPlace = (given?: string): Place => {
  const path = given ?? mkdtempSync(join(tmpdir(), 'syncplan-place-'));
  chmodSync(path, 0o755);
  const at = (name: string): Buffer => Buffer.from(name === '' ? path : `${path}/${name}`, 'latin1');
  const list = (from: string): string[] =>
    readdirSync(at(from), { encoding: 'latin1' }).flatMap(name => {
      const below = from === '' ? name : `${from}/${name}`;
      return lstatSync(at(below)).isDirectory() ? [below, ...list(below)] : [below];
    });
  const place: Place = {
    path,
    put(tree) {
      for (const [name, item] of Object.entries(tree)) {
        const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
        if (folder !== '') mkdirSync(at(folder), { recursive: true });
        putOnDisk(at, name, item);
      }
    },
    age: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OLD_ENOUGH / 1000),
    drop: name => rmSync(at(name), { recursive: true }),
    look() {
      const names = list('').filter(name => name !== '.syncplan' && !name.startsWith('.syncplan/'));
      const inodes = names.map(name => lstatSync(at(name)).ino);
      // A further name in the trash does not count: it is not part of the tree.
      const namesOf = (inode: number): number => inodes.filter(other => other === inode).length;
      return names.sort().map(name => `${name} ${describeOnDisk(at(name), namesOf)}`);
    },
    state: () =>
      list('')
        .filter(name => name.startsWith('.syncplan/'))
        .map(name => name.slice('.syncplan/'.length))
        .sort(),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  return place;
};

const putOnDisk = (at: (name: string) => Buffer, name: string, item: Item): void => {
  if ('folder' in item) {
    mkdirSync(at(name), { recursive: true });
    chmodSync(at(name), item.folder);
    return;
  }
  if (!('file' in item)) rmSync(at(name), { force: true });
  if ('file' in item) {
    writeFileSync(at(name), item.file, 'latin1');
    chmodSync(at(name), item.mode ?? 0o644);
  } else if ('link' in item) symlinkSync(Buffer.from(item.link, 'latin1'), at(name));
  else if ('hard' in item) linkSync(at(item.hard), at(name));
  else spawnSync('mkfifo', [at(name).toString()]);
  if ('hard' in item || 'fifo' in item) return;
  const seconds = secondsOf(item.modified ?? MOMENT);
  lutimesSync(at(name), seconds, seconds);
};

const describeOnDisk = (path: Buffer, namesOf: (inode: number) => number): string => {
  const stats = lstatSync(path);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  if (stats.isDirectory()) return `folder ${mode}`;
  if (stats.isSymbolicLink()) return `link ${modifiedOf(stats)} ${readlinkSync(path, 'latin1')}`;
  if (!stats.isFile()) return 'special';
  return `file ${mode} ${modifiedOf(stats)} ${contentOf(path, stats.mode)}${namesOf(stats.ino) > 1 ? ` names=${namesOf(stats.ino)}` : ''}`;
};

/** Also of a file whose mode keeps even its owner from reading it. */
const contentOf = (path: Buffer, mode: number): string => {
  if ((mode & 0o400) === 0) chmodSync(path, 0o600);
  const content = readFileSync(path, 'latin1');
  if ((mode & 0o400) === 0) chmodSync(path, mode & 0o7777);
  return content;
};

/** On a disk of its own, unless it is given one; what stands there already stays. */
export const makeMemoryPlace = <Disk extends MemoryDisk = MemoryDisk>(
  disk: Disk = makeMemoryDisk() as Disk,
  path = '/place',
): Place & { readonly disk: Disk } => {
  const make = (name: string): Inode => {
    const folder = disk.make('folder', 0o755);
    const parent = name.slice(0, name.lastIndexOf('/'));
    disk.link(parent === '' ? disk.root : folderAt(parent), name.slice(name.lastIndexOf('/') + 1), folder);
    return folder;
  };
  const folderAt = (name: string): Inode => {
    const found = disk.find(name);
    return isFault(found) ? make(name) : found;
  };
  const list = (inode: Inode, from: string): [string, Inode][] =>
    [...inode.entries].flatMap(([name, entry]) => {
      const below = from === '' ? name : `${from}/${name}`;
      return [[below, entry] as [string, Inode], ...list(entry, below)];
    });
  folderAt(path);
  return {
    disk,
    path,
    put(tree) {
      for (const [name, item] of Object.entries(tree)) {
        const whole = `${path}/${name}`;
        const folder = folderAt(whole.slice(0, whole.lastIndexOf('/')));
        putInMemory(disk, folder, name.slice(name.lastIndexOf('/') + 1), item, path);
      }
    },
    age() {
      for (const end = disk.now() + OLD_ENOUGH; disk.now() < end; );
    },
    drop(name) {
      const whole = `${path}/${name}`;
      disk.unlink(folderAt(whole.slice(0, whole.lastIndexOf('/'))), whole.slice(whole.lastIndexOf('/') + 1));
    },
    look: () =>
      list(folderAt(path), '')
        .filter(([name]) => name !== '.syncplan' && !name.startsWith('.syncplan/'))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, inode]) => `${name} ${describeInMemory(inode)}`),
    state: () =>
      list(folderAt(path), '')
        .map(([name]) => name)
        .filter(name => name.startsWith('.syncplan/'))
        .map(name => name.slice('.syncplan/'.length))
        .sort(),
    remove: () => {},
  };
};

const putInMemory = (disk: MemoryDisk, folder: Inode, name: string, item: Item, top: string): void => {
  const there = folder.entries.get(name);
  if ('folder' in item) {
    const inode = there ?? disk.make('folder', item.folder);
    if (there === undefined) disk.link(folder, name, inode);
    inode.mode = item.folder;
    return;
  }
  if ('file' in item) {
    const inode = there?.kind === 'file' ? there : disk.make('file', 0o644);
    if (there !== undefined && there !== inode) disk.unlink(folder, name);
    if (there !== inode) disk.link(folder, name, inode);
    inode.content = Buffer.from(item.file, 'latin1');
    inode.mode = item.mode ?? 0o644;
    disk.touch(inode);
    inode.modified = item.modified ?? MOMENT;
    return;
  }
  if (there !== undefined) disk.unlink(folder, name);
  if ('hard' in item) {
    disk.link(folder, name, disk.find(`${top}/${item.hard}`) as Inode);
    return;
  }
  const inode = 'link' in item ? disk.make('link', 0o777, item.link) : disk.make('fifo', 0o644);
  disk.link(folder, name, inode);
  if ('link' in item) inode.modified = item.modified ?? MOMENT;
};

const describeInMemory = (inode: Inode): string => {
  const mode = inode.mode.toString(8).padStart(4, '0');
  if (inode.kind === 'folder') return `folder ${mode}`;
  if (inode.kind === 'link') return `link ${inode.modified} ${inode.target}`;
  if (inode.kind !== 'file') return 'special';
  const names = inode.names > 1 ? ` names=${inode.names}` : '';
  return `file ${mode} ${inode.modified} ${inode.content.toString('latin1')}${names}`;
};
