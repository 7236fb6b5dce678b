// The tree along which content travels: its shape for small and large fleets, and what it does about hosts that are missing.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { RoutePlan, TransferPlan } from '../../compiler/plan.js';
import { nearestOf, routeTree, type Stop } from '../../runtime/engine/route.js';

const PLAIN: TransferPlan = { mode: 'auto', compress: 0, encrypt: true, limit: null };
const route = (shape: RoutePlan['shape'], senders: RoutePlan['senders'] = {}): RoutePlan => ({
  shape,
  senders,
  between: { 'same-group': PLAIN, 'same-region': PLAIN, 'other-region': PLAIN },
  betweenOf: {},
});
const stop = (id: string, region = 'eu', group = 'web'): Stop => ({ id, region, group });
const build = stop('build', 'us', 'ci');
const edgesOf = (tree: ReadonlyMap<string, string>): string[] => [...tree].map(([id, sender]) => `${sender}→${id}`);
const sentBy = (tree: ReadonlyMap<string, string>, id: string): number =>
  [...tree.values()].filter(sender => sender === id).length;
const depthOf = (tree: ReadonlyMap<string, string>, id: string): number => {
  const sender = tree.get(id);
  return sender === undefined ? 0 : 1 + depthOf(tree, sender);
};
const many = (count: number, region: string, group: string): Stop[] =>
  Array.from({ length: count }, (_, at) => stop(`${region}-${group}-${String(at).padStart(5, '0')}`, region, group));

test('a chain begins nearest to the master, and each gets from the one before', () => {
  const remotes = [stop('a'), stop('b'), stop('c', 'us', 'web'), stop('d', 'us', 'ci')];
  assert.deepEqual(edgesOf(routeTree(route('chain'), build, remotes)), ['build→d', 'd→c', 'c→a', 'a→b']);
});

test('in a tree of eight hosts everybody sends one copy, however they are grouped', () => {
  for (const groups of [[8], [4, 4], [2, 2, 2, 2], [1, 7]]) {
    const remotes = groups.flatMap((count, at) => many(count, at % 2 === 0 ? 'eu' : 'us', `g${at}`));
    const tree = routeTree(route('tree'), build, remotes);
    assert.equal(tree.size, 8);
    assert.equal(sentBy(tree, 'build'), 1);
    for (const { id } of remotes) assert.ok(sentBy(tree, id) <= 1, `${id} sends ${sentBy(tree, id)}`);
  }
});

test('content comes into a region once, and into a group of it once', () => {
  const remotes = ['eu', 'us', 'asia'].flatMap(region => ['web', 'db'].flatMap(group => many(20, region, group)));
  const tree = routeTree(route('tree'), build, remotes);
  const of = new Map(remotes.map(one => [one.id, one]));
  for (const key of ['region', 'group'] as const) {
    const name = (one: Stop): string => (key === 'region' ? one.region : `${one.region}.${one.group}`);
    const into = remotes.filter(one => {
      const sender = of.get(tree.get(one.id)!);
      return sender === undefined || name(sender) !== name(one);
    });
    assert.equal(new Set(into.map(name)).size, into.length, `${into.map(({ id }) => id)}`);
  }
});

test('a large tree stays flat, and nobody in it sends to many', () => {
  const remotes = many(5000, 'eu', 'web');
  const tree = routeTree(route('tree'), build, remotes);
  const counts = new Map<string, number>();
  for (const sender of tree.values()) counts.set(sender, (counts.get(sender) ?? 0) + 1);
  assert.equal(counts.get('build'), 1);
  assert.ok(Math.max(...counts.values()) <= 6, `${Math.max(...counts.values())} receivers`);
  assert.ok(Math.max(...remotes.map(({ id }) => depthOf(tree, id))) <= 60);
});

test('edges are as the plan says, and pass over who is not there', () => {
  const edges = route('edges', { a: 'build', b: 'a', c: 'b', d: 'b' });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(id => stop(id));
  assert.deepEqual(edgesOf(routeTree(edges, build, [a!, b!, c!, d!])), ['build→a', 'a→b', 'b→c', 'b→d']);
  assert.deepEqual(edgesOf(routeTree(edges, build, [a!, c!, d!])), ['build→a', 'a→c', 'a→d']);
  assert.deepEqual(edgesOf(routeTree(edges, build, [c!])), ['build→c']);
});

test('the nearest is of the same group, else of the same region, and then who has least to do', () => {
  const placed = (one: Stop, depth: number, children: number) => ({ stop: one, depth, children });
  const far = placed(stop('far', 'us', 'web'), 1, 0);
  const region = placed(stop('region', 'eu', 'db'), 9, 3);
  const busy = placed(stop('busy'), 1, 1);
  const free = placed(stop('free'), 5, 0);
  const to = stop('to');
  assert.equal(nearestOf(to, []), null);
  assert.equal(nearestOf(to, [far, region])?.stop.id, 'region');
  assert.equal(nearestOf(to, [far, region, busy, free])?.stop.id, 'free');
  assert.equal(nearestOf(to, [busy])?.stop.id, 'busy');
});

test.run();
