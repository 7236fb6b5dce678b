// Syncing ahead: one at a time, void as soon as something else is staged, and a fault stays.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Fault } from '../../runtime/host/file-verbs.js';
import { makeSyncAhead } from '../../runtime/host/transaction/sync-ahead.js';

const recorded = () => {
  const ends: ((fault: Fault | null) => void)[] = [];
  const sync = () => new Promise<Fault | null>(resolve => void ends.push(resolve));
  return { ends, ahead: makeSyncAhead(), sync };
};

const turn = () => new Promise(resolve => setImmediate(resolve));

test('it covers nothing until it was begun', async () => {
  assert.deepEqual(await makeSyncAhead().settle(), { covers: false, fault: null });
});

test('settling waits for the sync that is under way', async () => {
  const { ends, ahead, sync } = recorded();
  ahead.begin(sync);
  let settled = false;
  const settling = ahead.settle().finally(() => {
    settled = true;
  });
  await turn();
  assert.equal(settled, false);
  ends[0]!(null);
  assert.deepEqual(await settling, { covers: true, fault: null });
});

test('what is staged while it is under way is not covered, nor by another that would begin before its end', async () => {
  const { ends, ahead, sync } = recorded();
  ahead.begin(sync);
  ahead.spoil();
  ahead.begin(sync);
  assert.equal(ends.length, 1);
  ends[0]!(null);
  assert.deepEqual(await ahead.settle(), { covers: false, fault: null });
  ahead.begin(sync);
  ends[1]!(null);
  assert.deepEqual(await ahead.settle(), { covers: true, fault: null });
});

test('a fault stays, and nothing is synced ahead any more', async () => {
  const { ends, ahead, sync } = recorded();
  ahead.begin(sync);
  ends[0]!({ fault: 'EIO', message: 'i/o error' });
  assert.equal((await ahead.settle()).fault?.fault, 'EIO');
  ahead.begin(sync);
  assert.equal(ends.length, 1);
  assert.deepEqual(await ahead.settle(), { covers: false, fault: { fault: 'EIO', message: 'i/o error' } });
});

test('where there is no such call it covers nothing, and is no fault', async () => {
  const { ends, ahead, sync } = recorded();
  ahead.begin(sync);
  ends[0]!({ fault: 'ENOSYS', message: 'no such call' });
  assert.deepEqual(await ahead.settle(), { covers: false, fault: null });
});

test('a sync that throws is a fault', async () => {
  const ahead = makeSyncAhead();
  ahead.begin(async () => {
    throw new Error('cannot be started');
  });
  assert.match((await ahead.settle()).fault?.message ?? '', /cannot be started/);
});

test.run();
