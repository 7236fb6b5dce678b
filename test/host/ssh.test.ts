// What ssh is told, what its configuration may say of ciphers, and what its failures mean – without starting it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { REMOTE_COMMAND, REMOTE_COMMAND_WITH_RUNTIME } from '../../runtime/host/agent/remote-command.js';
import { HostError, isRefusal } from '../../runtime/host/host-error.js';
import { type SshAddress, type SshOptions, sshArguments, sshWay } from '../../runtime/host/ssh.js';
import { choosesCiphers } from '../../runtime/host/ssh-ciphers.js';
import { explainSsh } from '../../runtime/host/ssh-failure.js';
import type { Hop } from '../../runtime/host/ssh-hops.js';

const OPTIONS: SshOptions = { acceptNewKeys: false, planFolder: '/plans', home: '/home/me' };
const address = (more: Partial<SshAddress> = {}): SshAddress => ({ kind: 'ssh', host: 'web', base: 'fleet', ...more });

test('a key alone is used, paths are those of the plan or of this user', () => {
  const way = (more: Partial<SshAddress>, options: Partial<SshOptions> = {}) =>
    sshWay('web', address(more), { ...OPTIONS, ...options }).join(' ');
  assert.equal(way({}), '');
  assert.equal(way({ key: 'keys/id' }), '-i /plans/fleet/keys/id -o IdentitiesOnly=yes');
  assert.equal(way({ key: '~/.ssh/id' }), '-i /home/me/.ssh/id -o IdentitiesOnly=yes');
  assert.equal(way({ key: '/etc/id' }), '-i /etc/id -o IdentitiesOnly=yes');
  assert.equal(way({ user: 'deploy', port: 2222 }), '-p 2222 -l deploy');
  assert.equal(way({}, { sshConfig: '/tmp/config' }), '-F /tmp/config');
  assert.equal(way({ config: 'ssh.config' }, { sshConfig: '/tmp/config' }), '-F /plans/fleet/ssh.config');
  assert.equal(way({}, { acceptNewKeys: true }), '-o StrictHostKeyChecking=accept-new');
});

test('the destination stands behind --, after options that forward nothing and ask nothing', () => {
  const args = sshArguments(['-p', '22'], 'web', 'command', { fastCipher: true, jumps: 0 });
  assert.deepEqual(args.slice(-3), ['--', 'web', 'command']);
  for (const option of [
    'BatchMode=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'ControlPath=none',
  ]) {
    assert.ok(args.includes(option), option);
  }
  assert.ok(args.includes('Ciphers=^aes128-gcm@openssh.com'));
  assert.ok(
    !sshArguments([], 'web', 'command', { fastCipher: false, jumps: 0 }).some(arg => arg.startsWith('Ciphers')),
  );
});

test('hosts, users and ports outside their grammar never reach ssh', () => {
  const refused = (more: Partial<SshAddress>): void => {
    assert.throws(
      () => sshWay('web', address(more), OPTIONS),
      error => error instanceof HostError && error.code === 'failed',
    );
  };
  for (const host of ['-oProxyCommand=x', '', 'a b', 'a;b', '$(x)', 'a/b', 'a@b', '\u00e4', 'a\nb', '.a', '%h'])
    refused({ host });
  for (const user of ['-l', '', 'a b', '$(id)', 'a;b', "a'b"]) refused({ user });
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) refused({ port });
  for (const host of ['web-01.example.org', '10.0.0.1', '::1', 'fe80::1%eth0', 'under_score']) {
    sshWay('web', address({ host, user: 'de.ploy-1', port: 65_535 }), OPTIONS);
  }
  fc.assert(
    fc.property(fc.string(), host => {
      try {
        sshWay('web', address({ host }), OPTIONS);
      } catch {
        return;
      }
      assert.match(host, /^[A-Za-z0-9_:.][A-Za-z0-9_:.%-]*$/);
    }),
  );
});

test('the remote command is one line that every login shell reads the same', () => {
  for (const command of [REMOTE_COMMAND, REMOTE_COMMAND_WITH_RUNTIME]) {
    const quoted = command.split("'");
    assert.equal(quoted.length, 5, 'two words in single quotes, and no quote inside them');
    assert.ok(!/[!\n\r]/.test(command), 'csh expands ! in quotes and ends them at a line break');
    assert.ok(!command.includes('\\'), 'fish reads backslashes in single quotes');
    assert.ok(command.length < 8_000);
  }
});

test('the remote command finds no Node.js in any shell of this machine without failing', () => {
  const shells = [['/bin/sh'], ['/bin/bash'], ['/bin/dash'], ['/usr/bin/busybox', 'sh']].filter(
    ([program]) => spawnSync(program!, ['-c', ':']).error === undefined,
  );
  assert.ok(shells.length > 0);
  for (const [program, ...before] of shells) {
    const env = { HOME: '/nonexistent', PATH: process.env.PATH, SYNCPLAN_NODE: '/nonexistent/node' };
    const { stdout, status } = spawnSync(program!, [...before, '-c', REMOTE_COMMAND], { env, input: '' });
    assert.equal(stdout.toString(), '@@syncplan-agent/1@@ none\n', program);
    assert.equal(status, 0);
  }
});

