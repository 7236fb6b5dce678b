// Globs: what they match, that an independent and naive matcher agrees, and that no pattern is slow.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { type Glob, literalFolder, matchGlob, parseGlob } from '../../compiler/glob.js';
import { globShapes } from '../../compiler/glob-shape.js';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const glob = (text: string): Glob => {
  const parsed = parseGlob(bytes(text));
  assert.ok(!('error' in parsed), `${text}: ${'error' in parsed ? parsed.error : ''}`);
  return parsed;
};

const matches = (text: string, path: string): boolean => matchGlob(glob(text), bytes(path));

const table: readonly [glob: string, yes: readonly string[], no: readonly string[]][] = [
  ['VERSION', ['VERSION', 'a/VERSION', 'a/b/VERSION'], ['VERSIONS', 'aVERSION', 'VERSION/a', '']],
  ['*.map', ['a.map', '.map', 'x/y/a.map'], ['a.map/b', 'a.maps', 'map']],
  ['*', ['a', '.hidden', 'a/b'], ['']],
  ['**', ['a', 'a/b/c'], ['']],
  ['*.tar.*', ['a.tar.gz', 'x/.tar.'], ['a.tgz', 'a.tar']],
  ['/VERSION', ['VERSION'], ['a/VERSION']],
  ['conf/app.json', ['conf/app.json'], ['x/conf/app.json', 'conf/app.json/x']],
  ['uploads/**', ['uploads/a', 'uploads/a/b'], ['uploads', 'uploadsx/a', 'x/uploads/a']],
  ['a/*/c', ['a/b/c', 'a/.b/c'], ['a/c', 'a/b/b/c']],
  ['a/**/c', ['a/c', 'a/b/c', 'a/b/b/c'], ['a/cc', 'a/b/c/d', 'b/a/c']],
  ['**/c', ['c', 'a/c', 'a/b/c'], ['cc', 'c/a']],
  ['**/*.js', ['a.js', 'x/y/.js'], ['a.jsx']],
  [
    '**/node_modules/**',
    ['node_modules/a', 'x/node_modules/a/b'],
    ['node_modules', 'x/node_modules', 'my_node_modules/a'],
  ],
  ['a/**/b/**/c', ['a/b/c', 'a/x/b/b/y/c'], ['a/c', 'a/b', 'a/x/c']],
  ['a**b/c', ['ab/c', 'axxb/c'], ['a/b/c', 'a/x/b/c']],
  ['?.txt', ['a.txt', 'é.txt', '😀.txt'], ['ab.txt', '.txt']],
  ['[1-5]', ['1', '5', 'x/3'], ['0', '6', '12']],
  ['[!a-c]x', ['dx', 'éx'], ['ax', 'cx', 'x']],
  ['[^a]', ['b', 'é'], ['a', 'bb']],
  ['[à-ü]', ['é', 'x/ü'], ['e', 'ý', 'ñx']],
  ['[]]', [']'], ['[']],
  ['[a-]', ['a', '-'], ['b']],
  ['[\\]\\-]', [']', '-'], ['\\']],
  ['*.{png,jp{,e}g}', ['a.png', 'a.jpg', 'a.jpeg'], ['a.jpgg', 'a.webp']],
  ['{src,lib}/**/*.ts', ['src/a.ts', 'lib/x/a.ts'], ['a.ts', 'test/a.ts']],
  ['{a/b,c}', ['a/b', 'c'], ['x/c', 'b']],
  ['\\*', ['*', 'x/*'], ['a']],
  ['\\{a,b\\}', ['{a,b}'], ['a']],
  ['a,b', ['a,b'], ['a']],
  ['[{]x', ['{x'], ['x']],
  ['a\\b', ['ab'], ['a\\b']],
];

test('a glob matches what its description says', () => {
  for (const [text, yes, no] of table) {
    for (const path of yes) assert.ok(matches(text, path), `${text} should match ${path}`);
    for (const path of no) assert.ok(!matches(text, path), `${text} should not match ${path}`);
  }
});

test('a byte that is not UTF-8 counts as one character', () => {
  assert.ok(matchGlob(glob('?'), '\xff'));
  assert.ok(matchGlob(glob('??'), '\xc3('));
  assert.ok(!matchGlob(glob('?'), '\xc3('));
});

test('a flawed glob is refused with the place of its flaw', () => {
  const flaws: readonly [string, number, RegExp][] = [
    ['', 0, /empty/],
    ['a[bc', 1, /never closed/],
    ['a{b,c', 1, /never closed/],
    ['a{b{c,d}', 1, /never closed/],
    ['ab}', 2, /no "\{"/],
    ['x{a}', 1, /one alternative/],
    ['[z-a]', 0, /backwards/],
    ['[a/b]', 0, /never matches/],
    ['a/', 1, /ends with/],
    ['a//b', 1, /missing/],
    ['a/{,b}/c', 0, /missing/],
    ['{a,}', 0, /empty/],
    ['a/../b', 0, /no place/],
    ['a\\', 1, /nothing to escape/],
    ['a\\/b', 1, /cannot be escaped/],
    ['a\0', 1, /NUL/],
    ['{a,b}'.repeat(11), 0, /1024/],
    ['{a,b}'.repeat(800), 0, /1024/],
    ['x'.repeat(5000), 0, /longer/],
  ];
  for (const [text, at, message] of flaws) {
    const parsed = parseGlob(text);
    assert.ok('error' in parsed, `${JSON.stringify(text)} should be refused`);
    assert.match(parsed.error, message);
    assert.equal(parsed.at, at, text);
  }
});

