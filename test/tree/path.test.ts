// Names are bytes: nothing is lost, the order is that of a walk, and paths from elsewhere are refused unless they are clean.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { comparePaths, fromText, isWithin, join, leaf, parent, refusePath, toText } from '../../runtime/tree/path.js';

const name = fc
  .uint8Array({ minLength: 1, maxLength: 5 })
  .map(bytes => Buffer.from(bytes.map(byte => (byte === 0 || byte === 47 ? 45 : byte))).toString('latin1'))
  .filter(one => one !== '.' && one !== '..');
const names = fc.array(fc.oneof(name, fc.constantFrom('a', 'a-', 'a.b', 'b')), { minLength: 1, maxLength: 4 });

test('text goes into bytes and back, and bytes that are no text say so', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => assert.equal(toText(fromText(text)), text)));
  assert.equal(fromText('é'), '\xc3\xa9');
  assert.equal(toText('\xff'), null);
  assert.equal(toText('\xc3'), null);
});

test('the order is that of names compared one by one as bytes, a folder before what it holds', () => {
  const bytewise = (a: readonly string[], b: readonly string[]): number => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = Buffer.compare(Buffer.from(a[i]!, 'latin1'), Buffer.from(b[i]!, 'latin1'));
      if (order !== 0) return order;
    }
    return Math.sign(a.length - b.length);
  };
  fc.assert(
    fc.property(names, names, (a, b) => {
      assert.equal(Math.sign(comparePaths(a.join('/'), b.join('/'))), bytewise(a, b));
    }),
    { numRuns: 1000 },
  );
});

test('a path is put together from its parent and its leaf', () => {
  fc.assert(
    fc.property(names, parts => {
      const path = parts.join('/');
      assert.equal(join(parent(path), leaf(path)), path);
      assert.ok(isWithin(path, parent(path)) && isWithin(path, path) && !isWithin(parent(path), path));
      assert.equal(refusePath(path), null);
    }),
  );
  assert.ok(!isWithin('ab/c', 'a'));
});

test('what could lead elsewhere is refused', () => {
  const refused = [
    '/a',
    'a//b',
    'a/',
    './a',
    'a/..',
    '../a',
    'a/./b',
    'a\0b',
    'x'.repeat(256),
    `${'a/'.repeat(9000)}a`,
  ];
  for (const path of refused) assert.ok(refusePath(path) !== null, path.slice(0, 20));
  for (const path of ['', '...', '-rf', '..a', 'x'.repeat(255)]) assert.equal(refusePath(path), null);
});

test.run();
