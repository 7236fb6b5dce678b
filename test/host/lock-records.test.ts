// What lies in a lock folder: records that inform and decide nothing, files that others may lock too, and what is not trusted.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { claimantHere } from '../../runtime/host/lock/claim.js';
import { makeClosedView } from '../../runtime/host/lock/closed-view.js';
import { openLocks } from '../../runtime/host/lock/locks.js';
import { openPrograms } from '../../runtime/host/programs.js';
import { inYard, isLost, modeOf, PLAIN, recordIn, refused, rejects } from './locking.js';

inYard('an epoch that another wrote is noticed though the file still is ours', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire();
  const lease = recordIn(yard.lockFile('app.lease'));
  writeFileSync(yard.lockFile('app.lease'), JSON.stringify({ ...lease, epoch: lease.epoch + 1, run: 'other' }));
  assert.throws(() => lock.check(), isLost(/lease is not ours/));
  assert.deepEqual(await lock.release(), []);
  assert.equal(recordIn(yard.lockFile('app.lease')).run, 'other');
});

inYard('what stands in a record decides nothing: not its times, its boot id, nor its absence', async yard => {
  const { acquire } = await yard.open();
  await (await acquire()).release();
  const lease = recordIn(yard.lockFile('app.lease'));
  const claims = [
    { ...lease, released: false, at: '2999-01-01T00:00:00.000Z' },
    { ...lease, released: false, at: '1970-01-01T00:00:00.000Z', taken: 1e12, refreshed: 1e12 },
    { ...lease, released: false, boot: 'another start of the system', process: 1 },
    { ...lease, released: false, process: process.pid },
  ];
  for (const claim of claims) {
    writeFileSync(yard.lockFile('app.lease'), JSON.stringify(claim));
    await (await acquire()).release();
  }
  for (const damage of ['', '{', '{"lease":2}', 'null', '\0\0\0']) {
    writeFileSync(yard.lockFile('app.lease'), damage);
    await (await acquire()).release();
  }
  unlinkSync(yard.lockFile('app.lease'));
  await (await acquire()).release();
});

inYard('and the same record takes nothing from one who holds the lock', async yard => {
  const holder = await yard.holder();
  const { acquire } = await yard.open();
  const lease = recordIn(yard.lockFile('app.lease'));
  for (const claim of [
    { ...lease, at: '1970-01-01T00:00:00.000Z', taken: -1e9, refreshed: -1e9 },
    { ...lease, boot: 'another start of the system' },
    { ...lease, released: true },
  ]) {
    writeFileSync(yard.lockFile('app.lease'), JSON.stringify(claim));
    await refused(acquire(), /is locked by/);
  }
  unlinkSync(yard.lockFile('app.lease'));
  await refused(
    acquire(),
    new RegExp(`by process ${holder.pid} of \\S+, which keeps no record there`),
    /remove the folder lock\/app\.held\/exclusive,flock,\S+ of the state folder/,
  );
  await holder.end();
  await acquire();
});

inYard('what a record of another start of the system says is told by its own clock', async yard => {
  const holder = await yard.holder();
  const { acquire } = await yard.open();
  const lease = recordIn(yard.lockFile('app.lease'));
  writeFileSync(
    yard.lockFile('app.lease'),
    JSON.stringify({ ...lease, boot: 'other', at: '2026-01-02T03:04:05.000Z' }),
  );
  await refused(acquire(), /since 2026-01-02T03:04:05.000Z by its own clock/);
  await holder.end();
});

