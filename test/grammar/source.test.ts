// Places: line and column from 1, for every offset of a text and beyond its ends.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { suite } from 'uvu';
import { lineTable, positionAt, positionIn } from '../../grammar/source.js';

const test = suite('source');

test('lines and columns count from 1, columns in UTF-16 units', () => {
  const text = 'ab\n😀c\r\n\nd';
  assert.deepEqual(positionAt(text, 0), { line: 1, column: 1, offset: 0 });
  assert.deepEqual(positionAt(text, 2), { line: 1, column: 3, offset: 2 });
  assert.deepEqual(positionAt(text, 5), { line: 2, column: 3, offset: 5 });
  assert.deepEqual(positionAt(text, 8), { line: 3, column: 1, offset: 8 });
  assert.deepEqual(positionAt(text, 10), { line: 4, column: 2, offset: 10 });
});

test('an offset outside the text is taken for the nearest inside', () => {
  assert.deepEqual(positionAt('a\nb', 99), { line: 2, column: 2, offset: 3 });
  assert.deepEqual(positionAt('a\nb', -1), { line: 1, column: 1, offset: 0 });
  assert.deepEqual(positionAt('', 0), { line: 1, column: 1, offset: 0 });
});

test('the binary search agrees with counting', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n'), maxLength: 60 }), text => {
      const table = lineTable(text);
      for (let offset = 0; offset <= text.length; offset++) {
        const before = text.slice(0, offset).split('\n');
        assert.deepEqual(positionIn(table, offset), { line: before.length, column: before.at(-1)!.length + 1, offset });
      }
    }),
  );
});

test.run();
