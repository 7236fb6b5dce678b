// Several hosts whose keys nobody knows: told once with what to do, and on which others it is alike.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';

let desk: Desk;
let fleet: Fleet;

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(4);
  mkdirSync(join(desk.folder, 'site'));
  writeFileSync(join(desk.folder, 'site/index.html'), 'hello\n');
  const config = readFileSync(fleet.configFile, 'utf8').replace(
    /UserKnownHostsFile .*/g,
    'UserKnownHostsFile /dev/null',
  );
  writeFileSync(join(desk.folder, 'ssh_config'), config);
  const hosts = (prefix: string): string =>
    fleet.hosts
      .map((_, i) => `  host web-${i + 1} at "${prefix}host-${i + 1}" { root site "~/roots/site" }`)
      .join('\n');
  for (const [name, prefix] of [
    ['ssh.sp', ''],
    ['sftp.sp', 'sftp://'],
  ] as const) {
    writeFileSync(
      join(desk.folder, name),
      `syncplan 1
fleet {
  host build at local { root site "./site" }
${hosts(prefix)}
}
role master is build
role remote where host matches "web-*"
block all { take all in site }
`,
    );
  }
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

for (const name of ['ssh.sp', 'sftp.sp']) {
  test(`${name}: told once by the preview, the log and a quiet run`, async () => {
    const run = (...args: string[]) =>
      desk.run(['plan', name, '--ssh-config', join(desk.folder, 'ssh_config'), ...args]);
    const { code, out, err } = await run();
    assert.equal(code, 4, said(out, err));
    assert.equal(out.match(/the host key is not known yet/g)?.length, 1, out);
    assert.equal(out.match(/accept new keys in this run/g)?.length, 1, out);
    assert.match(out, /^ {4}the same on 3 more hosts: web-\d/m);
    assert.equal(err.match(/ {2}lost: the host key is not known yet: /g)?.length, 1, err);
    assert.equal(err.match(/ {2}lost: the same as web-\d$/gm)?.length, 3, err);
    const quiet = await run('--ui', 'quiet');
    assert.equal(quiet.err.match(/the host key is not known yet/g)?.length, 1, quiet.err);
    assert.match(quiet.err, /^ {4}the same on 3 more hosts: web-\d/m);
    const all = await run('--verbose');
    assert.equal(all.out.match(/the host key is not known yet/g)?.length, 4);
    assert.equal(all.err.match(/ {2}lost: the host key is not known yet: /g)?.length, 4);
  });
}

test.run();
