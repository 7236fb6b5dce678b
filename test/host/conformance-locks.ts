// Conformance: locks exclude other runs, are waited for, count their epochs, and leave a record of who has them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lock, LockMode, Root } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { PLAIN } from './locking.js';
import { open as begin, type Case, folder, type Subject } from './session.js';

const open = async ({ host, place }: Subject) => {
  const root = await host.openRoot(place.path, { create: false, state: null });
  const acquire = (asked: Partial<Asked> = {}): Promise<Lock> => host.locks!.acquire({ ...PLAIN, root, ...asked });
  return { root, acquire };
};

type Asked = {
  readonly root: Root;
  readonly block: string;
  readonly mode: LockMode;
  readonly run: string;
  readonly wait: number;
};

const refused = (work: Promise<unknown>, message: RegExp): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.code, 'locked', error.message);
    assert.match(error.message, message);
    return true;
  });

const excludes = (first: LockMode, second: LockMode, together: boolean): Case => ({
  title: `after ${first}, a lock that is ${second} is ${together ? 'had as well' : 'refused, and had once it is free'}`,
  needs: 'locks',
  async run(subject) {
    const { acquire } = await open(subject);
    const held = await acquire({ mode: first });
    const asked = { mode: second, run: 'run-2' } as const;
    if (!together) {
      await refused(
        acquire(asked),
        /block app in the root .* is locked by run run-1 of \S+@\S+, process \d+, for \d+ s/,
      );
      assert.deepEqual(await held.release(), []);
    }
    const lock = await acquire(asked);
    assert.deepEqual(await lock.release(), []);
    if (together) assert.deepEqual(await held.release(), []);
  },
});

export const lockCases: readonly Case[] = [
  excludes('exclusive', 'exclusive', false),
  excludes('exclusive', 'shared', false),
  excludes('shared', 'exclusive', false),
  excludes('shared', 'shared', true),
  {
    title: 'locks of other blocks are other locks, and are let go in any order',
    needs: 'locks',
    async run(subject) {
      const { acquire } = await open(subject);
      const locks = [];
      for (const block of ['app', 'app2', 'app.lease', 'a', 'b', 'c']) locks.push(await acquire({ block }));
      await locks[2]!.release();
      await refused(acquire({ block: 'b' }), /block b /);
      await (await acquire({ block: 'app.lease' })).release();
      for (const lock of locks) assert.deepEqual(await lock.release(), []);
    },
  },
  {
    title: 'a lock that is waited for comes when it is let go, says so, and counts the epoch on',
    needs: 'locks',
    async run(subject) {
      const { acquire } = await open(subject);
      const held = await acquire();
      const waiting = acquire({ wait: 10, run: 'run-2' });
      // Time enough for a shell to have tried.
      setTimeout(() => void held.release(), 1_000);
      const lock = await waiting;
      assert.deepEqual([held.waited, lock.waited, lock.epoch], [false, true, held.epoch + 1]);
      await lock.release();
    },
  },
  {
    title:
      'the record of a lock says who has it and that it was let go, and may be read by all; that of a sharer goes with it',
    needs: 'locks',
    async run(subject) {
      const { acquire } = await open(subject);
      const folder = join(subject.place.path, '.syncplan/lock');
      const lock = await acquire();
      const record = (): { run: string; epoch: number; released: boolean } =>
        JSON.parse(readFileSync(join(folder, 'app.lease'), 'utf8'));
      assert.deepEqual([record().run, record().epoch, record().released], ['run-1', lock.epoch, false]);
      await lock.release();
      assert.deepEqual([record().epoch, record().released], [lock.epoch, true]);
      const shared = await acquire({ mode: 'shared' });
      const sharers = (): number => readdirSync(folder).filter(name => name.startsWith('app.sharer-')).length;
      assert.equal(sharers(), 1);
      await shared.release();
      assert.equal(sharers(), 0);
    },
  },
  {
    title: 'a transaction writes under its lock, and not after the lock was let go',
    needs: 'locks',
    async run(subject) {
      const { acquire } = await open(subject);
      const lock = await acquire();
      const session = await begin(subject, [folder('d')], { lock, durability: 'none' });
      assert.deepEqual(await session.transaction.precheck(), []);
      await lock.release();
      await assert.rejects(session.commit(), /lock/);
      await session.transaction.end();
      assert.deepEqual(
        readdirSync(subject.place.path).filter(name => name !== '.syncplan'),
        [],
      );
    },
  },
  {
    title: 'what nobody has locked is not unlocked, and what somebody has is said to be held',
    needs: 'locks',
    async run(subject) {
      const { root, acquire } = await open(subject);
      const { locks } = subject.host;
      assert.equal(await locks!.unlock(root, 'app', 'run-1'), 'not-locked');
      const lock = await acquire();
      assert.equal(await locks!.unlock(root, 'app', 'run-1'), 'held');
      await lock.release();
      assert.equal(await locks!.unlock(root, 'app', 'run-1'), 'not-locked');
    },
  },
];
