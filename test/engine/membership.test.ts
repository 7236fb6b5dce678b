// What a block has in a folder goes with the folder, also where the file in its place belongs to another block, or to none.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { FileTest, Plan } from '../../compiler/plan.js';
import type { Tree } from '../support/fixture.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('membership');
const MIRROR = { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 0 } as const;
const XS: FileTest = { is: 'ext', values: ['x'] };

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

/** Files of one extension alone; with `rest`, all else in a block that comes after it. */
const parts =
  (rest: boolean) =>
  (plan: Plan): Plan => {
    const [all] = plan.blocks;
    const of = (include: FileTest, except: FileTest | null) =>
      all!.takes.map(take => ({ ...take, terms: [{ base: '', include, except }] }));
    const xs = { ...all!, takes: of(XS, null) };
    const others = { ...all!, name: 'rest', after: ['all'], takes: of({ is: 'all' }, XS) };
    return { ...plan, blocks: rest ? [xs, others] : [xs] };
  };

const OLD: Tree = { 'a.x': { file: 'a' }, 'd/b.x': { file: 'b' }, 'd/e/c.x': { file: 'c' }, 'd/y': { file: 'y' } };

for (const [what, item] of Object.entries({ file: { file: 'now a file' }, link: { link: 'a.x' } })) {
  test(`two blocks that share a folder follow when it becomes a ${what}`, async ({ session }) => {
    session.master.put(OLD);
    assert.equal((await session.run({ block: { delete: MIRROR }, plan: parts(true) })).summary.exitCode, 0);
    session.master.drop('d');
    session.master.put({ d: item });
    const { summary } = await session.run({ block: { delete: MIRROR }, plan: parts(true) });
    assert.deepEqual(session.remotes[0]!.look(), session.master.look());
    assert.equal(summary.exitCode, 0);
    const again = await session.run({ block: { delete: MIRROR }, plan: parts(true) });
    assert.deepEqual(
      again.preview.relations.flatMap(({ changes }) => changes),
      [],
    );
  });
}

test('where the file in the place of a folder is nobody’s, only what the block had in it goes', async ({ session }) => {
  session.master.put({ 'a.x': { file: 'a' }, d: { file: 'now a file' } });
  session.remotes[0]!.put({ ...OLD, 'd/keep.x': { file: 'kept' } });
  const block = { delete: { ...MIRROR, protect: ['keep.x'] } };
  const { summary } = await session.run({ block, plan: parts(false) });
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(
    session.remotes[0]!.look().map(line => line.split(' ')[0]),
    ['a.x', 'd', 'd/e', 'd/keep.x', 'd/y'],
  );
});

test.run();
