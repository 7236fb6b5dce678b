// What fails on the way to a host is named, with what to do about that very host: by `via` and by ProxyJump, on both stacks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostPlan, Jump } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import { byHand, shortWay } from '../../runtime/host/ssh.js';
import { freePort, makeKey, type Sshd, startSshd } from '../support/sshd.js';
import { connector, folder, nothingIsLeft, rejects } from './connecting.js';
import { hostPlan } from './host-plan.js';

const servers = new Map<string, Sshd>();
const at = (alias: string): Sshd => servers.get(alias)!;
const file = (name: string): string => join(folder, name);
let stranger: string;
let shut: number;

test.before(async () => {
  for (const alias of ['first', 'second', 'target']) servers.set(alias, await startSshd({ alias }));
  servers.set('closed', await startSshd({ alias: 'closed', lines: ['AllowTcpForwarding no'] }));
  stranger = makeKey(file('stranger'));
  shut = await freePort();
  writeFileSync(file('nothing-known'), '');
  const [type, key] = readFileSync(`${stranger}.pub`, 'utf8').split(' ');
  const others = [...servers.values()].map(({ port }) => `[127.0.0.1]:${port} ${type} ${key}\n`);
  writeFileSync(file('others-known'), `# what stood here once\n${others.join('')}`);
});
test.after(async () => {
  await Promise.all([...servers.values()].map(sshd => sshd.stop()));
});

/** By host and keyword. */
type Changes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Everything as it is, but for lines of some host. */
const configWith = (changes: Changes = {}): string => {
  const texts = [...servers.values()].map(({ alias, config }) =>
    Object.entries(changes[alias] ?? {}).reduce(
      (text, [keyword, value]) =>
        text.includes(`  ${keyword} `)
          ? text.replace(new RegExp(`^  ${keyword} .*$`, 'm'), `  ${keyword} ${value}`)
          : text.replace('\n', `\n  ${keyword} ${value}\n`),
      config,
    ),
  );
  const path = file(`config-${++configs}`);
  writeFileSync(path, [...texts].join('\n'));
  return path;
};
let configs = 0;

type Stack = 'ssh' | 'sftp';
type Way = 'via' | 'ProxyJump';

const connect = (stack: Stack, way: Way, through: readonly string[], changes: Changes, to: string): Promise<Host> => {
  const jump = way === 'via' ? {} : { [to]: { ...changes[to], ProxyJump: through.join(',') } };
  const sshConfig = configWith({ ...changes, ...jump });
  const via = through.map((host): Jump => ({ host, base: '' }));
  const plan: HostPlan = {
    ...hostPlan('far', { kind: stack, host: to, base: '', ...(way === 'via' ? { via } : {}) }),
    agent: stack === 'sftp' ? 'sftp' : 'auto',
  };
  return connector({ sshConfig })(plan);
};

