// What terms select, what they prune, and that pruning never loses anything.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import type { FileTest, Term } from '../../compiler/plan.js';
import { type Facts, type Matcher, makeMatcher, makeProtect, makeRank } from '../../runtime/tree/matcher.js';
import { leaf, type Path, parent } from '../../runtime/tree/path.js';

const NOW = 1_700_000_000_000;

const facts = (path: Path, more: Partial<Facts> = {}): Facts => ({
  kind: 'file',
  name: leaf(path),
  size: 10,
  mode: 0o644,
  modified: NOW * 1000,
  owner: 'root',
  group: 'staff',
  ...more,
});

const ALL: FileTest = { is: 'all' };
const glob = (text: string): FileTest => ({ is: 'matches', on: 'path', glob: text });
const under = (folder: string): FileTest => ({ is: 'under', folder });
const ext = (...values: string[]): FileTest => ({ is: 'ext', values });
const type = (...values: ('file' | 'directory' | 'link')[]): FileTest => ({ is: 'type', values });
const not = (inner: FileTest): FileTest => ({ is: 'not', test: inner });
const and = (...tests: FileTest[]): FileTest => ({ is: 'and', tests });
const or = (...tests: FileTest[]): FileTest => ({ is: 'or', tests });

const matcher = (include: FileTest, except: FileTest | null = null, base = ''): Matcher =>
  makeMatcher([{ base, include, except }], { now: NOW });

const picks = (include: FileTest, path: Path, more: Partial<Facts> = {}): boolean =>
  matcher(include).selects(path, facts(path, more));

const picksFolder = (include: FileTest, path: Path, except: FileTest | null = null): boolean =>
  matcher(include, except).selectsFolder(path, facts(path, { kind: 'folder', mode: 0o755 }));

test('each predicate looks at what it names', () => {
  assert.ok(picks({ is: 'name', values: ['VERSION'] }, 'a/VERSION'));
  assert.ok(!picks({ is: 'name', values: ['VERSION'] }, 'a/version'));
  assert.ok(picks({ is: 'path', values: ['a/b'] }, 'a/b'));
  assert.ok(!picks({ is: 'path', values: ['a/b'] }, 'b'));
  assert.ok(picks({ is: 'owner', values: ['www', 'root'] }, 'x'));
  assert.ok(picks({ is: 'group', values: ['staff'] }, 'x'));
  assert.ok(picks({ is: 'mode', values: [0o644] }, 'x'));
  assert.ok(picks({ is: 'listed', source: 'files.txt', paths: ['a/b', 'c'] }, 'a/b'));
  assert.ok(!picks({ is: 'listed', source: 'files.txt', paths: ['a/b', 'c'] }, 'a/c'));
  assert.ok(picks({ is: 'matches', on: 'name', glob: '*.j?' }, 'a/x.js'));
  assert.ok(picks(under('a'), 'a/b/c'));
  assert.ok(!picks(under('a'), 'ab/c'));
  assert.ok(!picks(under('a'), 'a'));
});

test('an extension is what follows the last dot that is not the first character', () => {
  assert.ok(picks(ext('gz'), 'x.tar.gz'));
  assert.ok(!picks(ext('bashrc'), '.bashrc'));
  assert.ok(picks(ext('js'), '.eslintrc.js'));
  assert.ok(picks(ext(''), 'README'));
  assert.ok(!picks(ext('JS'), 'x.js'));
});

test('sizes compare by each operator', () => {
  const size = (op: '<' | '<=' | '>' | '>=' | '=' | '!=') => picks({ is: 'size', op, bytes: 10 }, 'x');
  const operators = ['<', '<=', '>', '>=', '=', '!='] as const;
  assert.deepEqual(operators.map(size), [false, true, false, true, true, false]);
});

test('age counts from the start of the run', () => {
  const week = 7 * 86_400;
  const aged = (seconds: number) => ({ modified: (NOW - seconds * 1000) * 1000 });
  assert.ok(picks({ is: 'age', op: '<=', seconds: week }, 'x', aged(week)));
  assert.ok(!picks({ is: 'age', op: '<=', seconds: week }, 'x', aged(week + 1)));
  assert.ok(picks({ is: 'age', op: '>', seconds: week }, 'x', aged(week + 1)));
  assert.ok(!picks({ is: 'age', op: '>', seconds: week }, 'x', aged(week)));
});

test('any x-bit makes a file executable, and a link never is', () => {
  assert.ok(picks({ is: 'executable' }, 'x', { mode: 0o610 }));
  assert.ok(!picks({ is: 'executable' }, 'x', { mode: 0o666 }));
  assert.ok(!picks({ is: 'executable' }, 'x', { kind: 'link', mode: 0o777 }));
});

