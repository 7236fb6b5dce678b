// Blocks start as their `after` edges allow, and a failure stops what comes after it, where it must.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { inBlockOrder } from '../../runtime/engine/order.js';
import { type Relation, relationsOf } from '../../runtime/engine/relation.js';
import { blockPlan } from './plans.js';

const test = suite('order of blocks');

const ofBlocks = (...blocks: [name: string, after: string[], remotes: string[]][]): Relation[] =>
  relationsOf(
    blocks.map(([name, after, remotes]) => blockPlan(name, { after, remotes })),
    0,
  );

const go = async (
  relations: Relation[],
  failing: string[] = [],
  onFailure: 'continue' | 'stop' = 'continue',
  stopAt?: string,
) => {
  const log: string[] = [];
  const stop = new AbortController();
  await inBlockOrder(relations, onFailure, {
    signal: stop.signal,
    skip: relation => {
      relation.state = 'skipped';
      log.push(`skip ${relation.block.name}/${relation.host}`);
    },
    carryOut: async relation => {
      const name = `${relation.block.name}/${relation.host}`;
      log.push(`begin ${name}`);
      await new Promise(resolve => setTimeout(resolve, relation.host === 'slow' ? 30 : 1));
      if (name === stopAt) stop.abort();
      relation.state = failing.includes(name) ? 'failed' : 'done';
      log.push(`end ${name}`);
    },
  });
  return log;
};

test('a block starts on a host when the one before it has ended there, not elsewhere', async () => {
  const log = await go(ofBlocks(['a', [], ['fast', 'slow']], ['b', ['a'], ['fast', 'slow']]));
  assert.ok(log.indexOf('begin b/fast') < log.indexOf('end a/slow'));
  assert.ok(log.indexOf('begin b/slow') > log.indexOf('end a/slow'));
});

test('it waits for all hosts of that block that it does not have itself', async () => {
  const log = await go(ofBlocks(['a', [], ['fast', 'slow']], ['b', ['a'], ['fast']]));
  assert.ok(log.indexOf('begin b/fast') > log.indexOf('end a/slow'));
});

test('a failure stops what comes after it on that host only', async () => {
  const log = await go(ofBlocks(['a', [], ['x', 'y']], ['b', ['a'], ['x', 'y']]), ['a/x']);
  assert.ok(log.includes('skip b/x'));
  assert.ok(log.includes('end b/y'));
});

test('a failure on a host that the later block lacks stops it everywhere', async () => {
  const log = await go(ofBlocks(['a', [], ['x', 'y']], ['b', ['a'], ['y', 'z']]), ['a/x']);
  assert.deepEqual(log.filter(line => line.startsWith('skip')).sort(), ['skip b/y', 'skip b/z']);
});

test('a host that lacks the block in between keeps to the one before that', async () => {
  const chain = () => ofBlocks(['a', [], ['slow']], ['b', ['a'], ['x']], ['c', ['b'], ['slow', 'x']]);
  const log = await go(chain());
  assert.ok(log.indexOf('begin c/slow') > log.indexOf('end a/slow'));
  const failed = await go(chain(), ['a/slow']);
  assert.deepEqual(failed.filter(line => line.startsWith('skip')).sort(), ['skip b/x', 'skip c/slow', 'skip c/x']);
});

test('`on failure stop` begins nothing more anywhere', async () => {
  const log = await go(ofBlocks(['a', [], ['x', 'slow']], ['b', ['a'], ['x', 'slow']]), ['a/x'], 'stop');
  assert.deepEqual(log.filter(line => line.startsWith('skip')).sort(), ['skip b/slow', 'skip b/x']);
});

test('an interrupted run begins nothing more', async () => {
  const log = await go(ofBlocks(['a', [], ['x']], ['b', ['a'], ['x']]), [], 'continue', 'a/x');
  assert.deepEqual(log, ['begin a/x', 'end a/x', 'skip b/x']);
});

test.run();
