// One deed where a batch is not worth it, and a folder made with all that is missing above it.
import { leaf, type Path, parent } from '../../tree/path.js';
import type { Cursor } from '../cursor.js';
import { type Deed, type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';

export const performOne = async (verbs: FileVerbs, deed: Deed): Promise<null | Fault> =>
  (await verbs.perform([deed]))[0] ?? null;

/** The folder at `path` from the cursor's start, made where it is missing. */
export const ensureFolder = async (
  verbs: FileVerbs,
  cursor: Cursor,
  path: Path,
  modeFor: (path: Path) => number,
): Promise<Folder | Fault> => {
  const there = await cursor.at(path);
  if (!isFault(there) || there.fault !== 'ENOENT' || path === '') return there;
  const above = await ensureFolder(verbs, cursor, parent(path), modeFor);
  if (isFault(above)) return above;
  const made = await performOne(verbs, { do: 'make-folder', at: above, name: leaf(path), mode: modeFor(path) });
  return made === null || made.fault === 'EEXIST' ? cursor.at(path) : made;
};
