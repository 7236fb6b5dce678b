// The state behind the picture of a run: blocks, hosts, relations (block × host), problems, and how they are found.
//
// Invariants, kept by run-view (the fold) and run-progress:
//   1. A relation's `fraction` never falls, and is 1 only once it has ended.
//   2. `weight`, its part of the whole, is fixed when the last relation has been compared; before that there is no
//      percentage of the whole, because the totals are not known.
//   3. `doneWeight`, the weighted sum of fractions, therefore never falls either.
//   4. `counts` of a block are the states of its relations, counted.
//   5. No list grows with the number of files: changes are counted, problems and suspects kept up to a bound.
import type { BlockState, GuardName, Summary } from '../engine/events.js';
import type { ProblemCode } from '../tree/entry.js';
import type { Path } from '../tree/path.js';
import { type Meter, makeMeter } from './meter.js';
import { type Amount, makePace, type Pace } from './pace.js';

export type RunView = {
  command: 'plan' | 'apply';
  run: string;
  started: number;
  /** Time of the latest event. */
  time: number;
  readonly blocks: Map<string, BlockView>;
  readonly hosts: Map<string, HostView>;
  readonly relations: RelationView[];
  readonly problems: ProblemView[];
  problemCount: number;
  /** By kind: the first of those that are kept, and how many these are. */
  readonly problemKinds: Map<string, { readonly first: ProblemView; kept: number }>;
  /** Relations whose totals are not known yet. */
  uncompared: number;
  ended: number;
  /** Weights are fixed, the percentage has begun. */
  weighed: boolean;
  wholeWeight: number;
  doneWeight: number;
  bytes: number;
  wholeBytes: number;
  readonly byteMeter: Meter;
  /** How fast content came, in milliseconds in which some was staged; what was found there already did not come. */
  readonly pace: Pace;
  came: Amount;
  readonly staging: Spent;
  readonly committing: Spent;
  /** Changes that were put in place. */
  committed: number;
  /** It was asked to stop at the next safe point. */
  stopping: boolean;
  summary: Summary | null;
};

/** Relations in that state now, and the milliseconds in which there was one. */
export type Spent = { relations: number; ms: number };

export type BlockView = {
  readonly block: string;
  readonly after: readonly string[];
  readonly master: string;
  observed: Observed | null;
  readonly relations: Map<string, RelationView>;
  readonly counts: Record<BlockState, number>;
};

export type HostView = {
  readonly host: string;
  state: 'unknown' | 'connecting' | 'connected' | 'lost' | 'closed';
  kind: 'local' | 'agent' | 'shell' | 'sftp' | null;
  code: string | null;
  message: string | null;
  help: string | null;
};

export type RelationView = {
  readonly block: string;
  readonly host: HostView;
  /** The first relation of its host: the one that shows the host connecting. */
  readonly leads: boolean;
  state: BlockState;
  message: string | null;
  help: string | null;
  observed: Observed | null;
  readonly changes: ChangeCounts;
  changeBytes: number;
  /** Files among the changes that bring content. */
  changeFiles: number;
  /** What is to be staged, once known. */
  stage: { files: number; bytes: number } | null;
  readonly staged: { files: number; bytes: number };
  readonly committed: { done: number; total: number };
  redo: { round: number; rounds: number; paths: number } | null;
  /** The host whose lock it waits for, and who holds that, where it is known. */
  waitsFor: { readonly on: string; readonly message?: string } | null;
  /** The host its content comes from over a data link; '' where there is to be one and is none. Null: not asked for. */
  linkedTo: string | null;
  /** The relay that its content comes from; null where that is the master, or nobody yet. */
  via: string | null;
  /** The hook that runs for it, in words. */
  hook: string | null;
  /** Hooks that ran for it without failing. */
  hooksRun: number;
  drifted: number;
  problems: number;
  /** Events of that kind so far. */
  inconsistent: number;
  /** What is inconsistent as it stands; a redo begins afresh. */
  suspects: { readonly path: Path; readonly why: string }[];
  fraction: number;
  weight: number;
  readonly byteMeter: Meter;
  readonly pace: Pace;
  readonly commitMeter: Meter;
};

