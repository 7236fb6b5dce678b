// An upgrade in small: what a receiver held, what somebody else did there, and what the master has now.
import type { BlockPlan } from '../../compiler/plan.js';
import type { Item, Tree } from '../support/fixture.js';
import { makeSimulation, type Ran, type Simulation } from '../support/simulated-session.js';
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
};

/** Everything is ready for the second run. The first one is over, and all disks are settled. */
export const readyToUpgrade = async ({
  remotes = 1,
  block = BLOCK,
  clocks = {},
  from = OLD,
  to = NEW,
  foreign = FOREIGN,
}: UpgradeOptions = {}): Promise<Upgrade> => {
  const simulation = makeSimulation({ remotes, master: from, clocks });
  const { summary } = await simulation.run({ block });
  if (summary.exitCode !== 0)
    throw new Error(`the first run ended with ${summary.exitCode}: ${JSON.stringify(summary)}`);
  const master = simulation.at('m');
  for (const path of Object.keys(from)) if (!(path in to)) master.drop(path);
  const folders = new Set(Object.keys(from).map(path => path.split('/')[0]!));
  for (const folder of folders)
    if (!Object.keys(to).some(path => path.split('/')[0] === folder)) tryDrop(master, folder);
  master.put(to);
  master.disk.settle();
  for (const id of simulation.remotes) {
    simulation.at(id).put(foreign);
    simulation.at(id).disk.settle();
  }
  const first = simulation.at(simulation.remotes[0]!).disk;
  const old = sightsIn(first);
  return upgradeOf(simulation, block, {
    old,
    new: sightsIn(master.disk),
    foreign: new Map(Object.keys(foreign).map(path => [path, old.get(path)!])),
    outside: sightsIn(first, '/outside'),
  });
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

/** A folder of the first tree that the second has not. A name that was a file is gone already. */
const tryDrop = (place: { drop: (path: string) => void; look: () => string[] }, path: string): void => {
  if (place.look().some(line => line.startsWith(`${path} `))) place.drop(path);
};
