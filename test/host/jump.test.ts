// A host behind others, as the plan says it (`via`): over real SSH servers, driven by an agent and over SFTP alike.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostPlan, Jump } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import { freePort, makeKey, type Sshd, startSshd } from '../support/sshd.js';
import { connector, folder, nothingIsLeft, rejects } from './connecting.js';
import { hostPlan } from './host-plan.js';

let gate: Sshd;
let inner: Sshd;
let closed: Sshd;
let target: Sshd;
/** A name that a shell would take for something else. */
const keys = join(folder, "it's $(id)");
const known = join(folder, 'known');

test.before(async () => {
  mkdirSync(keys);
  gate = await startSshd({ alias: 'gate' });
  inner = await startSshd({ alias: 'inner' });
  closed = await startSshd({ alias: 'closed', lines: ['AllowTcpForwarding no'] });
  target = await startSshd({ alias: 'target', lines: ['MaxSessions 1'] });
  const files = [gate, inner, closed, target].map(({ knownHostsFile }) => readFileSync(knownHostsFile, 'utf8'));
  writeFileSync(known, files.join(''));
  const lines = ['UserKnownHostsFile', 'GlobalKnownHostsFile'].map(name => `${name} ${known}`);
  writeFileSync(join(folder, 'config'), ['Host *', ...lines, 'IdentityAgent none', ''].join('\n'));
  for (const [name, { identityFile }] of Object.entries({ gate, inner, closed, target })) {
    writeFileSync(join(keys, name), readFileSync(identityFile), { mode: 0o600 });
  }
});
test.after(async () => {
  await Promise.all([gate, inner, closed, target].map(sshd => sshd?.stop()));
});

/** Each with a key of its own, which none of the others takes. */
const reach = ({ user, port, alias }: Sshd): Jump => ({
  host: '127.0.0.1',
  user,
  port,
  key: join(keys, alias),
  base: '',
});

const named = ({ host, port }: Jump): string => `${host}:${port}`;

const planFor = (kind: 'ssh' | 'sftp', ...via: Jump[]): HostPlan => ({
  ...hostPlan('far', { kind, ...reach(target), via }),
  agent: kind === 'sftp' ? 'sftp' : 'auto',
});

const connect = (host: HostPlan): Promise<Host> => connector({ sshConfig: join(folder, 'config') })(host);

const accepted = ({ log }: Sshd): number => log().match(/Accepted publickey/g)?.length ?? 0;

for (const kind of ['ssh', 'sftp'] as const) {
  test(`${kind}: one host on the way, and two, each with its own key`, async () => {
    for (const way of [[gate], [gate, inner]]) {
      const before = way.map(accepted);
      const host = await connect(planFor(kind, ...way.map(reach)));
      assert.equal((await host.openRoot(target.folder, { create: false, state: null })).exists, true);
      await host.close();
      assert.deepEqual(
        way.map(accepted),
        before.map(count => count + 1),
      );
    }
  });

  test(`${kind}: what goes wrong on the way is named, and not tried again`, async () => {
    const began = Date.now();
    const nobody = { ...reach(gate), port: await freePort() };
    await rejects(
      connect(planFor(kind, nobody)),
      'unreachable',
      new RegExp(`^far: ${named(nobody)}, the host on the way there: .*connect to host 127.0.0.1 port ${nobody.port}`),
    );
    await rejects(
      connect(planFor(kind, reach(closed))),
      'unreachable',
      new RegExp(`^far: ${named(reach(closed))}, .*connections to other hosts are not let through`),
      /AllowTcpForwarding/,
    );
    const stranger = { ...reach(gate), key: makeKey(join(folder, `stranger-${kind}`)) };
    await rejects(
      connect(planFor(kind, stranger)),
      'refused-key',
      new RegExp(`^far: ${named(stranger)}, .*Permission denied`),
    );
    const behind = {
      ...planFor(kind, reach(gate)),
      address: { kind, ...reach(target), port: await freePort(), via: [reach(gate)] },
    };
    await rejects(
      connect(behind),
      'unreachable',
      new RegExp(
        `^far: it cannot be reached from ${named(reach(gate))}, the host on the way there: .*Connection refused`,
      ),
    );
    assert.ok(Date.now() - began < 15_000);
  });

  test(`${kind}: a changed host key on the way is refused`, async () => {
    const kept = readFileSync(known, 'utf8');
    const other = readFileSync(`${makeKey(join(folder, `other-${kind}`))}.pub`, 'utf8').split(' ')[1]!;
    writeFileSync(known, kept.replace(new RegExp(`(\\[127\\.0\\.0\\.1\\]:${gate.port} \\S+) \\S+`), `$1 ${other}`));
    await rejects(connect(planFor(kind, reach(gate))), 'changed-host-key', /not the known one/);
    writeFileSync(known, kept);
  });
}

test('hosts on the way keep to the same grammar', async () => {
  for (const host of ['-oProxyCommand=x', 'a b', '$(id)', "a'b"]) {
    await rejects(connect(planFor('ssh', { host, base: '' })), 'failed', /cannot be handed to ssh/);
    await rejects(connect(planFor('sftp', { host, base: '' })), 'failed', /cannot be handed to ssh/);
  }
});

test('what was started is stopped and removed', async () => {
  await Promise.all([gate, inner, closed, target].map(sshd => sshd.stop()));
  nothingIsLeft();
});

test.run();
