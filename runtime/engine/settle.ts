// Counts what came of a step – or would come of it, in a preview – and names what failed.
import type { Outcome } from '../tree/action.js';
import { countedAs, plannedChanges } from './describe.js';
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
  } else if (outcome.result === 'kept') relation.beside.kept++;
  else if (outcome.result === 'done' && change !== null) {
    relation.tally[work.moved.has(outcome.index) ? 'moved' : countedAs(change)]++;
  }
};

/** A plan counts what an apply would do, where it would do anything. Once, after the preview was made. */
export const countPlanned = (relations: readonly Relation[]): void => {
  for (const [at, planned] of plannedChanges(relations).entries()) {
    const { state, takes, tally } = relations[at]!;
    if (state !== 'compared') continue;
    for (const [part, changes] of planned.entries()) {
      tally.unchanged += takes[part]!.changes.length - changes.length;
      for (const change of changes) tally[countedAs(change)]++;
    }
  }
};
