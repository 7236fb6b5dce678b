// Many hosts by name: neighbours are named by the first and the last of them, and nothing that is missing is said to be there.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { compareNames, hostNames } from '../../runtime/ui/host-names.js';
import { marks } from '../../runtime/ui/marks.js';

const named = (...hosts: string[]): string => hostNames(hosts, marks(true));
const numbered = (stem: string, from: number, to: number, width = 0): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${stem}${String(from + i).padStart(width, '0')}`);

test('neighbours become a range, in the order of their numbers', () => {
  assert.equal(named(...numbered('web-', 1, 12).sort()), 'web-1 … web-12');
  assert.equal(named(...numbered('web-', 1, 12, 2)), 'web-01 … web-12');
  assert.equal(named('web-1', 'web-2'), 'web-1, web-2');
  assert.equal(named('db', ...numbered('web-', 8, 11), 'web-13'), 'db, web-8 … web-11, web-13');
  assert.equal(named('only'), 'only');
});

test('what only looks alike is no range', () => {
  assert.equal(named('a1', 'b2', 'c3'), 'a1, b2, c3');
  assert.equal(named('web-09', 'web-10', 'web-011'), 'web-09, web-10, web-011');
  assert.equal(named('eu.web-1', 'us.web-2', 'us.web-3'), 'eu.web-1, us.web-2, us.web-3');
  assert.equal(named('a\u001b[1m', 'b'), 'a\\x1b[1m, b');
});

test('names are in the order in which people count', () => {
  assert.deepEqual(['web-10', 'db', 'web-2', 'web'].sort(compareNames), ['db', 'web', 'web-2', 'web-10']);
});

test.run();
