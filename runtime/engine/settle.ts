// Counts what came of a step, and names what failed.
import type { Outcome } from '../tree/action.js';
import { countedAs } from './describe.js';
import type { RunEvent } from './events.js';
import type { Relation } from './relation.js';
import type { Work } from './work.js';

export const settleOutcome = (
  relation: Relation,
  work: Work,
  outcome: Outcome,
  { emit, clock }: { readonly emit: (event: RunEvent) => void; readonly clock: () => number },
): void => {
  const change = work.changeOf(outcome.index);
  if (outcome.result === 'failed') {
    const problem = { ...outcome.problem, path: work.shown(outcome.index) };
    relation.problems.push(problem);
    relation.tally.failed++;
    emit({ type: 'problem', time: clock(), host: relation.host, block: relation.block.name, ...problem });
  } else if (outcome.result === 'done' && change !== null) relation.tally[countedAs(change)]++;
};
