// Runs the engine over local folders in this process: a master and its remotes, with everything the run said.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockPlan, Plan } from '../../compiler/plan.js';
import type { Preview, RunEvent, Summary } from '../../runtime/engine/events.js';
import type { RememberedRoot, RootMemory } from '../../runtime/engine/guards.js';
import { type RunOptions, run } from '../../runtime/engine/run.js';
import type { Host } from '../../runtime/host/host.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { makeDiskPlace, type Place } from '../support/fixture.js';
import { blockPlan, planOf } from './plans.js';

export type Session = {
  readonly master: Place;
  readonly remotes: readonly Place[];
  readonly run: (options?: RunWith) => Promise<Ran>;
  readonly close: () => void;
};

export type RunWith = {
  readonly block?: Partial<BlockPlan>;
  readonly plan?: (plan: Plan) => Plan;
  readonly options?: Partial<RunOptions>;
  /** Wraps a host as it is connected, to fail or to meddle. */
  readonly wrap?: (host: Host, id: string) => Host;
};

export type Ran = { readonly summary: Summary; readonly events: readonly RunEvent[]; readonly preview: Preview };

export const makeSession = (count = 1): Session => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const master = makeDiskPlace();
  const remotes = Array.from({ length: count }, makeDiskPlace);
  const ids = remotes.map((_, i) => `r${i + 1}`);
  const pathOf = (id: string): string => (id === 'm' ? master : remotes[ids.indexOf(id)]!).path;
  const known = new Map<string, RememberedRoot>();
  const memory: RootMemory = {
    recall: key => known.get(key) ?? null,
    remember: (key, root) => void known.set(key, root),
  };
  return {
    master,
    remotes,
    async run({ block, plan = same => same, options, wrap = host => host }: RunWith = {}) {
      const events: RunEvent[] = [];
      let preview: Preview | null = null;
      const summary = await run({
        plan: plan(planOf([blockPlan('all', { remotes: ids, ...block })])),
        command: 'apply',
        connect: async ({ id }) => wrap(await openLocalHost({ label: id, cacheFolder, breathe: async () => {} }), id),
        resolveRoot: ({ id }) => pathOf(id),
        resolveState: () => null,
        acceptRoots: [],
        memory,
        server: { run: async () => ({ code: null, output: 'no programs here' }) },
        clock: Date.now,
        newKey: () => 'k'.repeat(32),
        runId: `run-${Math.random().toString(36).slice(2)}`,
        version: '0',
        signal: new AbortController().signal,
        emit: event => events.push(event),
        previewed: given => {
          preview = given;
        },
        confirm: null,
        allowDelete: false,
        parallel: null,
        ...options,
      });
      return { summary, events, preview: preview! };
    },
    close() {
      for (const place of [master, ...remotes]) place.remove();
      rmSync(cacheFolder, { recursive: true, force: true });
    },
  };
};
