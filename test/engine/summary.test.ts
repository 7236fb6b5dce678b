// The exit code is the table of the contract, worst first.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { BlockState } from '../../runtime/engine/events.js';
import { newRelation } from '../../runtime/engine/relation.js';
import { hasChanges, summarize } from '../../runtime/engine/summary.js';
import { blockPlan } from './plans.js';

const test = suite('summary and exit code');

const end = {
  run: 'r',
  command: 'apply',
  seconds: 1,
  interrupted: false,
  declined: false,
  hosts: [],
  traffic: { sent: 0, received: 0 },
} as const;

/** `guarded` and `locked` are why it did not come to pass, `equal` is done without anything to do. */
type Fate = BlockState | 'guarded' | 'locked' | 'equal';

const relationsOf = (fates: readonly Fate[]) =>
  fates.map((fate, i) => {
    const relation = newRelation(blockPlan('b'), `h${i}`, 0);
    relation.state = fate === 'guarded' ? 'refused' : fate === 'locked' ? 'failed' : fate === 'equal' ? 'done' : fate;
    relation.refused = fate === 'guarded';
    relation.locked = fate === 'locked';
    if (fate === 'done') relation.tally.created = 1;
    return relation;
  });

const code = (fates: readonly Fate[], changes: Partial<Parameters<typeof summarize>[1]> = {}): number =>
  summarize(relationsOf(fates), { ...end, ...changes }).exitCode;

test('everything done is 0', () => assert.equal(code(['done', 'done']), 0));
test('something done and something not is 5', () => {
  for (const bad of ['failed', 'guarded', 'skipped', 'partial'] as const) assert.equal(code(['done', bad]), 5);
  assert.equal(code(['partial']), 5);
});
test('nothing done is 1, or 4 where something was refused to protect data', () => {
  assert.equal(code(['failed', 'skipped']), 1);
  assert.equal(code(['failed', 'guarded']), 4);
});
test('nothing done because another run holds a lock is 6, unless data was protected or something is done', () => {
  assert.equal(code(['locked']), 6);
  assert.equal(code(['locked', 'skipped']), 6);
  assert.equal(code(['locked', 'guarded']), 4);
  assert.equal(code(['locked', 'done']), 5);
});
test('where others had nothing to do, a refusal is still 4 and a lock 6, but a mere failure 5', () => {
  assert.equal(code(['equal', 'guarded']), 4);
  assert.equal(code(['equal', 'failed', 'guarded']), 4);
  assert.equal(code(['equal', 'locked']), 6);
  assert.equal(code(['equal', 'failed']), 5);
  assert.equal(code(['equal', 'done', 'guarded']), 5);
});
test('what no count tells is something done, too: a hook that was owed, or part of a block that then failed', () => {
  const [equal, guarded] = relationsOf(['equal', 'guarded']);
  equal!.beside.hooks = 1;
  const summary = summarize([equal!, guarded!], end);
  assert.deepEqual([summary.exitCode, summary.hooks, summary.finished], [5, 1, undefined]);
  assert.deepEqual(
    summary.relations.map(({ hooks }) => hooks),
    [1, undefined],
  );
  const [failed] = relationsOf(['failed']);
  failed!.tally.replaced = 1;
  assert.equal(summarize([failed!], end).exitCode, 5);
});
test('an interrupted run is 130, a declined one 1', () => {
  assert.equal(code(['done', 'skipped'], { interrupted: true }), 130);
  assert.equal(code(['compared'], { declined: true }), 1);
});
test('a plan that could look everywhere is 0, and problems come before changes', () => {
  assert.equal(code(['compared', 'compared'], { command: 'plan' }), 0);
  assert.equal(code(['compared', 'failed'], { command: 'plan' }), 1);
  assert.equal(code(['compared', 'guarded'], { command: 'plan' }), 4);
});
test('relations are counted by their state, and a plan says that its counts are of what would be done', () => {
  const summary = summarize(relationsOf(['done', 'failed', 'failed', 'skipped', 'guarded']), end);
  assert.deepEqual(summary.states, { done: 1, failed: 2, skipped: 1, refused: 1 });
  // Of paths, and of special files.
  assert.deepEqual([summary.failed, summary.skipped, summary.planned], [0, 0, undefined]);
  const planned = summarize(relationsOf(['compared', 'failed']), { ...end, command: 'plan' });
  assert.deepEqual([planned.planned, planned.states], [true, { compared: 1, failed: 1 }]);
});
test('totals add up, and changes are told from no changes', () => {
  const a = newRelation(blockPlan('b'), 'x', 0);
  const b = newRelation(blockPlan('b'), 'y', 0);
  a.tally.created = 2;
  b.tally.created = 3;
  b.tally.unchanged = 7;
  const summary = summarize([a, b], end);
  assert.deepEqual([summary.created, summary.unchanged, summary.relations[1]!.created], [5, 7, 3]);
  assert.equal(hasChanges(summary), true);
  assert.equal(hasChanges({ ...summary, created: 0 }), false);
});

test.run();
