// Locks on a real disk between real processes: who excludes whom, what ends a lock, and what never does.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { LockMode } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { openLocks } from '../../runtime/host/lock/locks.js';
import { openPrograms } from '../../runtime/host/programs.js';
import { makeYard, modeOf, recordIn, type Yard } from './locking.js';

const inYard = (title: string, run: (yard: Yard) => Promise<void>): void => {
  test(title, async () => {
    const yard = makeYard();
    try {
      await run(yard);
    } finally {
      await yard.remove();
    }
  });
};

const MATRIX: readonly (readonly [first: LockMode, second: LockMode, together: boolean])[] = [
  ['exclusive', 'exclusive', false],
  ['exclusive', 'shared', false],
  ['shared', 'exclusive', false],
  ['shared', 'shared', true],
];

for (const [first, second, together] of MATRIX) {
  inYard(`after ${first}, ${second} is ${together ? 'had' : 'refused, and had once it is free'}`, async yard => {
    const [one, other] = [await yard.open(), await yard.open()];
    const held = await one.acquire({ mode: first, run: 'run-1' });
    const asked = { mode: second, run: 'run-2' } as const;
    if (!together) {
      await refused(
        other.acquire(asked),
        /block app in the root .* on here is locked by run run-1 of \S+@\S+, process \d+, for \d+ s/,
      );
      await held.release();
    }
    const lock = await other.acquire(asked);
    assert.deepEqual(await lock.release(), []);
    if (together) assert.deepEqual(await held.release(), []);
  });
}

inYard('one of two processes has the lock, and the other is told who', async yard => {
  const [one, other] = await Promise.all([yard.holder({ run: 'r1' }), yard.holder({ run: 'r2' })]);
  const [winner, loser] = one.said.held ? [one, other] : [other, one];
  assert.ok(winner.said.held && !loser.said.held);
  assert.match(loser.said.message!, new RegExp(`process ${winner.pid}, for 0 s`));
});

inYard('other blocks and other roots are other locks', async yard => {
  const { acquire, host } = await yard.open();
  await acquire({ block: 'app' });
  await acquire({ block: 'app2' });
  await acquire({ block: 'app.lease' });
  const elsewhere = await host.openRoot(yard.beside('new'), { create: true, state: null });
  await host.locks!.acquire({ ...PLAIN, root: elsewhere });
  assert.deepEqual(readdirSync(yard.beside('new')), ['.syncplan'], 'a root that is to be created is made for its lock');
});

inYard('a lock that is waited for comes when it is let go, and says so', async yard => {
  const [one, other] = [await yard.open(), await yard.open()];
  const held = await one.acquire();
  const waiting = other.acquire({ wait: 10, run: 'run-2' });
  setTimeout(() => void held.release(), 100);
  const lock = await waiting;
  assert.deepEqual([held.waited, lock.waited], [false, true]);
  assert.equal(lock.epoch, held.epoch + 1);
});

inYard('waiting ends when its time is over', async yard => {
  const [one, other] = [await yard.open(), await yard.open()];
  await one.acquire();
  const began = Date.now();
  await refused(other.acquire({ wait: 0.4 }), /is locked by/);
  assert.ok(Date.now() - began >= 390 && Date.now() - began < 3_000);
});

inYard('a host that is closed gives up what it waits for and what it holds', async yard => {
  const [one, other, third] = [await yard.open(), await yard.open(), await yard.open()];
  await one.acquire();
  const waiting = other.acquire({ wait: 30 });
  setTimeout(() => void other.host.close(), 50);
  await rejects(waiting, 'cancelled', /connection ended/);
  await one.host.close();
  await third.acquire();
});

inYard('a killed holder’s lock is free at once, without help', async yard => {
  const holder = await yard.holder({ run: 'killed', hold: 3600 });
  const { acquire } = await yard.open();
  await refused(acquire(), /run killed/);
  await holder.kill('SIGKILL');
  const lock = await acquire();
  assert.equal(lock.epoch, holder.said.epoch + 1);
});

inYard('a holder that hangs past its lease keeps the lock; who wants it is told what hangs', async yard => {
  const holder = await yard.holder({ run: 'hangs', hold: 1 });
  await holder.kill('SIGSTOP');
  const { acquire } = await yard.open();
  await refused(
    acquire({ wait: 2.2 }),
    /run hangs .*, which has not been heard of for [23] s/,
    new RegExp(`Process ${holder.pid} seems to hang`),
  );
  await holder.kill('SIGKILL');
  await acquire();
});

