// Agents without flock hold the same locks as those that have it (shells without: conformance-busybox.test.ts).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { Host } from '../../runtime/host/host.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { makeDiskPlace } from '../support/fixture.js';
import { startSshd } from '../support/sshd.js';
import { conformance } from './conformance.js';
import { lockCases } from './conformance-locks.js';
import { connectTo, folder, nothingIsLeft } from './connecting.js';
import { NO_FLOCK } from './locking.js';
import type { Subject } from './session.js';

const home = join(folder, 'home');
mkdirSync(home);
const sshd = await startSshd({ env: { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), ...NO_FLOCK } });
const subject = (host: Host) => async (): Promise<Subject> => {
  const place = makeDiskPlace();
  return { host, place, cleanup: async () => place.remove() };
};

const local = await openLocalHost({
  label: 'here',
  cacheFolder: join(folder, 'local-cache'),
  breathe: () => new Promise(setImmediate),
  environment: { ...process.env, ...NO_FLOCK },
});
const agent = await connectTo(sshd);
conformance('local', subject(local), { name: 'local without flock', cases: lockCases });
conformance('agent', subject(agent), { name: 'agent without flock', cases: lockCases });

const last = suite('afterwards');

last('the server is stopped and nothing is left', async () => {
  for (const host of [local, agent]) await host.close();
  await sshd.stop();
  nothingIsLeft();
});
last.run();
