// A host that is driven by its shell passes the suite: with GNU tools, and with those of BusyBox, which set whole seconds only.
import { suite } from 'uvu';
import { openShellHost } from '../../runtime/host/shell/host.js';
import { makeDiskPlace } from '../support/fixture.js';
import { conformance } from './conformance.js';
import { startShell } from './far-shell.js';

const far = startShell();
const host = await openShellHost({ label: 'gnu', session: far.session, close: far.stop });

conformance('shell', async () => {
  const place = makeDiskPlace();
  return { host, place, cleanup: async () => place.remove() };
});

const last = suite('afterwards');

last('the shell ends with its host', async () => {
  await host.close();
});
last.run();
