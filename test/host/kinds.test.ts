// README shows exactly what the conformance suite declares.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { conformanceTable, withTable } from './kinds.js';

test('the table in README is the one that is generated', () => {
  const readme = readFileSync('README.md', 'utf8');
  assert.equal(readme, withTable(readme), 'run npm run conformance-table');
  assert.ok(readme.includes(conformanceTable()));
});

test('a text without the place for it is refused', () => {
  assert.throws(() => withTable('# nothing'), /conformance table/);
});

test.run();
