// Which hooks of a block concern what changes: those that run now, and those that a preview names.
import type { HookPlan } from '../../compiler/plan.js';
import type { Change } from '../tree/change.js';
import { makeRank } from '../tree/matcher.js';
import { leaf } from '../tree/path.js';
import { owedHooks } from './owed.js';
import { factsOf } from './rank.js';
import type { OwedBefore, Relation } from './relation.js';

/** The hooks of this moment that concern these changes. */
export const hooksFor = (
  { block, started }: Pick<Relation, 'block' | 'started'>,
  when: HookPlan['when'],
  changes: readonly Change[],
): HookPlan[] =>
  changes.length === 0 ? [] : block.hooks.filter(hook => hook.when === when && concerns(hook, changes, started));

/** What a run would run for these changes (by take), in its order, and apart from that what earlier runs owe: nothing runs
 * twice. */
export const hooksAhead = (
  relation: Pick<Relation, 'block' | 'started'> & { readonly owed: readonly Pick<OwedBefore, 'owed'>[] },
  changes: readonly (readonly Change[])[],
): { readonly hooks: HookPlan[]; readonly owed: HookPlan[] } => {
  if (relation.block.hooks.length === 0) return { hooks: [], owed: [] };
  const owed = [...new Set(relation.owed.flatMap(one => owedHooks(relation, one.owed)))];
  const of = (when: HookPlan['when']): HookPlan[] => hooksFor(relation, when, changes.flat());
  return { hooks: [...of('before'), ...of('after').filter(hook => !owed.includes(hook))], owed };
};

/** The host that a plan means by `on …`. */
export const placeOf = ({ host, block }: Pick<Relation, 'host' | 'block'>, on: HookPlan['on']): string =>
  ({ remote: host, master: block.master, server: 'server' })[on];

const concerns = ({ changed }: HookPlan, changes: readonly Change[], started: number): boolean => {
  if (changed === null) return true;
  const rank = makeRank(changed, { now: started });
  return changes.some(change => rank(change.path, factsOf(leaf(change.path), standing(change))) > 0);
};

const standing = (change: Change) => (change.kind === 'delete' ? change.was : change.entry);
