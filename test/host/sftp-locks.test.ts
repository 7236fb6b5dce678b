// Locks over SFTP: a claim lives by its time alone, for those who hold it, those who look at it from here, and those who do there.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import type { Host } from '../../runtime/host/host.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import type { Claimant } from '../../runtime/host/lock/claim.js';
import type { CheckedLock } from '../../runtime/host/lock-check.js';
import { openSftpLocks, type SftpLockOptions } from '../../runtime/host/sftp/locks.js';
import { holderHere } from '../../runtime/host/this-machine.js';
import { startSshd } from '../support/sshd.js';
import { connector, folder, nothingIsLeft, plan } from './connecting.js';
import { isLost, PLAIN, pause, recordIn, refused } from './locking.js';

const sshd = await startSshd();
const connect = connector({ sshConfig: sshd.configFile });
const hosts: Host[] = [];
for (const agent of ['sftp', 'auto', 'shell'] as const)
  hosts.push(await connect({ ...plan({ host: sshd.alias }), agent }));

let cases = 0;
const place = (): string => {
  const made = join(folder, `root-${++cases}`);
  mkdirSync(join(made, '.syncplan/lock/app.held'), { recursive: true, mode: 0o755 });
  return made;
};
const claimsIn = (root: string): string[] => readdirSync(join(root, '.syncplan/lock/app.held'));
const pathOf = (root: string, claim: string): string => join(root, '.syncplan/lock/app.held', claim);

/** Sets the time of a claim so many seconds back. */
const age = (root: string, claim: string, seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(pathOf(root, claim), then, then);
};

const acquire = async (host: Host, root: string) =>
  host.locks!.acquire({ ...PLAIN, root: await host.openRoot(root, { create: false, state: null }) });

for (const [what, claim] of [
  ['a process of another machine', 'exclusive,lease,elsewhere,another-boot,1,4711,99,1,run-9'],
  [
    'one of a machine of the same name',
    `exclusive,lease,${hostname().replaceAll(/[^A-Za-z0-9._-]/g, '_')},another-boot,1,4711,99,1,run-9`,
  ],
] as const) {
  test(`the lease of ${what} counts for everybody until it is two minutes old`, async () => {
    const root = place();
    for (const host of hosts) {
      mkdirSync(pathOf(root, claim));
      await refused(acquire(host, root), /locked by process 4711 of /, /It is free when that process ends/);
      age(root, claim, 100);
      await refused(acquire(host, root), /locked by process 4711 of /);
      age(root, claim, 190);
      const lock = await acquire(host, root);
      assert.equal(existsSync(pathOf(root, claim)), false, host.kind);
      assert.deepEqual(await lock.release(), []);
      assert.deepEqual(claimsIn(root), []);
    }
  });
}

/** With what the locks ask of SFTP, on this disk. */
const verbs = (): FileVerbs => {
  const local = makeLocalVerbs({ home: '/' });
  return {
    ...local,
    writeMany: async files =>
      Promise.all(files.map(({ at, name, content, attributes }) => local.writeWhole!(at, name, content, attributes))),
  };
};

const locksOf = (root: string, here: Partial<Claimant> = {}, more: Partial<SftpLockOptions> = {}) => {
  const claimant = { machine: 'one', boot: 'b', space: '1', process: process.pid, born: '', ...here };
  const locks = openSftpLocks({
    label: 'shop',
    verbs: verbs(),
    holder: holderHere(Date.now),
    here: claimant,
    placeOf: ({ path }) => ({ path, create: false, state: null }),
    ...more,
  });
  const given = { ...PLAIN, root: { path: root } as never };
  const take = async (asked: object = {}) => (await locks.acquire({ ...given, ...asked })) as CheckedLock;
  return { ...locks, take };
};

test('a claim is made young again for as long as it is held, and no longer', async () => {
  const root = place();
  const locks = locksOf(root, {}, { renewal: 0.05 });
  const lock = await locks.take();
  const [claim] = claimsIn(root);
  age(root, claim!, 1000);
  const isYoung = (): boolean => Date.now() - statSync(pathOf(root, claim!)).mtimeMs < 60_000;
  for (let waited = 0; !isYoung() && waited < 10_000; waited += 50) await pause(50);
  assert.equal(isYoung(), true);
  assert.deepEqual(await lock.release(), []);
  await pause(200);
  assert.deepEqual(claimsIn(root), []);
  const { epoch } = await locks.take();
  assert.equal(epoch, lock.epoch + 1);
  await locks.close();
  assert.deepEqual(claimsIn(root), []);
});

test('whoever was taken for dead finds out before he writes', async () => {
  const root = place();
  const [first, second] = [locksOf(root, {}, { sure: 0, renewal: 4 }), locksOf(root, { machine: 'two' })];
  const lock = await first.take({ run: 'run-1' });
  await lock.check();
  await refused(second.take({ run: 'run-2' }), /block app in the root .* is locked by run run-1 of /, /120 s after/);
  age(root, claimsIn(root)[0]!, 130);
  const taken = await second.take({ run: 'run-2' });
  await assert.rejects(async () => lock.check(), isLost(/its claim is gone/));
  await pause(4_500);
  assert.equal(recordIn(join(root, '.syncplan/lock/app.lease')).run, 'run-2');
  // It gives back nothing that is another's by now.
  await lock.release();
  await taken.check();
  await refused(first.take(), /locked by run run-2 of /);
  await taken.release();
  await Promise.all([first.close(), second.close()]);
});

test('a run that died is unlocked by its name, one that lives is not', async () => {
  const root = place();
  const [first, second] = [locksOf(root), locksOf(root, { machine: 'two' })];
  await first.take({ run: 'run-1' });
  const rooted = { path: root } as never;
  assert.equal(await second.unlock(rooted, 'app', 'run-2'), 'not-locked');
  assert.equal(await second.unlock(rooted, 'app', 'run-1'), 'held');
  age(root, claimsIn(root)[0]!, 130);
  assert.equal(await second.unlock(rooted, 'app', 'run-1'), 'unlocked');
  assert.deepEqual(claimsIn(root), []);
  assert.equal(await second.unlock(rooted, 'app', 'run-1'), 'not-locked');
  await Promise.all([first.close(), second.close()]);
});

test('a run that has a block in several roots notices where its lock is lost in any of them', async () => {
  const [one, other] = [place(), place()];
  const locks = locksOf(one, {}, { sure: 0 });
  const [first, second] = [await locks.take(), await locks.take({ root: { path: other } })];
  await first.check();
  rmdirSync(pathOf(other, claimsIn(other)[0]!));
  await assert.rejects(async () => first.check(), isLost(/its claim is gone/));
  await second.release();
  await first.check();
  await locks.close();
});

test('what was removed by hand is no longer held', async () => {
  const root = place();
  const locks = locksOf(root, {}, { sure: 0 });
  const lock = await locks.take();
  rmdirSync(pathOf(root, claimsIn(root)[0]!));
  await assert.rejects(async () => lock.check(), isLost(/its claim is gone/));
  await locks.close();
});

test('what was started is stopped and removed', async () => {
  for (const host of hosts) await host.close();
  await sshd.stop();
  nothingIsLeft();
});

test.run();
