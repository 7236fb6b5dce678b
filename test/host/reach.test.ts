// Getting there on both stacks, OpenSSH's and the one for SFTP: certificates, several keys, IPv6, servers that are busy or strange.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect as openSocket, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostPlan } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import { makeKey, type Sshd } from '../support/sshd.js';
import { connector, delay, nothingIsLeft, rejects, withSshd } from './connecting.js';
import { hostPlan } from './host-plan.js';

const STACKS = ['ssh', 'sftp'] as const;
type Stack = (typeof STACKS)[number];

const planFor = (stack: Stack, host: string): HostPlan => ({
  ...hostPlan('there', { kind: stack, host, base: '' }),
  agent: stack === 'sftp' ? 'sftp' : 'auto',
});

/** With further lines for the host, or in the place of those that it has. */
const reach = (stack: Stack, sshd: Sshd, lines: readonly string[] = [], without = /^$/): Promise<Host> => {
  const file = join(sshd.folder, `config-${stack}`);
  const kept = sshd.config.split('\n').filter(line => line !== '' && !without.test(line));
  writeFileSync(file, [...kept, ...lines.map(line => `  ${line}`), ''].join('\n'));
  return connector({ sshConfig: file, greetingPatience: 20_000 })(planFor(stack, sshd.alias));
};

const letIn = async (connecting: Promise<Host>, kind: 'agent' | 'sftp'): Promise<void> => {
  const host = await connecting;
  assert.equal(host.kind, kind);
  await host.close();
};

const kindOf = (stack: Stack): 'agent' | 'sftp' => (stack === 'ssh' ? 'agent' : 'sftp');

const keygen = (...args: string[]): void => void execFileSync('ssh-keygen', ['-q', ...args]);

/** What stands in a public key file, without its comment. */
const publicKey = (path: string): string => readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');

for (const stack of STACKS) {
  test(`${stack}: a certificate of the user lets in, and one for somebody else does not`, () =>
    withSshd({}, async sshd => {
      const authority = makeKey(join(sshd.folder, 'authority'));
      const own = makeKey(join(sshd.folder, 'own'));
      keygen('-s', authority, '-I', 'tester', '-n', sshd.user, '-V', '+1h', `${own}.pub`);
      assert.ok(existsSync(`${own}-cert.pub`));
      writeFileSync(join(sshd.folder, 'authorized'), `cert-authority ${publicKey(authority)}\n`);
      const lines = [`IdentityFile ${own}`, `CertificateFile ${own}-cert.pub`];
      await letIn(reach(stack, sshd, lines, /IdentityFile/), kindOf(stack));
      keygen('-s', authority, '-I', 'tester', '-n', 'nobody-here', '-V', '+1h', `${own}.pub`);
      await rejects(
        reach(stack, sshd, lines, /IdentityFile/),
        'refused-key',
        /^there: the login was refused: Certificate "\S+own-cert\.pub" is for nobody-here, and the login is as /,
        /ssh-keygen -L -f \S+own-cert\.pub$/,
      );
      keygen('-s', authority, '-I', 'tester', '-n', sshd.user, '-V', '20200101:20200102', `${own}.pub`);
      const expired = /Certificate "\S+own-cert\.pub" has expired: it was valid until 2020-01-0/;
      await rejects(reach(stack, sshd, lines, /IdentityFile/), 'refused-key', expired);
    }));
}

