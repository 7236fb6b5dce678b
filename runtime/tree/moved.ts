// Which deletions look like one half of a move: for the budget of deletions, which is for what is lost.
import type { Change } from './change.js';

/**
 * Deleted files of whose size and time as many come to paths where nothing is, in the same comparison. Nothing is read for
 * it, so nothing but the budget rests on it. Where times are not listed nothing counts as moved.
 */
export const countMoved = (changes: readonly Change[]): number => {
  const coming = new Map<string, number>();
  for (const change of changes) {
    if (change.kind !== 'create') continue;
    const key = keyOf(change.entry);
    if (key !== null) coming.set(key, (coming.get(key) ?? 0) + 1);
  }
  let moved = 0;
  for (const change of changes) {
    const key = change.kind === 'delete' ? keyOf(change.was) : null;
    const left = key === null ? 0 : (coming.get(key) ?? 0);
    if (left === 0) continue;
    coming.set(key!, left - 1);
    moved++;
  }
  return moved;
};

const keyOf = (entry: (Change & { kind: 'delete' })['was']): string | null =>
  entry.kind === 'file' && entry.size > 0 && entry.modified !== 0 ? `${entry.size} ${entry.modified}` : null;
