// Which deletions look like one half of a move: for the budget of deletions, which is for what is lost, and for previews.
import type { Change } from './change.js';

export type Moved = { readonly files: number; readonly bytes: number };

/**
 * Deleted files of whose size and time as many come to paths where nothing is, in the same comparison. Nothing is read for
 * it, so nothing but the budget and a word of a preview rests on it. Where times are not listed nothing counts as moved, nor
 * do files of less than `least` bytes.
 */
export const findMoved = (changes: readonly Change[], least = 1): Moved => {
  const coming = new Map<string, number>();
  for (const change of changes) {
    if (change.kind !== 'create') continue;
    const key = keyOf(change.entry, least);
    if (key !== null) coming.set(key, (coming.get(key) ?? 0) + 1);
  }
  let files = 0;
  let bytes = 0;
  for (const change of changes) {
    if (change.kind !== 'delete' || change.was.kind !== 'file') continue;
    const key = keyOf(change.was, least);
    const left = key === null ? 0 : (coming.get(key) ?? 0);
    if (left === 0) continue;
    coming.set(key!, left - 1);
    files++;
    bytes += change.was.size;
  }
  return { files, bytes };
};

const keyOf = (entry: (Change & { kind: 'delete' })['was'], least: number): string | null =>
  entry.kind === 'file' && entry.size >= least && entry.modified !== 0 ? `${entry.size} ${entry.modified}` : null;
