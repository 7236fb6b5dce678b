// A host that is driven over SFTP, by a real server, passes the suite but for what SFTP cannot promise.
import '../support/whole-seconds.js';
import { suite } from 'uvu';
import { makeConnect } from '../../runtime/host/connect.js';
import { makeDiskPlace } from '../support/fixture.js';
import { startSshd } from '../support/sshd.js';
import { conformance } from './conformance.js';
import { hostPlan } from './host-plan.js';

const sshd = await startSshd();
const connect = makeConnect({
  sshConfig: sshd.configFile,
  acceptNewKeys: false,
  agentBundle: '/nowhere',
  planFolder: sshd.folder,
  cacheFolder: sshd.folder,
  environment: process.env,
});
const host = await connect({ ...hostPlan('shop', { kind: 'sftp', host: sshd.alias, base: '' }), agent: 'sftp' });

conformance('sftp', async () => {
  const place = makeDiskPlace();
  return { host, place, cleanup: async () => place.remove() };
});

const last = suite('afterwards');

last('the server is stopped', async () => {
  await host.close();
  await sshd.stop();
});
last.run();
