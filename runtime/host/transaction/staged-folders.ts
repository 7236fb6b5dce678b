// Makes all folders that staging will need at once, where each by itself would be several ways there and back.
import type { NewFolder } from '../file-verbs.js';
import { modeUntilFilled, stagedPath } from './staged.js';
import { NONE } from './table.js';
import { modeOf, type Work, type WorkPart } from './work.js';

/** What could not be made is made when it is needed, and then its own fault is told. */
export const makeStagedFolders = async (work: Work): Promise<void> => {
  const { makeFolders } = work.verbs;
  if (makeFolders === undefined) return;
  for (const [part, folders] of stagedFolders(work)) {
    const fault = await makeFolders(part.desk.staging, folders);
    if (fault !== null) continue;
    for (const { index, mode } of folders) {
      const action = work.table.step(index)?.action;
      if (action?.do === 'folder' && mode === modeOf(part, action.mode)) work.made.add(index);
    }
  }
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
