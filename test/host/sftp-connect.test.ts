// Reaching an SFTP host: keys of files and of the agent, what refuses a login, a host on the way, a server that goes away.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostPlan } from '../../compiler/plan.js';
import { makeConnect } from '../../runtime/host/connect.js';
import type { Host } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { settingsFrom } from '../../runtime/host/sftp/settings.js';
import { makeKey, type Sshd, startSshd } from '../support/sshd.js';
import { hostPlan } from './host-plan.js';

let sshd: Sshd;
const at = (name: string): string => join(sshd.folder, name);

test.before(async () => {
  sshd = await startSshd();
});
test.after(() => sshd?.stop());

const shop = (address: Partial<Extract<HostPlan['address'], { kind: 'sftp' }>> = {}): HostPlan => ({
  ...hostPlan('shop', { kind: 'sftp', host: sshd.alias, base: '', ...address }),
  agent: 'sftp',
});

const connect = (
  config: string,
  plan = shop(),
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Host> => {
  writeFileSync(at('config'), config);
  return makeConnect({
    sshConfig: at('config'),
    acceptNewKeys: false,
    agentBundle: at('bundle'),
    planFolder: sshd.folder,
    cacheFolder: sshd.folder,
    environment: { PATH: process.env.PATH, HOME: sshd.folder, ...environment },
    greetingPatience: 10_000,
  })(plan);
};

const refusal = async (connecting: Promise<Host>): Promise<HostError> => {
  try {
    await (await connecting).close();
  } catch (error) {
    assert.ok(error instanceof HostError, String(error));
    return error;
  }
  throw new Error('it was let in');
};

test('a key file lets in, and the facts say what kind of host it is', async () => {
  const host = await connect(sshd.config);
  assert.equal(host.kind, 'sftp');
  assert.deepEqual([host.locks?.ways, host.programs], [['advisory'], null]);
  assert.deepEqual([host.facts.user, host.facts.timeStep, host.facts.hardLinks], [sshd.user, 1_000_000, false]);
  assert.ok(host.facts.weaker.length > 0);
  const before = host.traffic();
  assert.ok(before.sent > 0 && before.received > 0);
  await host.close();
});

test('a key that the plan names is used, and no other', async () => {
  const config = sshd.config.replace(/ {2}IdentityFile .*\n/, '');
  await (await connect(config, shop({ key: sshd.identityFile }))).close();
  const { code, message } = await refusal(connect(config, shop({ key: makeKey(at('stranger')) })));
  assert.equal(code, 'refused-key', message);
});

test('a key with a passphrase is told to be added to the agent, and works from there', async () => {
  copyFileSync(sshd.identityFile, at('locked'));
  copyFileSync(`${sshd.identityFile}.pub`, at('locked.pub'));
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret words', '-f', at('locked')]);
  const config = sshd.config.replace(sshd.identityFile, at('locked'));
  const { code, message, help } = await refusal(connect(config));
  assert.equal(code, 'refused-key');
  assert.match(message, /cannot be used without its passphrase/);
  assert.match(help, /ssh-add/);
  const socket = at('agent');
  const agent = execFileSync('ssh-agent', ['-a', socket, '-s'], { encoding: 'utf8' });
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)![1]);
  try {
    execFileSync('ssh-add', ['-q', sshd.identityFile], { env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket } });
    const asked = config.replace('IdentityAgent none', 'IdentityAgent SSH_AUTH_SOCK');
    await (await connect(asked, shop(), { SSH_AUTH_SOCK: socket })).close();
    // With its own keys only, an agent's other keys are not even shown to the server.
    const only = asked.replace(at('locked'), at('stranger'));
    assert.equal((await refusal(connect(only, shop(), { SSH_AUTH_SOCK: socket }))).code, 'refused-key');
  } finally {
    process.kill(pid);
  }
});

test('of keys that nobody named, one that is not there is no reason why a login was refused', async () => {
  const bare = sshd.config.replace(/ {2}IdentityFile .*\n/, '');
  const { code, message, help } = await refusal(connect(bare));
  assert.equal(code, 'refused-key');
  assert.match(message, /^shop: the login was refused: /);
  assert.doesNotMatch(message, /not accessible/);
  assert.match(help, /authorized_keys/);
  const named = await refusal(connect(`${bare}  IdentityFile ~/.ssh/id_rsa\n`));
  assert.match(named.message, /^shop: the key is not there: Identity file \S+id_rsa not accessible/);
});

test('where there is no ssh, that alone is said, with what to install', async () => {
  const nowhere = { PATH: '/nowhere' };
  writeFileSync(at('bundle'), '');
  const web: HostPlan = hostPlan('web', { kind: 'ssh', host: sshd.alias, base: '' });
  for (const [plan, name] of [[shop(), 'shop'] as const, [web, 'web'] as const]) {
    const { message, help } = await refusal(connect(sshd.config, plan, nowhere));
    assert.equal(message, `${name}: ssh cannot be started here: spawn ssh ENOENT`);
    assert.match(help, /^Install the OpenSSH client/);
  }
});

test('a login is tried once with each key, and not again', async () => {
  const before = sshd.log().split('Connection closed').length;
  await refusal(connect(sshd.config.replace(sshd.identityFile, at('stranger'))));
  await new Promise(resolve => setTimeout(resolve, 200));
  assert.ok(sshd.log().split('Connection closed').length - before <= 1);
});

