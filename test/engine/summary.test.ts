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

const code = (states: (BlockState | 'guarded')[], changes: Partial<Parameters<typeof summarize>[1]> = {}): number => {
  const relations = states.map((state, i) => {
    const relation = newRelation(blockPlan('b'), `h${i}`, 0);
    relation.state = state === 'guarded' ? 'refused' : state;
    relation.refused = state === 'guarded';
    return relation;
  });
  return summarize(relations, { ...end, ...changes }).exitCode;
};

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
  const locked = (...others: BlockState[]): number => {
    const relations = (['failed', ...others] as const).map((state, i) => {
      const relation = newRelation(blockPlan('b'), `h${i}`, 0);
      relation.state = state;
      relation.locked = i === 0;
      relation.refused = state === 'refused';
      return relation;
    });
    return summarize(relations, end).exitCode;
  };
  assert.equal(locked(), 6);
  assert.equal(locked('skipped'), 6);
  assert.equal(locked('refused'), 4);
  assert.equal(locked('done'), 5);
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
