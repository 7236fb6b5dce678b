// What can be told of two selections without any file: that they never meet, or that one holds the other.
//
// A test is written out as alternatives of conditions that hold together. Answers are safe in one direction only:
// 1. `isEmpty` and `areDisjoint` say true only where no file can ever be in it (a hidden file that is nothing but an
//    extension, `.map`, is taken to have that extension).
// 2. `contains` says true only where every file of the second is in the first.
// 3. A test with too many alternatives is told nothing about.
import type { FileTest } from '../plan.js';
import { excludes, implies, isContradictory, type Leaf, type Literal } from './literals.js';

/** Alternatives; null where there would be too many. */
export type Selection = readonly (readonly Literal[])[] | null;

const MAX_ALTERNATIVES = 256;

export const selectionOf = (test: FileTest): Selection => prune(writeOut(test, false));

export const isEmpty = (selection: Selection): boolean => selection !== null && selection.length === 0;

/** The first list without a path that the test asks for: where the test can match nothing, it may be why. */
export const emptyListIn = (test: FileTest): string | null => {
  if (test.is === 'listed') return test.paths.length === 0 ? test.source : null;
  if (test.is !== 'and' && test.is !== 'or') return null;
  return test.tests.map(emptyListIn).find(source => source !== null) ?? null;
};

export const areDisjoint = (a: Selection, b: Selection): boolean =>
  a !== null && b !== null && a.every(one => b.every(other => isContradictory([...one, ...other])));

export const contains = (outer: Selection, inner: Selection): boolean =>
  outer !== null && inner !== null && inner.length > 0 && inner.every(one => outer.some(other => follows(other, one)));

/** Both, and both because of names: not only because an attribute of one says nothing about the other's names. */
export const meetByName = (a: Selection, b: Selection): boolean =>
  a !== null &&
  b !== null &&
  a.some(one => b.some(other => namesIn(one) && namesIn(other) && !isContradictory([...one, ...other])));

const NAMING: ReadonlySet<Leaf['is']> = new Set(['name', 'path', 'ext', 'matches', 'under', 'listed']);

const namesIn = (literals: readonly Literal[]): boolean =>
  literals.some(({ leaf, negated }) => !negated && NAMING.has(leaf.is));

/** Every condition of the first follows from the conditions of the second. */
const follows = (wanted: readonly Literal[], given: readonly Literal[]): boolean =>
  wanted.every(({ leaf, negated }) =>
    given.some(one => {
      if (!negated) return !one.negated && implies(one.leaf, leaf);
      return one.negated ? implies(leaf, one.leaf) : excludes(one.leaf, leaf);
    }),
  );

const writeOut = (test: FileTest, negated: boolean): Selection => {
  switch (test.is) {
    case 'all':
      return negated ? [] : [[]];
    case 'not':
      return writeOut(test.test, !negated);
    case 'and':
    case 'or': {
      const parts = test.tests.map(one => writeOut(one, negated));
      return (test.is === 'and') !== negated ? product(parts) : union(parts);
    }
    case 'size':
      return [[{ leaf: negated ? { ...test, op: OPPOSITE[test.op] } : test, negated: false }]];
    case 'age':
      return [[{ leaf: negated ? { ...test, op: test.op === '>' ? '<=' : '>' } : test, negated: false }]];
    default:
      return [[{ leaf: test, negated }]];
  }
};

const OPPOSITE = { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '=': '!=', '!=': '=' } as const;

const union = (parts: readonly Selection[]): Selection => {
  const all = parts.flatMap(part => part ?? []);
  return parts.includes(null) || all.length > MAX_ALTERNATIVES ? null : all;
};

const product = (parts: readonly Selection[]): Selection => {
  let made: Selection = [[]];
  for (const part of parts) {
    if (part === null || made === null) return null;
    if (made.length * part.length > MAX_ALTERNATIVES * 16) return null;
    made = prune(made.flatMap(one => part.map(other => [...one, ...other])));
    if (made !== null && made.length > MAX_ALTERNATIVES) return null;
  }
  return made;
};

const prune = (selection: Selection): Selection =>
  selection === null ? null : selection.filter(literals => !isContradictory(literals));
