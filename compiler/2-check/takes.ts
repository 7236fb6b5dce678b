// What a take selects as one test: its items, without those behind `except`, and without what lies in folders that these cut off.
import type { ItemModel, TakeModel } from '../1-resolve/model.js';
import type { FileTest } from '../plan.js';
import { type Glob, globOf } from './shapes.js';

/** null where an item is faulty. */
export const testOf = (take: TakeModel): FileTest | null => {
  const include = either(take.include);
  const except = either(take.except);
  if (include === null || except === null) return null;
  return take.except.length === 0 ? include : { is: 'and', tests: [include, { is: 'not', test: withCutOff(except) }] };
};

/** A glob behind `except` cuts off a folder that it matches, with all below it (runtime/tree/matcher.ts): said of those that it
 * names. One without a `/` cuts folders of that name anywhere, of which this is the one that a place can be told of. */
const withCutOff = (test: FileTest): FileTest => {
  if (test.is === 'or') return { is: 'or', tests: test.tests.map(withCutOff) };
  const folders = test.is === 'matches' ? namedBy(globOf(test.glob)) : [];
  return { is: 'or', tests: [test, ...folders.map(folder => ({ is: 'under' as const, folder }))] };
};

const namedBy = (glob: Glob | null): readonly string[] =>
  (glob?.alternatives ?? []).flatMap(alternative => {
    if (alternative.kind === 'name') return [alternative.name];
    return alternative.kind === 'path' ? [alternative.path] : [];
  });

const either = (items: readonly ItemModel[]): FileTest | null => {
  const tests = items.map(({ test }) => test);
  return tests.every(test => test !== null) ? { is: 'or', tests } : null;
};
