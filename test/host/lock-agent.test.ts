// Locks held by real agents, here and over sshd: whatever ends the connection gives them back, and no wait is taken for silence.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { LockBy } from '../../compiler/plan.js';
import { openDigests } from '../../runtime/bytes/digest.js';
import { makeConnect } from '../../runtime/host/connect.js';
import type { Host, Lock, Root } from '../../runtime/host/host.js';
import { bundleAgent } from '../support/agent-bundle.js';
import { isRunning, processesBelow } from '../support/processes.js';
import { startSshd } from '../support/sshd.js';
import { hostPlan } from './host-plan.js';
import { modeOf, PLAIN, pause, recordIn, refused, rejects } from './locking.js';
import { ALL, file, packOf } from './session.js';

const top = mkdtempSync(join(tmpdir(), 'syncplan-lock-agent-'));
const at = (name: string): string => join(top, name);
mkdirSync(at('home'));
const policy = at('policy.json');
writeFileSync(policy, '{"policy":1}');
const bundle = await bundleAgent();
const sshd = await startSshd({ env: { HOME: at('home'), XDG_CACHE_HOME: at('home/.cache'), SYNCPLAN_POLICY: policy } });

const connecting = (agentPatience?: number) =>
  makeConnect({
    sshConfig: sshd.configFile,
    acceptNewKeys: false,
    agentBundle: bundle.path,
    planFolder: top,
    cacheFolder: at('cache'),
    environment: process.env,
    ...(agentPatience === undefined ? {} : { agentPatience }),
  });
const PLANS = {
  'over SSH': hostPlan('there', { kind: 'ssh', host: sshd.alias, base: '' }),
  'of this machine': hostPlan('here', { kind: 'local' }),
};
type Where = keyof typeof PLANS;
const connectTo = (where: Where, agentPatience?: number): Promise<Host> => connecting(agentPatience)(PLANS[where]);

/** A folder of its own for each case. */
let cases = 0;
const place = (): string => {
  const folder = at(`root-${++cases}`);
  mkdirSync(folder);
  return folder;
};
const openRoot = (host: Host, folder: string): Promise<Root> => host.openRoot(folder, { create: false, state: null });
const acquire = async (host: Host, folder: string, more: object = {}): Promise<Lock> =>
  host.locks!.acquire({ ...PLAIN, ...more, root: await openRoot(host, folder) });
const holderOf = (folder: string): number => recordIn(join(folder, '.syncplan/lock/app.lease')).process;

/** Writes down what it did; the second takes a while, as resuming a program does. */
const telling = (folder: string): LockBy => ({
  kind: 'command',
  command: ['/bin/sh', '-c', `echo hold >> ${folder}.told`],
  release: ['/bin/sh', '-c', `sleep 0.7; echo resume >> ${folder}.told`],
});
const toldIn = (folder: string): string => (existsSync(`${folder}.told`) ? readFileSync(`${folder}.told`, 'utf8') : '');

/** The ssh client or the agent that this process started. */
const carrierOf = (where: Where): number => {
  const word = where === 'over SSH' ? /(^|\/)ssh / : /agent\.cjs here/;
  return processesBelow(process.pid).findLast(one => one.parent === process.pid && word.test(one.command))!.pid;
};

for (const where of ['over SSH', 'of this machine'] as const) {
  test(`an agent ${where} excludes others, and says who holds the lock`, async () => {
    const folder = place();
    const [one, other] = [await connectTo(where), await connectTo('of this machine')];
    const lock = await acquire(one, folder, { run: 'first' });
    await refused(acquire(other, folder), new RegExp(`locked by run first of .*, process ${holderOf(folder)}, for`));
    assert.notEqual(holderOf(folder), process.pid);
    assert.deepEqual(await lock.release(), []);
    await (await acquire(other, folder)).release();
    await one.close();
    await other.close();
  });

  test(`closing the connection to an agent ${where} gives back what its locks blocked`, async () => {
    const folder = place();
    mkdirSync(join(folder, 'conf'), { mode: 0o755 });
    const host = await connectTo(where);
    await acquire(host, folder, { block: 'conf', by: { kind: 'permissions' }, folders: ['conf'] });
    await acquire(host, folder, { by: telling(folder) });
    assert.equal(modeOf(join(folder, 'conf')), 0o700);
    await host.close();
    assert.equal(modeOf(join(folder, 'conf')), 0o755);
    assert.equal(toldIn(folder), 'hold\nresume\n');
  });

  test(`an agent ${where} that is asked to end by a signal gives its locks back first`, async () => {
    const folder = place();
    const host = await connectTo(where);
    await acquire(host, folder, { by: telling(folder) });
    const agent = holderOf(folder);
    process.kill(agent, 'SIGTERM');
    await gone(agent);
    assert.equal(toldIn(folder), 'hold\nresume\n');
    await rejects(openRoot(host, folder), 'lost', /connection/);
    await host.close();
  });

  test(`an agent ${where} that is killed leaves its lock free, and what it owed to the next`, async () => {
    const folder = place();
    const host = await connectTo(where);
    await acquire(host, folder, { run: 'killed', by: telling(folder) });
    process.kill(holderOf(folder), 'SIGKILL');
    const next = await connectTo(where);
    await acquire(next, folder, { wait: 5 });
    assert.equal(toldIn(folder), 'hold\nresume\n');
    await host.close();
    await next.close();
  });
}

