// Owners that have no name on the master and one on the remote: numbers are numbers, and a second run finds nothing to do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
import { canKeep } from '../host/attributes.js';
import { whyNoAccounts } from '../support/accounts.js';
import { makeFleet } from '../support/fleet.js';
import { type Ended, openDesk, said } from '../support/program.js';
import { counts, summaryOf } from '../support/told.js';

const [CARL, ERIC, NAMELESS] = [54_321, 54_322, 54_323];
const inItsPlace = whyNoAccounts() === null ? test : test.skip;
const withLists = whyNoAccounts() === null && canKeep('acl') ? test : test.skip;

type Places = {
  readonly site: string;
  readonly there: string;
  readonly run: (command: 'plan' | 'apply') => Promise<Ended>;
};

/** A remote that knows Carl and Eric, which the master does not. */
const inPlaces = async (agent: string, attributes: string, work: (places: Places) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-accounts-'));
  const passwd = join(folder, 'passwd');
  const lines = `carl:x:${CARL}:${CARL}::/:/bin/false\neric:x:${ERIC}:${ERIC}::/:/bin/false\n`;
  writeFileSync(passwd, readFileSync('/etc/passwd', 'latin1') + lines);
  const fleet = await makeFleet(1, { passwd });
  const desk = openDesk();
  try {
    const site = join(desk.folder, 'site');
    const there = join(fleet.hosts[0]!.roots, 'site');
    mkdirSync(site);
    writeFileSync(
      join(desk.folder, 'plan.sp'),
      `syncplan 1
fleet {
  host build at local { root site "./site" }
  host there at "host-1" { root site "${there}"; agent ${agent} }
}
role master is build
role remote is there
block all { take all in site; attributes ${attributes} }
`,
    );
    const run = (command: string): Promise<Ended> =>
      desk.run([command, 'plan.sp', '--ui', 'json', '--ssh-config', fleet.configFile]);
    await work({ site, there, run });
  } finally {
    await fleet.stop();
    desk.remove();
    rmSync(folder, { recursive: true });
  }
};

const assertDone = (ended: Ended, attributes: number): void => {
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  assert.deepEqual(counts(summaryOf(ended)), [0, 0, attributes, 0, 0, 0, 0, 0], said(ended.out));
};

for (const agent of ['auto', 'shell', 'sftp']) {
  inItsPlace(`whoever has the number has it by whatever name, agent ${agent}`, () =>
    inPlaces(agent, 'mode, modified, owner, group', async ({ site, there, run }) => {
      mkdirSync(join(site, 'd'));
      for (const name of ['root', 'carl', 'eric', 'nameless', 'd/carl']) writeFileSync(join(site, name), name);
      symlinkSync('carl', join(site, 'link'));
      for (const name of ['carl', 'd', 'd/carl']) chownSync(join(site, name), CARL, CARL);
      lchownSync(join(site, 'link'), CARL, CARL);
      chownSync(join(site, 'eric'), ERIC, ERIC);
      chownSync(join(site, 'nameless'), NAMELESS, NAMELESS);
      const first = await run('apply');
      assert.equal(first.code, 0, said(first.out, first.err));
      assertDone(await run('plan'), 0);
      // Another one is still another, also beside those that are alike.
      chownSync(join(there, 'carl'), ERIC, ERIC);
      chownSync(join(site, 'eric'), CARL, CARL);
      assertDone(await run('apply'), 2);
      assert.deepEqual(
        ['carl', 'eric', 'nameless', 'root'].map(name => statSync(join(there, name)).uid),
        [CARL, CARL, NAMELESS, 0],
      );
      assertDone(await run('plan'), 0);
    }),
  );
}

withLists('so it is with those whom an access list names', () =>
  inPlaces('auto', 'mode, modified, acl', async ({ site, there, run }) => {
    const list = (path: string): string =>
      execFileSync('getfacl', ['-cnp', path], { encoding: 'utf8' }).replaceAll('\n', ' ').trim();
    mkdirSync(join(site, 'd'));
    for (const name of ['a', 'b']) writeFileSync(join(site, name), name);
    execFileSync('setfacl', ['-m', `u:${CARL}:rw,u:${NAMELESS}:r`, join(site, 'a'), join(site, 'b')]);
    execFileSync('setfacl', ['-d', '-m', `u:${CARL}:rx`, join(site, 'd')]);
    const first = await run('apply');
    assert.equal(first.code, 0, said(first.out, first.err));
    assertDone(await run('plan'), 0);
    execFileSync('setfacl', ['-m', `u:${ERIC}:rw`, join(site, 'b')]);
    assertDone(await run('apply'), 1);
    for (const name of ['a', 'b', 'd']) assert.equal(list(join(there, name)), list(join(site, name)));
    assertDone(await run('plan'), 0);
  }),
);

test.run();