for (const stack of STACKS) {
  test(`${stack}: of several keys the one that is known there lets in, after others were refused`, () =>
    withSshd({ lines: ['LogLevel VERBOSE'] }, async sshd => {
      const strangers = ['one', 'two'].map(name => makeKey(join(sshd.folder, name)));
      const lines = [...strangers, sshd.identityFile].map(file => `IdentityFile ${file}`);
      await letIn(reach(stack, sshd, lines, /IdentityFile/), kindOf(stack));
      assert.match(sshd.log(), /Accepted publickey/);
      // With more keys than the server bears, it is said that the login was refused, and not tried again.
      const many = Array.from({ length: 7 }, (_, i) => makeKey(join(sshd.folder, `many-${i}`)));
      const worn = [...many, sshd.identityFile].map(file => `IdentityFile ${file}`);
      const before = sshd.log().match(/Connection from/g)?.length ?? 0;
      await rejects(reach(stack, sshd, worn, /IdentityFile/), 'refused-key', /./);
      assert.equal((sshd.log().match(/Connection from/g)?.length ?? 0) - before, 1);
    }));

  const hasIpv6 = existsSync('/proc/net/if_inet6') && readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo\n');
  (hasIpv6 ? test : test.skip)(
    `${stack}: an address of IPv6 is reached, and has a name of its own among known hosts`,
    () =>
      withSshd({ lines: ['ListenAddress 127.0.0.1', 'ListenAddress ::1'] }, async sshd => {
        const v6 = (): Promise<Host> => reach(stack, sshd, ['HostName ::1'], /HostName/);
        await rejects(v6(), 'unknown-host-key', /./);
        appendFileSync(sshd.knownHostsFile, `[::1]:${sshd.port} ${publicKey(sshd.hostKeyFile)}\n`);
        await letIn(v6(), kindOf(stack));
        assert.match(sshd.log(), /from ::1 port/);
      }),
  );

  test(`${stack}: one session, one login at a time and a second for each are enough`, () =>
    withSshd({ lines: ['MaxSessions 1', 'MaxStartups 1', 'LoginGraceTime 1'] }, async sshd => {
      const blocker = openSocket(sshd.port, '127.0.0.1');
      blocker.on('error', () => {});
      await delay(100);
      const host = await reach(stack, sshd);
      assert.match(sshd.log(), /MaxStartups throttling/, 'the first attempt was turned away');
      const root = await host.openRoot(sshd.folder, { create: false, state: null });
      assert.ok(root.exists);
      await host.close();
      blocker.destroy();
    }));

  test(`${stack}: a server whose first line never ends is given up, and named`, async () => {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
      const timer = setInterval(() => socket.write(Buffer.alloc(65_536, 'x')), 1);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const before = process.memoryUsage().rss;
    try {
      const plan = planFor(stack, '127.0.0.1');
      const connect = connector({ greetingPatience: 3_000 });
      await assert.rejects(connect({ ...plan, address: { ...plan.address, port } as HostPlan['address'] }), /there: /);
      assert.ok(process.memoryUsage().rss - before < 200e6);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  test(`${stack}: a host name that begins with a hyphen reaches no program`, () =>
    rejects(connector({})(planFor(stack, '-oProxyCommand=touch /tmp/pwned')), 'failed', /cannot be handed to ssh/));
}

test('a host on the way that never says a word is told from the ones before and behind it, on both stacks', () =>
  withSshd({ alias: 'gate' }, async gate => {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const config = join(gate.folder, 'config');
    const silent = `Host silent\n  HostName 127.0.0.1\n  Port ${port}\n`;
    writeFileSync(config, [gate.config, silent, gate.config.replace('Host gate', 'Host target')].join('\n'));
    const connect = connector({ sshConfig: config });
    try {
      const cases = STACKS.flatMap(stack => {
        const through = (host: string, ...names: readonly string[]) => {
          const via = names.map(name => ({ host: name, base: '' }));
          return connect({ ...planFor(stack, host), address: { kind: stack, host, base: '', via } });
        };
        const code = 'unreachable';
        const words = 'something listens there, but does not answer';
        return [
          rejects(through('target', 'silent'), code, new RegExp(`^there: silent, the host on the way there: ${words}`)),
          rejects(
            through('target', 'gate', 'silent'),
            code,
            new RegExp(`^there: silent, host 2 of 2 on the way there: ${words}`),
            /-J gate -- silent$/,
          ),
        ];
      });
      const behind = { kind: 'ssh', host: 'silent', base: '', via: [{ host: 'gate', base: '' }] } as const;
      cases.push(
        rejects(connect({ ...planFor('ssh', 'silent'), address: behind }), 'unreachable', /^there: something listens/),
      );
      const jumping = join(gate.folder, 'jumping');
      writeFileSync(jumping, ['Host target', '  ProxyJump gate,silent', readFileSync(config, 'utf8')].join('\n'));
      cases.push(
        rejects(
          connector({ sshConfig: jumping })(planFor('ssh', 'target')),
          'unreachable',
          /^there: gate, silent on the way there, or the host itself: something listens/,
        ),
      );
      await Promise.all(cases);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }));

test('what was started is stopped and removed', nothingIsLeft);

test.run();
