// A run on one page: connect, observe, compare, guard, preview, then block by block stage, commit, verify.
import { setTimeout } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { HostPlan, Plan, RootPath } from '../../compiler/plan.js';
import type { Host, Programs } from '../host/host.js';
import type { Path } from '../tree/path.js';
import { type Barrier, makeBarrier, noBarrier } from './barrier.js';
import { type CarryingOut, carryOut } from './carry-out.js';
import { type Connected, connectHosts } from './connect-hosts.js';
import { linesOf, previewOf } from './describe.js';
import { driftedPaths } from './drift.js';
import { type Preview, type RunEvent, STREAM_VERSION, type Summary } from './events.js';
import { expectSaved } from './expect-saved.js';
import type { Guard, RootMemory } from './guards.js';
import { holdBack } from './held.js';
import { findUnable, tellHooks } from './hooks.js';
import { type Linking, makeLinking } from './linking.js';
import { handsOn, hasMovedMaster } from './moved-masters.js';
import { type Observing, observeRelation, type Side } from './observe.js';
import { inBlockOrder } from './order.js';
import { attendRoot } from './recover.js';
import { type ComparedTake, consistencyOf, hasFailed, type Relation, relationsOf, shownPath } from './relation.js';
import { makeRelays, routesOf } from './relays.js';
import { countPlanned } from './settle.js';
import { findSharedFolders } from './shared-folders.js';
import { about, attend, refuseGuarded, setState, tellProblems } from './state.js';
import { summarize } from './summary.js';
import { type Claiming, usedOnce } from './used-once.js';

export type RunOptions = {
  readonly plan: Plan;
  readonly command: 'plan' | 'apply';
  readonly connect: (host: HostPlan) => Promise<Host>;
  /** Where a root is on its host: local relative paths become absolute. */
  readonly resolveRoot: (host: HostPlan, root: RootPath) => Path;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly runId: string;
  /** 32 random bytes as a byte string: the key of one data link. */
  readonly newKey: () => string;
  /** Of this program. */
  readonly version: string;
  /** Stops the run at the next safe point. */
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** Called once with what would change, before anything is written; null where nobody will look at it. */
  readonly previewed: ((preview: Preview) => void) | null;
  /** Asked after `previewed` in `apply`, where there is something to do; null asks nobody. */
  readonly confirm: ((preview: Preview) => Promise<boolean>) | null;
  /** Where syncplan keeps its own files for a root; null for `.syncplan` in it. */
  readonly resolveState: (host: HostPlan, root: RootPath) => Path | null;
  readonly allowDelete: boolean;
  /** Hosts whose roots are accepted although they are not what this machine remembers. */
  readonly acceptRoots: readonly string[];
  /** What this machine remembers of the roots it has met. */
  readonly memory: RootMemory;
  /** Programs of this machine, for hooks `on server`. */
  readonly server: Programs;
  /** Exactly the actions of a saved plan are done, or it is refused. */
  readonly expected?: Claiming;
  /** Given what was observed, before anything is written: to save it. */
  readonly observed?: (relations: readonly Relation[]) => Promise<void>;
  /** Gets errors that nobody expected as they were thrown; the run tells their message alone. */
  readonly internal?: (error: unknown) => void;
  /** Hosts that transfer at once, instead of the plan's number. */
  readonly parallel: number | null;
};

