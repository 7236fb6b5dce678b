// The summary of a run: the one value from which the last words and the exit code both come.
import type { BlockState, Deeds, RelationSummary, Summary, Totals } from './events.js';
import type { Relation } from './relation.js';
import { totalsOf } from './tally.js';

export type RunEnd = {
  readonly run: string;
  readonly command: 'plan' | 'apply';
  readonly seconds: number;
  readonly interrupted: boolean;
  /** The operator looked at the preview and said no. */
  readonly declined: boolean;
  readonly hosts: Summary['hosts'];
  /** What all connections and links carried. */
  readonly traffic: { readonly sent: number; readonly received: number };
};

export const summarize = (relations: readonly Relation[], end: RunEnd): Summary => {
  const totals = totalsOf(relations.map(({ block, tally }) => ({ block: block.name, tally })));
  return {
    exitCode: exitCode(relations, end),
    ...(end.command === 'plan' ? { planned: true as const } : {}),
    states: statesOf(relations),
    ...(end.declined && !end.interrupted ? { declined: true as const } : {}),
    seconds: end.seconds,
    run: end.run,
    ...totals,
    ...told(besideOf(relations)),
    bytesSent: end.traffic.sent,
    bytesReceived: end.traffic.received,
    relations: relations.map(summarizeRelation),
    hosts: end.hosts,
  };
};

const statesOf = (relations: readonly Relation[]): Summary['states'] => {
  const states: { -readonly [State in BlockState]?: number } = {};
  for (const { state } of relations) states[state] = (states[state] ?? 0) + 1;
  return states;
};

/** The table of the contract, worst first. `plan --exit-code` turns 0 into 2 where there are changes: `hasChanges`. */
const exitCode = (relations: readonly Relation[], { interrupted, declined, command }: RunEnd): number => {
  if (interrupted) return 130;
  if (declined) return 1;
  const bad = relations.filter(
    ({ state, problems }) => state !== 'done' && (state !== 'compared' || problems.length > 0),
  );
  if (bad.length === 0) return 0;
  const applies = command === 'apply';
  if (applies && relations.some(didSomething)) return 5;
  if (bad.some(({ refused }) => refused)) return 4;
  if (bad.some(({ locked }) => locked)) return 6;
  // Beside what merely failed, what was equal already counts.
  return applies && relations.some(({ state }) => state === 'done') ? 5 : 1;
};

const didSomething = (relation: Relation): boolean =>
  relation.state === 'partial' || hasChanges(relation.tally) || (relation.state === 'done' && workedBeside(relation));

/** Was anything done there that no change tells? */
export const workedBeside = ({ beside }: Pick<Relation, 'beside'>): boolean => beside.hooks + beside.finished > 0;

/** Was anything changed, or would be by an `apply`? */
export const hasChanges = ({ created, replaced, attributes, linked, moved, deleted }: Totals): boolean =>
  created + replaced + attributes + linked + moved + deleted > 0;

const summarizeRelation = ({ block, host, state, message, help, tally, beside }: Relation): RelationSummary => ({
  host,
  block: block.name,
  state,
  ...(message === null ? {} : { message }),
  ...(help === null ? {} : { help }),
  ...tally,
  ...told(beside),
});

const besideOf = (relations: readonly Relation[]): Relation['beside'] => ({
  hooks: relations.reduce((sum, { beside }) => sum + beside.hooks, 0),
  finished: relations.reduce((sum, { beside }) => sum + beside.finished, 0),
  kept: relations.reduce((sum, { beside }) => sum + beside.kept, 0),
});

const told = ({ hooks, finished, kept }: Relation['beside']): Pick<Deeds, 'hooks' | 'finished' | 'kept'> => ({
  ...(hooks === 0 ? {} : { hooks }),
  ...(finished === 0 ? {} : { finished }),
  ...(kept === 0 ? {} : { kept }),
});
