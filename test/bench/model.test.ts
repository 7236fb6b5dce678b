// The model of fleets against what was measured, and against what must hold at any size.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { COSTS, POINTS, pointSetting, UPLINK } from './measured-points.js';
import { type Assumed, expectedOf } from './model.js';

const fleetOf = (hosts: number, route: Assumed['route'], more: Partial<Assumed> = {}): Assumed => ({
  hosts,
  route,
  bytes: 40e6,
  uplink: UPLINK,
  latency: 0.02,
  parallel: 16,
  groupOf: 50,
  regionOf: 4,
  ...COSTS,
  ...more,
});

test('the model agrees with every measured point: its bytes within 2 %, its time within 25 %', () => {
  assert.ok(POINTS.length >= 10);
  for (const point of POINTS) {
    const { seconds, masterBytes } = expectedOf(pointSetting(point));
    const told = `${point.hosts} hosts, ${point.route}, ${point.bytes} bytes: ${seconds} s, ${masterBytes} bytes`;
    assert.ok(Math.abs(masterBytes / point.masterBytes - 1) < 0.02, told);
    assert.ok(Math.abs(seconds / point.seconds - 1) < 0.25, told);
  }
});

test('points of one fleet tell routes apart as the model does', () => {
  const large = POINTS.filter(({ hosts, bytes }) => hosts === 8 && bytes > 10e6);
  const [star, tree] = (['star', 'tree'] as const).map(route => large.find(point => point.route === route)!);
  const measured = tree!.seconds / star!.seconds;
  const expected = expectedOf(pointSetting(tree!)).seconds / expectedOf(pointSetting(star!)).seconds;
  assert.ok(Math.abs(expected / measured - 1) < 0.2, `${expected}, measured ${measured}`);
});

test('a star sends a copy for each host, and a tree or a chain one copy in all, whatever the number of hosts', () => {
  for (const hosts of [10, 100, 1_000, 10_000]) {
    const copies = (route: Assumed['route']): number =>
      expectedOf(fleetOf(hosts, route, { control: 0, overhead: 1 })).masterBytes / 40e6;
    assert.equal(copies('star'), hosts);
    assert.equal(copies('chain'), 1);
    assert.equal(copies('tree'), 1, 'the master sends its fan-out, one, of as many copies as there are hosts');
  }
});

test('no relay of a tree sends more than three copies, and its depth grows slower than the number of hosts', () => {
  const [small, large] = [100, 10_000].map(hosts => expectedOf(fleetOf(hosts, 'tree', { overhead: 1 })));
  assert.ok(large!.mostBytes <= 3 * 40e6, String(large!.mostBytes));
  assert.ok(large!.depth < 4 * small!.depth, `${small!.depth}, then ${large!.depth}`);
});

test('a star takes as long as its uplink; a chain its content once and a hop for each host; no route beats the content itself', () => {
  const free = { start: 0, perHost: 0, control: 0, overhead: 1, latency: 0 };
  const once = 40e6 / UPLINK;
  const star = expectedOf(fleetOf(100, 'star', free)).seconds;
  assert.ok(Math.abs(star - 100 * once) < 0.1, String(star));
  const hop = 1_048_576 / UPLINK;
  const chain = expectedOf(fleetOf(10, 'chain', free)).seconds;
  assert.ok(Math.abs(chain - (once + 9 * hop)) < 0.1, String(chain));
  for (const route of ['star', 'chain', 'tree'] as const)
    assert.ok(expectedOf(fleetOf(1, route, free)).seconds >= once - 1e-6);
});

test('a tree that may use all of its hosts at once is faster than one that may use sixteen, and than a star, by far', () => {
  const time = (route: Assumed['route'], parallel: number): number =>
    expectedOf(fleetOf(1_000, route, { parallel, perHost: 0 })).seconds;
  assert.ok(time('tree', 1_000) < time('tree', 16) / 4);
  assert.ok(time('tree', 16) < time('star', 16) / 4);
});

test.run();
