// How a relation's state changes, and how what is thrown on the way becomes its end and nobody else's.
import { HostError, isRefusal } from '../host/host-error.js';
import type { Problem } from '../tree/entry.js';
import type { BlockState, RunEvent } from './events.js';
import type { Guard } from './guards.js';
import { INTERRUPTED } from './held.js';
import { hasFailed, type Relation } from './relation.js';
import { hasChanges } from './summary.js';

export type Telling = {
  readonly emit: (event: RunEvent) => void;
  readonly clock: () => number;
  /** Gets errors that nobody expected as they were thrown. */
  readonly internal?: (error: unknown) => void;
  readonly signal?: AbortSignal;
};

export const setState = (
  relation: Relation,
  state: BlockState,
  telling: Telling,
  message?: string,
  help?: string,
): void => {
  relation.state = state;
  relation.message = message ?? null;
  relation.help = help ?? null;
  telling.emit({
    type: 'block',
    ...about(relation, telling),
    state,
    ...(message === undefined ? {} : { message }),
    ...(help === undefined ? {} : { help }),
  });
};

export const tellProblems = (relation: Relation, problems: readonly Problem[], telling: Telling): void => {
  for (const problem of problems) telling.emit({ type: 'problem', ...about(relation, telling), ...problem });
};

export const tellProgress = (
  relation: Relation,
  { progress: { files, bytes } }: { readonly progress: { readonly files: number; readonly bytes: number } },
  telling: Telling,
): void => telling.emit({ type: 'progress', ...about(relation, telling), files, bytes });

export const about = (relation: Relation, { clock }: Telling): { time: number; host: string; block: string } => ({
  time: clock(),
  host: relation.host,
  block: relation.block.name,
});

/** Does something for a relation unless it has failed; whatever is thrown ends this relation alone. */
export const attend = async (relation: Relation, telling: Telling, work: () => Promise<void>): Promise<void> => {
  if (hasFailed(relation)) return;
  try {
    await work();
  } catch (error) {
    // What a commit that broke off has switched stays, whether or not its outcomes still came.
    const begun = SWITCHING.has(relation.state) || hasChanges(relation.tally);
    if (error instanceof HostError && error.code === 'cancelled' && !begun && telling.signal?.aborted === true) {
      setState(relation, 'skipped', telling, INTERRUPTED.message, INTERRUPTED.help);
    } else if (error instanceof HostError) {
      relation.refused = isRefusal(error);
      relation.locked = error.code === 'locked';
      const state = begun ? 'partial' : relation.refused ? 'refused' : 'failed';
      setState(relation, state, telling, error.message, error.help);
    } else {
      telling.internal?.(error);
      const why = error instanceof Error ? error.message : String(error);
      const message = `block ${relation.block.name} on ${relation.host}: an internal error: ${why}`;
      const help = 'this is a fault of syncplan; run with --verbose and report it';
      setState(relation, begun ? 'partial' : 'failed', telling, message, help);
    }
  }
};

const SWITCHING: ReadonlySet<BlockState> = new Set(['committing', 'verifying']);

/** A guard about the master or a budget refuses the block on every host; one about a single remote, that remote alone. */
export const refuseGuarded = (
  relation: Relation,
  guards: readonly Guard[],
  relations: readonly Relation[],
  telling: Telling,
): void => {
  for (const { stops, guard, message, help } of guards) {
    relation.guards.push({ guard, message, help });
    telling.emit({ type: 'guard', ...about(relation, telling), guard, message, help });
    const concerned = stops === 'relation' ? [relation] : relations.filter(other => other.block === relation.block);
    for (const other of concerned) {
      if (!isWaiting(other) && other !== relation) continue;
      other.refused = true;
      const elsewhere = other === relation ? '' : `refused on ${relation.host}: `;
      setState(other, 'refused', telling, `${elsewhere}${message}`, help);
    }
  }
};

/** Nothing has been done for it yet, so a refusal elsewhere in its block still concerns it. */
const isWaiting = ({ state }: Relation): boolean => state === 'compared' || state === 'waiting';
