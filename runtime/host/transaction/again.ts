// What a second attempt finds in place already: a transaction that was interrupted is finished by the same code, and this
// tells which of its steps the first attempt had done.
import type { Outcome } from '../../tree/action.js';
import { type Fault, isFault, type Stat } from '../file-verbs.js';
import { NONE } from './table.js';
import { failed, isTime, type Work } from './work.js';

/** Null where the step is still to be judged: its old content may stand there. */
export const judgeAgain = (work: Work, index: number, now: Stat | Fault): Outcome | null => {
  const { action } = work.table.step(index)!;
  const done: Outcome = { index, result: 'done' };
  switch (action.do) {
    case 'remove':
    case 'remove-folder':
      return isFault(now) ? (ABSENT.has(now.fault) ? done : null) : isFilled(work, index, now) ? done : null;
    case 'file':
    case 'link': {
      if (isFault(now) || now.kind !== action.do || !isLying(work, index, now)) return null;
      const { inode, changed, modified, size } = now;
      work.placed.set(index, { inode, changed, modified, size });
      if ((action.do === 'link' || size === action.size) && isTime(now, action.modified)) return done;
      const message = 'finish what was interrupted: it was put in place and has been changed since';
      return failed(index, { path: action.path, code: 'changed', message, help: 'run the same command again' });
    }
    case 'folder':
      return action.whole && !isFault(now) && now.kind === 'folder' && isLying(work, index, now) ? done : null;
    case 'hard':
    case 'adjust':
      return null;
  }
};

/** What lay in staging for the step stands here now. */
const isLying = (work: Work, index: number, now: Stat): boolean => work.lying.get(index) === now.inode;

/** The path was cleared, and a later step has put something there. */
const isFilled = ({ table, ...work }: Work, index: number, now: Stat): boolean => {
  const { part, action } = table.step(index)!;
  const maker = table.makerOf(part, action.path);
  if (action.do === 'remove' && now.kind === 'folder' && maker !== NONE) return true;
  const filler = table.fillerOf(part, action.path);
  return filler !== NONE && filler > index && work.lying.get(filler) === now.inode;
};

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
