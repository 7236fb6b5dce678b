// Whole engine runs over simulated disks: a master and its remotes, each on a disk of its own that can fail or die.
import type { BlockPlan, Plan } from '../../compiler/plan.js';
import type { Preview, RunEvent, Summary } from '../../runtime/engine/events.js';
import type { RememberedRoot } from '../../runtime/engine/guards.js';
import { type RunOptions, run } from '../../runtime/engine/run.js';
import type { Host } from '../../runtime/host/host.js';
import { blockPlan, planOf } from '../engine/plans.js';
import { makeMemoryPlace, type Place, type Tree } from './fixture.js';
import { makeMemoryHost } from './memory-host.js';
import { makeSimulatedDisk, type SimulatedDisk } from './simulated-disk.js';
import { makeSimulatedLocks } from './simulated-locks.js';

export type SimulatedPlace = Place & { readonly disk: SimulatedDisk };

export type Simulation = {
  /** The host's place as its machine has it now: another one after a restart. */
  readonly at: (id: string) => SimulatedPlace;
  /** `r1`, `r2`, … */
  readonly remotes: readonly string[];
  readonly run: (options?: SimulatedRun) => Promise<Ran>;
  /** The machine comes back with this disk. */
  readonly restart: (id: string, disk: SimulatedDisk) => void;
  /** The same machines once more, as they are now; what happens there does not happen here. */
  readonly fork: () => Simulation;
};

export type SimulatedRun = {
  readonly block?: Partial<BlockPlan>;
  readonly plan?: (plan: Plan) => Plan;
  readonly options?: Partial<RunOptions>;
  readonly wrap?: (host: Host, id: string) => Host;
};

export type Ran = { readonly summary: Summary; readonly events: readonly RunEvent[]; readonly preview: Preview };

export type SimulationOptions = {
  readonly remotes?: number;
  readonly master?: Tree;
  readonly remote?: Tree;
  /** Microseconds at which each host's clock starts, by host id. */
  readonly clocks?: Readonly<Record<string, number>>;
  /** No host has a call that syncs its whole disk. */
  readonly syncsOneByOne?: boolean;
};

/** A folder beside each root, which nothing may ever change. */
export const OUTSIDE: Tree = { 'never-ours': { file: 'not ours' }, 'sub/deep': { file: 'nor this' } };

export const makeSimulation = ({
  remotes: count = 1,
  master = {},
  remote = {},
  clocks = {},
  syncsOneByOne = false,
}: SimulationOptions = {}): Simulation => {
  const remotes = Array.from({ length: count }, (_, i) => `r${i + 1}`);
  const places = new Map<string, SimulatedPlace>();
  for (const id of ['m', ...remotes]) {
    const time = clocks[id];
    const disk = makeSimulatedDisk({ ...(time === undefined ? {} : { time }), syncsOneByOne });
    makeMemoryPlace(disk, '/outside').put(OUTSIDE);
    const place = makeMemoryPlace(disk);
    place.put(id === 'm' ? master : remote);
    disk.settle();
    places.set(id, place);
  }
  return simulationOf(places, remotes, { moment: 1_700_000_100_000, runs: 0, memory: new Map() });
};

const simulationOf = (
  places: Map<string, SimulatedPlace>,
  remotes: readonly string[],
  so: { moment: number; runs: number; readonly memory: Map<string, RememberedRoot> },
): Simulation => {
  const at = (id: string): SimulatedPlace => places.get(id)!;
  return {
    at,
    remotes,
    restart: (id, disk) => void places.set(id, makeMemoryPlace(disk)),
    fork: () =>
      simulationOf(new Map([...places].map(([id, { disk }]) => [id, makeMemoryPlace(disk.image())])), remotes, {
        ...so,
        memory: new Map(so.memory),
      }),
    async run({ block, plan = same => same, options, wrap = host => host }: SimulatedRun = {}) {
      const events: RunEvent[] = [];
      let preview: Preview | null = null;
      const summary = await run({
        plan: plan(planOf([blockPlan('all', { remotes, durability: 'strict', ...block })])),
        command: 'apply',
        connect: async ({ id }) => wrap(makeMemoryHost(at(id).disk, id, makeSimulatedLocks(at(id).disk)), id),
        resolveRoot: ({ id }) => at(id).path,
        clock: () => ++so.moment,
        runId: `run-${++so.runs}`,
        newKey: () => 'k'.repeat(32),
        version: '0',
        signal: new AbortController().signal,
        emit: event => events.push(event),
        previewed: given => {
          preview = given;
        },
        confirm: null,
        resolveState: () => null,
        allowDelete: false,
        acceptRoots: [],
        memory: { recall: key => so.memory.get(key) ?? null, remember: (key, root) => void so.memory.set(key, root) },
        server: { run: async () => ({ code: null, output: 'no programs here' }) },
        parallel: null,
        ...options,
      });
      return { summary, events, preview: preview! };
    },
  };
};
