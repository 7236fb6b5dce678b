// New folders, and deleted ones, as one line each with how much is in them, where a list of changes would be long.
import type { ChangeLine } from '../engine/events.js';
import { isWithin } from '../tree/path.js';
import { countText } from './amounts.js';

/** A line, and how many changes it stands for. */
export type Folded = { readonly change: ChangeLine; readonly stands: number };

/**
 * Everything in a folder that is created is created, and in one that is deleted deleted: the folder stands for it, with its bytes.
 * The changes are in path order. A list of a few lines stays as it is, and so does a folder that holds next to nothing.
 */
export const foldChanges = (changes: readonly ChangeLine[], most: number): readonly Folded[] => {
  if (changes.length <= most) return changes.map(alone);
  const folded: Folded[] = [];
  for (let at = 0; at < changes.length; ) {
    const first = changes[at]!;
    const end = isWhole(first) ? endOf(changes, at) : at + 1;
    const inside = end - at - 1;
    if (inside < WORTH_IT) folded.push(...changes.slice(at, end).map(alone));
    else {
      const bytes = changes.slice(at, end).reduce((sum, one) => sum + one.bytes, 0);
      const detail = [`${countText(inside, 'path')} in it`, first.detail].filter(text => text !== '').join(', ');
      folded.push({ change: { ...first, bytes, detail }, stands: inside + 1 });
    }
    at = end;
  }
  return folded;
};

const alone = (change: ChangeLine): Folded => ({ change, stands: 1 });

const isWhole = ({ change, kind }: ChangeLine): boolean =>
  kind === 'folder' && (change === 'create' || change === 'delete');

/** Behind the last one that lies in the folder at `start`. */
const endOf = (changes: readonly ChangeLine[], start: number): number => {
  let end = start + 1;
  while (end < changes.length && isWithin(changes[end]!.path, changes[start]!.path)) end++;
  return end;
};

const WORTH_IT = 3;