test('only `all`, types and what names directories select folders', () => {
  const selected: [FileTest, Path, boolean][] = [
    [ALL, 'a', true],
    [type('directory'), 'a', true],
    [type('file'), 'a', false],
    [not(type('file')), 'a', true],
    [not(type('directory')), 'a', false],
    [ext('js'), 'a.js', false],
    [not(ext('js')), 'a', false],
    [not({ is: 'executable' }), 'a', false],
    [glob('**'), 'a', false],
    [under('x'), 'x/a', false],
    [and(type('directory'), under('x')), 'x/a', true],
    [and(type('directory'), under('x')), 'y/a', false],
    [and(ALL, ext('js')), 'a.js', false],
    [and(ALL, type('directory')), 'a', true],
    [or(ext('js'), type('directory')), 'a', true],
    [or(ext('js'), ALL), 'a', true],
    [and(or(type('directory'), ext('js')), under('x')), 'x/a', true],
    [and(or(and(type('directory'), glob('b')), ext('js')), under('x')), 'x/a.js', false],
    [not(or(type('file'), under('x'))), 'a', false],
    [not(and(not(type('directory')), ALL)), 'a', true],
  ];
  for (const [expression, path, expected] of selected) {
    assert.equal(picksFolder(expression, path), expected, `${JSON.stringify(expression)} on ${path}`);
  }
});

test('the folder taken and the base of a term are never selected', () => {
  assert.ok(!matcher(ALL).selectsFolder('', facts('', { kind: 'folder' })));
  const based = matcher(ALL, null, 'etc/app');
  const folder = (path: Path) => based.selectsFolder(path, facts(path, { kind: 'folder' }));
  assert.deepEqual(['etc', 'etc/app', 'etc/app/conf', 'etc/other'].map(folder), [false, false, true, false]);
  assert.deepEqual(['', 'etc', 'etc/app', 'etc/app/x', 'etc/apple', 'var'].map(based.mayHold), [
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('paths are tested relative to the base', () => {
  const based = matcher(glob('conf/*.ini'), null, 'etc');
  assert.ok(based.selects('etc/conf/a.ini', facts('a.ini')));
  assert.ok(!based.selects('conf/a.ini', facts('a.ini')));
});

test('a folder that an except glob matches takes all below it along', () => {
  const spared = matcher(ALL, or(glob('node_modules'), glob('cache/**'), glob('a/*/tmp')));
  const file = (path: Path) => spared.selects(path, facts(path));
  assert.deepEqual(
    ['x', 'node_modules/x', 'a/node_modules/b/x', 'cache/x', 'b/cache/x', 'a/b/tmp/x', 'a/b/tmpx', 'node_modules'].map(
      file,
    ),
    [true, false, false, false, true, false, true, false],
  );
  assert.deepEqual(['node_modules', 'a/node_modules/b', 'cache', 'b/cache', 'a/b/tmp'].map(spared.mayHold), [
    false,
    false,
    false,
    true,
    false,
  ]);
  assert.ok(picksFolder(ALL, 'cache', glob('cache/**')));
  assert.ok(!picksFolder(ALL, 'cache', glob('cache')));
});

test('a class in except tests every file by itself and cuts no folder off', () => {
  const spared = matcher(ALL, ext('d'));
  assert.ok(spared.selects('conf.d/x', facts('x')));
  assert.ok(!spared.selects('conf.d/x.d', facts('x.d')));
  assert.ok(spared.selectsFolder('conf.d', facts('conf.d', { kind: 'folder' })));
  assert.ok(!picksFolder(ALL, 'a', type('directory')));
  assert.ok(!picksFolder(ALL, 'a/b', under('a')));
});

test('what cannot hold anything is pruned', () => {
  const held = (include: FileTest, folder: Path) => matcher(include).mayHold(folder);
  assert.ok(!held(under('a/b'), 'c'));
  assert.ok(held(under('a/b'), 'a'));
  assert.ok(!held(and(ALL, not(under('a'))), 'a/b'));
  assert.ok(!held({ is: 'path', values: ['a/b/c'] }, 'a/c'));
  assert.ok(held({ is: 'listed', source: 'f', paths: ['a/b/c'] }, 'a/b'));
  assert.ok(!held(glob('docs/*.md'), 'src'));
  assert.ok(held(glob('*.md'), 'src/deep'));
  assert.ok(!held(not(ALL), 'a'));
});

/** Laws, over small trees of names that the globs below are about. */
const name = fc.constantFrom('a', 'b', 'cache', 'x.js', 'y.d');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => names.join('/'));
const leafTest: fc.Arbitrary<FileTest> = fc.oneof(
  fc.constant<FileTest>(ALL),
  fc.constantFrom('*', '*.js', 'a', 'cache', 'a/**', 'cache/**', '**/b', 'a/*/b', 'b/x.js', '{a,b}/cache').map(glob),
  fc.constantFrom('a', 'a/b', 'cache').map(under),
  fc.constantFrom('js', 'd').map(one => ext(one)),
  fc.subarray(['file', 'directory', 'link'] as const, { minLength: 1 }).map(values => type(...values)),
  fc.array(path, { maxLength: 3 }).map((values): FileTest => ({ is: 'path', values })),
  fc.constant<FileTest>({ is: 'executable' }),
);
const { expression } = fc.letrec<{ expression: FileTest }>(tie => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    leafTest,
    tie('expression').map(not),
    fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map(tests => and(...tests)),
    fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map(tests => or(...tests)),
  ),
}));
const term: fc.Arbitrary<Term> = fc.record({
  base: fc.constantFrom('', 'a', 'a/b'),
  include: expression,
  except: fc.option(expression),
});
const looks = fc.record({
  kind: fc.constantFrom('file' as const, 'link' as const, 'folder' as const),
  mode: fc.constantFrom(0o644, 0o755),
});

