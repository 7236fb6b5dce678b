// One relation in the making: a block on one remote, from what was observed to how it ended.
import type { BlockPlan, TakePlan } from '../../compiler/plan.js';
import type { Host, Root, Scan } from '../host/host.js';
import type { Change, Rules } from '../tree/change.js';
import type { Problem } from '../tree/entry.js';
import { join, type Path } from '../tree/path.js';
import { rulesOf } from '../tree/rules.js';
import type { BlockState, GuardName } from './events.js';
import { newTally, type Tally } from './tally.js';

export type Relation = {
  readonly block: BlockPlan;
  /** Host id of the remote. */
  readonly host: string;
  readonly rules: Rules;
  /** The run's start, for tests of age. Milliseconds since 1970. */
  readonly started: number;
  state: BlockState;
  message: string | null;
  help: string | null;
  /** It did not come to pass in order to protect data: such an end counts as a refusal. */
  refused: boolean;
  /** Empty until observed. */
  takes: ComparedTake[];
  readonly guards: { readonly guard: GuardName; readonly message: string; readonly help: string }[];
  /** With paths relative to the root. */
  readonly problems: Problem[];
  readonly tally: Tally;
  remoteHost: Host | null;
};

export type ComparedTake = {
  readonly take: TakePlan;
  readonly master: Scan;
  readonly remote: Scan;
  readonly remoteRoot: Root;
  /** Paths relative to the take's folder, in path order. */
  readonly changes: readonly Change[];
};

export const newRelation = (block: BlockPlan, host: string, started: number): Relation => ({
  block,
  host,
  rules: rulesOf(block),
  started,
  state: 'waiting',
  message: null,
  help: null,
  refused: false,
  takes: [],
  guards: [],
  problems: [],
  tally: newTally(),
  remoteHost: null,
});

/** A path of a take as messages and events show it: relative to the remote's root. */
export const shownPath = (take: TakePlan, path: Path): Path =>
  path === '' ? take.into.folder : join(take.into.folder, path);

/** Ended without doing what the plan says. */
export const hasFailed = ({ state }: Relation): boolean =>
  state === 'partial' || state === 'failed' || state === 'refused' || state === 'skipped';
