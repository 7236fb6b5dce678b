// Did you mean: the candidate nearest to a misspelt name, or null where none is near enough. Pure.

/** Longer names are not compared: nobody misspells them by one letter and the cost grows with the square. */
const MAX_LENGTH = 64;

/** The nearest of the candidates, the first one of several equally near; differences in case count half. */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  if (name.length === 0 || name.length > MAX_LENGTH) return null;
  let best: string | null = null;
  let bound = threshold(name) + 0.5;
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > MAX_LENGTH) continue;
    if (Math.abs(candidate.length - name.length) >= bound) continue;
    const found = candidate.toLowerCase() === name.toLowerCase() ? 0.5 : distance(name, candidate, bound);
    if (found < bound) {
      best = candidate;
      bound = found;
    }
  }
  return best;
}

/** A third of the letters, at least one, at most three: `eu` must not become `us`, `interation` may become `iteration`. */
function threshold(name: string): number {
  return name.length <= 2 ? 0.5 : Math.min(3, Math.max(1, Math.floor(name.length / 3)));
}

/** Optimal string alignment; anything from `bound` on is told as Infinity. */
function distance(a: string, b: string, bound: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const cost = substitution(a[row - 1]!, b[column - 1]!);
      let value = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        value = Math.min(value, before[column - 2]! + 1);
      }
      current.push(value);
      least = Math.min(least, value);
    }
    // A transposition reaches back two rows, so one row above the bound is not the end yet.
    if (least >= bound + 1) return Number.POSITIVE_INFINITY;
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

function substitution(a: string, b: string): number {
  if (a === b) return 0;
  return a.toLowerCase() === b.toLowerCase() || (isJoint(a) && isJoint(b)) ? 0.5 : 1;
}

function isJoint(character: string): boolean {
  return character === '-' || character === '_' || character === '.';
}
