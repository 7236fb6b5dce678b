// Makes all folders that staging will need at once, where each by itself would be several ways there and back.
import { parent } from '../../tree/path.js';
import { type Folder, isFault, type NewFolder } from '../file-verbs.js';
import { modeUntilFilled, stagedPath } from './staged.js';
import { NONE } from './table.js';
import type { Work, WorkPart } from './work.js';

/** What could not be made is made when it is needed, and then its own fault is told. */
export const makeStagedFolders = async (work: Work): Promise<void> => {
  const { makeFolders } = work.verbs;
  if (makeFolders === undefined) return;
  for (const [part, folders] of stagedFolders(work)) {
    const made = await makeFolders(part.desk.staging, folders);
    if (isFault(made)) continue;
    for (const [i, { index, mode }] of folders.entries()) work.made.set(index, { folder: made[i]!, mode });
  }
};

/** Was it made with nothing left to be given to it? */
export const isMadeWhole = (work: Work, index: number, mode: number): boolean => work.made.get(index)?.mode === mode;

/** The folder made beforehand that a carried step lies in, if there is one. */
export const madeFolderOf = ({ made, table }: Work, index: number): Folder | undefined => {
  const { part, action } = table.step(index)!;
  return table.carrier(index) === NONE ? undefined : made.get(table.makerOf(part, parent(action.path)))?.folder;
};

type StagedFolder = NewFolder & { readonly index: number };

/** By part, in list order: a folder stands before what it holds. */
const stagedFolders = (work: Work): ReadonlyMap<WorkPart, readonly StagedFolder[]> => {
  const { table } = work;
  const folders = new Map<WorkPart, StagedFolder[]>();
  for (let index = 0; index < table.size; index++) {
    const step = table.step(index);
    if (step?.action.do !== 'folder' || table.state(index) !== 'waiting') continue;
    if (!step.action.whole && table.carrier(index) === NONE) continue;
    const part = work.parts[step.part]!;
    const list = folders.get(part) ?? [];
    folders.set(part, list);
    list.push({ index, path: stagedPath(work, index), mode: modeUntilFilled(part, step.action) });
  }
  return folders;
};
