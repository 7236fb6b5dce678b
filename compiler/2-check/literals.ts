// Single conditions on a file, and how they bear on each other: excluding, implying, contradicting.
import { matchGlob } from '../glob.js';
import type { FileTest } from '../plan.js';
import { extensionOf, type Glob, globOf, leafOf, parentOf, type Shape, shapesOf, sizesOf, within } from './shapes.js';

export type Leaf = Exclude<FileTest, { readonly is: 'all' | 'not' | 'and' | 'or' }>;

export type Literal = { readonly leaf: Leaf; readonly negated: boolean };

/** No file can meet all of them. */
export const isContradictory = (literals: readonly Literal[]): boolean => {
  const positive = literals.filter(one => !one.negated).map(one => one.leaf);
  const negative = literals.filter(one => one.negated).map(one => one.leaf);
  return (
    noCandidate(positive, negative) ||
    noValue(positive, negative) ||
    noSize(positive) ||
    positive.some((one, at) => positive.slice(at + 1).some(other => excludes(one, other))) ||
    positive.some(one => negative.some(other => implies(one, other)))
  );
};

/** No file meets both. */
export const excludes = (a: Leaf, b: Leaf): boolean => {
  if (a.is === 'age' && b.is === 'age')
    return a.op !== b.op && (a.op === '<=' ? a.seconds <= b.seconds : b.seconds <= a.seconds);
  if (isValued(a) && a.is === b.is) return !a.values.some(value => valuesOf(b).includes(value));
  const shapes = shapesOf(a);
  const others = shapesOf(b);
  if (shapes === null || others === null) return false;
  return shapes.every(shape => others.every(other => areIncompatible(shape, other)));
};

/** Every file that meets the first meets the second. */
export const implies = (given: Leaf, wanted: Leaf): boolean => {
  if (given.is === wanted.is && JSON.stringify(given) === JSON.stringify(wanted)) return true;
  if (isValued(given) && given.is === wanted.is) return given.values.every(value => valuesOf(wanted).includes(value));
  if (given.is === 'size' && wanted.is === 'size') return impliesSize(given, wanted);
  if (given.is === 'age' && wanted.is === 'age') {
    return (
      given.op === wanted.op && (given.op === '<=' ? given.seconds <= wanted.seconds : given.seconds >= wanted.seconds)
    );
  }
  const shapes = shapesOf(given);
  if (shapes === null || shapes.length === 0) return false;
  switch (wanted.is) {
    case 'ext':
      return shapes.every(({ ext }) => ext !== null && wanted.values.includes(ext));
    case 'name':
      return shapes.every(({ name }) => name !== null && wanted.values.includes(name));
    case 'under':
      return shapes.every(({ folder }) => folder !== '' && within(folder, wanted.folder));
    case 'path':
      return shapes.every(({ path }) => path !== null && wanted.values.includes(path));
    case 'listed':
      return shapes.every(({ path }) => path !== null && wanted.paths.includes(path));
    case 'matches':
      return shapes.every(shape => globHolds(globOf(wanted.glob), shape));
    default:
      return false;
  }
};

type Valued = Extract<Leaf, { readonly values: readonly unknown[] }>;

const isValued = (leaf: Leaf): leaf is Valued => 'values' in leaf;

const valuesOf = (leaf: Leaf): readonly (string | number)[] => ('values' in leaf ? leaf.values : []);

const areIncompatible = (a: Shape, b: Shape): boolean =>
  (a.name !== null && b.name !== null && a.name !== b.name) ||
  (a.ext !== null && b.ext !== null && a.ext !== b.ext) ||
  (a.path !== null && b.path !== null && a.path !== b.path) ||
  !(within(a.folder, b.folder) || within(b.folder, a.folder)) ||
  // What is known whole lies in one folder only, so it cannot be deeper than that.
  (a.path !== null && !within(a.folder, b.folder)) ||
  (b.path !== null && !within(b.folder, a.folder));

