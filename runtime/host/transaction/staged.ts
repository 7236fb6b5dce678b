// Where the staged form of each step lies, and how it is made and discarded there.
import type { Action } from '../../tree/action.js';
import { join, leaf, type Path, parent } from '../../tree/path.js';
import { type Fault, type Folder, isFault } from '../file-verbs.js';
import { ensureFolder, performOne } from './one-deed.js';
import { removeTree } from './remove-tree.js';
import { NONE } from './table.js';
import { failedBy, modeOf, type Work, type WorkPart } from './work.js';

/** From the transaction's staging folder. */
export const stagedPath = (work: Work, index: number): Path => {
  const { action } = work.table.step(index)!;
  const carrier = work.table.carrier(index);
  if (carrier !== NONE) return carriedPath(work, carrier, action.path);
  return action.do === 'folder' ? `${index}.d` : String(index);
};

/** The folder that will hold it, made where it is missing, with the attributes it is to have in the end. */
export const stagedFolder = (work: Work, index: number): Promise<Folder | Fault> =>
  folderFor(work, index, parent(stagedPath(work, index)));

/** The staged folder of a `folder` step itself. */
export const ownStagedFolder = (work: Work, index: number): Promise<Folder | Fault> =>
  folderFor(work, index, stagedPath(work, index));

export const stagedName = (work: Work, index: number): string => leaf(stagedPath(work, index));

/** Where the leader of a carried hard link lies: inside the same whole folder. */
export const carriedPath = (work: Work, carrier: number, path: Path): Path => {
  const whole = work.table.step(carrier)!.action.path;
  return path === whole ? `${carrier}.d` : join(`${carrier}.d`, path.slice(whole.length + 1));
};

/** `file` steps whose content is still to come. */
export const missingFiles = ({ table }: Work): number[] => {
  const missing: number[] = [];
  for (let index = 0; index < table.size; index++) {
    const state = table.state(index);
    if (state === 'done' || state === 'kept' || table.isStaged(index)) continue;
    if (table.step(index)?.action.do === 'file') missing.push(index);
  }
  return missing;
};

/** Removes what is staged for a step, a folder with all that is in it. */
export const discard = async (work: Work, index: number): Promise<void> => {
  const { part: number, action } = work.table.step(index)!;
  const part = work.parts[number]!;
  const inStaging = action.do === 'folder' && (action.whole || work.table.carrier(index) !== NONE);
  if (!work.table.isStaged(index) && !inStaging) return;
  work.table.setStaged(index, false);
  work.synced.delete(index);
  work.lent.delete(index);
  const path = stagedPath(work, index);
  const at = await part.staged.at(parent(path));
  if (isFault(at)) return;
  if (inStaging) {
    work.made.clear();
    await part.staged.forget(path);
    await part.stagedLeaders.forget(path);
    await removeTree(work.verbs, at, leaf(path), work.breathe);
  } else if (action.do === 'file' || action.do === 'link' || action.do === 'hard') {
    await performOne(work.verbs, { do: 'remove', at, name: leaf(path) });
  }
};

/**
 * Removes a file that was not finished. One that cannot be removed from a whole folder would be put in place with it, so
 * the folder fails.
 */
export const discardUnfinished = async (work: Work, index: number, at: Folder): Promise<void> => {
  const removed = await performOne(work.verbs, { do: 'remove', at, name: stagedName(work, index) });
  const carrier = work.table.carrier(index);
  if (removed === null || NOTHING.has(removed.fault) || carrier === NONE) return;
  work.table.settle(failedBy(carrier, work.table.step(carrier)!.action.path, 'tidy what is staged', removed));
};

/** A folder in staging that holds something of this step, or will. */
export const folderFor = (work: Work, index: number, path: Path): Promise<Folder | Fault> => {
  const { part: number } = work.table.step(index)!;
  const part = work.parts[number]!;
  const carrier = work.table.carrier(index);
  const top = carrier === NONE ? index : carrier;
  return ensureFolder(work.verbs, part.staged, path, made => {
    const whole = work.table.step(top)!.action.path;
    const place = made === `${top}.d` ? whole : join(whole, made.slice(`${top}.d/`.length));
    const maker = work.table.makerOf(number, place);
    const action = work.table.step(maker)?.action;
    return action?.do === 'folder' ? modeUntilFilled(part, action) : DEFAULT_FOLDER;
  });
};

/** Its owner may fill it, whatever its mode will be. */
export const modeUntilFilled = (part: WorkPart, { mode }: Action & { do: 'folder' }): number =>
  modeOf(part, mode) | OWNER_ACCESS;

/** Nothing is there, or nothing can be by that name. */
const NOTHING: ReadonlySet<string> = new Set(['ENOENT', 'EILSEQ', 'EINVAL', 'ENAMETOOLONG']);
const OWNER_ACCESS = 0o700;
const DEFAULT_FOLDER = 0o755;