/** Never throws for what a host or a file does: all of that is in the summary and in the events. */
export const run = async (given: RunOptions): Promise<Summary> => {
  const { options, ended } = usedOnce(given);
  const { plan, clock, emit, signal } = options;
  const started = clock();
  announce(options);
  const relations = relationsOf(plan.blocks, started);
  const looked = options.previewed !== null || options.confirm !== null;
  const hosts = connectHosts({ ...options, looked, interruption: signal });
  const linking = makeLinking({ ...options, masterHost: hosts.get });
  const stopping = (): void => emit({ type: 'stopping', time: clock() });
  if (signal.aborted) stopping();
  else signal.addEventListener('abort', stopping);
  let declined = false;
  /** Milliseconds that somebody was asked for: not this run's doing. */
  let asked = 0;
  try {
    const observing = observingOf(options, hosts, started);
    await observe(relations, options, observing);
    await options.observed?.(relations);
    const routes = routesOf(plan, relations);
    for (const route of routes) emit({ type: 'route', time: clock(), ...route });
    tellHooks(relations, options);
    const preview = (): Preview => previewOf(relations, hosts, routes);
    options.previewed?.(preview());
    if (options.command === 'plan') countPlanned(relations);
    const changes = relations.some(({ takes }) => takes.some(take => take.changes.length > 0));
    if (options.command === 'apply' && !signal.aborted) {
      if (changes && options.confirm !== null) {
        const since = clock();
        declined = !(await options.confirm(preview()));
        asked = clock() - since;
      }
      if (!declined && (await claimed(relations, options))) await apply(relations, options, observing, linking);
    }
  } finally {
    await closeScans(relations);
    await hosts.close();
    signal.removeEventListener('abort', stopping);
  }
  const end = {
    run: options.runId,
    command: options.command,
    seconds: (clock() - started - asked) / 1000,
    interrupted: signal.aborted,
    declined,
    hosts: hosts.failures(),
    traffic: { ...hosts.traffic(), sent: hosts.traffic().sent + linking.carried() },
  };
  const summary = ended(summarize(relations, end));
  emit({ type: 'summary', time: clock(), ...summary });
  return summary;
};

const observingOf = (options: RunOptions, hosts: Connected, started: number): Observing => {
  const blocks = new Set(options.plan.blocks.map(({ name }) => name));
  const recovering = { ...options, run: options.runId, blocks };
  return {
    ...options,
    host: hosts.get,
    hostPlan: hosts.plan,
    started,
    masters: new Map(),
    attendRoot: (relation, root) => attendRoot(relation, root, recovering),
  };
};

const announce = ({ plan, emit, clock, version, runId, command }: RunOptions): void =>
  emit({
    type: 'version',
    time: clock(),
    stream: STREAM_VERSION,
    syncplan: version,
    run: runId,
    command,
    blocks: plan.blocks.map(({ name, after, master, remotes }) => ({ block: name, after, master, remotes })),
  });

/** Every relation is observed and compared before the first write anywhere. */
const observe = async (relations: readonly Relation[], options: RunOptions, observing: Observing): Promise<void> => {
  const guards = new Map<Relation, readonly Guard[]>();
  await Promise.all(
    relations.map(relation =>
      attend(relation, options, async () => {
        setState(relation, 'observing', options);
        const found = await observeRelation(relation, observing);
        guards.set(relation, [...found, ...(await unexpected(relation, options, 'first'))]);
        for (const line of linesOf(relation)) options.emit({ type: 'change', ...about(relation, options), ...line });
        tellProblems(relation, relation.problems, options);
        for (const path of driftIn(relation)) options.emit({ type: 'drift', ...about(relation, options), path });
        setState(relation, 'compared', options);
      }),
    ),
  );
  for (const [relation, found] of guards) refuseGuarded(relation, found, relations, options);
  const stale = relations.find(relation => relation.guards.some(({ guard }) => guard === 'saved-plan'));
  if (stale !== undefined) refuseAll(relations, options, `it no longer fits ${stale.host}`);
  if (options.signal.aborted) return;
  for (const [relation, { why, help }] of await findUnable(relations, { masterHost: observing.host }))
    setState(relation, 'failed', options, why, help ?? '');
  holdBack(relations, options.plan.onFailure, (relation, { message, help }) =>
    setState(relation, 'skipped', options, message, help),
  );
};

const unexpected = async (
  relation: Relation,
  { expected }: RunOptions,
  when: 'first' | 'again',
): Promise<readonly Guard[]> => (expected === undefined ? [] : expectSaved(relation, expected, when));

const ANEW = 'a saved plan is applied whole or not at all; make a new one with syncplan plan FILE -o SAVED';

/** May the run go on to write? A saved plan is used once, and only where there is something left to do it for. */
const claimed = async (relations: readonly Relation[], options: RunOptions): Promise<boolean> => {
  if (options.expected === undefined || relations.every(hasFailed)) return true;
  const handing = relations.find(relation => handsOn(relation, relations).length > 0);
  if (handing !== undefined) {
    const [first] = handsOn(handing, relations);
    const why = `block ${handing.block.name} hands on what block ${first} brings first, and nobody knows yet what that will be`;
    refuseAll(relations, options, why, `apply block ${first} first (--only ${first}), then save a plan anew`);
    return false;
  }
  if (await options.expected.claim()) return true;
  refuseAll(relations, options, 'another run has used it meanwhile');
  return false;
};