test('ciphers are found in a configuration and what it includes; what cannot be told counts as chosen', async () => {
  const home = mkdtempSync(join(tmpdir(), 'syncplan-ciphers-'));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(home, name), text);
      return join(home, name);
    };
    mkdirSync(join(home, '.ssh/more'), { recursive: true });
    writeFileSync(join(home, '.ssh/more/a.conf'), 'Host x\n  ciphers aes256-ctr\n');
    writeFileSync(join(home, '.ssh/more/b.txt'), 'Port 22\n');
    const told = (text: string): boolean => choosesCiphers(file('config', text), home);
    assert.equal(told('Host *\n  # Ciphers none\n  User me\n'), false);
    assert.equal(told('Host *\n\tCiphers=aes256-ctr\n'), true);
    assert.equal(told('Include more/*.txt\n'), false);
    assert.equal(told('Include more/*.conf\n'), true);
    assert.equal(told('Include "~/.ssh/more/a.conf"\n'), true);
    assert.equal(told('Include ~/.ssh/%u/config\n'), true);
    assert.equal(told(`Include ${join(home, 'config')}\n`), true);
    assert.equal(choosesCiphers(join(home, 'absent'), home), false);
    assert.equal(choosesCiphers(home, home), true);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

const CASES: readonly (readonly [stderr: string, code: string, again: boolean, help: RegExp])[] = [
  ['ssh: connect to host h port 22: Connection refused\r\n', 'unreachable', false, /sshd running/],
  ['ssh: connect to host h port 22: Connection timed out', 'unreachable', false, /machine up/],
  ['ssh: connect to host h port 22: No route to host', 'unreachable', false, /machine up/],
  ['ssh: Could not resolve hostname h: Name or service not known', 'unreachable', false, /address in the plan/],
  [
    'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 1.2.3.4 port 22',
    'unreachable',
    true,
    /MaxStartups/,
  ],
  ['Connection closed by 1.2.3.4 port 22', 'unreachable', true, /MaxStartups/],
  ['Connection timed out during banner exchange', 'unreachable', false, /overloaded/],
  ['me@h: Permission denied (publickey,password).', 'refused-key', false, /ssh-add '\/k\/id 1'/],
  ['Connection closed by 1.2.3.4\nme@h: Permission denied (publickey).', 'refused-key', false, /authorized_keys/],
  [
    'WARNING: UNPROTECTED PRIVATE KEY FILE!\nLoad key "/k/id": bad permissions\nme@h: Permission denied (publickey).',
    'refused-key',
    false,
    /chmod 600 \/k\/id$/,
  ],
  [
    'Warning: Identity file /k/none not accessible: No such file or directory.\nme@h: Permission denied (publickey).',
    'refused-key',
    false,
    /path of the key/,
  ],
  ['Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures', 'refused-key', false, /ssh-add/],
  [
    'No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.',
    'unknown-host-key',
    false,
    /--accept-new-keys/,
  ],
  [
    `@@@@@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@@@@@@@\nOffending ED25519 key in /home/me/.ssh/known_hosts:7\nHost key for [h]:2222 has changed and you have requested strict checking.\nHost key verification failed.`,
    'changed-host-key',
    false,
    /remove the known key: ssh-keygen -f \/home\/me\/\.ssh\/known_hosts -R '\[h\]:2222'; then connect/,
  ],
  [
    '/tmp/c: line 1: Bad configuration option: foo\n/tmp/c: terminating, 1 bad configuration options',
    'failed',
    false,
    /Mend it/,
  ],
  ['Unable to negotiate with 1.2.3.4 port 22: no matching host key type found.', 'unreachable', false, /-v/],
];

test('each way in which ssh fails has a code, its own words and a command to try', () => {
  for (const [stderr, code, again, help] of CASES) {
    const explained = explainSsh({ ...END, stderr });
    assert.equal(explained.error.code, code, stderr);
    assert.equal(explained.again, again, stderr);
    assert.match(explained.error.help, help);
    assert.match(explained.error.message, /^web: /);
    assert.equal(isRefusal(explained.error), code.endsWith('-host-key'));
  }
});

test('the line that says why is told, not its heading', () => {
  const said = (stderr: string): string => explainSsh({ ...END, stderr }).error.message;
  assert.match(
    said('Warning: Identity file /k/none not accessible: No such file.\nme@h: Permission denied (publickey).'),
    /: Warning: Identity file \/k\/none not accessible: No such file$/,
  );
  assert.match(said('Banner\nme@h: Permission denied (publickey).\r\n'), /: me@h: Permission denied \(publickey\)$/);
});

test('what the far side printed instead of starting the agent is told', () => {
  const { error } = explainSsh({ ...END, exitCode: 1, chatter: 'This account is currently not available.' });
  assert.equal(error.code, 'no-agent');
  assert.match(error.message, /not available/);
  assert.match(
    explainSsh({ ...END, exitCode: 127, stderr: 'bash: /bin/sh: not found' }).error.message,
    /exit 127.*not found/,
  );
  // The same words in a program's own output there are no verdict of ssh.
  assert.equal(explainSsh({ ...END, exitCode: 1, stderr: 'Permission denied (publickey).' }).error.code, 'no-agent');
  assert.equal(explainSsh({ ...END, stderr: 'something new' }).error.code, 'unreachable');
});

const HOP: Hop = { name: 'h', host: 'h', byHand: 'ssh -p 2222', key: '/k/id 1' };
const END = {
  label: 'web',
  hops: [HOP],
  programs: 1,
  exitCode: 255,
  signal: null,
  stderr: '',
  chatter: '',
};

test.run();
