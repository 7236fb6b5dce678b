// Runs relations as the `after` edges of their blocks allow.
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
      const failed = before.find(hasFailed);
      const stopped = onFailure === 'stop' ? relations.find(hasFailed) : undefined;
      if (carrying.signal.aborted) carrying.skip(relation, 'interrupted before it began', 'run the same command again');
      else if (failed !== undefined) {
        carrying.skip(
          relation,
          `block ${failed.block.name}, which comes first, ended "${failed.state}" on ${failed.host}`,
          'mend that first, then run the same command again',
        );
      } else if (stopped !== undefined) {
        carrying.skip(
          relation,
          `stopped: block ${stopped.block.name} ended "${stopped.state}" on ${stopped.host}`,
          'the plan says `on failure stop`',
        );
      } else await carrying.carryOut(relation);
    };
    ended.set(relation, begin());
  }
  await Promise.all(ended.values());
};

export const comesBefore = (first: Relation, then: Relation): boolean =>
  then.block.after.includes(first.block.name) && (first.host === then.host || !then.block.remotes.includes(first.host));