/** Everything of this shape matches the glob. */
const globHolds = (glob: Glob | null, { name, path, ext, folder, onlyExt }: Shape): boolean => {
  if (glob === null) return false;
  if (path !== null) return matchGlob(glob, path);
  if (!glob.anchored && name !== null) return matchGlob(glob, name);
  return glob.alternatives.some(alternative => {
    if (alternative.kind === 'any') return true;
    if (alternative.kind === 'suffix') return onlyExt && alternative.suffix === `.${ext}`;
    return alternative.kind === 'below' && folder !== '' && within(folder, alternative.folder.slice(0, -1));
  });
};

/** Where the positive conditions leave a few whole paths or names, each is tried against all the others. */
const noCandidate = (positive: readonly Leaf[], negative: readonly Leaf[]): boolean => {
  for (const leaf of positive) {
    const paths = leaf.is === 'path' ? leaf.values : leaf.is === 'listed' ? leaf.paths : null;
    const names = leaf.is === 'name' ? leaf.values : null;
    const candidates = paths ?? names;
    if (candidates === null || candidates.length > 500) continue;
    const holds = (candidate: string, other: Leaf): boolean | null => tryCandidate(candidate, paths !== null, other);
    const fits = candidates.some(
      candidate =>
        positive.every(other => holds(candidate, other) !== false) &&
        negative.every(other => holds(candidate, other) !== true),
    );
    if (!fits) return true;
  }
  return false;
};

/** null: cannot be told from the name, or from the path. */
const tryCandidate = (candidate: string, isPath: boolean, leaf: Leaf): boolean | null => {
  const name = leafOf(candidate);
  switch (leaf.is) {
    case 'name':
      return leaf.values.includes(name);
    case 'ext':
      return leaf.values.includes(extensionOf(name));
    case 'path':
      return isPath ? leaf.values.includes(candidate) : null;
    case 'listed':
      return isPath ? leaf.paths.includes(candidate) : null;
    case 'under':
      return isPath ? within(parentOf(candidate), leaf.folder) : null;
    case 'matches': {
      const glob = globOf(leaf.glob);
      if (glob === null || (glob.anchored && !isPath)) return null;
      return matchGlob(glob, leaf.on === 'name' ? name : candidate);
    }
    default:
      return null;
  }
};

/** Values of one kind: what all positive conditions allow, without what the negative ones forbid. */
const noValue = (positive: readonly Leaf[], negative: readonly Leaf[]): boolean => {
  for (const is of ['name', 'ext', 'type', 'owner', 'group', 'mode', 'path'] as const) {
    const allowed = positive.filter(leaf => leaf.is === is).map(valuesOf);
    if (is === 'type') allowed.push(['file', 'directory', 'link']);
    if (allowed.length === 0) continue;
    const forbidden = negative.filter(leaf => leaf.is === is).flatMap(valuesOf);
    const [first = [], ...others] = allowed;
    if (!first.some(value => others.every(set => set.includes(value)) && !forbidden.includes(value))) return true;
  }
  return false;
};

const noSize = (positive: readonly Leaf[]): boolean => {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  const missing: number[] = [];
  for (const leaf of positive) {
    if (leaf.is !== 'size') continue;
    if (leaf.op === '!=') missing.push(leaf.bytes);
    else {
      const [from, to] = sizesOf(leaf.op, leaf.bytes);
      low = Math.max(low, from);
      high = Math.min(high, to);
    }
  }
  return low > high || (low === high && missing.includes(low));
};

type Size = Extract<Leaf, { readonly is: 'size' }>;

const impliesSize = (given: Size, wanted: Size): boolean => {
  if (given.op === '!=') return false;
  const [low, high] = sizesOf(given.op, given.bytes);
  if (wanted.op === '!=') return wanted.bytes < low || wanted.bytes > high;
  const [from, to] = sizesOf(wanted.op, wanted.bytes);
  return low >= from && high <= to;
};