inYard('a co-operating program takes the same lock, and is waited for', async yard => {
  const { acquire } = await yard.open();
  await (await acquire()).release();
  const held = acquire({ mode: 'shared' });
  await held;
  const tool = (...args: string[]): number => {
    try {
      execFileSync('flock', [...args, yard.lockFile(), 'true'], { stdio: 'ignore' });
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  assert.equal(tool('-s', '-n'), 0);
  assert.equal(tool('-n'), 1);
  await (await held).release();
  const child = spawn('flock', [yard.lockFile(), 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin!.write('it runs\n');
  await new Promise(resolve => child.stdout!.once('data', resolve));
  await refused(acquire(), /by a program that keeps no record there/);
  const waiting = acquire({ wait: 10 });
  // Time enough to have tried, however busy this machine is.
  setTimeout(() => child.stdin!.end(), 700);
  assert.equal((await waiting).waited, true);
});

inYard('lock files may be read by all, and their folders entered', async yard => {
  const before = process.umask(0o077);
  try {
    const { acquire } = await yard.open();
    await acquire();
    assert.deepEqual(
      ['', '/lock', '/lock/app', '/lock/app.lease'].map(name => modeOf(join(yard.folder, `.syncplan${name}`))),
      [0o711, 0o755, 0o644, 0o644],
    );
  } finally {
    process.umask(before);
  }
});

inYard('a shared lock writes nothing into the root but the lock folder', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire({ mode: 'shared' });
  assert.deepEqual(readdirSync(yard.folder), ['.syncplan']);
  assert.deepEqual(readdirSync(join(yard.folder, '.syncplan')), ['lock']);
  await lock.release();
  assert.deepEqual(readdirSync(join(yard.folder, '.syncplan/lock')).sort(), ['app', 'app.held']);
  assert.deepEqual(readdirSync(yard.lockFile('app.held')), []);
});

inYard('unlock ends what a killed run left, and nothing that is held', async yard => {
  const { host, root } = await yard.open();
  const unlock = (run: string) => host.locks!.unlock(root, 'app', run);
  assert.equal(await unlock('gone'), 'not-locked');
  assert.ok(!existsSync(join(yard.folder, '.syncplan')), 'asking makes nothing');
  const holder = await yard.holder({ run: 'gone' });
  assert.equal(await unlock('gone'), 'held');
  assert.equal(await unlock('other'), 'not-locked');
  await holder.kill('SIGKILL');
  assert.equal(await unlock('other'), 'not-locked');
  assert.equal(await unlock('gone'), 'unlocked');
  assert.equal(await unlock('gone'), 'not-locked');
  const sharer = await yard.holder({ run: 'shares', mode: 'shared' });
  await sharer.kill('SIGKILL');
  assert.equal(await unlock('shares'), 'unlocked');
  assert.deepEqual(
    readdirSync(join(yard.folder, '.syncplan/lock')).filter(name => name.includes('sharer')),
    [],
  );
});

inYard('a lock folder that others may write to, or a link, is not used', async yard => {
  const { acquire } = await yard.open();
  await (await acquire()).release();
  execFileSync('chmod', ['777', join(yard.folder, '.syncplan/lock')]);
  await rejects(acquire(), 'bad-root', /others may write/);
  rmSync(join(yard.folder, '.syncplan'), { recursive: true });
  execFileSync('ln', ['-s', yard.beside(''), join(yard.folder, '.syncplan')]);
  await rejects(acquire(), 'bad-root', /symbolic link|no folder/);
  rmSync(join(yard.folder, '.syncplan'));
  execFileSync('mkdir', ['-p', join(yard.folder, '.syncplan/lock')]);
  execFileSync('ln', ['-s', yard.beside('victim'), yard.lockFile()]);
  await rejects(acquire(), 'failed', /symbolic link/);
  assert.ok(!existsSync(yard.beside('victim')));
});

inYard('a flock that fails is named, with what it said', async yard => {
  const { host } = await yard.open();
  const verbs = makeLocalVerbs({ home: '/' });
  const programs = openPrograms({ environment: {}, home: '/' });
  const holder = { name: 'me', process: process.pid, boot: '', monotonic: () => 0, now: () => 0 };
  const placeOf = () => ({ path: yard.folder, create: false, state: null });
  const given = { label: 'here', verbs, view: makeClosedView(verbs), programs, holder, placeOf };
  const root = await host.openRoot(yard.folder, { create: false, state: null });
  const locksBy = (flock: string) =>
    openLocks({ ...given, means: { flock, claimant: claimantHere('m', ''), monotonic: () => 0 } });
  await rejects(
    locksBy('/bin/ls').acquire({ ...PLAIN, root }),
    'failed',
    /flock failed \(2\)/,
    /whether \/bin\/ls runs/,
  );
  await rejects(locksBy('/no/flock').acquire({ ...PLAIN, root }), 'failed', /flock failed \(ENOENT\)/);
});

inYard('a block whose name is no name of a file is refused', async yard => {
  const { acquire } = await yard.open();
  for (const block of ['', '..', '.', 'a/b', '../x', 'a..b', '-x', 'x'.repeat(200), 'a\0b', 'ä']) {
    await rejects(acquire({ block }), 'protocol', /cannot be locked/);
  }
});

inYard('a state folder elsewhere holds the locks', async yard => {
  const { host } = await yard.open();
  const root = await host.openRoot(yard.folder, { create: false, state: yard.beside('state') });
  const lock = await host.locks!.acquire({ ...PLAIN, root });
  assert.ok(existsSync(yard.beside('state/lock/app')));
  assert.deepEqual(readdirSync(yard.folder), []);
  await lock.release();
});

test.run();
