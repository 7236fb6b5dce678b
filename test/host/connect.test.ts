// Connecting over a real sshd: the push of the agent, all the ways in which it can go wrong, and that nothing stays behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostAddress } from '../../compiler/plan.js';
import { type ConnectOptions, makeConnect } from '../../runtime/host/connect.js';
import type { Host } from '../../runtime/host/host.js';
import { bundleAgent } from '../support/agent-bundle.js';
import { isRunning, processesBelow } from '../support/processes.js';
import { freePort, makeKey, type Sshd, type SshdOptions, startSshd } from '../support/sshd.js';
import { hostPlan } from './host-plan.js';
import { pause as delay, rejects } from './locking.js';

const folder = mkdtempSync(join(tmpdir(), 'syncplan-connect-'));
const bundle = await bundleAgent();

test('the agent is pushed the first time, found the second, and put right when it is damaged', async () => {
  await withSshd({}, async (sshd, cache) => {
    const size = statSync(bundle.path).size;
    assert.ok((await visit(sshd)) > size, 'the first visit carries the bundle');
    const [name] = bundles(cache);
    assert.match(name!, /^agent-[0-9a-f]{32}\.mjs$/);
    assert.equal(statSync(join(cache, name!)).mode & 0o777, 0o600);
    assert.ok((await visit(sshd)) < 10_000, 'the second does not');
    writeFileSync(join(cache, name!), 'process.exit(3)');
    assert.ok((await visit(sshd)) > size, 'damage is noticed and mended');
    assert.ok(readFileSync(join(cache, name!)).equals(readFileSync(bundle.path)));
    assert.deepEqual(bundles(cache), [name]);
  });
});

test('bundles that nobody has used for a month are cleared away, others stay', async () => {
  await withSshd({}, async (sshd, cache) => {
    mkdirSync(cache, { recursive: true });
    const [old, recent] = ['a', 'b'].map(letter => join(cache, `agent-${letter.repeat(32)}.mjs`));
    for (const path of [old!, `${old}.${'0'.repeat(12)}`, recent!]) writeFileSync(path, '');
    const past = new Date(Date.now() - 40 * 24 * 3600 * 1000);
    for (const path of [old!, `${old}.${'0'.repeat(12)}`]) utimesSync(path, past, past);
    const host = await connectTo(sshd);
    for (let i = 0; existsSync(old!) && i < 100; i++) await delay(20);
    assert.ok(!existsSync(old!) && !existsSync(`${old}.${'0'.repeat(12)}`) && existsSync(recent!));
    await host.close();
  });
});

test('an agent that cannot be kept is started all the same', async () => {
  await withSshd({ env: { XDG_CACHE_HOME: '/dev/null/none', TMPDIR: folder } }, async sshd => {
    const host = await connectTo(sshd);
    assert.equal((await host.openRoot('/', { create: false, state: null })).exists, true);
    await host.close();
    assert.deepEqual(
      readdirSync(folder).filter(name => name.startsWith('syncplan-agent-')),
      [],
    );
  });
});

test('a login script that talks is skipped; one that never stops is named', async () => {
  const talk = (text: string): SshdOptions => ({
    lines: [`ForceCommand printf "%s" "${text}"; yes talk | head -c 5000; echo; exec sh -c "$SSH_ORIGINAL_COMMAND"`],
  });
  await withSshd(talk('Welcome to @@sync'), async sshd => {
    const host = await connectTo(sshd);
    assert.equal(host.facts.node, process.versions.node);
    await host.close();
  });
  await withSshd({ lines: ['ForceCommand yes blah'] }, async sshd => {
    await rejects(connectTo(sshd), 'protocol', /writes more than 65536 bytes.*blah/s);
  });
});

test('an account without a shell is told by what it printed', async () => {
  await withSshd({ lines: ['ForceCommand echo This account is not available; exit 1'] }, async sshd => {
    await rejects(connectTo(sshd), 'no-agent', /exit 1.*not available/);
  });
});