/** A saved plan is applied whole or not at all. */
const refuseAll = (relations: readonly Relation[], options: RunOptions, why: string, help = ANEW): void => {
  for (const relation of relations) {
    if (hasFailed(relation)) continue;
    relation.refused = true;
    setState(relation, 'refused', options, `the saved plan is not applied: ${why}`, help);
  }
};

/** Blocks as their `after` edges allow, hosts side by side; one failing host never holds up another. */
const apply = async (
  relations: readonly Relation[],
  options: RunOptions,
  observing: Observing,
  linking: Linking,
): Promise<void> => {
  const { plan, parallel, signal } = options;
  findSharedFolders(relations);
  const barriers = barriersOf(relations);
  const relays = makeRelays(plan, relations, linking);
  const barrierOf = ({ block }: Relation): Barrier => barriers.get(block.name) ?? noBarrier;
  for (const relation of relations) if (hasFailed(relation)) barrierOf(relation).fail(relation.host);
  /** Listings of masters that other blocks have changed, each for all remotes of a block. */
  const moved = new Map<string, Map<string, Promise<Side>>>();
  const observeOnceMore = async (relation: Relation, masters: Map<string, Promise<Side>>): Promise<boolean> => {
    await closeScans([relation], 'remote');
    const told = new Set(relation.problems.map(problem => JSON.stringify(problem)));
    const found = await observeRelation(relation, { ...observing, masters });
    const fresh = relation.problems.filter(problem => !told.has(JSON.stringify(problem)));
    tellProblems(relation, fresh, options);
    const guards = [...found, ...(await unexpected(relation, options, 'again'))];
    refuseGuarded(relation, guards, relations, options);
    return guards.length === 0;
  };
  const context: CarryingOut = {
    ...options,
    run: options.runId,
    transferring: pLimit(parallel ?? plan.parallel),
    masterHost: observing.host,
    masters: new Map(),
    barrierOf,
    linking,
    relays,
    exact: options.expected !== undefined,
    async redo(relation, left, paths) {
      const consistency = consistencyOf(relation);
      const { rounds, every } = consistency.strategy === 'verify' ? consistency : { rounds: left + 1, every: 0 };
      options.emit({ type: 'redo', ...about(relation, options), round: rounds - left, rounds, paths });
      await pause(every * 1000, signal);
    },
    observeUnderLock: (relation, scans) => observeOnceMore(relation, scans ?? new Map()),
    async followMaster(relation) {
      const { name, master } = relation.block;
      if (!hasMovedMaster(relation, relations, (await observing.host(master)).facts.machine)) return true;
      const scans = moved.get(name) ?? new Map();
      moved.set(name, scans);
      return observeOnceMore(relation, scans);
    },
  };
  await inBlockOrder(relations, plan.onFailure, {
    signal,
    skip(relation, message, help) {
      setState(relation, 'skipped', options, message, help);
      barrierOf(relation).fail(relation.host, signal.aborted);
      relays.leave(relation);
    },
    async carryOut(relation) {
      await attend(relation, options, () => carryOut(relation, context));
      relays.leave(relation);
    },
  });
};

const barriersOf = (relations: readonly Relation[]): Map<string, Barrier> => {
  const together = relations.filter(({ block }) => block.commit === 'together').map(({ block }) => block.name);
  const count = (name: string): number => together.filter(other => other === name).length;
  return new Map([...new Set(together)].map(name => [name, makeBarrier(count(name))]));
};

const driftIn = ({ takes }: Relation): Path[] =>
  takes.flatMap(({ take, foreign }) => driftedPaths(foreign).map(path => shownPath(take, path)));

/** A scan that is closed keeps what it learned about digests. Those of a master are shared by its relations. */
const closeScans = async (relations: readonly Relation[], side: 'both' | 'remote' = 'both'): Promise<void> => {
  const of = ({ master, remote }: ComparedTake) => (side === 'both' ? [master, remote] : [remote]);
  const scans = new Set(relations.flatMap(({ takes }) => takes.flatMap(of)));
  await Promise.allSettled([...scans].map(scan => scan.close()));
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined);
