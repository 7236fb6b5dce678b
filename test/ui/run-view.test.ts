// Tests of the fold: states, counts, percentages that never fall, pace, time left, and which rows are shown.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import type { RunEvent } from '../../runtime/engine/events.js';
import { percent, percentOf, rate } from '../../runtime/ui/run-progress.js';
import { classOf, rows } from '../../runtime/ui/run-rows.js';
import { emptyView, type RunView } from '../../runtime/ui/run-state.js';
import { fold } from '../../runtime/ui/run-view.js';
import { eta } from '../../runtime/ui/time-left.js';
import { hostName, recordedRun, START } from './recorded.js';

const viewOf = (events: readonly RunEvent[]): RunView => events.reduce(fold, emptyView());

test('A whole run of three hosts ends with everything done and a hundred percent', () => {
  const view = viewOf(recordedRun({ hosts: 3, blocks: 2 }));
  assert.deepEqual([...view.blocks.keys()], ['app', 'config']);
  assert.equal(view.blocks.get('app')?.counts.done, 3);
  assert.equal(view.ended, 6);
  assert.equal(percent(view), 100);
  assert.equal(view.summary?.exitCode, 0);
  assert.equal(view.hosts.get('build')?.kind, 'local');
  assert.deepEqual(view.blocks.get('app')?.relations.get(hostName(1))?.changes, {
    create: 14,
    replace: 26,
    attributes: 0,
    link: 0,
    delete: 0,
  });
});

test('There is no percentage before every relation has been compared, and none in a preview', () => {
  const events = recordedRun({ hosts: 3, blocks: 2 });
  const last = events.findLastIndex(event => event.type === 'block' && event.state === 'compared');
  assert.equal(percent(viewOf(events.slice(0, last))), null);
  assert.equal(percent(viewOf(events.slice(0, last + 1))), 0);
  assert.equal(percent(viewOf(recordedRun({ hosts: 3, blocks: 2, command: 'plan' }))), null);
});

test('Failures are counted, kept with their advice, and do not hold the percentage back', () => {
  const view = viewOf(recordedRun({ hosts: 60, blocks: 3, unreachable: [7], failing: [12], troubled: [3] }));
  assert.deepEqual(
    view.relations
      .filter(relation => classOf(relation) === 'failed')
      .map(({ block, host, state }) => [block, host.host, state]),
    [
      ['app', hostName(3), 'partial'],
      ['app', hostName(7), 'failed'],
      ['app', hostName(12), 'failed'],
      ['config', hostName(7), 'failed'],
      ['media', hostName(7), 'failed'],
    ],
  );
  assert.equal(view.problems.length, 1);
  assert.equal(view.problems[0]?.help, 'let the user who runs syncplan read it');
  assert.equal(percent(view), 100);
});

test('What is still inconsistent when a relation ends is a problem, and what a redo mended is none', () => {
  const view = viewOf(recordedRun({ hosts: 1, blocks: 1 }).slice(0, -3));
  const at = { time: START + 1e6, host: hostName(1), block: 'app' };
  fold(view, { ...at, type: 'inconsistent', path: 'mended', why: 'changed while it was read' });
  fold(view, { ...at, type: 'redo', round: 1, rounds: 3, paths: 1 });
  fold(view, { ...at, type: 'inconsistent', path: 'kept', why: 'changed while it was read' });
  fold(view, { ...at, type: 'block', state: 'partial' });
  assert.deepEqual(
    view.problems.map(({ path, code }) => [path, code]),
    [['kept', 'inconsistent']],
  );
});

/** Random but valid: per relation the states in order, progress and commits that never fall, with redo and failures. */
const scripts = fc.array(
  fc.record({
    files: fc.nat({ max: 20 }),
    fileBytes: fc.nat({ max: 1_000_000 }),
    steps: fc.array(fc.nat({ max: 5 }), { maxLength: 12 }),
    commits: fc.array(fc.nat({ max: 9 }), { maxLength: 4 }),
    redo: fc.boolean(),
    end: fc.constantFrom('done', 'partial', 'failed', 'skipped', 'refused' as const),
    when: fc.constantFrom('early', 'staging', 'late' as const),
  }),
  { minLength: 1, maxLength: 6 },
);

