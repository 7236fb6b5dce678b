// Names that fall together on a remote that ignores case or normalises.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { collisions } from '../../runtime/tree/collision.js';
import { fromText } from '../../runtime/tree/path.js';

const STRICT = { caseSensitive: true, system: 'linux x64' };
const FOLDING = { caseSensitive: false, system: 'linux x64' };
const MAC = { caseSensitive: false, system: 'darwin arm64' };
const paths = (...texts: string[]) => texts.map(fromText);

test('nothing falls together where every name is its own', () => {
  assert.deepEqual(collisions(paths('A', 'a', 'é', 'e\u0301'), STRICT, paths('B', 'b')), []);
});

test('new names among themselves, and with what stands there', () => {
  assert.deepEqual(collisions(paths('README', 'a/x', 'Readme'), FOLDING, paths('a/X', 'b')), [
    ['README', 'Readme'],
    ['a/X', 'a/x'],
  ]);
});

test('what stands there and stays is no business of this run', () => {
  assert.deepEqual(collisions(paths('z'), FOLDING, paths('A', 'a')), []);
  assert.deepEqual(collisions(paths('same'), FOLDING, paths('same')), []);
});

test('folders of two spellings are told once, not for what is in them', () => {
  assert.deepEqual(collisions(paths('Doc', 'Doc/a', 'doc', 'doc/a', 'doc/b'), FOLDING), [['Doc', 'doc']]);
  assert.deepEqual(collisions(paths('Doc/a', 'doc/A'), FOLDING), [['Doc/a', 'doc/A']]);
});

test('two spellings of one text, only where names are kept in one form', () => {
  const both = paths('caf\u00e9', 'cafe\u0301');
  assert.deepEqual(collisions(both, FOLDING), []);
  assert.deepEqual(collisions(both, MAC), [[...both].sort()]);
  assert.deepEqual(collisions(paths('CAF\u00c9'), MAC, paths('cafe\u0301')).length, 1);
  assert.equal(collisions(paths('STRASSE', 'stra\u00dfe'), MAC).length, 1);
  assert.equal(collisions(paths('\u03c3', '\u03c2'), FOLDING).length, 1);
});

test('what is no text is compared by its bytes', () => {
  assert.deepEqual(collisions(['\xffA', '\xffa'], MAC), []);
  assert.equal(collisions(['\xff/A', '\xff/a'], MAC).length, 1);
});

test.run();
