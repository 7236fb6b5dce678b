// What others hold back is known when they have failed, whoever comes first: in previews and in runs alike.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import { holdBack } from '../../runtime/engine/held.js';
import { newRelation, type Relation } from '../../runtime/engine/relation.js';
import { blockPlan } from './plans.js';

type Block = readonly [name: string, remotes: string[], changes?: Partial<BlockPlan>];

/** Which are held back, in turn, and why. */
const held = (
  blocks: readonly Block[],
  states: Readonly<Record<string, Relation['state']>>,
  onFailure: 'continue' | 'stop' = 'continue',
): string[] => {
  const relations = blocks.flatMap(([name, remotes, changes]) =>
    remotes.map(host => newRelation(blockPlan(name, { remotes, ...changes }), host, 0)),
  );
  for (const relation of relations) relation.state = states[`${relation.block.name}/${relation.host}`] ?? 'compared';
  const told: string[] = [];
  holdBack(relations, onFailure, (relation, { message }) => {
    relation.state = 'skipped';
    told.push(`${relation.block.name}/${relation.host}: ${message}`);
  });
  return told;
};

test('where nothing has failed, nothing is held back', () => {
  const blocks: Block[] = [
    ['a', ['x', 'y'], { commit: 'together' }],
    ['b', ['x'], { after: ['a'] }],
  ];
  assert.deepEqual(held(blocks, {}), []);
  assert.deepEqual(held(blocks, {}, 'stop'), []);
});

test('what comes after a failure is held back on that host, and what comes after that', () => {
  const blocks: Block[] = [
    ['a', ['x', 'y']],
    ['b', ['x', 'y'], { after: ['a'] }],
    ['c', ['x', 'y'], { after: ['b'] }],
    ['d', ['x', 'y']],
  ];
  assert.deepEqual(held(blocks, { 'a/x': 'refused' }), [
    'b/x: block a, which comes first, ended "refused" on x',
    'c/x: block b, which comes first, ended "skipped" on x',
  ]);
});

test('hosts that switch together wait for the one that fails, and so do blocks after them, on all of these', () => {
  const blocks: Block[] = [
    ['a', ['x', 'y', 'z'], { commit: 'together' }],
    ['b', ['x', 'y'], { after: ['a'] }],
  ];
  assert.deepEqual(held(blocks, { 'a/y': 'failed' }), [
    'a/x: another host of this block did not get ready (y ended "failed"), and the plan says `commit together`',
    'a/z: another host of this block did not get ready (y ended "failed"), and the plan says `commit together`',
    'b/x: block a, which comes first, ended "skipped" on x',
    'b/y: block a, which comes first, ended "failed" on y',
  ]);
});

test('one that is held back holds back those that switch together with it, earlier ones in the list too', () => {
  const blocks: Block[] = [
    ['a', ['y']],
    ['b', ['x', 'y'], { after: ['a'], commit: 'together' }],
  ];
  assert.deepEqual(
    held(blocks, { 'a/y': 'failed' }).map(line => line.replace(/ \(.*/, '')),
    ['b/y: block a, which comes first, ended "failed" on y', 'b/x: another host of this block did not get ready'],
  );
});

test('under `on failure stop` all that has not failed is held back, by what failed of itself', () => {
  const blocks: Block[] = [
    ['a', ['x', 'y']],
    ['b', ['x']],
  ];
  assert.deepEqual(held(blocks, { 'b/x': 'refused' }, 'stop'), [
    'a/x: stopped: block b ended "refused" on x',
    'a/y: stopped: block b ended "refused" on x',
  ]);
});

test.run();