test('host keys: unknown, changed, revoked and certified ones are refused before any key of ours is shown', async () => {
  const own = readFileSync(`${sshd.hostKeyFile}.pub`, 'latin1').split(' ').slice(0, 2).join(' ');
  const other = readFileSync(`${makeKey(at('other'))}.pub`, 'latin1')
    .split(' ')
    .slice(0, 2)
    .join(' ');
  const name = `[127.0.0.1]:${sshd.port}`;
  const cases = [
    ['', 'unknown-host-key'],
    [`${name} ${other}\n`, 'changed-host-key'],
    [`${name} ${own}\n@revoked ${name} ${own}\n`, 'changed-host-key'],
    [`@cert-authority ${name} ${other}\n`, 'unknown-host-key'],
    [`@cert-authority ${name} ${own}\n`, 'unknown-host-key'],
  ] as const;
  for (const [known, expected] of cases) {
    writeFileSync(at('known'), known);
    const { code, message } = await refusal(connect(sshd.config.replace(sshd.knownHostsFile, at('known'))));
    assert.equal(code, expected, `${known}: ${message}`);
    assert.equal(readFileSync(at('known'), 'latin1'), known);
  }
  writeFileSync(at('revoked'), `${own}\n`);
  const revoking = `${sshd.config}  RevokedHostKeys ${at('revoked')}\n`;
  assert.equal((await refusal(connect(revoking))).code, 'changed-host-key');
  // New keys by the user's own configuration, as for ssh.
  writeFileSync(at('known'), '');
  const accepting = `${sshd.config.replace(sshd.knownHostsFile, at('known'))}  StrictHostKeyChecking accept-new\n  HashKnownHosts yes\n`;
  await (await connect(accepting)).close();
  assert.match(readFileSync(at('known'), 'latin1'), /^\|1\|\S+ ssh-ed25519 \S+\n$/);
});

test('a host on the way is gone through, and a command of the user’s is refused by name', async () => {
  const jump = await startSshd({ alias: 'bastion' });
  try {
    const host = await connect(`${sshd.config}  ProxyJump bastion\n${jump.config}`);
    const root = await host.openRoot(sshd.folder, { create: false, state: null });
    assert.equal(root.exists, true);
    assert.ok(host.traffic().received > 0);
    assert.match(jump.log(), /Accepted publickey/);
    await host.close();
  } finally {
    await jump.stop();
  }
  const { code, message } = await refusal(connect(`${sshd.config}  ProxyCommand nc %h %p\n`));
  assert.equal(code, 'unsupported');
  assert.match(message, /ProxyCommand/);
});

test('nobody there, and a server that has no SFTP, are told apart', async () => {
  const nobody = await refusal(connect(sshd.config.replace(`Port ${sshd.port}`, 'Port 1')));
  assert.equal(nobody.code, 'unreachable', nobody.message);
  const bare = await startSshd({ lines: ['Subsystem sftp /bin/false'] });
  try {
    const { code, message, help } = await refusal(connect(bare.config));
    assert.equal(code, 'unreachable', message);
    assert.match(message, /the login was let in, and no SFTP session began/);
    assert.match(help, /ChrootDirectory.*Try by hand: ssh .* -s -- \S+ sftp$/);
  } finally {
    await bare.stop();
  }
});

test('a configuration is read as ssh prints it', () => {
  const text =
    'user deploy\nhostname 10.0.0.1\nport 2222\nidentityfile ~/.ssh/one\nidentityfile %d/two\ncertificatefile ~/.ssh/one-cert.pub\npkcs11provider /lib/card.so\nidentitiesonly yes\nidentityagent $AGENT\nuserknownhostsfile ~/.ssh/known /k2\nglobalknownhostsfile /g\nstricthostkeychecking false\nproxyjump a,b@c:22\nhostkeyalias shop\naddressfamily inet6\n';
  const read = settingsFrom('shop', text, { HOME: '/home/me', AGENT: '/run/agent' });
  assert.deepEqual(read, {
    host: '10.0.0.1',
    port: 2222,
    user: 'deploy',
    keyAlias: 'shop',
    identityFiles: ['/home/me/.ssh/one', '/home/me/two'],
    certificateFiles: ['/home/me/.ssh/one-cert.pub'],
    cards: '/lib/card.so',
    identitiesOnly: true,
    agent: '/run/agent',
    knownHosts: ['/home/me/.ssh/known', '/k2', '/g'],
    revoked: null,
    acceptNew: true,
    hashNames: false,
    ciphers: [''],
    jumps: ['a', 'b@c:22'],
    family: 6,
  });
});

test('paths are completed as OpenSSH completes them, whatever `ssh -G` leaves to be done', async () => {
  copyFileSync(sshd.identityFile, at(`${sshd.user}-at-127.0.0.1-${sshd.port}-for-${sshd.alias}`));
  const bare = sshd.config.replace(/ {2}IdentityFile .*\n/, '');
  for (const path of [`${sshd.folder}/%r-at-%h-%p-for-%n`, '%d/%r-at-%h-%p-for-%k', '${KEYS}/%u-at-%h-%p-for-%n']) {
    const host = await connect(`${bare}  IdentityFile ${path}\n`, shop(), { KEYS: sshd.folder });
    await host.close();
  }
  const other = `${bare}  IdentityFile ${sshd.folder}/%r-at-%%h-%p-for-%n\n`;
  assert.equal((await refusal(connect(other))).code, 'refused-key');
});

test.run();
