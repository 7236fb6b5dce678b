// One relation in the making: a block on one remote, from what was observed to how it ended.
import type { BlockPlan, Consistency, TakePlan, TransferPlan } from '../../compiler/plan.js';
import type { Host, Root, Scan } from '../host/host.js';
import type { Change, Rules } from '../tree/change.js';
import type { FolderEntry, Problem } from '../tree/entry.js';
import { join, type Path } from '../tree/path.js';
import { rulesOf } from '../tree/rules.js';
import type { Foreign } from './drift.js';
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
  /** It could not get a lock: another run holds it. */
  locked: boolean;
  /** What was done there that no change tells; forgotten by nothing that is observed again. */
  readonly beside: { hooks: number; finished: number; kept: number };
  /** Empty until observed. */
  takes: ComparedTake[];
  readonly guards: { readonly guard: GuardName; readonly message: string; readonly help: string }[];
  /** With paths relative to the root. */
  problems: Problem[];
  tally: Tally;
  /** Those it makes that blocks beside it make as well, by their paths on the machine; with what one that selects the folder
   * makes of it, where this one only fills it. */
  sharedFolders: ReadonlyMap<Path, FolderEntry | null>;
  remoteHost: Host | null;
  /** Transactions that earlier runs left unfinished here; `apply` has finished them by the time it observes. */
  unfinished: number;
  /** Hooks that earlier runs still owe here. */
  readonly owed: OwedBefore[];
};

/** Hooks of an earlier transaction on this root, as that run wrote them down. */
export type OwedBefore = { readonly root: Root; readonly transaction: string; readonly owed: string };

export type ComparedTake = {
  readonly take: TakePlan;
  readonly master: Scan;
  readonly masterRoot: Root;
  readonly remote: Scan;
  readonly remoteRoot: Root;
  /** Paths relative to the take's folder, in path order. */
  readonly changes: readonly Change[];
  /** Paths among the changes whose old content is not what syncplan put there: it is kept when it is replaced. */
  readonly foreign: Foreign;
};

/** One for each block on each of its remotes. Blocks come with dependencies first; each comes after all that those come after
 * which it comes after, so that the order holds on a host that lacks one in between. */
export const relationsOf = (blocks: readonly BlockPlan[], started: number): Relation[] => {
  const before = new Map<string, readonly string[]>();
  return blocks.flatMap(block => {
    const after = [...new Set(block.after.flatMap(name => [name, ...(before.get(name) ?? [])]))].sort();
    before.set(block.name, after);
    const whole = { ...block, after };
    return block.remotes.map(host => newRelation(whole, host, started));
  });
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
  locked: false,
  beside: { hooks: 0, finished: 0, kept: 0 },
  takes: [],
  guards: [],
  problems: [],
  tally: newTally(),
  sharedFolders: new Map(),
  remoteHost: null,
  unfinished: 0,
  owed: [],
});

/** Forgets what was observed: it is observed again, under a lock. Bytes that travelled stay counted. */
export const resetRelation = (relation: Relation): void => {
  const { bytesSent, bytesReceived } = relation.tally;
  relation.tally = { ...newTally(), bytesSent, bytesReceived };
  relation.takes = [];
  relation.problems = [];
};

/** The strategy of this relation: the block's, or what `for HOSTS` says. */
export const consistencyOf = ({ block, host }: Pick<Relation, 'block' | 'host'>): Consistency =>
  block.consistencyOf[host] ?? block.consistency;

/** How content travels to this relation's remote. */
export const transferOf = ({ block, host }: Pick<Relation, 'block' | 'host'>): TransferPlan =>
  block.transferOf[host] ?? block.transfer;

/** A path of a take as messages and events show it: relative to the remote's root. */
export const shownPath = (take: TakePlan, path: Path): Path =>
  path === '' ? take.into.folder : join(take.into.folder, path);

/** A path below a root, as a path of its machine; that of the root `/` itself is ''. */
export const onMachine = ({ path: root }: Pick<Root, 'path'>, path: Path): Path => {
  const top = root === '/' ? '' : root;
  return path === '' ? top : `${top}/${path}`;
};

/** Ended without doing what the plan says. */
export const hasFailed = ({ state }: Relation): boolean =>
  state === 'partial' || state === 'failed' || state === 'refused' || state === 'skipped';
