// Works in folders that their own owner may not write to (0555), as those of many package stores: opened to him meanwhile.
//
// 1. Only where a deed was refused for lack of rights, and the folder is this user's own: then it is given the rights of its owner,
//    and the deed is tried once more.
// 2. When the switch ends, however it does, each gets its mode back, but where a step has given it another one by then.
// 3. Only where modes are carried: what a crash in between leaves open differs from the master, and the next run closes it.
import { leaf, type Path, parent } from '../../tree/path.js';
import { openCursor } from '../cursor.js';
import { type Deed, type Fault, isFault } from '../file-verbs.js';
import { performOne } from './one-deed.js';
import type { Work } from './work.js';

/** The deeds change names in this folder (from the root); neighbours as for `FileVerbs.perform`. */
export const performIn = async (
  work: Work,
  part: number,
  folder: Path,
  deeds: readonly Deed[],
): Promise<(null | Fault)[]> => {
  const faults = [...(await work.verbs.perform(deeds))];
  const refused = deeds.flatMap((_, i) => (faults[i]?.fault === 'EACCES' ? [i] : []));
  if (refused.length === 0 || !(await openFolder(work, part, folder))) return faults;
  const again = await work.verbs.perform(refused.map(i => deeds[i]!));
  refused.forEach((i, n) => {
    faults[i] = again[n] ?? null;
  });
  return faults;
};

export const performOneIn = async (work: Work, part: number, folder: Path, deed: Deed): Promise<null | Fault> =>
  (await performIn(work, part, folder, [deed]))[0] ?? null;

/** Gives back what was opened; what is gone by then needs nothing. */
export const closeFolders = async (work: Work): Promise<void> => {
  for (const { part, path, mode } of work.opened.values()) {
    await atFolder(work, part, path, async (at, name, now) => {
      if (now === (mode | OWNER_ACCESS)) await setMode(work, at, name, mode);
      return true;
    });
  }
  work.opened.clear();
};

const openFolder = async (work: Work, part: number, path: Path): Promise<boolean> => {
  const key = `${part}/${path}`;
  const { attributes } = work.parts[part]!.scan.selection;
  if (path === '' || work.privileged || work.opened.has(key) || !attributes.includes('mode')) return false;
  return atFolder(work, part, path, async (at, name, mode) => {
    if ((mode & OWNER_ACCESS) === OWNER_ACCESS) return false;
    work.opened.set(key, { part, path, mode });
    return (await setMode(work, at, name, mode | OWNER_ACCESS)) === null;
  });
};

/** With its mode now, where it is this user's own folder; false where it is not. By a way of its own: others hold theirs. */
const atFolder = async (
  work: Work,
  part: number,
  path: Path,
  use: (at: Deed['at'], name: string, mode: number) => Promise<boolean>,
): Promise<boolean> => {
  const { verbs } = work;
  const way = openCursor(verbs, work.parts[part]!.desk.place.root);
  try {
    const at = await way.at(parent(path));
    if (isFault(at)) return false;
    const [stat] = await verbs.stat([{ at, name: leaf(path) }]);
    if (stat === undefined || isFault(stat)) return false;
    const isOwn = stat.kind === 'folder' && stat.owner === verbs.names.self().user;
    return isOwn && (await use(at, leaf(path), stat.mode));
  } finally {
    await way.close();
  }
};

const setMode = (work: Work, at: Deed['at'], name: string, mode: number): Promise<null | Fault> =>
  performOne(work.verbs, { do: 'set', at, name, mode, modified: null, owner: null, group: null });

const OWNER_ACCESS = 0o700;
