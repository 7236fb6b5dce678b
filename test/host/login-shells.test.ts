// Login shells as they are found: whichever it is, however much it prints first, a host is driven or named, in bounded time.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'uvu';
import type { HostPlan } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import type { Sshd } from '../support/sshd.js';
import { connector, nothingIsLeft, plan, rejects, withSshd } from './connecting.js';

const connect = (sshd: Sshd, agent: HostPlan['agent']): Promise<Host> =>
  connector({ sshConfig: sshd.configFile, greetingPatience: 20_000 })({ ...plan({ host: sshd.alias }), agent });

const both = async (sshd: Sshd): Promise<void> => {
  for (const [agent, kind] of [
    ['auto', 'agent'],
    ['shell', 'shell'],
  ] as const) {
    const host = await connect(sshd, agent);
    assert.equal(host.kind, kind);
    assert.equal((await host.openRoot(sshd.folder, { create: false, state: null })).exists, true);
    await host.close();
  }
};

/** What sshd does with the shell of the account, whatever that is here. */
const logsInto = (shell: string): string[] => [`ForceCommand ${shell} -c "$SSH_ORIGINAL_COMMAND"`];

const SHELLS = ['/bin/dash', '/bin/bash', '/usr/bin/fish', '/usr/bin/tcsh', '/usr/bin/zsh'].filter(existsSync);
for (const shell of SHELLS) {
  test(`${shell} starts an agent, and a shell to be driven by`, () => withSshd({ lines: logsInto(shell) }, both));
}

test('a page that is printed first is skipped', () =>
  withSshd({ lines: ['ForceCommand seq 1 5000; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'] }, both));

test('a page that never ends, and a login that only prints, are named', async () => {
  await withSshd({ lines: ['ForceCommand yes'] }, async sshd => {
    const began = Date.now();
    for (const agent of ['auto', 'shell'] as const) await assert.rejects(connect(sshd, agent), /^HostError: there: /);
    assert.ok(Date.now() - began < 15_000);
  });
  await withSshd({ lines: ['ForceCommand echo This account is currently not available.; exit 1'] }, async sshd => {
    for (const agent of ['auto', 'shell'] as const) {
      await rejects(
        connect(sshd, agent),
        'no-agent',
        /currently not available/,
        /needs a login shell that runs commands/,
      );
    }
  });
});

test('with an empty PATH Node.js is found where it usually is; a shell names what is missing', () =>
  withSshd({ env: { PATH: '' } }, async sshd => {
    const host = await connect(sshd, 'auto');
    assert.equal(host.kind, 'agent');
    assert.match((await host.about()).tools.find(({ name }) => name === 'flock')!.path, /^\/\S*\/flock$/);
    await host.close();
    await rejects(connect(sshd, 'shell'), 'unsupported', /there is no find, no stat/, /PATH there is empty/);
  }));

test('what was started is stopped and removed', nothingIsLeft);

test.run();
