// Twins: which files that one side already has may hold what it is to get under another path. Pure; nothing is read for it.
//
//  1. What may be a twin is only ever proposed here: a pair is made by equal digests, and proven by whoever stages it.
//  2. A file is worth digesting on both sides if it has the size and the time of what is wanted; or the size and the name,
//     where it is large; or the size alone, where it is very large and no round number, as those of disk images are.
//  3. However many files are of one size, at most FEW of them are digested for each that is wanted, the likeliest first.
import { leaf, type Path } from './path.js';

/** A file that is to come; `path` from the root. `modified` null: its time is not carried. */
export type WantedFile = {
  readonly index: number;
  readonly path: Path;
  readonly size: number;
  readonly modified: number | null;
};

/** A file that is there. `goes`: its name is taken from it by the same list of steps that brings what is wanted. */
export type HeldFile = {
  readonly path: Path;
  readonly size: number;
  readonly modified: number;
  readonly goes: boolean;
};

export type Likely<Held extends HeldFile> = {
  readonly wanted: readonly WantedFile[];
  readonly held: readonly Held[];
};

/** `held` need only bring files of the sizes that are wanted. The answer is in order: by index, by path. */
export const likelyTwins = <Held extends HeldFile>(
  wanted: readonly WantedFile[],
  held: Iterable<Held>,
): Likely<Held> => {
  const groups = new Map<number, Group<Held>>();
  for (const one of wanted) {
    if (one.size < SMALLEST_TWIN) continue;
    const group = groups.get(one.size) ?? newGroup<Held>();
    groups.set(one.size, group);
    group.wanted.push(one);
    group.names.set(leaf(one.path), false);
    if (one.modified !== null) group.times.set(one.modified, false);
  }
  for (const one of held) {
    const group = groups.get(one.size);
    // Two of one size may change places; what stands at the only path that is wanted is no twin.
    if (group !== undefined && !(group.wanted.length === 1 && group.wanted[0]!.path === one.path)) consider(group, one);
  }
  const likely: { wanted: WantedFile[]; held: Held[] } = { wanted: [], held: [] };
  for (const { wanted: all, names, times, ranks } of groups.values()) {
    const best = ranks.flat();
    if (best.length === 0) continue;
    const bySize = ranks[BY_SIZE]!.length + ranks[BY_SIZE + 1]!.length > 0;
    for (const one of best.slice(0, FEW * all.length)) likely.held.push(one);
    for (const one of all) {
      const isLikely = names.get(leaf(one.path)) === true || times.get(one.modified ?? Number.NaN) === true;
      if (bySize || isLikely) likely.wanted.push(one);
    }
  }
  // Neighbours are read and linked together.
  likely.wanted.sort((a, b) => a.index - b.index);
  likely.held.sort((a, b) => (a.path < b.path ? -1 : 1));
  return likely;
};

export type Pair<Held extends HeldFile> = {
  readonly index: number;
  readonly held: Held;
  readonly digest: string;
  /** Its content moves on to this path; else it is copied. Of those that want the same, one moves. */
  readonly moves: boolean;
};

/** Pairs of equal size and digest; a digest of '' is none. */
export const pairTwins = <Held extends HeldFile>(
  wanted: readonly (WantedFile & { readonly digest: string })[],
  held: readonly (Held & { readonly digest: string })[],
): Pair<Held>[] => {
  const alike = new Map<string, { readonly going: Held[]; next: number; any: Held }>();
  for (const one of held) {
    if (one.digest === '') continue;
    const key = `${one.size} ${one.digest}`;
    const known = alike.get(key) ?? { going: [], next: 0, any: one };
    alike.set(key, known);
    if (one.goes) known.going.push(one);
    else known.any = one;
  }
  return wanted.flatMap(({ index, path, size, digest }) => {
    const found = digest === '' ? undefined : alike.get(`${size} ${digest}`);
    if (found === undefined) return [];
    const { going, next } = found;
    // The one after it, where that is the very path that is wanted.
    if (going[next]?.path === path && next + 1 < going.length) going.splice(next, 2, going[next + 1]!, going[next]!);
    const moves = next < going.length && going[next]!.path !== path;
    if (moves) found.next++;
    const one = moves ? going[next]! : found.any;
    return one.path === path ? [] : [{ index, held: one, digest, moves }];
  });
};

type Group<Held> = {
  readonly wanted: WantedFile[];
  /** Of what is wanted; true where something that is there has the same. */
  readonly names: Map<string, boolean>;
  readonly times: Map<number, boolean>;
  /** The likeliest first, two for each rank: those that go, and the others. */
  readonly ranks: readonly Held[][];
};

const newGroup = <Held>(): Group<Held> => ({
  wanted: [],
  names: new Map(),
  times: new Map(),
  ranks: Array.from({ length: 8 }, () => []),
});

const consider = <Held extends HeldFile>(group: Group<Held>, one: Held): void => {
  const { names, times } = group;
  const name = leaf(one.path);
  const near = nearTime(times, one.modified);
  const sameName = names.has(name) && one.size >= LARGE;
  const bySize = one.size >= VERY_LARGE && one.size % ROUND !== 0;
  if (near === null && !sameName && !bySize) return;
  if (near !== null) times.set(near, true);
  if (sameName) names.set(name, true);
  const rank = near !== null ? (names.has(name) ? BOTH : BY_TIME) : sameName ? BY_NAME : BY_SIZE;
  const ranked = group.ranks[rank + (one.goes ? 0 : 1)]!;
  // More than these are never digested.
  if (ranked.length < FEW * group.wanted.length) ranked.push(one);
};

/** File systems and their drivers round differently (tree/change.ts). */
const nearTime = (times: ReadonlyMap<number, boolean>, modified: number): number | null => {
  for (const off of [0, -1, 1, -2, 2]) if (times.has(modified + off)) return modified + off;
  return null;
};

/** Less than this is sent sooner than it is digested twice and linked. */
export const SMALLEST_TWIN = 512;
const LARGE = 65_536;
const VERY_LARGE = 1_048_576;
const ROUND = 4096;
const FEW = 4;
const [BOTH, BY_TIME, BY_NAME, BY_SIZE] = [0, 2, 4, 6];
