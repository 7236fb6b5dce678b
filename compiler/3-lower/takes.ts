// The takes of a block: from and into which folders, with one term for each; those of the same pair are one.
//
// `except` without items is null; one item stands for itself, several are an `or`.
import type { BlockModel, HostModel, ItemModel, RootChoice } from '../1-resolve/model.js';
import { chosen } from '../1-resolve/root-choice.js';
import { settled } from '../1-resolve/settled.js';
import { placeTake } from '../1-resolve/take-place.js';
import type { FileTest, OrderItem, RootPath, TakePlan, Term } from '../plan.js';

type Pair = Pick<TakePlan, 'from' | 'into'>;

export const lowerTakes = (
  { takes, roots: choice }: BlockModel,
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
  return [...pairs.values()].map(({ pair, terms }) => ({
    ...pair,
    roots: rootsOf(pair, choice, master, remotes),
    terms,
  }));
};

/** One entry for each item and each folder that items are tested in: those of an item stand side by side. */
export const lowerItems = (items: readonly ItemModel[], block: BlockModel): readonly OrderItem[] => {
  const bases = [...new Set(block.takes.map(take => placeTake(take).base))].sort();
  return items.flatMap(({ test }) => bases.map(base => ({ base, test: settled(test) })));
};

const anyOf = (items: readonly ItemModel[]): FileTest => {
  const tests = items.map(({ test }) => settled(test));
  return tests.length === 1 ? tests[0]! : { is: 'or', tests };
};

const rootsOf = (
  pair: Pair,
  choice: RootChoice,
  master: HostModel,
  remotes: readonly HostModel[],
): Readonly<Record<string, readonly RootPath[]>> => {
  const roots: Record<string, readonly RootPath[]> = Object.create(null);
  const pathsOf = (host: HostModel, root: string): readonly RootPath[] =>
    chosen(settled(host.roots.get(root)?.paths), choice).map(({ place }) => place);
  roots[master.id] = pathsOf(master, pair.from.root);
  for (const remote of remotes) roots[remote.id] = pathsOf(remote, pair.into.root);
  return roots;
};
