// Where the pushed program starts: serves this machine's files over standard input and output until the input ends.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { MAGIC } from '../host/agent/protocol.js';
import { breathe, excuse, serve } from '../host/agent/serve.js';
import { tidyBundles } from '../host/agent/tidy.js';
import { openLocalHost } from '../host/local.js';
import { stayInside } from '../host/local-folder.js';
import { makeLinks } from '../link/links.js';
import { reachedBy } from '../link/reached.js';

const [, bundle, label = 'host', givenCache] = process.argv;
const { XDG_CACHE_HOME: cache = '' } = process.env;
const cacheFolder = givenCache ?? join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'syncplan');

process.stdout.write(`${MAGIC} ready ${SYNCPLAN_VERSION}\n`);
stayInside();
const tidied = bundle === undefined ? null : tidyBundles({ bundle, node: process.execPath }, cacheFolder, Date.now());
const host = await openLocalHost({
  label,
  cacheFolder,
  breathe,
  environment: process.env,
  links: makeLinks({ reached: reachedBy(process.env.SSH_CONNECTION) }),
}).catch((error: unknown) => {
  excuse(process.stdout, error);
  return null;
});
if (host !== null) {
  // Whoever ends this process by name ends the connection first: locks are given back.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.stdin.destroy());
  await serve(host, process.stdin, process.stdout, { version: SYNCPLAN_VERSION, pid: process.pid });
  // Nobody is there any more. Locks are given back, which may take a program's time.
  await host.close().catch(() => {});
}
// The rest is put away if it can be at once.
await Promise.race([tidied, new Promise(resolve => setTimeout(resolve, 500))]);
process.exit(0);
