// Laws of comparing and ordering: what is scheduled turns one tree into the other, and every prefix can be finished.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { suite } from 'uvu';
import { differingAttributes, timesDiffer } from '../../runtime/tree/change.js';
import { comparePaths, isWithin } from '../../runtime/tree/path.js';
import { inOrder, schedule } from '../../runtime/tree/schedule.js';
import { act, diff, plainTree, RULES, type Tree, trees } from './model.js';

const test = suite('changes and their order');

const planned = (from: Tree, to: Tree, rank: (path: string) => number = () => 0) =>
  inOrder([schedule(diff(from, to), { rules: RULES, rank, keep: () => false, extra: () => '' })]).map(
    ({ action }) => action,
  );

const carryOut = (from: Tree, to: Tree, actions = planned(from, to)): Tree => {
  const tree: Tree = new Map(from);
  const staged = new Set<string>();
  for (const action of actions) act(tree, action, to, staged);
  return tree;
};

test('a tree does not differ from itself', () => {
  fc.assert(
    fc.property(trees, tree => assert.deepEqual(diff(tree, tree), [])),
    { numRuns: 200 },
  );
});

test('carrying out the differences makes one tree the other', () => {
  fc.assert(
    fc.property(trees, trees, (from, to) => assert.deepEqual(plainTree(carryOut(from, to)), plainTree(to))),
    { numRuns: 600 },
  );
});

test('after any prefix, what is left can be found and finished', () => {
  fc.assert(
    fc.property(trees, trees, fc.nat(), (from, to, cut) => {
      const actions = planned(from, to);
      // A folder that is put in place whole moves with all that follows it.
      let end = cut % (actions.length + 1);
      const whole = actions.slice(0, end).findLast(action => action.do === 'folder' && action.whole);
      if (whole !== undefined)
        while (end < actions.length && isWithin(actions[end]!.path, whole.path) && actions[end]!.do !== 'adjust') end++;
      const halfway = carryOut(from, to, actions.slice(0, end));
      assert.deepEqual(plainTree(carryOut(halfway, to)), plainTree(to));
    }),
    { numRuns: 400 },
  );
});

test('ranks ascend over all files and links, whatever folders are new', () => {
  const rank = (path: string) => path.charCodeAt(path.length - 1) % 3;
  fc.assert(
    fc.property(trees, trees, (from, to) => {
      const actions = planned(from, to, rank);
      const ranks = actions.filter(({ do: what }) => what === 'file' || what === 'link').map(({ path }) => rank(path));
      assert.deepEqual(
        ranks,
        [...ranks].sort((a, b) => a - b),
      );
      assert.deepEqual(plainTree(carryOut(from, to, actions)), plainTree(to));
    }),
    { numRuns: 400 },
  );
});

test('a new tree is put in place by one rename where one rank covers it', () => {
  const file = {
    kind: 'file',
    size: 1,
    mode: 0o644,
    modified: 1,
    owner: '',
    group: '',
    extra: '',
    content: 'x',
  } as const;
  const folder = {
    kind: 'folder',
    selected: true,
    unreadable: false,
    mode: 0o755,
    owner: '',
    group: '',
    extra: '',
  } as const;
  const to: Tree = new Map<string, Tree extends Map<string, infer E> ? E : never>([
    ['n', folder],
    ['n/a', file],
    ['n/d', folder],
    ['n/d/b', file],
  ]);
  assert.deepEqual(
    planned(new Map(), to).map(({ do: what, path }) => [what, path]),
    [
      ['folder', 'n'],
      ['file', 'n/a'],
      ['folder', 'n/d'],
      ['file', 'n/d/b'],
    ],
  );
  const wholes = (rank: (path: string) => number) =>
    planned(new Map(), to, rank).flatMap(action => (action.do === 'folder' && action.whole ? [action.path] : []));
  assert.deepEqual(
    wholes(() => 0),
    ['n'],
  );
  assert.deepEqual(
    wholes(path => (path === 'n/a' ? 1 : 0)),
    ['n/d'],
  );
});

test('paths are ordered component by component', () => {
  assert.deepEqual(['a-b', 'a/b', 'a', 'a/b/c', 'ab'].sort(comparePaths), ['a', 'a/b', 'a/b/c', 'a-b', 'ab']);
});

test('times within two microseconds are equal', () => {
  assert.equal(timesDiffer(1e15, 1e15 + 2), false);
  assert.equal(timesDiffer(1e15, 1e15 + 3), true);
});

test('only managed attributes differ', () => {
  const file = { kind: 'file', size: 0, mode: 0o644, modified: 1, owner: 'a', group: 'b', extra: '' } as const;
  const other = { ...file, mode: 0o600, modified: 99, owner: 'x', group: 'y', extra: 'e' };
  assert.deepEqual(differingAttributes(file, other, { ...RULES, mode: false, modified: false }), {
    mode: false,
    modified: false,
    owner: false,
    group: false,
    extra: false,
  });
  assert.deepEqual(differingAttributes(file, other, { ...RULES, owner: true, group: true, extra: true }), {
    mode: true,
    modified: true,
    owner: true,
    group: true,
    extra: true,
  });
  const folder = { ...other, kind: 'folder', selected: true, unreadable: false } as const;
  const closed = { ...folder, mode: 0o700 };
  assert.equal(differingAttributes(folder, closed, { ...RULES, mode: false }).mode, true);
  assert.equal(differingAttributes(folder, closed, { ...RULES, folderMode: false }).mode, false);
});

test.run();
