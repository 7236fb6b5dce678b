// Verifies: looks again at every path that was committed, and names those that no longer hold what was put there.
import type { Outcome } from '../../tree/action.js';
import { type Fault, isFault, type Stat } from '../file-verbs.js';
import { makePace } from '../pace.js';
import { lookAt, stretches } from './destination.js';
import { inconsistent, isTime, modeOf, returnToRoots, type Work } from './work.js';

export const verifySteps = async (work: Work): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  const last = lastOfEachPath(work);
  await returnToRoots(work);
  const pace = makePace(work.breathe);
  for (const stretch of stretches(work, index => last.has(index))) {
    const found = await lookAt(work, stretch);
    stretch.indexes.forEach((index, i) => {
      const why = differsFromPlaced(work, index, found[i]!);
      if (why !== null) outcomes.push(inconsistent(index, why));
    });
    const rest = pace(stretch.indexes.length);
    if (rest !== null) await rest;
  }
  return outcomes;
};

/** A path may be cleared by one step and filled by another: what removes leaves nothing to look at. */
const lastOfEachPath = ({ table }: Work): ReadonlySet<number> => {
  const done = new Set<number>();
  for (let index = 0; index < table.size; index++) {
    const action = table.step(index)?.action;
    if (action === undefined || action.do === 'remove' || action.do === 'remove-folder') continue;
    if (table.state(index) === 'done') done.add(index);
  }
  return done;
};

const differsFromPlaced = (work: Work, index: number, now: Stat | Fault): string | null => {
  if (isFault(now)) return 'it vanished after it was put in place';
  const { part, action } = work.table.step(index)!;
  const other = `a ${now.kind} stands there that was not put there`;
  const placed = work.placed.get(index);
  if (placed !== undefined) {
    if (placed.inode !== now.inode) return other;
    if (placed.changed !== now.changed && !work.disturbed.has(now.inode)) return AFTERWARDS;
  }
  switch (action.do) {
    case 'file':
      if (now.kind !== 'file') return other;
      return now.size === action.size && isTime(now, action.modified) ? null : AFTERWARDS;
    case 'link':
      if (now.kind !== 'link') return other;
      return isTime(now, action.modified) ? null : AFTERWARDS;
    case 'hard':
      return now.kind === 'file' ? null : other;
    case 'folder':
      return now.kind === 'folder' ? null : other;
    case 'adjust': {
      const at = work.parts[part]!;
      // Special bits that are not carried stay as they were.
      const same = action.mode === null || now.kind === 'link' || modeOf(at, now.mode) === modeOf(at, action.mode);
      return same && isTime(now, action.modified) ? null : AFTERWARDS;
    }
    case 'remove':
    case 'remove-folder':
      return null;
  }
};

const AFTERWARDS = 'it was changed after it was put in place';
