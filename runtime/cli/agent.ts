// Where the pushed program starts: serves this machine's files over standard input and output until the input ends.
import { homedir } from 'node:os';
import { servedCache, serveFiles } from '../host/agent/serve-files.js';
import { tidyBundles } from '../host/agent/tidy.js';
import { openLocalHost } from '../host/local.js';
import { dropRelativeHome } from '../host/own-home.js';
import { makeLinks } from '../link/links.js';
import { reachedBy } from '../link/reached.js';

dropRelativeHome(process.env);
const [, bundle, label = 'host', givenCache] = process.argv;
const cacheFolder = givenCache ?? servedCache(process.env, homedir());

let tidied: Promise<void> | null = null;
const served = serveFiles({ process, version: SYNCPLAN_VERSION, cacheFolder }, options => {
  // Begun once the other side has been greeted.
  if (bundle !== undefined) tidied = tidyBundles({ bundle, node: process.execPath }, cacheFolder, Date.now());
  return openLocalHost({ ...options, label, links: makeLinks({ reached: reachedBy(process.env.SSH_CONNECTION) }) });
});
// It is no module once it is bundled, so nothing can wait at its top.
void served
  // The rest is put away if it can be at once.
  .then(() => Promise.race([tidied, new Promise(resolve => setTimeout(resolve, 500))]))
  .then(() => process.exit(0));
