// Owners that have no name on the master and one on the remote: numbers are numbers, and a second run finds nothing to do.
import assert from 'node:assert/strict';
import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { whyNoAccounts } from '../support/accounts.js';
import { makeFleet } from '../support/fleet.js';
import { openDesk, said } from '../support/program.js';
import { counts, summaryOf } from '../support/told.js';

const [CARL, ERIC, NAMELESS] = [54_321, 54_322, 54_323];
const inItsPlace = whyNoAccounts() === null ? test : test.skip;

for (const driven of ['auto', 'shell', 'sftp']) {
  inItsPlace(`whoever has the number has it by whatever name, agent ${driven}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncplan-accounts-'));
    const passwd = join(folder, 'passwd');
    const lines = `carl:x:${CARL}:${CARL}::/:/bin/false\neric:x:${ERIC}:${ERIC}::/:/bin/false\n`;
    writeFileSync(passwd, readFileSync('/etc/passwd', 'latin1') + lines);
    const fleet = await makeFleet(1, { passwd });
    const desk = openDesk();
    try {
      const site = join(desk.folder, 'site');
      const there = join(fleet.hosts[0]!.roots, 'site');
      mkdirSync(join(site, 'd'), { recursive: true });
      for (const name of ['root', 'carl', 'eric', 'nameless', 'd/carl']) writeFileSync(join(site, name), name);
      symlinkSync('carl', join(site, 'link'));
      for (const name of ['carl', 'd', 'd/carl']) chownSync(join(site, name), CARL, CARL);
      lchownSync(join(site, 'link'), CARL, CARL);
      chownSync(join(site, 'eric'), ERIC, ERIC);
      chownSync(join(site, 'nameless'), NAMELESS, NAMELESS);
      writeFileSync(
        join(desk.folder, 'plan.sp'),
        `syncplan 1
fleet {
  host build at local { root site "./site" }
  host there at "host-1" { root site "${there}"; agent ${driven} }
}
role master is build
role remote is there
block all { take all in site; attributes mode, modified, owner, group }
`,
      );
      const run = (command: string) => desk.run([command, 'plan.sp', '--ui', 'json', '--ssh-config', fleet.configFile]);
      const first = await run('apply');
      assert.equal(first.code, 0, said(first.out, first.err));
      const second = await run('plan');
      assert.deepEqual(counts(summaryOf(second)), [0, 0, 0, 0, 0, 0, 0, 0], said(second.out));
      // Another one is still another, also beside those that are alike.
      chownSync(join(there, 'carl'), ERIC, ERIC);
      chownSync(join(site, 'eric'), CARL, CARL);
      const third = await run('apply');
      assert.equal(third.code, 0, said(third.out, third.err));
      assert.deepEqual(counts(summaryOf(third)), [0, 0, 2, 0, 0, 0, 0, 0], said(third.out));
      assert.deepEqual(
        ['carl', 'eric', 'nameless', 'root'].map(name => statSync(join(there, name)).uid),
        [CARL, CARL, NAMELESS, 0],
      );
      assert.deepEqual(counts(summaryOf(await run('plan'))), [0, 0, 0, 0, 0, 0, 0, 0]);
    } finally {
      await fleet.stop();
      desk.remove();
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
