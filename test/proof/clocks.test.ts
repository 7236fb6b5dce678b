// Clocks that are wrong, or jump: what is decided does not depend on them, and a lock is held by who holds it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { LockRequest } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { seeded } from '../support/seeded.js';
import { bounded, figure, SEED } from './bounds.js';
import { hold, proving, type Span } from './invariants.js';
import { readyToUpgrade } from './upgrade.js';

/** Years by which the clocks of master and remote are wrong. */
const SETTINGS = [
  [0, 0],
  [20, 0],
  [0, 20],
  [-10, 10],
] as const;

test(
  proving(
    'whatever the clocks of the machines say, the same is decided',
    'decisions do not compare the clocks of two machines',
  ),
  async () => {
    const decisions: string[][] = [];
    const year = 365 * 86_400 * 1_000_000;
    const random = seeded(SEED);
    const some = Array.from({ length: bounded(0, 40) }, () => [random.below(60) - 30, random.below(60) - 30] as const);
    for (const [m, r1] of [...SETTINGS, ...some]) {
      const clocks = { m: 1_700_000_000_000_000 + m * year, r1: 1_700_000_000_000_000 + r1 * year };
      const trial = await readyToUpgrade({ clocks });
      const { preview, summary } = await trial.run();
      const { changes, drift } = preview.relations[0]!;
      const totals = Object.entries(summary).filter(([key]) => key !== 'seconds' && key !== 'relations');
      decisions.push([
        ...changes.map(({ change, path, detail }) => `${change} ${path} ${detail}`),
        ...(drift ?? []).map(path => `drift ${path}`),
        JSON.stringify(totals),
      ]);
    }
    assert.ok(decisions[0]!.length > 10);
    figure('runs', decisions.length);
    hold('decisions do not compare the clocks of two machines', `seed ${SEED}`, { decisions });
  },
);

test(
  proving(
    'a clock that jumps by a year neither ends a lock nor the wait for it',
    'decisions do not compare the clocks of two machines',
    'two runs never interleave in a block',
    'every run ends',
  ),
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncplan-clock-'));
    const host = await openLocalHost({ label: 'here', cacheFolder: join(folder, 'cache'), breathe: async () => {} });
    const { now } = Date;
    try {
      const root = await host.openRoot(folder, { create: false, state: null });
      const request: LockRequest = {
        root,
        block: 'app',
        mode: 'exclusive',
        run: 'run-1',
        wait: 0.3,
        hold: 60,
        by: { kind: 'advisory' },
        folders: [],
      };
      const decisions: string[][] = [];
      for (const years of [0, 1, -1]) {
        Date.now = now;
        const lock = await host.locks!.acquire(request);
        const began = process.hrtime.bigint();
        const since = (): number => Number(process.hrtime.bigint() - began) / 1e9;
        const spans: Span[] = [];
        Date.now = () => now() + years * 365 * 86_400_000;
        const refused = await host.locks!.acquire({ ...request, run: 'run-2' }).then(
          () => {
            spans.push({ run: 'run-2', from: since(), to: Number.POSITIVE_INFINITY });
            return 'both hold it';
          },
          error => (error instanceof HostError ? `${error.code}: ${error.message}` : String(error)),
        );
        const seconds = since();
        spans.push({ run: 'run-1', from: 0, to: seconds });
        hold('two runs never interleave in a block', `${years} years`, { spans });
        hold('every run ends', `${years} years`, { ended: true, seconds, within: 10 });
        assert.ok(seconds >= 0.2, `${years} years: it waited only ${seconds} s`);
        assert.match(refused, /^locked: /);
        decisions.push([refused.replace(/for \d+ s|since \S+/g, 'for a while')]);
        assert.deepEqual(await lock.release(), []);
      }
      hold('decisions do not compare the clocks of two machines', 'three jumps', { decisions });
    } finally {
      Date.now = now;
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.run();
