// The nearest legal word to a mistyped one, or none when nothing is near.

export const nearest = (word: string, legal: readonly string[]): string | null => {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of legal) {
    const distance = edits(word.slice(0, LONGEST).toLowerCase(), candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
};

/** Nobody mistypes more than this; it bounds the work. */
const LONGEST = 64;

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
const edits = (a: string, b: string): number => {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let value = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, at(older, j - 2) + 1);
      row.push(value);
    }
    older = previous;
    previous = row;
  }
  return at(previous, b.length);
};

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
