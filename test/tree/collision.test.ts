// Names that fall together on a remote that ignores case or normalises.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { collisions } from '../../runtime/tree/collision.js';
import { fromText } from '../../runtime/tree/path.js';

const STRICT = { caseSensitive: true, normalising: false };
const FOLDING = { caseSensitive: false, normalising: false };
const MAC = { caseSensitive: false, normalising: true };
const paths = (...texts: string[]) => texts.map(fromText);

test('nothing falls together where every name is its own', () => {
  assert.deepEqual(collisions(paths('A', 'a', 'é', 'e\u0301'), paths('B', 'b'), STRICT), []);
});

test('new names among themselves, and with what stands there', () => {
  assert.deepEqual(collisions(paths('README', 'a/x', 'Readme'), paths('a/X', 'b'), FOLDING), [
    ['README', 'Readme'],
    ['a/X', 'a/x'],
  ]);
});

test('what stands there and stays is no business of this run', () => {
  assert.deepEqual(collisions(paths('z'), paths('A', 'a'), FOLDING), []);
  assert.deepEqual(collisions(paths('same'), paths('same'), FOLDING), []);
});

test('folders of two spellings are told once, not for what is in them', () => {
  assert.deepEqual(collisions(paths('Doc', 'Doc/a', 'doc', 'doc/a', 'doc/b'), [], FOLDING), [['Doc', 'doc']]);
  assert.deepEqual(collisions(paths('Doc/a', 'doc/A'), [], FOLDING), [['Doc/a', 'doc/A']]);
});

test('two spellings of one text, only where names are kept in one form', () => {
  const both = paths('caf\u00e9', 'cafe\u0301');
  assert.deepEqual(collisions(both, [], FOLDING), []);
  assert.deepEqual(collisions(both, [], MAC), [[...both].sort()]);
  assert.deepEqual(collisions(paths('CAF\u00c9'), paths('cafe\u0301'), MAC).length, 1);
  assert.equal(collisions(paths('STRASSE', 'stra\u00dfe'), [], MAC).length, 1);
  assert.equal(collisions(paths('\u03c3', '\u03c2'), [], FOLDING).length, 1);
});

test('what is no text is compared by its bytes', () => {
  assert.deepEqual(collisions(['\xffA', '\xffa'], [], MAC), []);
  assert.equal(collisions(['\xff/A', '\xff/a'], [], MAC).length, 1);
});

test.run();