test('No percentage ever falls, over all valid orders of events', () => {
  fc.assert(
    fc.property(scripts, fc.infiniteStream(fc.nat({ max: 1_000 })), (scriptsOf, dice) => {
      const hosts = scriptsOf.map((_, i) => hostName(i + 1));
      const queues = scriptsOf.map((script, i): RunEvent[] => {
        const at = { time: 0, host: hosts[i]!, block: 'app' };
        const state = (to: 'observing' | 'compared' | 'staging' | 'committing' | 'verifying'): RunEvent => ({
          ...at,
          type: 'block',
          state: to,
        });
        const bytes = script.files * script.fileBytes;
        const comparing: RunEvent[] = [
          state('observing'),
          ...Array.from(
            { length: script.files },
            (_, n): RunEvent => ({
              ...at,
              type: 'change',
              change: 'create',
              path: `f${n}`,
              kind: 'file',
              bytes: script.fileBytes,
              detail: '',
            }),
          ),
        ];
        let sent = 0;
        const staging: RunEvent[] = [
          state('compared'),
          state('staging'),
          { ...at, type: 'stage', files: script.files, bytes, state: 'begin' },
          ...script.steps.map((step): RunEvent => {
            sent = Math.min(script.files + 2, sent + step);
            return { ...at, type: 'progress', files: sent, bytes: sent * script.fileBytes };
          }),
        ];
        const committing: RunEvent[] = [
          state('committing'),
          ...[...script.commits]
            .sort((a, b) => a - b)
            .map((done): RunEvent => ({ ...at, type: 'commit', done, total: 9 })),
          state('verifying'),
        ];
        const again: RunEvent[] = script.redo
          ? [
              { ...at, type: 'inconsistent', path: 'f0', why: 'changed' },
              { ...at, type: 'redo', round: 1, rounds: 3, paths: 1 },
              state('staging'),
              { ...at, type: 'stage', files: 1, bytes: 10, state: 'begin' },
              { ...at, type: 'progress', files: sent + 1, bytes: sent * script.fileBytes + 10 },
              state('committing'),
              { ...at, type: 'commit', done: 0, total: 1 },
              { ...at, type: 'commit', done: 1, total: 1 },
            ]
          : [];
        const end: RunEvent = { ...at, type: 'block', state: script.end };
        const early = [...comparing, end];
        const midway = [...comparing, ...staging, end];
        const late = [...comparing, ...staging, ...committing, ...again, end];
        return { early, staging: midway, late }[script.when];
      });
      const view = fold(emptyView(), {
        type: 'version',
        time: START,
        stream: 1,
        syncplan: '0',
        run: 'r',
        command: 'apply',
        blocks: [{ block: 'app', after: [], master: 'build', remotes: hosts }],
      });
      let whole = -1;
      const single = new Map<string, number>();
      let time = START;
      while (queues.some(queue => queue.length > 0)) {
        const open = queues.filter(queue => queue.length > 0);
        const event = open[dice.next().value! % open.length]!.shift()!;
        time += dice.next().value!;
        fold(view, { ...event, time });
        const now = percent(view);
        assert.ok(now === null ? whole === -1 : now >= whole && now <= 100, `whole ${whole} then ${now}`);
        whole = now ?? whole;
        assert.ok((rate(view, time) ?? 0) >= 0 && (eta(view, time) ?? 0) >= 0);
        for (const relation of view.relations) {
          assert.ok(relation.fraction >= (single.get(relation.host.host) ?? 0) && relation.fraction <= 1);
          single.set(relation.host.host, relation.fraction);
          assert.ok((percentOf(relation) ?? 0) <= 100);
        }
      }
      assert.equal(whole, 100);
      assert.equal(view.ended, hosts.length);
      const { counts } = view.blocks.get('app')!;
      assert.equal(
        Object.values(counts).reduce((sum, count) => sum + count, 0),
        hosts.length,
      );
    }),
    { numRuns: 300 },
  );
});

