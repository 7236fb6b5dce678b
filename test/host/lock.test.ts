// Locks on a real disk between real processes: who excludes whom, what ends a lock, and what never does.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { LockMode } from '../../runtime/host/host.js';
import { inYards, isLost, PLAIN, pause, recordIn, refused, rejects } from './locking.js';

const MATRIX: readonly (readonly [first: LockMode, second: LockMode, together: boolean])[] = [
  ['exclusive', 'exclusive', false],
  ['exclusive', 'shared', false],
  ['shared', 'exclusive', false],
  ['shared', 'shared', true],
];

for (const [first, second, together] of MATRIX) {
  inYards(`after ${first}, ${second} is ${together ? 'had' : 'refused, and had once it is free'}`, async yard => {
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

inYards('one of two processes has the lock, and the other is told who', async yard => {
  const [one, other] = await Promise.all([yard.holder({ run: 'r1' }), yard.holder({ run: 'r2' })]);
  const [winner, loser] = one.said.held ? [one, other] : [other, one];
  assert.ok(winner.said.held && !loser.said.held);
  assert.match(loser.said.message!, new RegExp(`process ${winner.pid}, for \\d+ s$`));
});

inYards('other blocks and other roots are other locks', async yard => {
  const { acquire, host } = await yard.open();
  await acquire({ block: 'app' });
  await acquire({ block: 'app2' });
  await acquire({ block: 'app.lease' });
  const elsewhere = await host.openRoot(yard.beside('new'), { create: true, state: null });
  await host.locks!.acquire({ ...PLAIN, root: elsewhere });
  assert.deepEqual(readdirSync(yard.beside('new')), ['.syncplan'], 'a root that is to be created is made for its lock');
});

inYards('a lock that is waited for comes when it is let go, and says so', async yard => {
  const [one, other] = [await yard.open(), await yard.open()];
  const held = await one.acquire();
  const waiting = other.acquire({ wait: 10, run: 'run-2' });
  setTimeout(() => void held.release(), 100);
  const lock = await waiting;
  assert.deepEqual([held.waited, lock.waited], [false, true]);
  assert.equal(lock.epoch, held.epoch + 1);
});

inYards(
  'a lock that another run had since the root was opened was waited for, whether or not it is had at once',
  async yard => {
    const [one, other] = [await yard.open(), await yard.open()];
    const ours = await one.acquire();
    await ours.release();
    const again = await one.acquire();
    assert.equal(again.waited, false, 'it is our own run that had it');
    await again.release();
    const theirs = await other.acquire({ run: 'run-2' });
    assert.equal(theirs.waited, true);
    await theirs.release();
    const late = await yard.open();
    assert.equal((await late.acquire({ run: 'run-3' })).waited, false, 'what it observes is what they left');
  },
);

inYards('waiting ends when its time is over', async yard => {
  const [one, other] = [await yard.open(), await yard.open()];
  await one.acquire();
  const began = Date.now();
  await refused(other.acquire({ wait: 0.4 }), /is locked by/);
  assert.ok(Date.now() - began >= 390 && Date.now() - began < 3_000);
});

inYards('a host that is closed gives up what it waits for and what it holds', async yard => {
  const [one, other, third] = [await yard.open(), await yard.open(), await yard.open()];
  await one.acquire();
  const waiting = other.acquire({ wait: 30 });
  setTimeout(() => void other.host.close(), 50);
  await rejects(waiting, 'cancelled', /connection ended/);
  await one.host.close();
  await third.acquire();
});

inYards('a killed holder’s lock is free at once, without help', async yard => {
  const holder = await yard.holder({ run: 'killed', hold: 3600 });
  const { acquire } = await yard.open();
  await refused(acquire(), /run killed/);
  await holder.kill('SIGKILL');
  const lock = await acquire();
  assert.equal(lock.epoch, holder.said.epoch + 1);
});

inYards('a holder that hangs past its lease keeps the lock; who wants it is told what hangs', async yard => {
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

inYards('a holder refreshes its lease at a third of its time, and stays itself by that', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire({ hold: 3 });
  const before = recordIn(yard.lockFile('app.lease'));
  await pause(1_300);
  const after = recordIn(yard.lockFile('app.lease'));
  assert.ok(after.refreshed >= before.refreshed + 0.9);
  assert.deepEqual({ ...after, refreshed: 0 }, { ...before, refreshed: 0 });
  await lock.check();
});

inYards('letting go is once, keeps the epoch, and ends what the lock allowed', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire();
  await lock.check();
  assert.deepEqual(await Promise.all([lock.release(), lock.release()]), [[], []]);
  assert.throws(() => lock.check(), isLost(/let go/));
  assert.equal(recordIn(yard.lockFile('app.lease')).released, true);
  assert.equal((await acquire()).epoch, 2);
});

for (const way of ['flock', 'claims'] as const) {
  inYards(`a holder is noticed by who locks by ${way}, and what it left when it was killed is no lock`, async yard => {
    const { acquire } = await yard.open(way);
    for (const mode of ['exclusive', 'shared'] as const) {
      const holder = await yard.holder({ run: 'theirs', mode });
      await refused(acquire(), new RegExp(`run theirs of \\S+, process ${holder.pid}`));
      if (mode === 'shared') await (await acquire({ mode })).release();
      await holder.kill('SIGKILL');
      await (await acquire()).release();
      assert.deepEqual(readdirSync(yard.lockFile('app.held')), []);
    }
  });
}

for (const [how, remove] of [
  ['removed', (path: string) => rmSync(path, { recursive: true })],
  ['moved away', (path: string) => renameSync(path, `${path}.old`)],
  [
    'replaced',
    (path: string) => {
      rmSync(path, { recursive: true });
      if (path.endsWith('.held')) mkdirSync(path);
      else writeFileSync(path, '');
    },
  ],
] as const) {
  inYards(`a lock file that was ${how} by hand ends the holding, and the next holder excludes again`, async yard => {
    const [one, other, third] = [await yard.open(), await yard.open(), await yard.open()];
    const lost = await one.acquire({ run: 'first' });
    await lost.check();
    remove(yard.held());
    assert.throws(() => lost.check(), isLost(/removed or replaced/));
    const next = await other.acquire({ run: 'second' });
    assert.throws(() => lost.check(), isLost(/removed or replaced/));
    assert.deepEqual(await lost.release(), []);
    await next.check();
    assert.equal(recordIn(yard.lockFile('app.lease')).run, 'second', 'the lost one touches nothing of the next');
    await refused(third.acquire({ run: 'third' }), /run second/);
  });
}

inYards('a whole lock folder that was removed ends the holding too', async yard => {
  const { acquire } = await yard.open();
  const lock = await acquire();
  rmSync(join(yard.folder, '.syncplan'), { recursive: true });
  assert.throws(() => lock.check(), isLost(/removed or replaced/));
  assert.ok(Array.isArray(await lock.release()));
  await (await acquire()).check();
});

test.run();