test('a machine without Node.js, or with an old one, is told so', async () => {
  await withSshd({ env: { SYNCPLAN_NODE: '/nonexistent/node' } }, async sshd => {
    await rejects(connectTo(sshd), 'no-node', /not found/, /Install Node\.js 18/);
  });
  const old = join(folder, 'node');
  writeFileSync(old, '#!/bin/sh\necho v12.22.9\n');
  chmodSync(old, 0o755);
  await withSshd({ env: { SYNCPLAN_NODE: old } }, async sshd => {
    await rejects(connectTo(sshd), 'old-node', /v12\.22\.9/, /Install Node\.js 18/);
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

test('a key that is not known there is refused at once, with the command to try', async () => {
  await withSshd({}, async sshd => {
    const key = makeKey(join(folder, `stranger-${sshd.port}`));
    writeFileSync(sshd.configFile, sshd.config.replace(/^ *IdentityFile.*\n/m, ''));
    await rejects(
      connectTo(sshd, { address: { key } }),
      'refused-key',
      /there: the login was refused: .*Permission denied \(publickey\)/,
      new RegExp(`ssh -F ${sshd.configFile} -i ${key} .*-- there`),
    );
    const attempts = (): number => sshd.log().match(/Connection closed by authenticating user/g)?.length ?? 0;
    for (let i = 0; attempts() === 0 && i < 100; i++) await delay(20);
    assert.equal(attempts(), 1, 'tried once');
  });
});

test('a host key that is unknown is refused, accepted when asked, and a changed one never', async () => {
  await withSshd({}, async sshd => {
    rmSync(sshd.knownHostsFile);
    await rejects(connectTo(sshd), 'unknown-host-key', /not known/, /--accept-new-keys/);
    const host = await connectTo(sshd, { options: { acceptNewKeys: true } });
    await host.close();
    assert.match(readFileSync(sshd.knownHostsFile, 'utf8'), /ed25519/);
    const other = readFileSync(`${makeKey(join(folder, `other-${sshd.port}`))}.pub`, 'utf8')
      .split(' ')
      .slice(0, 2);
    writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${sshd.port} ${other.join(' ')}\n`);
    const help = new RegExp(`ssh-keygen -f ${sshd.knownHostsFile} -R '\\[127\\.0\\.0\\.1\\]:${sshd.port}'`);
    await rejects(connectTo(sshd), 'changed-host-key', /not the known one/, help);
    await rejects(connectTo(sshd, { options: { acceptNewKeys: true } }), 'changed-host-key', /not the known one/);
  });
});

test('a port where nothing listens, and a name that does not exist, are unreachable', async () => {
  const port = await freePort();
  const connect = connector({ sshConfig: '/dev/null' });
  await rejects(
    connect(plan({ host: '127.0.0.1', port })),
    'unreachable',
    /refused/i,
    new RegExp(`ssh .*-p ${port} -- 127`),
  );
  await rejects(connect(plan({ host: 'does-not-exist.invalid' })), 'unreachable', /does-not-exist\.invalid/);
});

test('a configuration that ssh refuses is told with its own words', async () => {
  const config = join(folder, 'broken');
  writeFileSync(config, 'Host *\n  NoSuchOption yes\n');
  await rejects(connector({ sshConfig: config })(plan({ host: 'x' })), 'failed', /nosuchoption/i);
  await rejects(connector({ sshConfig: join(folder, 'absent') })(plan({ host: 'x' })), 'failed', /absent/);
});

test('a server that is too busy to answer is tried again until it is not', async () => {
  await withSshd({ lines: ['LoginGraceTime 1', 'MaxStartups 1'] }, async sshd => {
    const blocker = connectSocket(sshd.port, '127.0.0.1');
    blocker.on('error', () => {});
    await delay(100);
    const host = await connectTo(sshd);
    blocker.destroy();
    assert.ok(/MaxStartups throttling/.test(sshd.log()), 'the first attempt was turned away');
    await host.close();
  });
});

test('the user’s choice of ciphers stands; without one AES-GCM is asked for', async () => {
  await withSshd({ lines: ['LogLevel DEBUG1'] }, async sshd => {
    await (await connectTo(sshd)).close();
    assert.match(sshd.log(), /client->server cipher: aes128-gcm/);
    writeFileSync(sshd.configFile, `${sshd.config}  Ciphers aes256-ctr\n`);
    await (await connectTo(sshd)).close();
    assert.match(sshd.log(), /client->server cipher: aes256-ctr/);
  });
});

test('an agent that is killed is lost, for what waits and for what comes', async () => {
  await withSshd({}, async sshd => {
    const host = await connectTo(sshd);
    process.kill(agentBelow(sshd.pid), 'SIGKILL');
    await rejects(keepAsking(host), 'lost', /^there: the connection to the agent was lost/);
    await rejects(host.openRoot('/', { create: false, state: null }), 'lost', /lost/);
    await host.close();
  });
});

test('an agent that stops answering is given up, and closing does not wait for it', async () => {
  await withSshd({}, async sshd => {
    const host = await connectTo(sshd, { options: { agentPatience: 3_000 } });
    const agent = agentBelow(sshd.pid);
    process.kill(agent, 'SIGSTOP');
    await rejects(keepAsking(host), 'silent', /not been heard for 3 s/);
    await host.close();
    process.kill(agent, 'SIGKILL');
  });
});

test('closing leaves no process here or there', async () => {
  await withSshd({}, async sshd => {
    const host = await connectTo(sshd);
    const pids = [
      agentBelow(sshd.pid),
      ...processesBelow(process.pid)
        .filter(({ command }) => /^ssh /.test(command))
        .map(({ pid }) => pid),
    ];
    assert.equal(pids.length, 2);
    await host.close();
    await gone(pids);
  });
});

test('a client that is killed leaves no process here or there', async () => {
  await withSshd({}, async sshd => {
    const script = `
      import { makeConnect } from ${JSON.stringify(new URL('../../runtime/host/connect.js', import.meta.url).href)};
      const connect = makeConnect(${JSON.stringify({ ...baseOptions(), sshConfig: sshd.configFile, environment: { PATH: process.env.PATH } })});
      await Promise.all([connect(${JSON.stringify(plan({ host: sshd.alias }))}), connect(${JSON.stringify(hostPlan('here', { kind: 'local' }))})]);
      console.log('connected');
      setInterval(() => {}, 1000);`;
    const client = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise(resolve => client.stdout.once('data', resolve));
    const pids = [agentBelow(sshd.pid), ...processesBelow(client.pid!).map(({ pid }) => pid)];
    assert.equal(pids.length, 3, 'an agent there, ssh and an agent here');
    client.kill('SIGKILL');
    await gone(pids);
  });
});

test('connecting ends when it is interrupted, and a login that hangs is given up', async () => {
  await withSshd({ lines: ['ForceCommand sleep 60'] }, async sshd => {
    const controller = new AbortController();
    const connecting = connectTo(sshd, { options: { signal: controller.signal } });
    setTimeout(() => controller.abort(), 800);
    await rejects(connecting, 'cancelled', /interrupted/);
    await rejects(connectTo(sshd, { options: { signal: controller.signal } }), 'cancelled', /interrupted/);
    await rejects(connectTo(sshd, { options: { greetingPatience: 800 } }), 'silent', /no answer/);
    assert.deepEqual(
      processesBelow(process.pid).filter(({ command }) => /^ssh /.test(command)),
      [],
    );
  });
});

test('the agent of this machine is a process of its own that counts no traffic; without its bundle there is none', async () => {
  const host = await connector({})(hostPlan('here', { kind: 'local' }));
  assert.equal(host.kind, 'local');
  assert.equal((await host.openRoot(folder, { create: false, state: null })).exists, true);
  assert.deepEqual(host.traffic(), { sent: 0, received: 0 });
  await host.close();
  const missing = connector({ agentBundle: join(folder, 'missing.mjs') });
  await rejects(missing(hostPlan('here', { kind: 'local' })), 'no-agent', /missing\.mjs/);
});

test('what was started is stopped and removed', () => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
  assert.deepEqual(processesBelow(process.pid), []);
});

type Ways = {
  readonly options?: Partial<ConnectOptions>;
  readonly address?: Partial<Extract<HostAddress, { kind: 'ssh' }>>;
};

const baseOptions = () => ({
  acceptNewKeys: false,
  agentBundle: bundle.path,
  planFolder: folder,
  cacheFolder: join(folder, 'cache'),
});

const connector = (options: Partial<ConnectOptions>) =>
  makeConnect({ ...baseOptions(), environment: { ...process.env, HOME: folder }, ...options });

const plan = (address: Partial<Extract<HostAddress, { kind: 'ssh' }>>) =>
  hostPlan('there', { kind: 'ssh', host: 'there', base: '', ...address });

const connectTo = (sshd: Sshd, { options = {}, address = {} }: Ways = {}): Promise<Host> =>
  connector({ sshConfig: sshd.configFile, ...options })(plan({ host: sshd.alias, ...address }));

/** Bytes sent to connect once. */
const visit = async (sshd: Sshd): Promise<number> => {
  const host = await connectTo(sshd);
  await host.close();
  return host.traffic().sent;
};

/** A server whose sessions have a home and a cache of their own. */
const withSshd = async (options: SshdOptions, work: (sshd: Sshd, cache: string) => Promise<void>): Promise<void> => {
  const home = mkdtempSync(join(folder, 'home-'));
  const sshd = await startSshd({ ...options, env: { HOME: home, XDG_CACHE_HOME: home, ...options.env } });
  try {
    await work(sshd, join(home, 'syncplan'));
  } finally {
    await sshd.stop();
  }
};

const bundles = (cache: string): string[] => readdirSync(cache).filter(name => name.startsWith('agent-'));

const agentBelow = (pid: number): number => {
  const found = processesBelow(pid).filter(({ command }) => /node -e /.test(command));
  assert.equal(found.length, 1, 'one agent runs there');
  return found[0]!.pid;
};

/** Asks until it fails. */
const keepAsking = async (host: Host): Promise<never> => {
  for (;;) {
    await host.openRoot('/', { create: false, state: null });
    await delay(20);
  }
};

const gone = async (pids: readonly number[]): Promise<void> => {
  for (let i = 0; pids.some(isRunning) && i < 150; i++) await delay(20);
  assert.deepEqual(pids.filter(isRunning), []);
};

test.run();