test('waiting for a lock is not silence, however long', async () => {
  const folder = place();
  const [one, other] = [await connectTo('of this machine'), await connectTo('over SSH', 5_000)];
  const lock = await acquire(one, folder);
  const waiting = acquire(other, folder, { wait: 20 });
  await pause(7_000);
  await lock.release();
  assert.equal((await waiting).waited, true);
  await one.close();
  await other.close();
});

test('a connection that is cut frees the lock, after what it blocked is given back', async () => {
  const folder = place();
  mkdirSync(join(folder, 'conf'), { mode: 0o755 });
  const host = await connectTo('over SSH');
  await acquire(host, folder, { block: 'conf', by: { kind: 'permissions' }, folders: ['conf'] });
  await acquire(host, folder, { by: telling(folder) });
  const agent = holderOf(folder);
  const next = await connectTo('of this machine');
  process.kill(carrierOf('over SSH'), 'SIGKILL');
  // Whether it has to wait for that, is a matter of who is quicker.
  const began = Date.now();
  await acquire(next, folder, { wait: 10 });
  assert.ok(Date.now() - began < 8_000);
  assert.equal(toldIn(folder), 'hold\nresume\n');
  await gone(agent);
  assert.equal(modeOf(join(folder, 'conf')), 0o755);
  await host.close();
  await next.close();
});

test('a transaction of an agent works under its lock, and stops when that is lost', async () => {
  const folder = place();
  const host = await connectTo('over SSH');
  const root = await openRoot(host, folder);
  const scan = await root.scan(ALL);
  const lock = await host.locks!.acquire({ ...PLAIN, root });
  const transaction = await host.begin({ run: 'r', block: 'app', trash: 60, durability: 'strict', lock: { ...lock } }, [
    { root, scan },
  ]);
  const digests = await openDigests(ALL.algorithm);
  await transaction.prepare([{ part: 0, action: file('a', 0) }]);
  assert.notEqual(root.marker, null, 'what the transaction made of the root is known here');
  await transaction.stage(
    packOf([{ is: 'whole', index: 0, digest: digests.hash(Buffer.alloc(0)), content: Buffer.alloc(0) }]),
  );
  assert.deepEqual(await transaction.precheck(), []);
  rmSync(join(folder, '.syncplan/lock/app'));
  await rejects(drained(transaction.commit()), 'locked', /lock file was removed/);
  assert.ok(!existsSync(join(folder, 'a')));
  await transaction.end();
  await host.close();
});

test('hooks run on the agent’s machine, unless its operator forbids them', async () => {
  const host = await connectTo('over SSH');
  const hook = () => host.programs!.run(['/bin/sh', '-c', 'echo $SYNCPLAN_RUN $HOME'], OPTIONS);
  assert.deepEqual(await hook(), { code: 0, output: `r-1 ${at('home')}` });
  writeFileSync(policy, JSON.stringify({ policy: 1, hooks: false, roots: [at('root-1')] }));
  assert.deepEqual(await hook(), { code: null, output: `the policy ${policy} of this machine forbids hooks` });
  await rejects(openRoot(host, top), 'bad-root', /does not allow this folder/);
  writeFileSync(policy, '{"policy":1}');
  await openRoot(host, top);
  await host.close();
});

test('a program that still runs ends with its connection', async () => {
  const host = await connectTo('over SSH');
  const running = host.programs!.run(['/bin/sh', '-c', `echo $$ > ${at('pid')}; sleep 300`], {
    ...OPTIONS,
    timeout: 300,
  });
  running.catch(() => {});
  for (let i = 0; !existsSync(at('pid')) && i < 200; i++) await pause(25);
  const pid = Number(readFileSync(at('pid'), 'utf8'));
  process.kill(carrierOf('over SSH'), 'SIGKILL');
  await rejects(running, 'lost', /connection/);
  await gone(pid);
  await host.close();
});

test('what was started is stopped and removed', async () => {
  await sshd.stop();
  bundle.remove();
  rmSync(top, { recursive: true });
  assert.ok(!existsSync(top));
});

const OPTIONS = { timeout: 20, environment: { SYNCPLAN_RUN: 'r-1' } };

const gone = async (pid: number): Promise<void> => {
  for (let i = 0; isRunning(pid) && i < 400; i++) await pause(25);
  assert.ok(!isRunning(pid), `process ${pid} still runs`);
};

const drained = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
};

test.run();
