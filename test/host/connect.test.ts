// Getting the agent to a machine over a real sshd: the push, the login, and the Node.js it needs.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Sshd, SshdOptions } from '../support/sshd.js';
import {
  bundle,
  bundles,
  connector,
  connectTo,
  delay,
  folder,
  nothingIsLeft,
  plan,
  rejects,
  visit,
  withSshd,
} from './connecting.js';
import { hostPlan } from './host-plan.js';

test('the agent is pushed the first time, found the second, and put right when it is damaged', async () => {
  await withSshd({}, async (sshd, cache) => {
    const size = statSync(bundle.path).size;
    assert.ok((await visit(sshd)) > size, 'the first visit carries the bundle');
    const [name] = bundles(cache);
    assert.match(name!, /^agent-[0-9a-f]{32}\.cjs$/);
    assert.equal(statSync(join(cache, name!)).mode & 0o777, 0o600);
    assert.ok((await visit(sshd)) < 10_000, 'the second does not');
    writeFileSync(join(cache, name!), 'process.exit(3)');
    assert.ok((await visit(sshd)) > size, 'damage is noticed and mended');
    assert.ok(readFileSync(join(cache, name!)).equals(readFileSync(bundle.path)));
    assert.deepEqual(bundles(cache), [name]);
  });
});

test('the compiled agent is kept beside its bundle, and run only as it was kept and by whom', async () => {
  await withSshd({}, async (sshd, cache) => {
    await visit(sshd);
    const kept = () => readdirSync(cache).filter(name => name.includes('.cjs.v'));
    for (let i = 0; kept().length === 0 && i < 100; i++) await delay(20);
    // The far Node.js may be another one than this.
    assert.equal(kept().length, 1);
    assert.match(kept()[0]!, /\.cjs\.v\d+\.\d+\.\d+-\w+$/);
    assert.ok(kept()[0]!.startsWith(`${bundles(cache)[0]}.v`));
    const code = join(cache, kept()[0]!);
    const whole = readFileSync(code);
    assert.equal(statSync(code).mode & 0o777, 0o600);
    const damaged = Buffer.from(whole);
    damaged[whole.length >> 1]! ^= 0x40;
    const stranger = (): void => (process.geteuid?.() === 0 ? chownSync(code, 65_534, 0) : chmodSync(code, 0o620));
    for (const spoil of [() => writeFileSync(code, damaged), () => chmodSync(code, 0o602), stranger]) {
      spoil();
      const before = statSync(code).ino;
      await visit(sshd);
      for (let i = 0; statSync(code).ino === before && i < 100; i++) await delay(20);
      assert.notEqual(statSync(code).ino, before, 'it is made anew');
    }
    const before = statSync(code).ino;
    await visit(sshd);
    await delay(200);
    assert.equal(statSync(code).ino, before, 'it serves as it is');
  });
});

test('bundles that nobody has used for a month are cleared away, others stay', async () => {
  await withSshd({}, async (sshd, cache) => {
    mkdirSync(cache, { recursive: true });
    const [old, recent] = ['a', 'b'].map(letter => join(cache, `agent-${letter.repeat(32)}.cjs`));
    const unused = [old!, `${old}.${'0'.repeat(12)}`];
    for (const path of [...unused, recent!]) writeFileSync(path, '');
    const past = new Date(Date.now() - 40 * 24 * 3600 * 1000);
    for (const path of unused) utimesSync(path, past, past);
    const host = await connectTo(sshd);
    // One after the other, while the agent serves already.
    for (let i = 0; unused.some(existsSync) && i < 100; i++) await delay(20);
    assert.ok(!unused.some(existsSync) && existsSync(recent!));
    await host.close();
  });
});

test('an agent that cannot be kept is started all the same', async () => {
  for (const cache of ['/dev/null/none', '/proc/none'])
    await withSshd({ env: { XDG_CACHE_HOME: cache, TMPDIR: folder } }, async sshd => {
      const host = await connectTo(sshd);
      assert.equal((await host.openRoot('/', { create: false, state: null })).exists, true);
      await host.close();
      assert.deepEqual(
        readdirSync(folder).filter(name => name.startsWith('syncplan-agent-')),
        [],
      );
    });
});

