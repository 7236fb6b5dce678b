// Locks over real sshd where some have flock and some have not: whoever holds the lock, all others notice, and what ends it.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Host, Lock } from '../../runtime/host/host.js';
import { processesBelow } from '../support/processes.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { connector, folder, nothingIsLeft, plan } from './connecting.js';
import { makeBusyBox } from './far-shell.js';
import { NO_FLOCK, PLAIN, recordIn, refused } from './locking.js';

const at = (name: string): string => join(folder, name);
mkdirSync(at('home'));
const busyBox = makeBusyBox();
const env = { HOME: at('home'), XDG_CACHE_HOME: at('home/.cache') };
/** BusyBox here has no flock, so this one finds it beyond its PATH. */
const having = await startSshd({ env: { ...env, PATH: busyBox.path } });
const lacking = await startSshd({ env: { ...env, ...NO_FLOCK } });

const connectTo = (sshd: Sshd, agent: 'auto' | 'shell' | 'sftp'): Promise<Host> =>
  connector({ sshConfig: sshd.configFile })({ ...plan({ host: sshd.alias }), agent });

const open = {
  'an agent with flock': () => connectTo(having, 'auto'),
  'an agent without flock': () => connectTo(lacking, 'auto'),
  'a shell with flock': () => connectTo(having, 'shell'),
  'a shell without flock': () => connectTo(lacking, 'shell'),
  'SFTP, without': () => connectTo(having, 'sftp'),
} as const;
type Who = keyof typeof open;
const ALL = Object.keys(open) as Who[];
const hosts = new Map<Who, Host>();
for (const who of ALL) hosts.set(who, await open[who]());

let cases = 0;
const place = (): string => {
  const folder = at(`root-${++cases}`);
  mkdirSync(folder);
  return folder;
};
const acquire = async (host: Host, folder: string, more: object = {}): Promise<Lock> => {
  const root = await host.openRoot(folder, { create: false, state: null });
  return host.locks!.acquire({ ...PLAIN, ...more, root });
};
const holderOf = (folder: string): number => recordIn(join(folder, '.syncplan/lock/app.lease')).process;
const claimsIn = (folder: string): string[] => readdirSync(join(folder, '.syncplan/lock/app.held'));

test('each is what it is meant to be, and says which flock it found', async () => {
  for (const [who, host] of hosts) {
    assert.equal(host.kind, who.includes('agent') ? 'agent' : who.includes('SFTP') ? 'sftp' : 'shell', who);
    if (host.kind === 'sftp') continue;
    const { tools } = await host.about();
    const path = tools.find(({ name }) => name === 'flock')!.path;
    if (who.includes('without')) assert.equal(path, '', who);
    else assert.match(path, /^\/(usr\/)?bin\/flock$/, who);
    assert.equal(
      host.facts.weaker.some(text => /locks are claims, as there is no flock/.test(text)),
      who.includes('without'),
      who,
    );
  }
});

for (const first of ALL) {
  test(`what ${first} has locked, nobody else gets`, async () => {
    const folder = place();
    const held = await acquire(hosts.get(first)!, folder, { run: 'first' });
    const way = first.includes('SFTP') ? 'lease' : first.includes('without') ? 'folder' : 'flock';
    assert.match(claimsIn(folder).join(), new RegExp(`^exclusive,${way},`));
    for (const second of ALL) {
      await refused(acquire(hosts.get(second)!, folder), /locked by run first of \S+, process \d+, for \d+ s/);
    }
    assert.deepEqual(await held.release(), []);
    assert.deepEqual(claimsIn(folder), []);
    for (const second of ALL) assert.deepEqual(await (await acquire(hosts.get(second)!, folder)).release(), []);
  });

  if (first.includes('SFTP')) continue;
  test(`what ${first} held when it was killed with -9 is free at once, also for who judges by its process`, async () => {
    const folder = place();
    for (const [round, second] of (
      ['an agent without flock', 'a shell without flock', 'SFTP, without'] as const
    ).entries()) {
      const doomed = await open[first]();
      const { epoch } = await acquire(doomed, folder, { run: `killed-${round}`, hold: 3600 });
      process.kill(doomed.kind === 'shell' ? parentOf(holderOf(folder)) : holderOf(folder), 'SIGKILL');
      const next = await acquire(hosts.get(second)!, folder, { wait: 10 });
      assert.equal(next.epoch, epoch + 1, second);
      await next.release();
      await doomed.close();
    }
  });
}

test('an agent that hears nothing for as long as its lease lets go of its claim', async () => {
  const folder = place();
  const before = new Set(carriers());
  const host = await open['an agent without flock']();
  await acquire(host, folder, { run: 'silent', hold: 2 });
  const [carrier] = carriers().filter(pid => !before.has(pid));
  process.kill(carrier!, 'SIGSTOP');
  try {
    await refused(acquire(hosts.get('a shell without flock')!, folder), /run silent/);
    await (await acquire(hosts.get('a shell without flock')!, folder, { wait: 15 })).release();
  } finally {
    process.kill(carrier!, 'SIGKILL');
    await host.close();
  }
});

test('what was started is stopped and removed', async () => {
  for (const host of hosts.values()) await host.close();
  await having.stop();
  await lacking.stop();
  busyBox.remove();
  nothingIsLeft();
});

const parentOf = (pid: number): number =>
  Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);

/** The ssh clients that this process started. */
const carriers = (): number[] =>
  processesBelow(process.pid)
    .filter(one => one.parent === process.pid && /(^|\/)ssh /.test(one.command))
    .map(({ pid }) => pid);

test.run();
