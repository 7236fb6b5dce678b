// Which relations others hold back, and why: known as soon as those have failed, in a preview as in a run.
import { hasFailed, type Relation } from './relation.js';

export type Held = { readonly message: string; readonly help: string };

export const INTERRUPTED: Held = { message: 'interrupted before it began', help: 'run the same command again' };

/** A relation that has failed lets those go on that neither come after it nor switch together with it, unless the plan stops. */
export const whyHeld = (
  relation: Relation,
  relations: readonly Relation[],
  onFailure: 'continue' | 'stop',
): Held | null => {
  const first = relations.find(other => comesBefore(other, relation) && hasFailed(other));
  if (first !== undefined) {
    return {
      message: `block ${first.block.name}, which comes first, ended "${first.state}" on ${first.host}`,
      help: 'mend that first, then run the same command again',
    };
  }
  const other = relation.block.commit === 'together' ? failedIn(relations.filter(isBeside(relation))) : undefined;
  if (other !== undefined) {
    return {
      message: `another host of this block did not get ready (${other.host} ended "${other.state}"), and the plan says \`commit together\``,
      help: `nothing is switched on any host of it; mend ${other.host} first, or leave it out: --except ${other.host}`,
    };
  }
  const stopped = onFailure === 'stop' ? failedIn(relations) : undefined;
  if (stopped === undefined) return null;
  return {
    message: `stopped: block ${stopped.block.name} ended "${stopped.state}" on ${stopped.host}`,
    help: 'the plan says `on failure stop`',
  };
};

/** Hands over each relation that is held back by then, until there are no more; the caller makes it one that has failed. */
export const holdBack = (
  relations: readonly Relation[],
  onFailure: 'continue' | 'stop',
  hold: (relation: Relation, why: Held) => void,
): void => {
  let more = true;
  while (more) {
    more = false;
    for (const relation of relations) {
      const why = hasFailed(relation) ? null : whyHeld(relation, relations, onFailure);
      if (why === null) continue;
      hold(relation, why);
      more = true;
    }
  }
};

export const comesBefore = (first: Relation, then: Relation): boolean =>
  then.block.after.includes(first.block.name) && (first.host === then.host || !then.block.remotes.includes(first.host));

const isBeside =
  (relation: Relation) =>
  (other: Relation): boolean =>
    other !== relation && other.block.name === relation.block.name;

/** One that failed by itself, where there is any: those that it held back say no more than that. */
const failedIn = (relations: readonly Relation[]): Relation | undefined =>
  relations.find(one => hasFailed(one) && one.state !== 'skipped') ?? relations.find(hasFailed);
