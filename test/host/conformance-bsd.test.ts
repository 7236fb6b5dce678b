// A host with the tools of a BSD passes the suite: options before operands, no -printf, no mv -T, times as dates, locks as claims.
import { suite } from 'uvu';
import { openShellHost } from '../../runtime/host/shell/host.js';
import { makeBsdTools } from '../support/bsd-tools.js';
import { makeDiskPlace } from '../support/fixture.js';
import { conformance } from './conformance.js';
import { bsdShell, startShell } from './far-shell.js';

const tools = makeBsdTools();
const far = startShell(bsdShell(tools));
const host = await openShellHost({ label: 'bsd', session: far.session, close: far.stop });

conformance('bsd', async () => {
  const place = makeDiskPlace();
  return { host, place, cleanup: async () => place.remove() };
});

const last = suite('afterwards');

last('the shell ends with its host', async () => {
  await host.close();
  tools.remove();
});
last.run();
