// The rank of a file in its block's `order`, from what a page says of it.
import type { Entry } from '../tree/entry.js';
import { type Facts, makeRank } from '../tree/matcher.js';
import { leaf, type Path } from '../tree/path.js';
import type { Relation } from './relation.js';

/**
 * Paths are relative to the take's folder, as those of its terms are. A hard name is ranked as a file of its name. Null for a
 * block without an order.
 */
export const rankOf = ({ block, started }: Relation): ((path: Path, entry: Entry) => number) | null => {
  if (block.order.length === 0) return null;
  const rank = makeRank(block.order, { now: started });
  return (path, entry) => rank(path, factsOf(leaf(path), entry));
};

export const factsOf = (name: string, entry: Entry): Facts => {
  const facts = { kind: 'file', name, size: 0, mode: 0, modified: 0, owner: '', group: '' } as const;
  return entry.kind === 'hard' ? facts : { ...facts, ...entry };
};
