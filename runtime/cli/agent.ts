// Where the pushed program starts: serves this machine's files over standard input and output until the input ends.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { MAGIC } from '../host/agent/protocol.js';
import { breathe, excuse, serve } from '../host/agent/serve.js';
import { tidyBundles } from '../host/agent/tidy.js';
import { openLocalHost } from '../host/local.js';

const [, bundle, label = 'host', givenCache] = process.argv;
const { XDG_CACHE_HOME: cache = '' } = process.env;
const cacheFolder = givenCache ?? join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'syncplan');

process.stdout.write(`${MAGIC} ready ${SYNCPLAN_VERSION}\n`);
const tidied = bundle === undefined ? null : tidyBundles(bundle, cacheFolder, Date.now());
const host = await openLocalHost({ label, cacheFolder, breathe }).catch((error: unknown) => {
  excuse(process.stdout, error);
  return null;
});
if (host !== null) {
  await serve(host, process.stdin, process.stdout, { version: SYNCPLAN_VERSION, pid: process.pid });
}
// Nobody is there any more: put away what can be put away at once, and end.
const put = Promise.all([host?.close().catch(() => {}), tidied]);
await Promise.race([put, new Promise(resolve => setTimeout(resolve, 500))]);
process.exit(0);
