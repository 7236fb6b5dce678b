// What cannot be put in place fails alone, and with a folder what lies in it: named for that, at once; all the rest is done.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { startSftpServer } from '../support/chroot.js';
import { openDesk, PROGRAM, said, unwrapped } from '../support/program.js';
import { counts, summaryOf } from '../support/told.js';

const NOBODY = process.getuid?.() === 0 ? 65_534 : process.getuid!();

test('over SFTP, a name that is not UTF-8 keeps no new folder, and nothing beside it, from coming', async () => {
  const server = await startSftpServer();
  const desk = openDesk();
  try {
    mkdirSync(join(desk.folder, 'site/new/deep'), { recursive: true });
    for (const name of ['before', 'new/a', 'new/b', 'new/deep/c']) writeFileSync(join(desk.folder, 'site', name), name);
    writeFileSync(Buffer.from(`${desk.folder}/site/new/\xff\xfe`, 'latin1'), 'no name');
    writeFileSync(
      join(desk.folder, 'plan.sp'),
      planOf('host there at "sftp://there" { root site "htdocs" }', 'role remote is there'),
    );
    const args = ['apply', 'plan.sp', '--ssh-config', server.configFile];
    const ended = await desk.run([...args, '--ui', 'json']);
    assert.equal(ended.code, 5, said(ended.out, ended.err));
    assert.deepEqual(counts(summaryOf(ended)), [6, 0, 0, 0, 0, 0, 0, 1]);
    assert.deepEqual(readdirSync(join(server.home, 'htdocs/new')).sort(), ['a', 'b', 'deep']);
    const again = await desk.run(args);
    assert.match(unwrapped(again.out), /new\/\\xff\\xfe .*\n.*does not take this name/);
    assert.doesNotMatch(again.out + again.err, /kept changing|is gone|redo/);
  } finally {
    await server.stop();
    desk.remove();
  }
});

test('what lies in a folder that cannot be put in place fails with it, and is not tried again', () => {
  const base = mkdtempSync(join(tmpdir(), 'syncplan-below-'));
  try {
    for (const folder of ['site/closed', 'home']) mkdirSync(join(base, folder), { recursive: true });
    writeFileSync(join(base, 'site/closed/old'), 'old');
    writeFileSync(join(base, 'plan.sp'), planOf('host copy at local { root site "./copy" }', 'role remote is copy'));
    execFileSync('chown', ['-R', String(NOBODY), base]);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [PROGRAM, ...args], {
        ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
        cwd: base,
        env: { PATH: process.env.PATH, HOME: join(base, 'home') },
        encoding: 'utf8',
      });
    assert.equal(run('apply', 'plan.sp').status, 0);
    // Somebody else's, so that no way is left in.
    if (process.getuid?.() === 0) chownSync(join(base, 'copy/closed'), 0, 0);
    chmodSync(join(base, 'copy/closed'), 0o555);
    chmodSync(join(base, 'site/closed'), 0o555);
    mkdirSync(join(base, 'site/closed/new/deep'), { recursive: true });
    for (const name of ['other', 'closed/new/ü', 'closed/new/deep/c']) writeFileSync(join(base, 'site', name), name);
    const started = Date.now();
    const { status, stdout } = run('apply', 'plan.sp', '--ui', 'json');
    assert.equal(status, 5, said(stdout));
    assert.deepEqual(counts(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)), [1, 0, 0, 0, 0, 0, 0, 4]);
    assert.ok(Date.now() - started < 2000, 'it was tried again');
    const { stdout: words } = run('apply', 'plan.sp');
    assert.match(unwrapped(words), /closed\/new .*\n.*permission denied/);
    assert.match(unwrapped(words), /closed\/new\/deep, closed\/new\/deep\/c, closed\/new\/ü .*\n.*its folder/);
  } finally {
    execFileSync('chmod', ['-R', 'u+rwX', base]);
    rmSync(base, { recursive: true, force: true });
  }
});

const planOf = (host: string, role: string): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  ${host}
}
role master is build
${role}
block all { take all in site }
`;

test.run();