test('pruning loses nothing: whatever is selected lies in folders that may hold something', () => {
  fc.assert(
    fc.property(fc.array(term, { minLength: 1, maxLength: 3 }), path, looks, (terms, at, look) => {
      const made = makeMatcher(terms, { now: NOW });
      const it = facts(at, look);
      const selected = look.kind === 'folder' ? made.selectsFolder(at, it) : made.selects(at, it);
      // The same answer without pruning: every term by itself, plain truth, cut only by globs of except.
      const expected = terms.some(one => selectsPlainly(one, at, it));
      assert.equal(selected, expected);
      for (let folder = parent(at); selected && folder !== ''; folder = parent(folder)) {
        assert.ok(made.mayHold(folder), folder);
      }
    }),
    { numRuns: 3000 },
  );
});

/** The rule of the language, written down naively: expressions as lists of alternatives. */
const selectsPlainly = ({ base, include, except }: Term, at: Path, it: Facts): boolean => {
  if (base !== '' && !at.startsWith(`${base}/`)) return false;
  const within = base === '' ? at : at.slice(base.length + 1);
  const globs = except === null ? [] : alternativesOf(except).filter(one => one.is === 'matches');
  for (let folder = parent(within); folder !== ''; folder = parent(folder)) {
    if (globs.some(one => truth(one, folder, facts(folder, { kind: 'folder' })))) return false;
  }
  if (it.kind !== 'folder') return truth(include, within, it) && !(except !== null && truth(except, within, it));
  if (globs.some(one => truth(one, within, it))) return false;
  const decides = ['type', 'all'];
  const excepts = [...decides, 'under', 'path', 'matches'];
  return speaksOf(include, within, it, decides) && !(except !== null && speaksOf(except, within, it, excepts));
};

const alternativesOf = (one: FileTest): readonly FileTest[] =>
  one.is === 'or' ? one.tests.flatMap(alternativesOf) : [one];

const speaksOf = (one: FileTest, at: Path, it: Facts, decides: readonly string[]): boolean =>
  conjunctions(one, false).some(
    literals =>
      literals.every(literal => truth(literal, at, it)) &&
      (literals.some(literal => literal.is === 'type' && literal.values.includes('directory')) ||
        literals.every(literal => decides.includes(literal.is === 'not' ? literal.test.is : literal.is))),
  );

const conjunctions = (one: FileTest, negated: boolean): FileTest[][] => {
  if (one.is === 'not') return conjunctions(one.test, !negated);
  if (one.is !== 'and' && one.is !== 'or') return [[negated ? not(one) : one]];
  const parts = one.tests.map(part => conjunctions(part, negated));
  if ((one.is === 'or') !== negated) return parts.flat();
  return parts.reduce<FileTest[][]>((all, part) => all.flatMap(a => part.map(b => [...a, ...b])), [[]]);
};

const truth = (one: FileTest, at: Path, it: Facts): boolean => {
  if (one.is === 'not') return !truth(one.test, at, it);
  if (one.is === 'and') return one.tests.every(part => truth(part, at, it));
  if (one.is === 'or') return one.tests.some(part => truth(part, at, it));
  // A single predicate that selects nothing by pruning: what is tested is its own truth.
  if (it.kind !== 'folder')
    return makeMatcher([{ base: '', include: one, except: null }], { now: NOW }).selects(at, it);
  const asked = and(type('directory'), one);
  return makeMatcher([{ base: '', include: asked, except: null }], { now: NOW }).selectsFolder(at, it);
};

test('a file goes with the last item of an order that matches it', () => {
  const rank = makeRank(
    [
      { base: '', test: ext('js') },
      { base: 'a', test: ALL },
      { base: '', test: glob('VERSION') },
    ],
    { now: NOW },
  );
  const ranked = ['b/x.txt', 'b/x.js', 'a/x.js', 'a/VERSION', 'a'].map(at => rank(at, facts(at)));
  assert.deepEqual(ranked, [0, 1, 2, 3, 0]);
});

test('a path is protected when it or a folder it lies in matches', () => {
  const isProtected = makeProtect(['uploads/**', 'keep']);
  const answers = ['uploads', 'uploads/a/b', 'x/keep/y/z', 'keep', 'keeper', 'x/uploads/a', 'x/keep/y'].map(
    isProtected,
  );
  assert.deepEqual(answers, [false, true, true, true, false, false, true]);
  assert.equal(makeProtect([])('a'), false);
  const below = makeProtect(['uploads/**', 'docs', '*.log'], ['docs', 'img/a']);
  for (const path of ['docs/uploads/x', 'img/a/uploads/x/y', 'docs/docs/x', 'docs/x/y.log'])
    assert.ok(below(path), path);
  for (const path of ['docs', 'docs/x', 'uploads/x', 'img/uploads/x', 'img/x.log']) assert.ok(!below(path), path);
});

test.run();
