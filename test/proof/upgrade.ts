// An upgrade in small: what a receiver held, what somebody else did there, and what the master has now.
import type { BlockPlan } from '../../compiler/plan.js';
import { isFault } from '../../runtime/host/file-verbs.js';
import type { Item, Tree } from '../support/fixture.js';
import { makeSimulation, type Ran, type SimulatedPlace, type Simulation } from '../support/simulated-session.js';
import type { Seen } from './invariants.js';
import { sightsIn } from './sights.js';

export const BLOCK: Partial<BlockPlan> = {
  delete: { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 86_400 },
  consistency: { strategy: 'verify', rounds: 2, every: 0, then: 'fail' },
};

const LATER = 1_650_000_000_000_000;

/** What the first run puts on every host. */
export const OLD: Tree = {
  'app/core': { file: 'core 1' },
  'app/same': { file: 'same' },
  'app/mode': { file: 'mode' },
  'app/link': { link: 'core' },
  'bin/run': { file: 'run 1', mode: 0o755 },
  'bin/also': { hard: 'bin/run' },
  'gone/one': { file: 'gone 1' },
  'gone/two': { file: 'gone 2' },
  large: { file: 'L'.repeat(5000) },
  removed: { file: 'removed' },
};

/** What the master has when the second run begins: replaced, created, deleted, linked, adjusted, whole folders. */
export const NEW: Tree = {
  'app/core': { file: 'core 2!', modified: LATER },
  'app/same': { file: 'same' },
  'app/mode': { file: 'mode', mode: 0o600 },
  'app/link': { link: 'same', modified: LATER },
  'app/drifted': { file: 'ours', modified: LATER },
  'bin/run': { file: 'run 2', mode: 0o755, modified: LATER },
  'bin/also': { hard: 'bin/run' },
  'fresh/a': { file: 'fresh a', modified: LATER },
  'fresh/sub/b': { file: 'fresh b', modified: LATER },
  'fresh/sub/c': { hard: 'fresh/sub/b' },
  large: { file: 'M'.repeat(6000), modified: LATER },
  named: { file: 'named', modified: LATER },
};

/** What somebody else did on the receivers meanwhile. */
export const FOREIGN: Readonly<Record<string, Item>> = {
  'app/drifted': { file: 'theirs, in the way' },
  'app/core': { file: 'theirs, edited' },
  'gone/theirs': { file: 'theirs, to be deleted' },
};

/** Few enough that each of them is synced by itself. */
const FEW: UpgradeOptions = {
  from: { a: { file: 'a 1' }, b: { file: 'b' }, d: { folder: 0o755 }, 'd/gone': { file: 'gone' } },
  to: {
    a: { file: 'a 2!', modified: LATER },
    b: { file: 'b', mode: 0o600 },
    'e/made': { file: 'made', modified: LATER },
  },
  foreign: { a: { file: 'theirs' } },
};

/** Situations that are dangerous in ways of their own. */
export const SCENARIOS = {
  'a whole upgrade': {},
  'a few files': FEW,
  'a disk that syncs one by one': { syncsOneByOne: true },
  'a first run over what others put there': { first: false },
} as const satisfies Readonly<Record<string, UpgradeOptions>>;

export type Upgrade = {
  readonly simulation: Simulation;
  /** What each receiver holds before the second run. */
  readonly old: Seen;
  /** What each should hold after it. */
  readonly new: Seen;
  readonly foreign: Seen;
  readonly outside: Seen;
  /** The same once more, from here. */
  readonly fork: () => Upgrade;
  /** The second run. */
  readonly run: (options?: Parameters<Simulation['run']>[0]) => Promise<Ran>;
};

export type UpgradeOptions = {
  readonly remotes?: number;
  readonly block?: Partial<BlockPlan>;
  readonly clocks?: Readonly<Record<string, number>>;
  readonly from?: Tree;
  readonly to?: Tree;
  readonly foreign?: Tree;
  readonly syncsOneByOne?: boolean;
  /** Without a first run, all that a receiver holds is somebody else's. */
  readonly first?: boolean;
};

/** Everything is ready for the second run. The first one is over, and all disks are settled. */
export const readyToUpgrade = async ({
  remotes = 1,
  block = BLOCK,
  clocks = {},
  from = OLD,
  to = NEW,
  foreign = FOREIGN,
  syncsOneByOne = false,
  first = true,
}: UpgradeOptions = {}): Promise<Upgrade> => {
  const before = first ? {} : from;
  const simulation = makeSimulation({ remotes, master: from, remote: before, clocks, syncsOneByOne });
  if (first) {
    const { summary } = await simulation.run({ block });
    if (summary.exitCode !== 0)
      throw new Error(`the first run ended with ${summary.exitCode}: ${JSON.stringify(summary)}`);
  }
  const master = simulation.at('m');
  replaceTree(master, from, to);
  for (const id of simulation.remotes) {
    simulation.at(id).put(foreign);
    simulation.at(id).disk.settle();
  }
  const { disk } = simulation.at(simulation.remotes[0]!);
  const old = sightsIn(disk);
  const theirs = first ? Object.keys(foreign) : [...old.keys()];
  return upgradeOf(simulation, block, {
    old,
    new: sightsIn(master.disk),
    foreign: new Map(theirs.map(path => [path, old.get(path)!])),
    outside: sightsIn(disk, '/outside'),
  });
};

const replaceTree = (master: SimulatedPlace, from: Tree, to: Tree): void => {
  const holds = (tree: Tree, folder: string): boolean => Object.keys(tree).some(path => path.startsWith(`${folder}/`));
  for (const path of Object.keys(from).reverse()) if (!(path in to) && !holds(to, path)) master.drop(path);
  for (const path of Object.keys(from)) {
    const folder = path.split('/')[0]!;
    const stands = !isFault(master.disk.find(`${master.path}/${folder}`));
    if (path.includes('/') && stands && !holds(to, folder) && !(folder in to)) master.drop(folder);
  }
  master.put(to);
  master.disk.settle();
};

const upgradeOf = (
  simulation: Simulation,
  block: Partial<BlockPlan>,
  known: Pick<Upgrade, 'old' | 'new' | 'foreign' | 'outside'>,
): Upgrade => ({
  ...known,
  simulation,
  fork: () => upgradeOf(simulation.fork(), block, known),
  run: options => simulation.run({ ...options, block: { ...block, ...options?.block } }),
});
