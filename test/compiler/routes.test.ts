// Routes in plans: which block has which, who sends to whom by its edges, and how content travels between two remotes.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { BlockPlan, Plan } from '../../compiler/plan.js';
import { encodePlan } from '../../compiler/plan-file.js';
import { decodePlan } from '../../compiler/read-plan.js';
import { codesIn, planOf } from './compiled.js';

const FLEET = `fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu { group web { host a at "10.0.1.1"; host b at "10.0.1.2"; host c at "10.0.1.3" } }
  region us { group web { host d at "10.1.1.1" } }
}
role master is build
role remote is a, b, c, d
role some is a, c
`;
const textOf = (route: string, block = ''): string => `${FLEET}block app { take all in www; ${block} }\n${route}\n`;
const blocksOf = async (text: string): Promise<readonly BlockPlan[]> => (await planOf(text)).blocks;
const routeOf = async (route: string, block = '') => (await blocksOf(textOf(route, block)))[0]!.route;
const edges = { a: 'build', b: 'a', c: 'a', d: 'b' };

test("a star is no route, wherever it stands, and a block's own route counts", async () => {
  assert.equal(await routeOf(''), undefined);
  assert.equal(await routeOf('route star'), undefined);
  assert.equal(await routeOf('route tree', 'route star'), undefined);
  assert.equal((await routeOf('route tree', 'route chain'))?.shape, 'chain');
  assert.equal((await routeOf('route tree'))?.shape, 'tree');
});

test('edges say who sends to each remote; a name on both sides is left out of the right one', async () => {
  const route = await routeOf('route { build -> a; a -> eu; b -> d }');
  assert.equal(route?.shape, 'edges');
  assert.deepEqual({ ...route?.senders }, edges);
});

test('who is no remote of a block is passed over in its route', async () => {
  const [block] = await blocksOf(textOf('route { build -> a; a -> b; b -> c; c -> d }', 'from master to some'));
  assert.deepEqual({ ...block?.route?.senders }, { a: 'build', c: 'a' });
});

test('between two remotes the section of that pair holds, and what `for` says of the receiver', async () => {
  const route = await routeOf(
    'route chain\ntransfer { compress 3; same-group { compress 0; encrypt off }; other-region { compress 9; limit 1MiB/s } }',
    'for d { transfer { compress 5 } }',
  );
  const plain = { mode: 'auto', encrypt: true, limit: null };
  const slow = { rate: 2 ** 20, shared: 'file other-region' };
  assert.deepEqual(route?.between, {
    'same-group': { ...plain, compress: 0, encrypt: false },
    'same-region': { ...plain, compress: 3 },
    'other-region': { ...plain, compress: 9, limit: slow },
  });
  assert.deepEqual(
    Object.entries(route?.betweenOf ?? {}).map(([id, between]) => [id, between['other-region']]),
    [['d', { ...plain, compress: 5, limit: slow }]],
  );
});

test('malformed, circular and incomplete routes are refused with their places', async () => {
  const codes = (route: string) => codesIn(textOf(route));
  assert.deepEqual(await codes('route { build -> a, b; b -> c }'), ['SP5010 route']);
  assert.deepEqual(await codes('route { build -> eu; build d }'), ['SP5011 build d']);
  assert.deepEqual(await codes('route { build -> eu; a -> d; b -> d }'), ['SP5012 b -> d']);
  assert.deepEqual(await codes('route { a -> b; b -> a; build -> c, d }'), ['SP5009 a -> b']);
});

test('a plan file with a route is read back, and one whose route leads nowhere is refused', async () => {
  const plan = await planOf(textOf('route { build -> a; a -> eu; b -> d }'));
  assert.equal(encodePlan(decodePlan(encodePlan(plan))), encodePlan(plan));
  const damaged = (senders: Record<string, string>): string => {
    const [block] = plan.blocks;
    const route = { ...block!.route!, senders };
    return encodePlan({ ...plan, blocks: [{ ...block!, route }] } as Plan);
  };
  assert.throws(() => decodePlan(damaged({ ...edges, a: 'd' })), /does not reach "a"/);
  assert.throws(() => decodePlan(damaged({ a: 'build', b: 'a', c: 'a' })), /does not reach "d"/);
  assert.throws(() => decodePlan(damaged({ ...edges, e: 'a' })), /no remotes of it/);
});

test.run();
