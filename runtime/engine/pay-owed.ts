// Runs the hooks that a relation owes: each once, however many runs owe it, in the order of the plan.
//
// A debt is forgotten when all its hooks have run without failing; where one fails, what comes after it in that debt waits.
import type { HookPlan } from '../../compiler/plan.js';
import { type Hooking, runHooks } from './hooks.js';
import { owedHooks } from './owed.js';
import type { OwedBefore, Relation } from './relation.js';
import { about } from './state.js';

/** Hooks that earlier runs, or this one, owe. */
export const payOwed = async (relation: Relation, context: Hooking): Promise<void> => {
  if (relation.state === 'failed' || relation.state === 'refused') return;
  const debts: Debt[] = relation.owed
    .splice(0)
    .map(of => ({ of, hooks: new Set(owedHooks(relation, of.owed)), failed: false }));
  for (const hook of relation.block.hooks) {
    const owing = debts.filter(({ hooks, failed }) => !failed && hooks.has(hook));
    const failed = owing.length === 0 ? null : await runHooks(relation, [hook], context);
    if (failed === null) continue;
    for (const debt of owing) debt.failed = true;
    const help = `it is still owed: ${failed.help ?? 'mend it, then run the same command again'}`;
    tell(relation, { message: failed.why, help }, context);
  }
  for (const { of, failed } of debts) if (!failed) await of.root.paid(of.transaction);
  if (debts.some(({ hooks }) => hooks.size === 0)) tell(relation, GONE, context);
};

type Debt = { readonly of: OwedBefore; readonly hooks: ReadonlySet<HookPlan>; failed: boolean };

const tell = (
  relation: Relation,
  said: { readonly message: string; readonly help: string },
  context: Hooking,
): void => {
  const problem = { path: '', code: 'hook' as const, ...said };
  relation.problems.push(problem);
  context.emit({ type: 'problem', ...about(relation, context), ...problem });
};

/** Told once: whoever took it out of the plan may have meant to. */
const GONE = {
  message: 'a hook that an earlier run owed did not run: the plan has it no more, and it is owed no longer',
  help: 'do by hand what it would have done, if that is still wanted',
};
