// A host with nothing but BusyBox passes the suite but for fine times, which its touch cannot set.
import '../support/whole-seconds.js';
import { suite } from 'uvu';
import { openShellHost } from '../../runtime/host/shell/host.js';
import { makeDiskPlace } from '../support/fixture.js';
import { conformance } from './conformance.js';
import { busyBoxShell, makeBusyBox, startShell } from './far-shell.js';

const busyBox = makeBusyBox();
const far = startShell(busyBoxShell(busyBox.path));
const host = await openShellHost({ label: 'box', session: far.session, close: far.stop });

conformance('busybox', async () => {
  const place = makeDiskPlace();
  return { host, place, cleanup: async () => place.remove() };
});

const last = suite('afterwards');

last('the shell ends with its host', async () => {
  await host.close();
  busyBox.remove();
});
last.run();
