// Few open files: a run says so at once, here or on the far side, or does its work; and without the limit it is done.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { putSite, type Site } from '../support/site.js';
import { assertSameTree } from '../support/tree.js';

let fleet: Fleet;
let desk: Desk;
let site: Site;

test.before(async () => {
  desk = openDesk();
  const limited = join(desk.folder, 'limited-node');
  writeFileSync(limited, `#!/bin/sh\nexec prlimit --nofile=24:24 '${process.execPath}' "$@"\n`, { mode: 0o755 });
  fleet = await makeFleet(1, { env: { SYNCPLAN_NODE: limited } });
  site = putSite(desk, fleet);
  for (let i = 0; i < 40; i++) {
    mkdirSync(join(site.master, `${i}/deep/er`), { recursive: true });
    writeFileSync(join(site.master, `${i}/deep/er/file`), `${i}\n`);
  }
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

test('with 24 open files allowed here, the program says at once that it cannot start', async () => {
  const limited = [
    '-s',
    'KILL',
    '20',
    'prlimit',
    '--nofile=24:24',
    process.execPath,
    PROGRAM,
    'apply',
    'rollout.sp',
    '--ssh-config',
    fleet.configFile,
  ];
  const { code, out, err } = await runProcess('timeout', limited, {
    cwd: desk.folder,
    env: { HOME: join(desk.folder, '../home') },
  });
  assert.equal(code, 1, said(out, err));
  assert.match(err, /only 24 files may be open at once here.*\n.*ulimit -n/);
});

test('with 24 open files allowed on the far side, a run ends in order', async () => {
  let late: NodeJS.Timeout | undefined;
  const ended = await site.run('apply', [], {
    started: pid => {
      late = setTimeout(() => process.kill(pid, 'SIGKILL'), 40_000);
    },
  });
  clearTimeout(late);
  assert.equal(ended.signal, null, 'it did not end by itself');
  if (ended.code === 0) assertSameTree(site.remote, site.master);
  else assert.match(ended.out + ended.err, /open files|EMFILE/);
});

test.run();
