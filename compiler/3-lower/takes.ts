// The takes of a block: from and into which folders, with one term for each; those of the same pair are one.
//
// `except` without items is null; one item stands for itself, several are an `or`.
import type { BlockModel, HostModel, ItemModel, TakeModel } from '../1-resolve/model.js';
import { settled } from '../1-resolve/settled.js';
import { placeTake } from '../1-resolve/take-place.js';
import type { FileTest, OrderItem, RootPath, TakePlan, Term } from '../plan.js';

type Pair = Pick<TakePlan, 'from' | 'into'>;

export const lowerTakes = (
  takes: readonly TakeModel[],
  master: HostModel,
  remotes: readonly HostModel[],
): readonly TakePlan[] => {
  const pairs = new Map<string, { readonly pair: Pair; readonly terms: Term[] }>();
  for (const take of takes) {
    const { pair, base } = placeTake(take);
    const key = JSON.stringify(pair);
    const known = pairs.get(key) ?? { pair, terms: [] };
    known.terms.push({
      base,
      include: anyOf(take.include),
      except: take.except.length === 0 ? null : anyOf(take.except),
    });
    pairs.set(key, known);
  }
  return [...pairs.values()].map(({ pair, terms }) => ({ ...pair, roots: rootsOf(pair, master, remotes), terms }));
};

/** One entry for each item and each folder that items are tested in: those of an item stand side by side. */
export const lowerOrder = (block: BlockModel): readonly OrderItem[] => {
  const bases = [...new Set(block.takes.map(take => placeTake(take).base))].sort();
  return block.order.flatMap(({ test }) => bases.map(base => ({ base, test: settled(test) })));
};

const anyOf = (items: readonly ItemModel[]): FileTest => {
  const tests = items.map(({ test }) => settled(test));
  return tests.length === 1 ? tests[0]! : { is: 'or', tests };
};

const rootsOf = (pair: Pair, master: HostModel, remotes: readonly HostModel[]): Readonly<Record<string, RootPath>> => {
  const roots: Record<string, RootPath> = Object.create(null);
  roots[master.id] = settled(master.roots.get(pair.from.root)?.path);
  for (const remote of remotes) roots[remote.id] = settled(remote.roots.get(pair.into.root)?.path);
  return roots;
};
