// The agent over real SSH, and the agent of this machine, pass the suite that every kind of host passes.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { makeConnect } from '../../runtime/host/connect.js';
import type { Host } from '../../runtime/host/host.js';
import { bundleAgent } from '../support/agent-bundle.js';
import { makeDiskPlace } from '../support/fixture.js';
import { startSshd } from '../support/sshd.js';
import { conformance } from './conformance.js';
import { hostPlan } from './host-plan.js';
import type { Subject } from './session.js';

const bundle = await bundleAgent();
const home = join(bundle.folder, 'home');
mkdirSync(home);
const sshd = await startSshd({ env: { HOME: home, XDG_CACHE_HOME: join(home, '.cache') } });
const connect = makeConnect({
  sshConfig: sshd.configFile,
  acceptNewKeys: false,
  agentBundle: bundle.path,
  planFolder: bundle.folder,
  cacheFolder: join(bundle.folder, 'cache'),
  environment: process.env,
});
/** One connection serves the whole suite, as it serves a whole run. */
const subject = (host: Host) => async (): Promise<Subject> => {
  const place = makeDiskPlace();
  return { host, place, cleanup: async () => place.remove() };
};

const there = await connect(hostPlan('there', { kind: 'ssh', host: sshd.alias, base: '' }));
const here = await connect(hostPlan('here', { kind: 'local' }));
conformance('agent', subject(there), { name: 'agent over SSH' });
conformance('agent', subject(here), { name: 'agent of this machine' });

const last = suite('afterwards');

last('the server is stopped and nothing is left', async () => {
  await there.close();
  await here.close();
  await sshd.stop();
  bundle.remove();
});
last.run();
