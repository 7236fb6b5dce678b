// An intent record that its run was killed in the middle of goes with that run's staging; nobody else's does.
import assert from 'node:assert/strict';
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

test.run();
