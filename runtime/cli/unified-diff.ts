// Two texts as a unified diff, by the shortest script of line edits.
//
// The search keeps one furthest point per diagonal (k = x − y) and round of edits; walking the rounds back gives the
// script. Invariant: after round d, furthest[k] is the largest x that d edits reach on diagonal k.

export const unifiedDiff = (before: string, after: string, name: string): string => {
  if (before === after) return '';
  const lines = script(split(before), split(after));
  return [`--- ${name}`, `+++ ${name} (formatted)`, ...hunks(lines)].join('\n').concat('\n');
};

type Line = { readonly sign: ' ' | '-' | '+'; readonly text: string };

/** Lines with their ends; a last line without one says so as diff does. */
const split = (text: string): string[] => {
  const lines = text.split('\n');
  const last = lines.pop();
  return last === undefined || last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`];
};

const script = (a: readonly string[], b: readonly string[]): Line[] => {
  const rounds = search(a, b);
  if (rounds === null)
    return [...a.map(text => ({ sign: '-' as const, text })), ...b.map(text => ({ sign: '+' as const, text }))];
  const lines: Line[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = rounds.length - 1; d >= 0; d--) {
    const furthest = rounds[d] ?? new Map<number, number>();
    const k = x - y;
    const down = d > 0 && goesDown(furthest, k, d);
    const fromK = d === 0 ? k : down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (furthest.get(fromK) ?? 0);
    const fromY = fromX - fromK;
    const startX = d === 0 ? 0 : down ? fromX : fromX + 1;
    for (; x > startX; x--, y--) lines.push({ sign: ' ', text: a[x - 1] ?? '' });
    if (d === 0) break;
    lines.push(down ? { sign: '+', text: b[fromY] ?? '' } : { sign: '-', text: a[fromX] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return lines.reverse();
};

/** The furthest points *before* each round, until the end of both texts is reached; null when they are too unlike. */
const search = (a: readonly string[], b: readonly string[]): ReadonlyMap<number, number>[] | null => {
  const rounds: ReadonlyMap<number, number>[] = [];
  let furthest = new Map<number, number>();
  for (let d = 0; d <= MOST_EDITS; d++) {
    rounds.push(furthest);
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      let x = d === 0 ? 0 : goesDown(furthest, k, d) ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return rounds;
    }
    furthest = next;
  }
  return null;
};

/** Memory grows with its square. */
const MOST_EDITS = 2000;

const goesDown = (furthest: ReadonlyMap<number, number>, k: number, d: number): boolean =>
  k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));

const CONTEXT = 3;

const hunks = (lines: readonly Line[]): string[] => {
  const changed = lines.flatMap((line, index) => (line.sign === ' ' ? [] : [index]));
  const ranges: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = ranges.at(-1);
    if (last !== undefined && index - CONTEXT <= last.to) last.to = index + CONTEXT + 1;
    else ranges.push({ from: Math.max(0, index - CONTEXT), to: index + CONTEXT + 1 });
  }
  return ranges.flatMap(({ from, to }) => {
    const part = lines.slice(from, to);
    const count = (sign: '-' | '+', of: readonly Line[]): number =>
      of.filter(line => line.sign !== (sign === '-' ? '+' : '-')).length;
    const head = lines.slice(0, from);
    const range = (sign: '-' | '+'): string => {
      const length = count(sign, part);
      return `${sign}${count(sign, head) + (length === 0 ? 0 : 1)},${length}`;
    };
    return [`@@ ${range('-')} ${range('+')} @@`, ...part.map(line => `${line.sign}${line.text}`)];
  });
};
