// What is told of selections holds for every file: tried against the runtime's own matching over many files.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { areDisjoint, contains, isEmpty, selectionOf } from '../../compiler/2-check/selection.js';
import { moved } from '../../compiler/2-check/shapes.js';
import type { FileTest } from '../../compiler/plan.js';
import { compileTest, type Facts } from '../../runtime/tree/file-test.js';

const NOW = 1_700_000_000_000;
const folders = ['', 'a', 'a/b', 'c'];
const names = ['x', 'x.js', 'y.js', 'y.css', 'a', '.js', 'VERSION', 'x.min.js'];

const files: readonly (readonly [folder: string, facts: Facts])[] = folders.flatMap(folder =>
  names.flatMap(name =>
    [0, 10, 11].flatMap(size =>
      [0o644, 0o755].flatMap(mode =>
        [1, 100].map((age): readonly [string, Facts] => [
          folder,
          {
            kind: size === 11 ? 'link' : 'file',
            name,
            size,
            mode,
            modified: NOW * 1000 - age * 1_000_000,
            owner: 'me',
            group: 'us',
          },
        ]),
      ),
    ),
  ),
);

const some = <T>(...values: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const leaf: fc.Arbitrary<FileTest> = fc.oneof(
  some('x', 'x.js', 'VERSION', 'y.css').map(values => ({ is: 'name' as const, values })),
  some('js', 'css', '').map(values => ({ is: 'ext' as const, values })),
  some('a/x.js', 'c/VERSION', 'x').map(values => ({ is: 'path' as const, values })),
  some('a/b/x', 'a/y.js').map(paths => ({ is: 'listed' as const, source: 'l', paths })),
  fc.constantFrom('a', 'a/b', 'c').map(folder => ({ is: 'under' as const, folder })),
  fc
    .constantFrom(
      '*.js',
      'a/**',
      '**/*.css',
      'a/b/*',
      'x*',
      'VERSION',
      '{a,c}/*.js',
      'a/x.js',
      '*',
      '[xy].js',
      '/x.js',
      '*.min.js',
    )
    .map(glob => ({ is: 'matches' as const, on: 'path' as const, glob })),
  some('file' as const, 'link' as const).map(values => ({ is: 'type' as const, values })),
  fc.record({
    is: fc.constant('size' as const),
    op: fc.constantFrom('<' as const, '>=' as const, '=' as const, '!=' as const),
    bytes: fc.constantFrom(0, 10),
  }),
  fc.record({
    is: fc.constant('age' as const),
    op: fc.constantFrom('<=' as const, '>' as const),
    seconds: fc.constantFrom(1, 50, 100),
  }),
  fc.constant<FileTest>({ is: 'executable' }),
  some(0o644, 0o755).map(values => ({ is: 'mode' as const, values })),
  fc.constant<FileTest>({ is: 'all' }),
);
const anyTest: fc.Arbitrary<FileTest> = fc.letrec<{ test: FileTest }>(tie => ({
  test: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie('test').map((test): FileTest => ({ is: 'not', test })),
    fc.array(tie('test'), { minLength: 1, maxLength: 3 }).map((tests): FileTest => ({ is: 'and', tests })),
    fc.array(tie('test'), { minLength: 1, maxLength: 3 }).map((tests): FileTest => ({ is: 'or', tests })),
  ),
})).test;

const selected = (test: FileTest): ReadonlySet<number> => {
  const { holds } = compileTest(test, { now: NOW }, 'include');
  return new Set(files.flatMap(([folder, facts], at) => (holds(folder, facts) ? [at] : [])));
};

/** A hidden file that is nothing but an extension is told as having it; see selection.ts. */
const isHidden = (at: number): boolean => files[at]?.[1].name === '.js';

test('selections that are called empty, disjoint or contained are so for every file', () => {
  const seen = { empty: 0, disjoint: 0, contained: 0 };
  fc.assert(
    fc.property(anyTest, anyTest, (a, b) => {
      const [first, second] = [selectionOf(a), selectionOf(b)];
      const inA = [...selected(a)].filter(at => !isHidden(at));
      const inB = new Set(selected(b));
      const shown = JSON.stringify([a, b]);
      if (isEmpty(first)) {
        seen.empty++;
        assert.deepEqual(inA, [], shown);
      }
      if (areDisjoint(first, second)) {
        seen.disjoint++;
        assert.ok(!inA.some(at => inB.has(at)), shown);
      }
      if (contains(second, first)) {
        seen.contained++;
        assert.ok(
          inA.every(at => inB.has(at)),
          shown,
        );
      }
    }),
    { numRuns: 2500 },
  );
  assert.ok(seen.empty > 10 && seen.disjoint > 50 && seen.contained > 50, JSON.stringify(seen));
});

test('a test moved to a folder above selects the same files', () => {
  const folder = 'a';
  const below = files.filter(([at]) => at === folder || at.startsWith(`${folder}/`));
  fc.assert(
    fc.property(anyTest, one => {
      const here = compileTest(one, { now: NOW }, 'include');
      const above = compileTest(moved(one, folder), { now: NOW }, 'include');
      for (const [at, facts] of below) {
        assert.equal(above.holds(at, facts), here.holds(at.slice(folder.length + 1), facts), JSON.stringify(one));
      }
      for (const [at, facts] of files) if (at === '' || at === 'c') assert.equal(above.holds(at, facts), false);
    }),
    { numRuns: 500 },
  );
});

const page: FileTest = {
  is: 'or',
  tests: [
    { is: 'ext', values: ['html', 'xml'] },
    { is: 'name', values: ['robots.txt'] },
  ],
};
const picture: FileTest = { is: 'ext', values: ['png', 'jpg'] };
const not = (test: FileTest): FileTest => ({ is: 'not', test });

test('what people write is told apart', () => {
  const asset: FileTest = { is: 'and', tests: [not(picture), not(page)] };
  const told = (a: FileTest, b: FileTest): readonly boolean[] => {
    const [first, second] = [selectionOf(a), selectionOf(b)];
    return [areDisjoint(first, second), contains(first, second)];
  };
  assert.deepEqual(told(asset, page), [true, false]);
  assert.deepEqual(told(page, picture), [true, false]);
  assert.deepEqual(told({ is: 'all' }, page), [false, true]);
  assert.deepEqual(told({ is: 'executable' }, page), [false, false]);
  assert.deepEqual(told({ is: 'under', folder: 'docs' }, { is: 'matches', on: 'path', glob: 'docs/**/*.md' }), [
    false,
    true,
  ]);
  assert.deepEqual(told({ is: 'under', folder: 'docs' }, { is: 'matches', on: 'path', glob: 'src/**' }), [true, false]);
  assert.deepEqual(told({ is: 'size', op: '<', bytes: 10 }, { is: 'size', op: '>=', bytes: 10 }), [true, false]);
  assert.ok(isEmpty(selectionOf({ is: 'and', tests: [page, picture] })));
});

test('a test of very many alternatives is told nothing about, and quickly', () => {
  const wide: FileTest = {
    is: 'and',
    tests: Array.from(
      { length: 12 },
      (_, at): FileTest => ({
        is: 'or',
        tests: [
          { is: 'matches', on: 'path', glob: `${at}*` },
          { is: 'size', op: '>', bytes: at },
          { is: 'owner', values: [`${at}`] },
        ],
      }),
    ),
  };
  const started = process.hrtime.bigint();
  assert.equal(areDisjoint(selectionOf(wide), selectionOf(page)), false);
  assert.ok(Number(process.hrtime.bigint() - started) / 1e6 < 2000);
});

test.run();