// The reference: recursion over code points and components, exponential and obvious.
type Reference = readonly string[];
const referenceComponent = (pattern: Reference, name: Reference): boolean => {
  const [piece, ...rest] = pattern;
  if (piece === undefined) return name.length === 0;
  if (piece === '*')
    return referenceComponent(rest, name) || (name.length > 0 && referenceComponent(pattern, name.slice(1)));
  const [character] = name;
  if (character === undefined) return false;
  const set = /^\[(!?)(.)-(.)\]$/u.exec(piece);
  const fits =
    piece === '?' ||
    piece === character ||
    (set !== null && (set[2]! <= character && character <= set[3]!) !== (set[1] === '!'));
  return fits && referenceComponent(rest, name.slice(1));
};
const referencePath = (pattern: readonly Reference[], path: readonly Reference[]): boolean => {
  const [part, ...rest] = pattern;
  if (part === undefined) return path.length === 0;
  if (part.join('') === '**') {
    if (rest.length === 0) return path.length > 0;
    return referencePath(rest, path) || (path.length > 0 && referencePath(pattern, path.slice(1)));
  }
  return path.length > 0 && referenceComponent(part, path[0]!) && referencePath(rest, path.slice(1));
};

const piece = fc.constantFrom('a', 'b', 'é', '*', '?', '[a-b]', '[!a-a]', '.');
const part = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constant(['**']) },
);
const name = fc.array(fc.constantFrom('a', 'b', 'é', '.'), { minLength: 1, maxLength: 5 });

test('an independent, naive matcher agrees', () => {
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(name, { minLength: 1, maxLength: 4 }),
      (parts, path) => {
        const text = parts.map(pieces => pieces.join('')).join('/');
        fc.pre(!/(^|\/)\.\.?(\/|$)/.test(text));
        const anchored = parts.length > 1;
        const expected = anchored
          ? referencePath(parts, path)
          : parts[0]!.join('') === '**' ||
            referenceComponent(
              parts[0]!.filter((p, i, all) => p !== '*' || all[i - 1] !== '*'),
              path.at(-1)!,
            );
        assert.equal(matches(text, path.map(n => n.join('')).join('/')), expected, text);
      },
    ),
    { numRuns: 4000 },
  );
});

test('any text at all is parsed or refused, and what is parsed can be matched', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ab*?[]{},!-^/\\.é'), maxLength: 14 }),
      fc.array(name, { minLength: 1 }),
      (text, path) => {
        const parsed = parseGlob(bytes(text));
        if ('error' in parsed) return;
        const at = path.map(n => n.join('')).join('/');
        if (matchGlob(parsed, bytes(at))) assert.ok(bytes(at).startsWith(literalFolder(parsed)), text);
      },
    ),
    { numRuns: 4000 },
  );
});

test('a hostile glob is answered at once', () => {
  const started = process.hrtime.bigint();
  matches(`${'*a'.repeat(120)}b`, 'a'.repeat(255));
  matches(`${'**/a/'.repeat(300)}b`, Array.from({ length: 2000 }, () => 'a').join('/'));
  matches('{a,b}'.repeat(10), 'ab'.repeat(5));
  parseGlob('{'.repeat(4000));
  parseGlob('{a,'.repeat(1000) + '}'.repeat(1000));
  assert.ok(Number(process.hrtime.bigint() - started) / 1e6 < 1500);
});

test('the literal folders of a glob are known', () => {
  for (const [text, folder] of [
    ['a/b/*.js', 'a/b'],
    ['a/b/c', 'a/b'],
    ['uploads/**', 'uploads'],
    ['**/x', ''],
    ['*.js', ''],
    ['{a/b,a/c}/d', 'a'],
    ['{a,b}/d', ''],
    ['/x/y?/z', 'x'],
    ['a\\*/b', 'a*'],
  ] as const)
    assert.equal(literalFolder(glob(text)), folder, text);
});

test('the shape of a glob says folder, name and extension', () => {
  const shapes = (text: string): unknown =>
    globShapes(glob(text)).map(({ folder, name, extension }) => [folder, name, extension]);
  assert.deepEqual(shapes('*.map'), [['', null, 'map']]);
  assert.deepEqual(shapes('a/**/x*.tar.gz'), [['a', null, 'gz']]);
  assert.deepEqual(shapes('a/VERSION'), [['a', 'VERSION', null]]);
  assert.deepEqual(shapes('.env'), [['', '.env', null]]);
  assert.deepEqual(shapes('*.{js,ts}'), [
    ['', null, 'js'],
    ['', null, 'ts'],
  ]);
  assert.deepEqual(shapes('up/**'), [['up', null, null]]);
  assert.deepEqual(shapes('*.m?p'), [['', null, null]]);
});

test.run();
