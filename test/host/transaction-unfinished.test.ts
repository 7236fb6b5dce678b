// What a killed run had begun goes with the next run of its block, its intent record and its staging; nobody else's does.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { test } from 'uvu';
import type { CheckedLock } from '../../runtime/host/lock-check.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { file, open } from './session.js';

const CONTENT = 'c'.repeat(600_000);

test('a record that a killed run was writing is gone with the end of the next run of its block', async () => {
  const place = makeMemoryPlace();
  const host = makeMemoryHost(place.disk);
  const subject = { host, place, cleanup: () => host.close() };
  const actions = [file('a', CONTENT.length), file('b', CONTENT.length)];
  const killed = await open(subject, actions, { run: 'killed' });
  await killed.send({ a: CONTENT, b: CONTENT });
  // By no clock they are a day old, at which any of them would be removed.
  const half = { file: 'half', modified: 4e15 };
  place.put({ '.syncplan/intent': { folder: 0o700 } });
  place.put({ '.syncplan/intent/killed-app.new': half, '.syncplan/intent/other-app.new': half });
  const lock: CheckedLock = { epoch: 1, waited: false, release: async () => [], check: () => {} };
  const next = await open(subject, actions, { run: 'next', lock });
  await next.send({ a: CONTENT, b: CONTENT });
  assert.deepEqual(await next.transaction.precheck(), []);
  await next.commit();
  await next.transaction.end();
  const logged = place.state().filter(path => path.startsWith('intent/'));
  assert.deepEqual(logged, ['intent/other-app.new']);
  await host.close();
});

test('the staging of a run that was killed before any content came goes with the end of the next run of its block', async () => {
  const place = makeMemoryPlace();
  const host = makeMemoryHost(place.disk);
  const subject = { host, place, cleanup: () => host.close() };
  const actions = [file('a', CONTENT.length), file('b', CONTENT.length)];
  await open(subject, actions, { run: 'killed' });
  place.put({ '.syncplan/staging/other': { folder: 0o700 } });
  const lock: CheckedLock = { epoch: 1, waited: false, release: async () => [], check: () => {} };
  const next = await open(subject, actions, { run: 'next', lock });
  assert.deepEqual(await next.transaction.leftovers(), []);
  await next.send({ a: CONTENT, b: CONTENT });
  assert.deepEqual(await next.transaction.precheck(), []);
  await next.commit();
  await next.transaction.end();
  const staged = place.state().filter(path => path.startsWith('staging/'));
  assert.deepEqual(staged, ['staging/other']);
  await host.close();
});

test('a run that stages for longer than a day keeps what it has staged, whoever ends meanwhile', async () => {
  const place = makeMemoryPlace();
  const host = makeMemoryHost(place.disk);
  const subject = { host, place, cleanup: () => host.close() };
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const slow = await open(subject, [file('a', CONTENT.length)], { run: 'slow' });
    await slow.send({ a: CONTENT });
    // As if that was two days ago, by the clock of the disk.
    const staging = place.disk.find('/place/.syncplan/staging/slow-app');
    assert.ok('content' in staging);
    staging.modified -= 2 * 86_400 * 1_000_000;
    mock.timers.tick(3_600_000);
    await new Promise(resolve => setTimeout(resolve, 50));
    const other = await open(subject, [file('b', CONTENT.length)], { run: 'other', block: 'other' });
    await other.send({ b: CONTENT });
    await other.commit();
    await other.transaction.end();
    assert.deepEqual(await slow.transaction.precheck(), []);
    assert.deepEqual(slow.tell(await slow.commit()), ['a: done']);
    await slow.transaction.end();
    assert.deepEqual(
      place.state().filter(path => path.startsWith('staging/')),
      [],
    );
  } finally {
    mock.timers.reset();
    await host.close();
  }
});

test.run();
