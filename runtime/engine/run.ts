// A run on one page: connect, observe, compare, guard, preview, then block by block stage, commit, verify.
import { setTimeout } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { HostPlan, Plan, RootPath } from '../../compiler/plan.js';
import type { Host } from '../host/host.js';
import type { Path } from '../tree/path.js';
import { carryOut } from './carry-out.js';
import { type Connected, connectHosts } from './connect-hosts.js';
import { linesOf, previewOf } from './describe.js';
import { type Preview, type RunEvent, STREAM_VERSION, type Summary } from './events.js';
import { observeRelation } from './observe.js';
import { inBlockOrder } from './order.js';
import { newRelation, type Relation } from './relation.js';
import { countPlanned } from './settle.js';
import { about, attend, refuseGuarded, setState } from './state.js';
import { summarize } from './summary.js';

export type RunOptions = {
  readonly plan: Plan;
  readonly command: 'plan' | 'apply';
  readonly connect: (host: HostPlan) => Promise<Host>;
  /** Where a root is on its host: local relative paths become absolute. */
  readonly resolveRoot: (host: HostPlan, root: RootPath) => Path;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly runId: string;
  /** Of this program. */
  readonly version: string;
  /** Stops the run at the next safe point. */
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** Called once with what would change, before anything is written. */
  readonly previewed: (preview: Preview) => void;
  /** Asked after `previewed` in `apply`, where there is something to do; null asks nobody. */
  readonly confirm: ((preview: Preview) => Promise<boolean>) | null;
  readonly allowDelete: boolean;
  /** Gets errors that nobody expected as they were thrown; the run tells their message alone. */
  readonly internal?: (error: unknown) => void;
  /** Hosts that transfer at once, instead of the plan's number. */
  readonly parallel: number | null;
};

/** Never throws for what a host or a file does: all of that is in the summary and in the events. */
export const run = async (options: RunOptions): Promise<Summary> => {
  const { plan, clock, emit, signal } = options;
  const started = clock();
  announce(options);
  const relations = plan.blocks.flatMap(block => block.remotes.map(host => newRelation(block, host, started)));
  const hosts = connectHosts(options);
  let declined = false;
  try {
    await observe(relations, hosts, options, started);
    const preview = previewOf(relations, hosts.failures());
    options.previewed(preview);
    if (options.command === 'plan') for (const relation of relations) countPlanned(relation);
    const changes = relations.some(({ takes }) => takes.some(take => take.changes.length > 0));
    if (options.command === 'apply' && !signal.aborted) {
      declined = changes && options.confirm !== null && !(await options.confirm(preview));
      if (!declined) await apply(relations, options);
    }
  } finally {
    await closeScans(relations);
    await hosts.close();
  }
  const end = {
    run: options.runId,
    command: options.command,
    seconds: (clock() - started) / 1000,
    interrupted: signal.aborted,
    declined,
    hosts: hosts.failures(),
    traffic: hosts.traffic(),
  };
  const summary = summarize(relations, end);
  emit({ type: 'summary', time: clock(), ...summary });
  return summary;
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
const observe = async (
  relations: readonly Relation[],
  hosts: Connected,
  options: RunOptions,
  started: number,
): Promise<void> => {
  const masters = new Map();
  const observing = { ...options, host: hosts.get, hostPlan: hosts.plan, started, masters };
  await Promise.all(
    relations.map(relation =>
      attend(relation, options, async () => {
        setState(relation, 'observing', options);
        await observeRelation(relation, observing);
        for (const line of linesOf(relation)) options.emit({ type: 'change', ...about(relation, options), ...line });
        for (const problem of relation.problems)
          options.emit({ type: 'problem', ...about(relation, options), ...problem });
        setState(relation, 'compared', options);
      }),
    ),
  );
  refuseGuarded(relations, options);
};

/** Blocks as their `after` edges allow, hosts side by side; one failing host never holds up another. */
const apply = async (relations: readonly Relation[], { plan, parallel, ...options }: RunOptions): Promise<void> => {
  const transferring = pLimit(parallel ?? plan.parallel);
  const context = { ...options, run: options.runId, transferring, pause: (ms: number) => pause(ms, options.signal) };
  await inBlockOrder(relations, plan.onFailure, {
    signal: options.signal,
    skip: (relation, message, help) => setState(relation, 'skipped', options, message, help),
    carryOut: relation => attend(relation, options, () => carryOut(relation, context)),
  });
};

/** A scan that is closed keeps what it learned about digests. */
const closeScans = async (relations: readonly Relation[]): Promise<void> => {
  const scans = new Set(relations.flatMap(({ takes }) => takes.flatMap(({ master, remote }) => [master, remote])));
  await Promise.allSettled([...scans].map(scan => scan.close()));
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined);
