// What people do to a folder between two runs: anything, or only what a block that deletes nothing can follow.
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { Random } from '../support/seeded.js';
import { at, type Found, foundIn } from './combos-found.js';

export type Manner = {
  /** A folder stays a folder and nothing else becomes one: what a block does that deletes nothing, or takes only a part. */
  readonly gentle: boolean;
  /** Before every new name, so that it meets none of the master's. */
  readonly prefix: string;
  /** A file of more than a megabyte, made once and then edited. */
  readonly large: boolean;
};

/** What was done, in words. The file `always` is left alone: a master must not be empty. */
export const disturb = (folder: string, count: number, random: Random, manner: Manner): string[] =>
  Array.from({ length: count }, () => disturbOnce(folder, random, manner)).filter(text => text !== '');

/** Each time is a later one, some of them not whole seconds. */
export const setMoment = (path: Buffer | string, random: Random): void => {
  moment += 3;
  const time = random.chance(0.3) ? moment + 0.25 * random.below(4) : moment;
  lutimesSync(path, time, time);
};
let moment = 1_500_000_000;

const disturbOnce = (folder: string, random: Random, manner: Manner): string => {
  const { gentle, prefix, large } = manner;
  const entries = [...foundIn(folder)].filter(([path]) => path !== 'always');
  const files = entries.filter(([, { kind }]) => kind === 'file').map(([path]) => path);
  const path = newPath(entries, random, manner);
  const [some] = entries.length === 0 ? [undefined] : random.pick(entries);
  const file = files.length === 0 ? undefined : random.pick(files);
  const room = (): boolean => makeRoom(folder, path, gentle);
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4: {
      if (!room()) return '';
      const size = random.pick([0, 1, 10, 300, 5000, 70_000]);
      writeFileSync(at(folder, path), Buffer.alloc(size, `${moment} ${random.below(1e9)} `));
      chmodSync(at(folder, path), random.pick([0o644, 0o600, 0o755, 0o4755]));
      setMoment(at(folder, path), random);
      return `write ${path} (${size})`;
    }
    case 5:
    case 6:
      if (file === undefined) return '';
      appendFileSync(at(folder, file), `more ${moment}`);
      setMoment(at(folder, file), random);
      return `append ${file}`;
    case 7:
      // What another block keeps in a folder would keep the folder.
      if (some === undefined || (gentle && kindAt(folder, some) === 'folder')) return '';
      rmSync(at(folder, some), { recursive: true });
      return `remove ${some}`;
    case 8: {
      // A block that deletes such a folder would find it kept by what another one has in it.
      if (prefix !== '') return '';
      const to = [...path.split('/').slice(0, -1), random.pick(FOLDERS)].join('/');
      if (kindAt(folder, to) !== null || !makeRoom(folder, to, true)) return '';
      mkdirSync(at(folder, to), { mode: random.pick([0o755, 0o700]) });
      return `folder ${to}`;
    }
    case 9:
    case 10:
      if (!room()) return '';
      symlinkSync(random.pick(['a.x', 'sub/a.x', '../b.y', 'nowhere', 'sub']), at(folder, path));
      setMoment(at(folder, path), random);
      return `link ${path}`;
    case 11:
      if (file === undefined || file === path || path.startsWith(`${file}/`) || file.startsWith(`${path}/`)) return '';
      if (!room()) return '';
      linkSync(at(folder, file), at(folder, path));
      return `hard link ${path} to ${file}`;
    case 12:
      if (file === undefined) return '';
      chmodSync(at(folder, file), random.pick([0o644, 0o600, 0o755]));
      return `chmod ${file}`;
    case 13:
      if (some === undefined || kindAt(folder, path) !== null || path.startsWith(`${some}/`)) return '';
      if (kindAt(folder, some) === 'folder' && (gentle || prefix !== '')) return '';
      if (!makeRoom(folder, path, true)) return '';
      renameSync(at(folder, some), at(folder, path));
      return `move ${some} to ${path}`;
    case 14:
      return large && (kindAt(folder, 'big.y') ?? 'file') === 'file' ? editLarge(folder, random) : '';
    default:
      return some === undefined || gentle ? '' : turn(folder, some, random);
  }
};

const editLarge = (folder: string, random: Random): string => {
  const path = at(folder, 'big.y');
  if (kindAt(folder, 'big.y') === null) {
    const content = Buffer.alloc(1_200_000);
    for (let i = 0; i < content.length; i += 4) content.writeUInt32LE((Math.imul(i, 2_654_435_761) ^ moment) >>> 0, i);
    writeFileSync(path, content);
  } else {
    const file = openSync(path, 'r+');
    writeSync(file, `edit ${moment}`, random.below(1_000_000));
    closeSync(file);
  }
  setMoment(path, random);
  return 'edit big.y';
};

/** A folder becomes a file, anything else a folder. */
const turn = (folder: string, path: string, random: Random): string => {
  const isFolder = kindAt(folder, path) === 'folder';
  rmSync(at(folder, path), { recursive: true });
  if (!isFolder) mkdirSync(at(folder, path));
  const file = at(folder, isFolder ? path : `${path}/in.x`);
  writeFileSync(file, `turned ${moment}`);
  setMoment(file, random);
  return `turn ${path}`;
};

const newPath = (
  entries: readonly (readonly [string, Found])[],
  random: Random,
  { gentle, prefix }: Manner,
): string => {
  const folders = ['', ...entries.filter(([, { kind }]) => kind === 'folder').map(([path]) => path)];
  const folder = random.pick(folders);
  const names = random.chance(0.2) ? ODD : gentle ? NAMES : [...NAMES, ...FOLDERS];
  const below = prefix === '' && folder.split('/').length < 3 && random.chance(0.25) ? [random.pick(FOLDERS)] : [];
  return [...(folder === '' ? [] : [folder]), ...below, `${prefix}${random.pick(names)}`].join('/');
};

/** Makes the folders above; false where something is in the way that has to stay. */
const makeRoom = (folder: string, path: string, gentle: boolean): boolean => {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const above = parts.slice(0, depth).join('/');
    const kind = kindAt(folder, above);
    if (kind !== null && kind !== 'folder') {
      if (gentle) return false;
      rmSync(at(folder, above));
    }
    if (kind !== 'folder') mkdirSync(at(folder, above));
  }
  if (kindAt(folder, path) === 'folder' && gentle) return false;
  rmSync(at(folder, path), { recursive: true, force: true });
  return true;
};

const kindAt = (folder: string, path: string): Found['kind'] | null => {
  try {
    const found = lstatSync(at(folder, path));
    return found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'file';
  } catch (error) {
    // Nothing there, or nothing below what is no folder any more.
    if (/^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
};

const bytes = (name: string): string => Buffer.from(name).toString('latin1');
const FOLDERS = ['sub', 'deep', 'd'];
const NAMES = ['a.x', 'b.y', 'c.z', 'e.x', 'k.y', 'A.x', 'sub.x'];
const ODD = [
  'n\u00e4me.x',
  `q'u"o.y`,
  '-rf',
  'sp ace.z',
  '*',
  '[1].x',
  'back\\slash.y',
  '$(x).z',
  'a\nb.x',
  '.hidden',
].map(bytes);
