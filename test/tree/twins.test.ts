// Twins: which files are worth digesting for which, and which of them become pairs.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { suite } from 'uvu';
import { findMoved } from '../../runtime/tree/moved.js';
import { type HeldFile, likelyTwins, pairTwins, type WantedFile } from '../../runtime/tree/twins.js';

const test = suite('twins');

const wanted = (index: number, path: string, size: number, modified: number | null = 10): WantedFile => ({
  index,
  path,
  size,
  modified,
});
const held = (path: string, size: number, modified = 10, goes = false): HeldFile => ({ path, size, modified, goes });
const likely = (want: readonly WantedFile[], have: readonly HeldFile[]) => {
  const found = likelyTwins(want, have);
  return [found.wanted.map(({ index }) => index), found.held.map(({ path }) => path)];
};

test('size and time make a twin likely, whatever the name', () => {
  const have = [held('old/a', 1000), held('old/b', 1001), held('old/c', 1000, 99)];
  assert.deepEqual(likely([wanted(7, 'new/x', 1000)], have), [[7], ['old/a']]);
});

test('two times within two microseconds are one', () => {
  assert.deepEqual(likely([wanted(1, 'x', 1000, 500)], [held('y', 1000, 502)]), [[1], ['y']]);
  assert.deepEqual(likely([wanted(1, 'x', 1000, 500)], [held('y', 1000, 503)]), [[], []]);
});

test('a name is enough where the file is large, and a size where it is very large and not round', () => {
  assert.deepEqual(likely([wanted(1, 'new/x', 1000)], [held('old/x', 1000, 99)]), [[], []]);
  assert.deepEqual(likely([wanted(1, 'new/x', 70_000)], [held('old/x', 70_000, 99)]), [[1], ['old/x']]);
  assert.deepEqual(likely([wanted(1, 'x', 2_000_001, null)], [held('y', 2_000_001, 99)]), [[1], ['y']]);
  assert.deepEqual(likely([wanted(1, 'x', 2_097_152, null)], [held('y', 2_097_152, 99)]), [[], []]);
});

test('what is tiny is no twin, and no file is its own', () => {
  assert.deepEqual(likely([wanted(1, 'x', 100)], [held('y', 100)]), [[], []]);
  assert.deepEqual(likely([wanted(1, 'x', 5000)], [held('x', 5000)]), [[], []]);
});

test('of many alike a few are digested for each that is wanted, those of the same name and those that go before others', () => {
  const have = [
    ...Array.from({ length: 100 }, (_, i) => held(`old/${i}`, 1000)),
    held('old/going', 1000, 10, true),
    held('old/x', 1000),
  ];
  const [, paths] = likely([wanted(1, 'new/x', 1000)], have);
  assert.deepEqual(paths, ['old/0', 'old/1', 'old/going', 'old/x']);
});

test('of what is wanted, only what something may serve is asked for', () => {
  const [indexes] = likely([wanted(1, 'a', 1000, 10), wanted(2, 'b', 1000, 20)], [held('c', 1000, 20)]);
  assert.deepEqual(indexes, [2]);
});

const pairs = (want: readonly (readonly [number, string])[], have: readonly (readonly [string, string, boolean?])[]) =>
  pairTwins(
    want.map(([index, digest]) => ({ ...wanted(index, `w${index}`, 1000), digest })),
    have.map(([path, digest, goes]) => ({ ...held(path, 1000, 10, goes ?? false), digest })),
  ).map(({ index, held: { path }, moves }) => `${index} ${moves ? 'moves' : 'copies'} ${path}`);

test('each file that goes moves once, and serves as a copy for the rest', () => {
  assert.deepEqual(
    pairs(
      [
        [1, 'd'],
        [2, 'd'],
        [3, 'e'],
      ],
      [['old', 'd', true]],
    ),
    ['1 moves old', '2 copies old'],
  );
  assert.deepEqual(
    pairs(
      [
        [1, 'd'],
        [2, 'd'],
      ],
      [
        ['stays', 'd'],
        ['old', 'd', true],
      ],
    ),
    ['1 moves old', '2 copies stays'],
  );
});

test('two files that change places get each the content of the other, and nothing is made of itself', () => {
  const want = [1, 2].map(index => ({ ...wanted(index, `p${index}`, 1000), digest: `d${3 - index}` }));
  const have = [1, 2].map(index => ({ ...held(`p${index}`, 1000, 10, true), digest: `d${index}` }));
  assert.deepEqual(
    pairTwins(want, have).map(({ index, held: { path } }) => [index, path]),
    [
      [1, 'p2'],
      [2, 'p1'],
    ],
  );
  assert.deepEqual(pairTwins([{ ...want[0]!, digest: 'd1' }], have), []);
});

test('what has no digest has no twin', () => {
  assert.deepEqual(
    pairs(
      [
        [1, ''],
        [2, 'd'],
      ],
      [
        ['a', ''],
        ['b', 'e'],
      ],
    ),
    [],
  );
});

test('whatever stands there, a pair has one size and one digest, and nothing moves twice', () => {
  const digest = fc.constantFrom('', 'd', 'e', 'f');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(1000, 2000), digest), { maxLength: 20 }),
      fc.array(fc.tuple(fc.constantFrom(1000, 2000), digest, fc.boolean()), { maxLength: 20 }),
      (want, have) => {
        const all = want.map(([size, of], index) => ({ ...wanted(index, `w${index}`, size), digest: of }));
        const found = pairTwins(
          all,
          have.map(([size, of, goes], i) => ({ ...held(`h${i}`, size, 10, goes), digest: of })),
        );
        const moving = found.filter(({ moves }) => moves).map(({ held: { path } }) => path);
        assert.equal(new Set(moving).size, moving.length);
        for (const { index, held: one, digest: of, moves } of found) {
          assert.equal(all[index]!.size, one.size);
          assert.equal(all[index]!.digest, of);
          assert.ok(of !== '' && (!moves || one.goes));
        }
        const served = new Set(found.map(({ index }) => index));
        for (const { index, size, digest: of } of all) {
          const has = of !== '' && have.some(([s, d]) => s === size && d === of);
          assert.equal(served.has(index), has);
        }
      },
    ),
  );
});

test('a deletion whose size and time come to another path is a move, once, and never where times are not listed', () => {
  const entry = (size: number, modified: number) =>
    ({ kind: 'file', size, mode: 0o644, modified, owner: '', group: '', extra: '' }) as const;
  const gone = (path: string, size: number, modified: number) =>
    ({ kind: 'delete', path, was: entry(size, modified) }) as const;
  const made = { kind: 'create', path: 'new', entry: entry(5, 10) } as const;
  const found = findMoved([made, gone('a', 5, 10), gone('b', 5, 10), gone('c', 5, 11)]);
  assert.deepEqual(found, { files: 1, bytes: 5 });
  assert.equal(findMoved([{ ...made, entry: entry(5, 0) }, gone('a', 5, 0)]).files, 0);
  assert.equal(findMoved([{ ...made, entry: entry(0, 10) }, gone('a', 0, 10)]).files, 0);
  const over = { kind: 'replace', path: 'old', entry: entry(5, 10), was: entry(5, 9), why: 'time' } as const;
  assert.equal(findMoved([made, gone('a', 5, 10)], 6).files, 0, 'it is too small');
  assert.equal(findMoved([over, gone('a', 5, 10)]).files, 0);
});

test.run();
