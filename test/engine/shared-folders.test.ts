// Blocks that go ahead side by side make the folders that they share in place, and bring whole what is one's own.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import { blockPlan, planOf } from './plans.js';
import { makeSession } from './session.js';

const taking = (name: string, ext: string, folder = '', changes: Partial<BlockPlan> = {}): BlockPlan => {
  const plan = blockPlan(name, { consistency: { strategy: 'none' }, ...changes });
  const [take] = plan.takes;
  const at = { root: 'www', folder };
  return {
    ...plan,
    takes: [
      { ...take!, from: at, into: at, terms: [{ base: '', include: { is: 'ext', values: [ext] }, except: null }] },
    ],
  };
};

/** Runs these blocks in an empty root; the folders that each made and whether it brought them whole, in order. */
const carriedOut = async (blocks: readonly BlockPlan[]) => {
  const session = makeSession(1);
  const folders: string[] = [];
  const watch = (host: Host): Host => ({
    ...host,
    async begin(id, parts) {
      const transaction = await host.begin(id, parts);
      return {
        ...transaction,
        async prepare(steps) {
          for (const { action } of steps)
            if (action.do === 'folder') folders.push(`${id.block} ${action.path}${action.whole ? ' whole' : ''}`);
          await transaction.prepare(steps);
        },
      };
    },
  });
  try {
    for (const path of ['shared/deep/1.a', 'shared/deep/2.b', 'shared/a/3.a', 'shared/b/4.b', 'own/5.a'])
      session.master.put({ [path]: { file: path } });
    const { summary } = await session.run({ plan: () => planOf(blocks), wrap: watch });
    assert.equal(summary.exitCode, 0, JSON.stringify(summary));
    const wanted = session.master.look();
    assert.deepEqual(session.remotes[0]!.look(), wanted);
  } finally {
    session.close();
  }
  return folders.sort();
};

test('what two blocks make is made in place by both, the rest is brought whole', async () => {
  assert.deepEqual(await carriedOut([taking('one', 'a'), taking('two', 'b')]), [
    'one own whole',
    'one shared',
    'one shared/a whole',
    'one shared/deep',
    'two shared',
    'two shared/b whole',
    'two shared/deep',
  ]);
});

test('the folders above that of a take count as well', async () => {
  assert.deepEqual(await carriedOut([taking('one', 'a'), taking('two', 'b', 'shared')]), [
    'one own whole',
    'one shared',
    'one shared/a whole',
    'one shared/deep',
    'two b whole',
    'two deep',
  ]);
});

test('a block that comes after another one keeps nothing from being brought whole', async () => {
  assert.deepEqual(await carriedOut([taking('one', 'a'), taking('two', 'b', '', { after: ['one'] })]), [
    'one own whole',
    'one shared whole',
    'one shared/a',
    'one shared/deep',
    'two shared/b whole',
  ]);
});

test.run();
