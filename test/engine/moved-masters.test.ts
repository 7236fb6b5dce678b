// A block whose master is a remote of a block before it hands on what that has brought, in the same run.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { BlockPlan, Plan } from '../../compiler/plan.js';
import { hasMovedMaster } from '../../runtime/engine/moved-masters.js';
import type { Relation } from '../../runtime/engine/relation.js';
import { newTally } from '../../runtime/engine/tally.js';
import { previewText } from '../../runtime/ui/preview-text.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('handing on');
const MIRROR = { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 0 } as const;
const LOCK = { strategy: 'lock', wait: 5, hold: 60, by: { kind: 'advisory' } } as const;

test.before.each(context => {
  context.session = makeSession(3);
});
test.after.each(context => context.session.close());

/** m to r1, and after that r1 to r2 and r3. */
const chain =
  (last: Partial<BlockPlan> = {}) =>
  (plan: Plan): Plan => {
    const [all] = plan.blocks;
    const takes = all!.takes.map(take => ({
      ...take,
      roots: { ...take.roots, ...Object.fromEntries(['r1', 'r2', 'r3'].map(id => [id, take.roots.m!])) },
    }));
    const first = { ...all!, takes, remotes: ['r1'] };
    return {
      ...plan,
      blocks: [first, { ...first, name: 'on', after: ['all'], master: 'r1', remotes: ['r2', 'r3'], ...last }],
    };
  };

test('what one block brings to a host, a later one takes from there in the same run', async ({ session }) => {
  let round = 0;
  for (const plan of [chain(), chain({ commit: 'together' }), chain({ consistency: LOCK })]) {
    session.master.put({ a: { file: `new ${++round}` }, 'd/more': { file: `more ${round}` }, gone: { file: 'x' } });
    assert.equal((await session.run({ plan, block: { delete: MIRROR } })).summary.exitCode, 0);
    session.master.drop('gone');
    const { summary, preview } = await session.run({ plan, block: { delete: MIRROR } });
    assert.equal(summary.exitCode, 0);
    assert.deepEqual(
      preview.relations.map(({ handsOn }) => handsOn ?? []),
      [[], ['all'], ['all']],
    );
    assert.match(previewText(preview, { colour: false, width: 200 }), /! follows {2}what block all brings/);
    for (const remote of session.remotes) assert.deepEqual(remote.look(), session.master.look());
    const again = await session.run({ plan, block: { delete: MIRROR } });
    assert.deepEqual(
      again.preview.relations.flatMap(({ changes }) => changes),
      [],
    );
  }
});

test('what a block only moved on the way is handed on as well', async ({ session }) => {
  const plan = chain({ delete: MIRROR });
  const file = { file: 'x'.repeat(3_000) };
  session.master.put({ a: file });
  assert.equal((await session.run({ plan, block: { delete: MIRROR } })).summary.exitCode, 0);
  session.master.drop('a');
  session.master.put({ b: file });
  const { summary } = await session.run({ plan, block: { delete: MIRROR } });
  assert.equal(summary.relations[0]!.moved, 1);
  assert.equal(summary.exitCode, 0);
  for (const remote of session.remotes) assert.deepEqual(remote.look(), session.master.look());
});

test('one place is known by two roots, also where one of them is the root of the machine', () => {
  const relation = (name: string, master: string, host: string, path: string, folder: string): Relation => {
    const side = { root: 'data', folder };
    const take = { take: { from: side, into: side }, masterRoot: { path }, remoteRoot: { path }, changes: [] };
    return {
      block: { name, master },
      host,
      remoteHost: null,
      takes: [take],
      beside: { hooks: 1, finished: 0, kept: 0 },
      tally: newTally(),
    } as never;
  };
  const moved = (from: readonly [string, string], into: readonly [string, string]): boolean => {
    const then = relation('then', 'edge', 'shop', ...from);
    return hasMovedMaster(then, [relation('first', 'build', 'edge', ...into), then], '');
  };
  assert.equal(moved(['/data', ''], ['/', 'data']), true);
  assert.equal(moved(['/', ''], ['/data', 'below']), true);
  assert.equal(moved(['/data', ''], ['/', 'other']), false);
  assert.equal(moved(['/data', ''], ['/data-2', '']), false);
});

test('the guards look again, too: what was emptied on the way is not emptied further on', async ({ session }) => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`f${n}`, { file: `${n}` }]));
  session.master.put(files);
  const plan = chain({ delete: { ...MIRROR, maxPercent: 10 } });
  assert.equal((await session.run({ plan, block: { delete: MIRROR } })).summary.exitCode, 0);
  for (let n = 0; n < 6; n++) session.master.drop(`f${n}`);
  const { summary } = await session.run({ plan, block: { delete: MIRROR } });
  assert.equal(summary.exitCode, 5);
  assert.deepEqual(
    summary.relations.map(({ host, state }) => [host, state]),
    [
      ['r1', 'done'],
      ['r2', 'refused'],
      ['r3', 'refused'],
    ],
  );
  assert.equal(session.remotes[0]!.look().length, 6);
  for (const remote of session.remotes.slice(1)) assert.equal(remote.look().length, 12);
});

test.run();