test('The rate is that of the last seconds, and falls when nothing comes any more', () => {
  const at = { host: 'a', block: 'app' };
  const view = viewOf([
    {
      type: 'version',
      time: START,
      stream: 1,
      syncplan: '0',
      run: 'r',
      command: 'apply',
      blocks: [{ block: 'app', after: [], master: 'm', remotes: ['a'] }],
    },
    { ...at, time: START, type: 'change', change: 'create', path: 'x', kind: 'file', bytes: 10_000_000, detail: '' },
    { ...at, time: START, type: 'block', state: 'compared' },
    { ...at, time: START, type: 'block', state: 'staging' },
    { ...at, time: START, type: 'stage', files: 1, bytes: 10_000_000, state: 'begin' },
  ]);
  for (let second = 0; second <= 5; second++) {
    fold(view, { ...at, type: 'progress', time: START + second * 1000, files: 0, bytes: second * 1_000_000 });
  }
  assert.equal(Math.round(rate(view, START + 5_000)!), 1_000_000);
  const left = eta(view, START + 5_000)!;
  assert.ok(left > 4_500 && left < 5_500, String(left));
  assert.ok(rate(view, START + 9_000)! < 600_000);
  assert.equal(rate(view, START + 60_000), 0);
});

test('Everything has its row when it fits', () => {
  const view = viewOf(recordedRun({ hosts: 3, blocks: 2 }));
  assert.deepEqual(
    rows(view, 20).map(row => row.row),
    ['block', 'relation', 'relation', 'relation', 'gap', 'block', 'relation', 'relation', 'relation'],
  );
  assert.equal(rows(view, 8).length, 8);
});

test('Sixty hosts in a small terminal: never too high, failures first, and what goes on stays in sight', () => {
  const events = recordedRun({ hosts: 60, blocks: 3, unreachable: [7, 8, 9], failing: [12, 23, 40] });
  const view = emptyView();
  for (const [i, event] of events.entries()) {
    fold(view, event);
    if (i % 97 !== 0) continue;
    for (const height of [0, 1, 2, 3, 5, 8, 13, 24, 40, 300]) {
      const list = rows(view, height);
      assert.ok(list.length <= height, `${list.length} rows of ${height}`);
      const active = view.relations.filter(relation => classOf(relation) === 'active').length;
      const shown = list.filter(row => row.row === 'relation' && classOf(row.relation) === 'active').length;
      if (height >= 13 && active > 0) assert.ok(shown > 0, 'something at work is shown');
      const of = list.flatMap(row =>
        row.row === 'relation' ? [`${row.relation.block}:${classOf(row.relation)}`] : [],
      );
      for (const block of view.blocks.keys()) {
        const classes = of.filter(text => text.startsWith(`${block}:`));
        assert.deepEqual(
          classes,
          [...classes].sort((a, b) => Number(b.endsWith('failed')) - Number(a.endsWith('failed'))),
        );
      }
    }
  }
});

test('Two hundred thousand events are folded in well under a second', () => {
  const view = emptyView();
  fold(view, recordedRun({ hosts: 60, blocks: 5, files: 1 })[0]!);
  const begin = process.cpuUsage();
  for (let i = 0; i < 200_000; i++) {
    fold(view, {
      type: 'progress',
      time: START + i,
      host: hostName(1 + (i % 60)),
      block: 'app',
      files: i,
      bytes: i * 1000,
    });
  }
  const { user } = process.cpuUsage(begin);
  // 2,000 events a second then take a few thousandths of a core.
  assert.ok(user < 1_500_000, `${user} µs`);
});

test.run();