for (const stack of ['ssh', 'sftp'] as const) {
  for (const way of ['via', 'ProxyJump'] as const) {
    const name = `${stack} by ${way}`;
    const fails = (
      through: readonly string[],
      changes: Changes,
      code: string,
      message: RegExp,
      help: RegExp,
    ): Promise<void> => rejects(connect(stack, way, through, changes, 'target'), code, message, help);

    test(`${name}: a host key that nobody knows is that of the host it is of`, async () => {
      const unknown = { UserKnownHostsFile: file('nothing-known') };
      await fails(
        ['first'],
        { first: unknown },
        'unknown-host-key',
        /^far: first, the host on the way there: the host key is not known yet: /,
        /compare the fingerprint: ssh -F \S+ -- first; or/,
      );
      await fails(
        ['first', 'second'],
        { second: unknown },
        'unknown-host-key',
        /^far: second, host 2 of 2 on the way there: the host key/,
        /compare the fingerprint: ssh -F \S+ -J first -- second; or/,
      );
      await fails(
        ['first', 'second'],
        { target: unknown },
        'unknown-host-key',
        /^far: the host key is not known yet: /,
        way === 'via' ? /: ssh -F \S+ -J first,second -- target; or/ : /: ssh -F \S+ -- target; or/,
      );
    });

    test(`${name}: a host key that has changed is told with both fingerprints, and where the known one is`, async () => {
      const changed = { UserKnownHostsFile: file('others-known') };
      for (const [through, alias, where] of [
        [['first'], 'first', 'first, the host on the way there: '],
        [['first', 'second'], 'first', 'first, host 1 of 2 on the way there: '],
        [['first', 'second'], 'second', 'second, host 2 of 2 on the way there: '],
        [['first'], 'target', ''],
      ] as const) {
        const line = [...servers.keys()].indexOf(alias) + 2;
        await fails(
          through,
          { [alias]: changed },
          'changed-host-key',
          new RegExp(
            `^far: ${where}the host key is not the known one; this may be an attack: ` +
              `it offers ${fingerprint(at(alias).hostKeyFile)}, ` +
              `while line ${line} of ${file('others-known')} has ${fingerprint(stranger)}$`,
          ),
          new RegExp(
            `remove the known key: ssh-keygen -f \\S+ -R '\\[127.0.0.1\\]:${at(alias).port}'; then .* -- ${alias}$`,
          ),
        );
      }
    });

    test(`${name}: a login that is refused, a name that is unknown, and a port that is shut`, async () => {
      await fails(
        ['first', 'second'],
        { second: { IdentityFile: stranger } },
        'refused-key',
        /^far: second, host 2 of 2 on the way there: the login was refused: .*Permission denied/,
        /Try by hand: ssh -F \S+ -J first -- second$/,
      );
      await fails(
        ['first'],
        { first: { HostName: 'no-such-host.invalid' } },
        'unreachable',
        /^far: first, the host on the way there: the name is not known: .*no-such-host\.invalid/,
        /try: ssh -F \S+ -- first$/,
      );
      await fails(
        ['first', 'second'],
        { first: { Port: String(shut) } },
        'unreachable',
        new RegExp(
          `^far: first, host 1 of 2 on the way there: it cannot be reached: .* port ${shut}: Connection refused`,
        ),
        /Try by hand: ssh -F \S+ -- first$/,
      );
      await fails(
        ['first', 'second'],
        { second: { Port: String(shut) } },
        'unreachable',
        /^far: second, host 2 of 2 on the way there: it cannot be reached from first: .*Connection refused/,
        /Try by hand: ssh -F \S+ -J first -- second$/,
      );
      await fails(
        ['first'],
        { target: { Port: String(shut) } },
        'unreachable',
        /^far: it cannot be reached from first, the host on the way there: .*Connection refused/,
        /name known on the host before it\? Try by hand: ssh -F \S+ (?:-J first )?-- target$/,
      );
    });

    test(`${name}: a host that lets nobody through`, () =>
      fails(
        ['first', 'closed'],
        {},
        'unreachable',
        /^far: closed, host 2 of 2 on the way there: connections to other hosts are not let through: .*prohibited/,
        /AllowTcpForwarding yes .* by hand: ssh -F \S+ -J first -- closed$/,
      ));
  }
}

test('a host that nobody knows how it is reached, as a command of the user’s does it, is not guessed', () => {
  const sshConfig = configWith({ target: { ProxyCommand: '/bin/false' } });
  return rejects(
    connector({ sshConfig })(hostPlan('far', { kind: 'ssh', host: 'target', base: '' })),
    'unreachable',
    /^far: the server closed the connection before the login: /,
    /by hand: ssh -F \S+ -- target$/,
  );
});

test('what is to be typed by hand is short, goes the same way, and accepts no key unasked', () => {
  const options = { sshConfig: configWith(), acceptNewKeys: true, planFolder: folder, home: folder };
  const host = (alias: string): Jump => ({ host: alias, base: '' });
  const typed = (via: readonly Jump[]): string =>
    byHand(shortWay('far', { kind: 'ssh', host: 'target', base: '', via }, options));
  const two = typed([host('first'), { ...host('second'), user: at('second').user, port: at('second').port }]);
  assert.equal(two, `ssh -F ${options.sshConfig} -J first,${at('second').user}@second:${at('second').port}`);
  const withKey = typed([host('first'), { ...host('second'), key: at('second').identityFile }]);
  assert.match(
    withKey,
    /^ssh -F \S+ -o 'ProxyCommand=ssh -F \S+ -i \S+ -o IdentitiesOnly=yes -J first -W \[%h\]:%p -- second'$/,
  );
  for (const command of [two, withKey, typed([{ host: '::1', user: 'me', port: 22, base: '' }])]) {
    assert.doesNotMatch(command, /accept-new|BatchMode/);
  }
  assert.match(typed([{ host: '::1', user: 'me', port: 22, base: '' }]), / -J 'me@\[::1\]:22'$/);
  for (const command of [two, withKey]) {
    const shell = { encoding: 'utf8', env: { ...process.env, SHELL: '/bin/sh' } } as const;
    assert.equal(execFileSync('sh', ['-c', `${command} -- target echo here`], shell), 'here\n');
  }
});

test('what was started is stopped and removed', async () => {
  await Promise.all([...servers.values()].map(sshd => sshd.stop()));
  nothingIsLeft();
});

const fingerprint = (key: string): string =>
  execFileSync('ssh-keygen', ['-l', '-f', `${key}.pub`], { encoding: 'utf8' })
    .split(' ')[1]!
    .replace(/[+]/g, '\\+');

test.run();
