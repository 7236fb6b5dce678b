// What a take selects as one test: its items, without those behind `except`.
import type { ItemModel, TakeModel } from '../1-resolve/model.js';
import type { FileTest } from '../plan.js';

/** null where an item is faulty. */
export const testOf = (take: TakeModel): FileTest | null => {
  const include = either(take.include);
  const except = either(take.except);
  if (include === null || except === null) return null;
  return take.except.length === 0 ? include : { is: 'and', tests: [include, { is: 'not', test: except }] };
};

const either = (items: readonly ItemModel[]): FileTest | null => {
  const tests = items.map(({ test }) => test);
  return tests.every(test => test !== null) ? { is: 'or', tests } : null;
};
