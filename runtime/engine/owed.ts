// What a block owes after its switch, as the intent record keeps it, and what of a plan pays it.
//
// What a host says is owed is never run: the plan's own hooks are, those that were owed where it still has them as they were,
// else all that it has now, since one of them was mended. No host can make us run anything.
import type { HookPlan } from '../../compiler/plan.js';
import type { Relation } from './relation.js';

/** As the intent record keeps it. */
export const owedText = (hooks: readonly HookPlan[]): string =>
  hooks.length === 0 ? '' : JSON.stringify(hooks.map(canonical));

/** The hooks of this plan's block that pay what an earlier run owes; none where the block has none any more. */
export const owedHooks = ({ block }: Pick<Relation, 'block'>, owed: string): HookPlan[] => {
  const texts = parseOwed(owed);
  const after = block.hooks.filter(({ when }) => when === 'after');
  const same = after.filter(hook => texts?.has(canonical(hook)));
  return same.length === texts?.size ? same : after;
};

const canonical = ({ when, changed, command, on, timeout }: HookPlan): string =>
  JSON.stringify([when, changed, command, on, timeout]);

/** Null where it cannot be read. */
const parseOwed = (owed: string): ReadonlySet<string> | null => {
  try {
    const parsed: unknown = JSON.parse(owed);
    return Array.isArray(parsed) ? new Set(parsed.filter(item => typeof item === 'string')) : null;
  } catch {
    return null;
  }
};
