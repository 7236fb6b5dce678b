// Another account on the far side, with the real sudo over a real sshd. Only root may say who may become whom, so only root can try.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import { commandAs, explainSudo } from '../../runtime/host/become.js';
import type { Host } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { Sshd } from '../support/sshd.js';
import { connector, nothingIsLeft, plan, rejects, withSshd } from './connecting.js';

const able = process.getuid?.() === 0 && ['/usr/bin/sudo', '/usr/bin/setpriv', '/etc/sudoers.d'].every(existsSync);
/** Says why, where it cannot be tried: a skipped test is counted as such. */
const asRoot = able ? test : test.skip;
const REASON = able ? '' : ' (skipped: needs root, sudo and setpriv)';

/** Who logs in is `nobody`, who may become `daemon` and nobody else. */
const LOGIN =
  'ForceCommand setpriv --reuid=nobody --regid=nogroup --clear-groups -- /bin/sh -c "$SSH_ORIGINAL_COMMAND"';
const RULE = '/etc/sudoers.d/syncplan-test';

/** Judged by visudo before it counts: a broken file there would lock everybody out. */
const allow = (): void => {
  const draft = `${RULE}.draft`;
  writeFileSync(draft, 'nobody ALL=(daemon) NOPASSWD: /bin/sh\n', { mode: 0o440 });
  execFileSync('visudo', ['-c', '-q', '-f', draft]);
  renameSync(draft, RULE);
};

test.after(() => {
  if (able) for (const file of [RULE, `${RULE}.draft`]) rmSync(file, { force: true });
});

const as = (sshd: Sshd, become: string): Promise<Host> =>
  connector({ sshConfig: sshd.configFile })({ ...plan({ host: sshd.alias }), become });

asRoot(`the far side runs as the other account${REASON}`, async () => {
  allow();
  await withSshd({ lines: [LOGIN] }, async sshd => {
    const host = await as(sshd, 'daemon');
    assert.deepEqual([host.facts.user, host.facts.privileged], ['daemon', false]);
    assert.equal((await host.openRoot('/', { create: false, state: null })).writeFault, 'EACCES');
    await host.close();
  });
});

asRoot(`what sudo refuses is named, with the line that would allow it${REASON}`, async () => {
  allow();
  await withSshd({ lines: [LOGIN] }, async sshd => {
    const allowing = /visudo -f \/etc\/sudoers\.d\/syncplan, with the line `LOGIN ALL=\(games\) NOPASSWD: \/bin\/sh`/;
    await rejects(as(sshd, 'games'), 'refused-user', /password to become games|not allow it to become games/, allowing);
    await rejects(as(sshd, 'no-such-user'), 'refused-user', /there is no user no-such-user/, /Correct `become`/);
    rmSync(RULE);
    await rejects(as(sshd, 'daemon'), 'refused-user', /sudo wants a password to become daemon/, /sudo -n -u daemon/);
  });
});

test('a user outside the grammar never reaches a shell', () => {
  assert.equal(commandAs('web', undefined, 'exec x'), 'exec x');
  assert.equal(commandAs('web', 'www-data', 'exec x'), 'exec sudo -n -H -u www-data -- x');
  for (const user of ['-u', '', 'a b', '$(id)', "a'b", 'a;b', '#0']) {
    assert.throws(() => commandAs('web', user, 'exec x'), HostError);
  }
});

test('each way in which sudo fails has its words and what to do; what others say is left to them', () => {
  const told = (stderr: string): HostError | null =>
    explainSudo({ label: 'web', user: 'www', login: 'deploy', stderr, tryIt: 'ssh -- h' });
  const cases: readonly (readonly [string, RegExp, RegExp])[] = [
    ['sudo: a password is required\n', /wants a password/, /`deploy ALL=\(www\) NOPASSWD: \/bin\/sh`/],
    ['Sorry, user deploy is not allowed to execute ... on web.', /does not allow/, /visudo/],
    ['sudo: unknown user: www', /no user www/, /Correct/],
    ['sudo: sorry, you must have a tty to run sudo', /wants a terminal/, /!requiretty/],
    ['sh: 1: exec: sudo: not found', /no sudo/, /Install sudo/],
    ['sudo: /etc/sudoers.d/x is world writable', /cannot become/, /visudo -c/],
  ];
  for (const [stderr, message, help] of cases) {
    const error = told(`Welcome\n${stderr}`);
    assert.equal(error?.code, 'refused-user', stderr);
    assert.match(error!.message, message);
    assert.match(error!.help, help);
  }
  assert.equal(told('bash: node: not found'), null);
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
