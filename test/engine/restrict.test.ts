// --only and --except: names pick hosts, regions, groups or blocks, and a name that fits nothing is refused.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Plan } from '../../compiler/plan.js';
import { type Refused, restrict } from '../../runtime/engine/restrict.js';
import { blockPlan, hostPlan, planOf } from './plans.js';

const test = suite('restricting a plan');

const hosts = [
  hostPlan('m'),
  hostPlan('web-01', 'eu', 'web'),
  hostPlan('web-02', 'us', 'web'),
  hostPlan('db', 'eu', 'data'),
];
const all = ['web-01', 'web-02', 'db'];
const plan = planOf(
  [
    blockPlan('tls', { remotes: all }),
    blockPlan('app', { remotes: all, after: ['tls'] }),
    blockPlan('web', { remotes: ['db'] }),
  ],
  hosts,
);

const kept = (only: string[], except: string[] = []) => {
  const left = restrict(plan, only, except);
  return 'refused' in left ? left.refused : left.blocks.map(({ name, remotes }) => `${name}: ${remotes.join(' ')}`);
};

test('a host keeps every block it has', () => assert.deepEqual(kept(['web-01']), ['tls: web-01', 'app: web-01']));
test('a region or region.group keeps its hosts', () => {
  assert.deepEqual(kept(['eu']), ['tls: web-01 db', 'app: web-01 db', 'web: db']);
  assert.deepEqual(kept(['eu.web']), ['tls: web-01', 'app: web-01']);
});
test('a block and a host restrict together', () => assert.deepEqual(kept(['app', 'db']), ['app: db']));
test('except takes away', () => assert.deepEqual(kept([], ['us', 'tls']), ['app: web-01 db', 'web: db']));
test('a name that is both must be told apart', () => {
  assert.equal(kept(['web']), '"web" is a host or group and a block');
  assert.deepEqual(kept(['block:web']), ['web: db']);
  assert.deepEqual(kept(['host:web']), ['tls: web-01 web-02', 'app: web-01 web-02']);
});
test('a name that fits nothing is refused, as is an empty rest', () => {
  assert.deepEqual(restrict(plan, ['wbe'], []), {
    refused: '"wbe" is no host, region, group or block of this plan',
    help: 'it has the hosts m, web-01, web-02, db, the regions eu, us, the groups web, data and the blocks tls, app, web',
  });
  assert.equal(kept(['web-01'], ['web-01']), 'nothing is left of the plan');
});
test('a plan without blocks is said to be that: no option has emptied it', () => {
  const empty = restrict({ ...plan, blocks: [] }, [], []) as Refused;
  assert.equal(empty.refused, 'the plan has no block, so there is nothing to do');
  assert.doesNotMatch(empty.help, /--only/);
});
test('a block that is left out counts as done, and unused hosts are not contacted', () => {
  const left = restrict(plan, ['app', 'web-01'], []) as Plan;
  assert.deepEqual(left.blocks[0]!.after, []);
  assert.deepEqual(
    left.hosts.map(({ id }) => id),
    ['m', 'web-01'],
  );
});

test('a block that is left out passes on what it waits for itself', () => {
  const chain = planOf(
    [
      blockPlan('schema', { remotes: ['db'] }),
      blockPlan('tables', { remotes: ['web-01'], after: ['schema'] }),
      blockPlan('views', { remotes: ['web-01'], after: ['tables'] }),
      blockPlan('programs', { remotes: ['db'], after: ['tables', 'views'] }),
    ],
    hosts,
  );
  for (const left of [
    restrict(chain, [], ['tables', 'views']),
    restrict(chain, ['schema', 'programs'], []),
    restrict(chain, ['db'], []),
  ] as Plan[]) {
    assert.deepEqual(
      left.blocks.map(({ name, after }) => [name, after]),
      [
        ['schema', []],
        ['programs', ['schema']],
      ],
    );
  }
});

test.run();