const byShell = (sshd: Sshd) =>
  connector({ sshConfig: sshd.configFile })({ ...plan({ host: sshd.alias }), agent: 'shell' });

test('a login script that talks is skipped; one that never stops is named', async () => {
  const talk = (text: string): SshdOptions => ({
    lines: [`ForceCommand printf "%s" "${text}"; yes talk | head -c 5000; echo; exec sh -c "$SSH_ORIGINAL_COMMAND"`],
  });
  await withSshd(talk('Welcome to @@sync'), async sshd => {
    const host = await connectTo(sshd);
    assert.match(host.facts.node, /^\d+\.\d+\.\d+$/);
    await host.close();
    const bare = await byShell(sshd);
    assert.equal((await bare.openRoot('/usr', { create: false, state: null })).exists, true);
    await bare.close();
  });
  await withSshd({ lines: ['ForceCommand yes blah'] }, async sshd => {
    for (const connect of [connectTo, byShell]) {
      await rejects(connect(sshd), 'protocol', /writes more than 65536 bytes.*blah/s);
    }
  });
});

test('an account without a shell is told by what it printed', async () => {
  await withSshd({ lines: ['ForceCommand echo This account is not available; exit 1'] }, async sshd => {
    await rejects(connectTo(sshd), 'no-agent', /there runs no commands: This account is not available/);
  });
});

test('a machine without Node.js, or with an old one, is driven by its shell, or told so', async () => {
  const byAgent = (sshd: Sshd) =>
    connector({ sshConfig: sshd.configFile })({ ...plan({ host: sshd.alias }), agent: 'node' });
  const none = { SYNCPLAN_NODE: '/nonexistent/node' };
  await withSshd({ env: none }, async sshd => {
    await rejects(byAgent(sshd), 'no-node', /not found/, /Install Node\.js 18/);
    const host = await connectTo(sshd);
    assert.equal(host.kind, 'shell');
    assert.match(host.facts.weaker[0]!, /driven by its shell: Node\.js was not found there/);
    assert.equal((await host.openRoot('/usr', { create: false, state: null })).exists, true);
    assert.ok(host.traffic().sent > 1000 && host.traffic().received > 100);
    await host.close();
  });
  await withSshd({ env: { ...none, PATH: '/nonexistent' } }, async sshd => {
    await rejects(connectTo(sshd), 'no-node', /not found there; and .* there is no find, no stat, /, /PATH there is/);
  });
  const old = join(folder, 'node');
  writeFileSync(old, '#!/bin/sh\necho v12.22.9\n');
  chmodSync(old, 0o755);
  await withSshd({ env: { SYNCPLAN_NODE: old } }, async sshd => {
    await rejects(byAgent(sshd), 'old-node', /v12\.22\.9/, /Install Node\.js 18/);
  });
});

test('Node.js is found outside PATH, and an old one in PATH does not hide it', async () => {
  const bin = join(folder, 'bin');
  const home = join(folder, 'home');
  mkdirSync(bin);
  mkdirSync(join(home, '.nvm/versions/node/v20/bin'), { recursive: true });
  writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v9.0.0\n');
  writeFileSync(join(home, '.nvm/versions/node/v20/bin/node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  chmodSync(join(bin, 'node'), 0o755);
  chmodSync(join(home, '.nvm/versions/node/v20/bin/node'), 0o755);
  await withSshd({ env: { PATH: bin, HOME: home } }, async sshd => {
    const host = await connectTo(sshd);
    assert.equal(host.facts.node, process.versions.node);
    await host.close();
  });
});

test('the agent of this machine is a process of its own that counts no traffic; without its bundle there is none', async () => {
  const host = await connector({})(hostPlan('here', { kind: 'local' }));
  assert.equal(host.kind, 'local');
  assert.equal((await host.openRoot(folder, { create: false, state: null })).exists, true);
  assert.deepEqual(host.traffic(), { sent: 0, received: 0 });
  await host.close();
  const missing = connector({ agentBundle: join(folder, 'missing.cjs') });
  await rejects(
    missing(hostPlan('here', { kind: 'local' })),
    'no-agent',
    /did not start: Error: Cannot find module '.*missing\.cjs'$/,
  );
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