export type Observed = { readonly entries: number; readonly bytes: number; readonly skipped: number };
export type ChangeCounts = Record<'create' | 'replace' | 'attributes' | 'link' | 'delete', number>;

export type ProblemView = {
  readonly block: string;
  /** null: the block everywhere. */
  readonly host: string | null;
  readonly path: Path | null;
  readonly code: ProblemCode | GuardName | 'inconsistent';
  readonly message: string;
  readonly help: string | null;
  /** Others on that host that differ only in their path, counted instead of kept. */
  more?: number;
};

export const emptyView = (): RunView => ({
  command: 'apply',
  run: '',
  started: 0,
  time: 0,
  blocks: new Map(),
  hosts: new Map(),
  relations: [],
  problems: [],
  problemCount: 0,
  problemKinds: new Map(),
  uncompared: 0,
  ended: 0,
  weighed: false,
  wholeWeight: 0,
  doneWeight: 0,
  bytes: 0,
  wholeBytes: 0,
  byteMeter: makeMeter(),
  pace: makePace(),
  came: { bytes: 0, files: 0 },
  staging: { relations: 0, ms: 0 },
  committing: { relations: 0, ms: 0 },
  committed: 0,
  stopping: false,
  summary: null,
});

/** No more work is to come for a relation in such a state. */
export const isOver = (state: BlockState): boolean =>
  state === 'done' || state === 'partial' || state === 'failed' || state === 'refused' || state === 'skipped';

export const changeCount = ({ changes }: RelationView): number =>
  changes.create + changes.replace + changes.attributes + changes.link + changes.delete;

/** The relation an event speaks of; one that was never announced is taken in. */
export const relationOf = (view: RunView, event: { block: string; host: string }): RelationView =>
  relationIn(view, blockOf(view, event.block), event.host);

export const blockOf = (view: RunView, name: string, after: readonly string[] = [], master = ''): BlockView => {
  const known = view.blocks.get(name);
  if (known !== undefined) return known;
  const block = { block: name, after, master, observed: null, relations: new Map(), counts: { ...NO_STATES } };
  view.blocks.set(name, block);
  return block;
};

export const hostOf = (view: RunView, name: string): HostView => {
  const known = view.hosts.get(name);
  if (known !== undefined) return known;
  const host: HostView = { host: name, state: 'unknown', kind: null, code: null, message: null, help: null };
  view.hosts.set(name, host);
  return host;
};

export const relationIn = (view: RunView, block: BlockView, name: string): RelationView => {
  const known = block.relations.get(name);
  if (known !== undefined) return known;
  const host = hostOf(view, name);
  const relation: RelationView = {
    block: block.block,
    host,
    leads: !view.relations.some(other => other.host === host),
    state: 'waiting',
    message: null,
    help: null,
    observed: null,
    changes: { create: 0, replace: 0, attributes: 0, link: 0, delete: 0 },
    changeBytes: 0,
    changeFiles: 0,
    stage: null,
    staged: { files: 0, bytes: 0 },
    committed: { done: 0, total: 0 },
    redo: null,
    waitsFor: null,
    linkedTo: null,
    via: null,
    hook: null,
    hooksRun: 0,
    drifted: 0,
    problems: 0,
    inconsistent: 0,
    suspects: [],
    fraction: 0,
    weight: 0,
    byteMeter: makeMeter(),
    pace: makePace(),
    commitMeter: makeMeter(),
  };
  block.relations.set(name, relation);
  block.counts.waiting++;
  view.relations.push(relation);
  view.uncompared++;
  return relation;
};

const NO_STATES: Record<BlockState, number> = {
  waiting: 0,
  observing: 0,
  compared: 0,
  locking: 0,
  staging: 0,
  committing: 0,
  verifying: 0,
  done: 0,
  partial: 0,
  failed: 0,
  refused: 0,
  skipped: 0,
};
