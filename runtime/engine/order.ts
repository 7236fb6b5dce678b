// Runs relations as the `after` edges of their blocks allow.
import { comesBefore, INTERRUPTED, whyHeld } from './held.js';
import { hasFailed, type Relation } from './relation.js';

export type Carrying = {
  readonly signal: AbortSignal;
  readonly skip: (relation: Relation, message: string, help: string) => void;
  /** Never throws; leaves the outcome in the relation. */
  readonly carryOut: (relation: Relation) => Promise<void>;
};

/**
 * A relation starts when the blocks it comes after have ended on its host, and on all of their hosts that its own block does
 * not have. Their failure there stops it. `relations` come with dependencies first, as the plan lists its blocks.
 */
export const inBlockOrder = async (
  relations: readonly Relation[],
  onFailure: 'continue' | 'stop',
  carrying: Carrying,
): Promise<void> => {
  const ended = new Map<Relation, Promise<void>>();
  for (const relation of relations) {
    const before = relations.filter(other => comesBefore(other, relation));
    const begin = async (): Promise<void> => {
      await Promise.all(before.map(other => ended.get(other)));
      if (hasFailed(relation)) return;
      const why = carrying.signal.aborted ? INTERRUPTED : whyHeld(relation, relations, onFailure);
      if (why !== null) carrying.skip(relation, why.message, why.help);
      else await carrying.carryOut(relation);
    };
    ended.set(relation, begin());
  }
  await Promise.all(ended.values());
};