inYard('a holder refreshes its lease at a third of its time, and stays itself by that', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire({ hold: 3 });
  const before = recordIn(yard.lockFile('app.lease'));
  await pause(1_300);
  const after = recordIn(yard.lockFile('app.lease'));
  assert.ok(after.refreshed >= before.refreshed + 0.9);
  assert.deepEqual({ ...after, refreshed: 0 }, { ...before, refreshed: 0 });
  await lock.check();
});

inYard('letting go is once, keeps the epoch, and ends what the lock allowed', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire();
  await lock.check();
  assert.deepEqual(await Promise.all([lock.release(), lock.release()]), [[], []]);
  assert.throws(() => lock.check(), isLost(/let go/));
  assert.equal(recordIn(yard.lockFile('app.lease')).released, true);
  assert.equal((await acquire()).epoch, 2);
});

for (const [how, remove] of [
  ['removed', (path: string) => unlinkSync(path)],
  ['moved away', (path: string) => renameSync(path, `${path}.old`)],
  [
    'replaced',
    (path: string) => {
      writeFileSync(`${path}.other`, '');
      renameSync(`${path}.other`, path);
    },
  ],
] as const) {
  inYard(`a lock file that was ${how} by hand ends the holding, and the next holder excludes again`, async yard => {
    const [one, other, third] = [await yard.open(), await yard.open(), await yard.open()];
    const lost = await one.acquire({ run: 'first' });
    await lost.check();
    remove(yard.lockFile());
    assert.throws(() => lost.check(), isLost(/removed or replaced/));
    const next = await other.acquire({ run: 'second' });
    assert.throws(() => lost.check(), isLost(/removed or replaced/));
    assert.deepEqual(await lost.release(), []);
    await next.check();
    assert.equal(recordIn(yard.lockFile('app.lease')).run, 'second', 'the lost one touches nothing of the next');
    await refused(third.acquire({ run: 'third' }), /run second/);
  });
}

inYard('a whole lock folder that was removed ends the holding too', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire();
  rmSync(join(yard.folder, '.syncplan'), { recursive: true });
  assert.throws(() => lock.check(), isLost(/removed or replaced/));
  assert.ok(Array.isArray(await lock.release()));
  await (await acquire()).check();
});

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
  await refused(acquire(), /by a program that keeps no record there/, /lslocks/);
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
  setTimeout(() => child.stdin!.end(), 50);
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
  assert.deepEqual(readdirSync(join(yard.folder, '.syncplan/lock')), ['app']);
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

inYard('where flock is not installed, the message says what to install', async yard => {
  const { host } = await yard.open();
  const verbs = makeLocalVerbs({ home: '/' });
  const programs = openPrograms({ environment: {}, home: '/' });
  const holder = { name: 'me', process: process.pid, boot: '', monotonic: () => 0, now: () => 0 };
  const placeOf = () => ({ path: yard.folder, create: false, state: null });
  const locks = openLocks({ label: 'here', verbs, programs, holder, placeOf, tool: 'no-such-flock' });
  const root = await host.openRoot(yard.folder, { create: false, state: null });
  await rejects(locks.acquire({ ...PLAIN, root }), 'unsupported', /flock is not installed/, /util-linux/);
  const broken = openLocks({ label: 'here', verbs, programs, holder, placeOf, tool: 'ls' });
  await rejects(broken.acquire({ ...PLAIN, root }), 'failed', /flock failed \(2\)/);
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

const PLAIN = {
  block: 'app',
  mode: 'exclusive',
  run: 'run-1',
  wait: 0,
  hold: 60,
  by: { kind: 'advisory' },
  folders: [],
} as const;

const isLost =
  (message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HostError && error.code === 'locked' && message.test(error.message);

const rejects = (work: Promise<unknown>, code: string, message: RegExp, help = /./): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof HostError, String((error as Error).stack));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.match(error.help, help);
    return true;
  });

const refused = (work: Promise<unknown>, message: RegExp, help = /./): Promise<void> =>
  rejects(work, 'locked', message, help);

const pause = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

test.run();
