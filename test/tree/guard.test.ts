// The deletion budget: every bound holds, and without one no relation loses more than half.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { checkDeletions } from '../../runtime/tree/guard.js';

const test = suite('deletion budget');
const mirror = { mode: 'mirror', maxPercent: null, maxFiles: null, protect: [], trash: 0 } as const;
const loss = (deletions: number, remoteEntries: number, masterEntries = 1000) => ({
  deletions,
  remoteEntries,
  masterEntries,
});

test('without a bound, half may go and more is refused', () => {
  assert.equal(checkDeletions(mirror, loss(50, 100)), null);
  assert.equal(checkDeletions(mirror, loss(51, 100))?.guard, 'shrink');
});

test('a percentage and a number both hold', () => {
  assert.equal(checkDeletions({ ...mirror, maxPercent: 10, maxFiles: 5 }, loss(5, 100)), null);
  assert.equal(checkDeletions({ ...mirror, maxPercent: 10, maxFiles: 5 }, loss(6, 100))?.guard, 'deletions');
  assert.equal(checkDeletions({ ...mirror, maxPercent: 4, maxFiles: 5 }, loss(5, 100))?.guard, 'deletions');
  assert.equal(checkDeletions({ ...mirror, maxPercent: 100 }, loss(100, 100)), null);
});

test('an empty master never deletes, whatever the bounds allow', () => {
  assert.equal(checkDeletions({ ...mirror, maxPercent: 100 }, loss(1, 100, 0))?.guard, 'master-empty');
});

test('a block that deletes nothing is never refused', () => {
  assert.equal(checkDeletions({ mode: 'never' }, loss(100, 100, 0)), null);
});

test('the message says how many of how many', () => {
  assert.equal(
    checkDeletions({ ...mirror, maxPercent: 2 }, loss(1234, 5000))?.message,
    '1,234 of 5,000 entries (25%) would be deleted; the plan allows 2%',
  );
});

test.run();
