// What a tree looks like from outside, for the checkers of invariants: in memory, or on a real disk.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isFault } from '../../runtime/host/file-verbs.js';
import type { Inode, MemoryDisk } from '../support/memory-disk.js';
import type { Seen, Sight } from './invariants.js';

export const STATE = '.syncplan';

/** Everything below a folder of a disk in memory but its state folder. */
export const sightsIn = (disk: MemoryDisk, path = '/place'): Seen => {
  const seen = new Map<string, Sight>();
  const top = disk.find(path);
  if (isFault(top)) return seen;
  walk(top, '', (below, inode) => {
    if (isState(below)) return false;
    seen.set(below, sightOf(inode));
    return true;
  });
  return seen;
};

/** The content of every file and the target of every link in the trash. */
export const keptIn = (disk: MemoryDisk, path = '/place'): string[] => {
  const kept: string[] = [];
  const trash = disk.find(`${path}/${STATE}/trash`);
  if (isFault(trash)) return kept;
  walk(trash, '', (_, inode) => {
    if (inode.kind !== 'folder') kept.push(sightOf(inode).content);
    return true;
  });
  return kept;
};

/** Paths of the files that syncplan keeps for itself, but for what is staged and what is in the trash. */
export const recordsIn = (disk: MemoryDisk, path = '/place'): string[] => {
  const records: string[] = [];
  const state = disk.find(`${path}/${STATE}`);
  if (isFault(state)) return records;
  walk(state, STATE, (below, inode) => {
    if (inode.kind === 'file') records.push(below);
    return below !== `${STATE}/staging` && below !== `${STATE}/trash`;
  });
  return records.sort();
};

/** Everything on a disk in memory, state folder included, as one text: equal disks have equal texts. */
export const everythingIn = (disk: MemoryDisk): string => {
  const lines: string[] = [];
  walk(disk.root, '', (path, inode) => {
    const { kind, mode, content } = sightOf(inode);
    lines.push(`${path} ${kind} ${mode} ${kind === 'folder' ? '' : inode.modified} ${content}`);
    return true;
  });
  return lines.join('\n');
};

/** The same of a real folder; content is told by its digest. Names are byte strings. */
export const sightsOn = (folder: string): Seen => {
  const seen = new Map<string, Sight>();
  const visit = (path: string): void => {
    for (const name of readdirSync(at(folder, path), { encoding: 'latin1' }).sort()) {
      const below = path === '' ? name : `${path}/${name}`;
      if (isState(below)) continue;
      seen.set(below, sightOnDisk(at(folder, below)));
      if (seen.get(below)!.kind === 'folder') visit(below);
    }
  };
  visit('');
  return seen;
};

export const sightOnDisk = (path: string | Buffer): Sight => {
  const found = lstatSync(path, { bigint: true });
  const mode = Number(found.mode & 0o7777n);
  // To the millisecond: the program keeps times to within 2 µs, as Node.js tells them.
  const modified = Number((found.mtimeNs + 500_000n) / 1_000_000n) * 1000;
  if (found.isDirectory()) return { kind: 'folder', mode, modified: 0, content: '' };
  if (found.isSymbolicLink()) return { kind: 'link', mode: 0o777, modified, content: readlinkSync(path, 'latin1') };
  if (!found.isFile()) return { kind: 'special', mode, modified, content: '' };
  return { kind: 'file', mode, modified, content: digestOf(readFileSync(path)) };
};

export const digestOf = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 32);

const walk = (inode: Inode, path: string, enter: (path: string, inode: Inode) => boolean): void => {
  for (const [name, below] of inode.entries) {
    const whole = path === '' ? name : `${path}/${name}`;
    if (enter(whole, below) && below.kind === 'folder') walk(below, whole, enter);
  }
};

const sightOf = ({ kind, mode, modified, content, target }: Inode): Sight => {
  if (kind === 'folder') return { kind, mode, modified: 0, content: '' };
  if (kind === 'link') return { kind, mode: 0o777, modified, content: target };
  if (kind === 'file') return { kind, mode, modified, content: content.toString('latin1') };
  return { kind: 'special', mode, modified, content: '' };
};

const isState = (path: string): boolean => path === STATE || path.startsWith(`${STATE}/`);

const at = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(folder), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
