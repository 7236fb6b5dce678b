// Locks, programs and what earlier runs left, over the agent's protocol: by number, only to their owner, whatever the client does.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import { packMessage } from '../../runtime/host/agent/messages.js';
import { FRAME } from '../../runtime/host/agent/protocol.js';
import { serve } from '../../runtime/host/agent/serve.js';
import { LOCK_WAYS, type Lock, type LockRequest, type Locks, type Unfinished } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { Outcome } from '../../runtime/tree/action.js';
import {
  frame,
  ID,
  PLAIN_ROOT,
  pair,
  rawAgent,
  rejects,
  SELECTION,
  STEPS,
  scripted,
  settle,
} from './agent-scripted.js';

const PROBLEM = { path: 'caf\xe9', code: 'io', message: 'no', help: 'wait' } as const;
const UNFINISHED: Unfinished = {
  transaction: 'r-b',
  run: 'r',
  block: 'b',
  state: 'owed',
  locked: true,
  steps: 3,
  owed: '[…]',
};

test('what earlier runs left is told, finished, paid and brought back through the agent', async () => {
  const log: unknown[] = [];
  const { host, end } = await pair({
    root: {
      fileSystem: 'xfs',
      writeFault: 'EROFS',
      marker: 'id',
      unfinished: async () => [UNFINISHED],
      recover: async one => {
        log.push(one);
        return [
          { path: 'a/b', result: 'done' },
          { path: 'a/c', result: 'kept' },
          { path: 'a/d', result: 'failed', problem: PROBLEM },
        ];
      },
      paid: async transaction => void log.push(transaction),
      trashed: async run => [{ path: run, kind: 'folder', why: 'replaced', size: 7 }],
      restore: async (run, paths, by) => {
        log.push([run, paths, by]);
        return [{ path: 'x/y', result: 'done' }];
      },
    },
  });
  const root = await host.openRoot('/srv', { create: false, state: '/state' });
  assert.deepEqual([root.fileSystem, root.writeFault, root.marker], ['xfs', 'EROFS', 'id']);
  assert.deepEqual(await root.unfinished(), [UNFINISHED]);
  assert.deepEqual(await root.recover(UNFINISHED), [
    { path: 'a/b', result: 'done' },
    { path: 'a/c', result: 'kept' },
    { path: 'a/d', result: 'failed', problem: PROBLEM },
  ]);
  await root.paid('r-b');
  assert.deepEqual(await root.trashed('run'), [{ path: 'run', kind: 'folder', why: 'replaced', size: 7 }]);
  assert.deepEqual(await root.restore('old', ['x'], ID), [{ path: 'x/y', result: 'done' }]);
  assert.deepEqual(log, [UNFINISHED, 'r-b', ['old', ['x'], ID]]);
  await rejects(root.restore('old', ['other'], ID), 'protocol', /not asked for/);
  await end();
});

test('a root is what the transaction made of it, for its client too', async () => {
  const state = { exists: false, identity: '', marker: null as string | null };
  const root = {
    get exists() {
      return state.exists;
    },
    get identity() {
      return state.identity;
    },
    get marker() {
      return state.marker;
    },
  };
  const donor = await pair({});
  const { scan } = await donor.host.openRoot('/x', { create: false, state: null });
  const { host, end } = await pair({
    openRoot: async path =>
      Object.defineProperties({ ...PLAIN_ROOT, path, scan }, Object.getOwnPropertyDescriptors(root)),
    transaction: {
      prepare: async () => void Object.assign(state, { exists: true, identity: '1:2', marker: 'new' }),
    },
  });
  const seen = await host.openRoot('/srv', { create: true, state: null });
  assert.deepEqual([seen.exists, seen.identity, seen.marker], [false, '', null]);
  const transaction = await host.begin(ID, [{ root: seen, scan: await seen.scan(SELECTION) }]);
  await transaction.prepare(STEPS);
  assert.deepEqual([seen.exists, seen.identity, seen.marker], [true, '1:2', 'new']);
  await end();
  await donor.end();
});

test('provenance, extended attributes, leftovers and what is owed travel as they are', async () => {
  let owed = '';
  let adopted: readonly number[] = [];
  const { host, end } = await pair({
    scan: {
      provenance: async () => ['baseline', 'drift', 'unknown'],
      extras: async () => ['', '\x00\xff', PROBLEM],
    },
    transaction: {
      leftovers: async () => [{ index: 1, digest: '\x00\xff' }],
      adopt: async indexes => {
        adopted = indexes;
        return [{ index: 1, result: 'inconsistent', why: 'no' }];
      },
      owe: async text => {
        owed = text;
      },
    },
  });
  const root = await host.openRoot('/srv', { create: false, state: null });
  const scan = await root.scan(SELECTION);
  assert.deepEqual(await scan.provenance(['a', 'b', 'c']), ['baseline', 'drift', 'unknown']);
  assert.deepEqual(await scan.extras(['a', 'b', 'c']), ['', '\x00\xff', PROBLEM]);
  const transaction = await host.begin(ID, [{ root, scan }]);
  await transaction.prepare(STEPS);
  assert.deepEqual(await transaction.leftovers(), [{ index: 1, digest: '\x00\xff' }]);
  assert.deepEqual(await transaction.adopt([0, 1]), [{ index: 1, result: 'inconsistent', why: 'no' }]);
  assert.deepEqual(adopted, [0, 1]);
  await transaction.owe('[“hook”]');
  assert.equal(owed, '[“hook”]');
  await rejects(scan.provenance(['a']), 'protocol', /3 answers to 1 questions/);
  await end();
});

test('a lock is taken, named in a transaction however it was wrapped, and let go once', async () => {
  const log: unknown[] = [];
  const held: Lock = {
    epoch: 7,
    waited: true,
    release: async () => {
      log.push('released');
      return [PROBLEM];
    },
  };
  const { host, end } = await pair({
    locks: {
      ways: LOCK_WAYS,
      acquire: async ({ root, ...request }) => {
        log.push({ ...request, root: root.path });
        return held;
      },
      unlock: async (root, block, run) => {
        log.push([root.path, block, run]);
        return 'held';
      },
    },
    begin: async ({ lock }) => {
      log.push(lock === held);
      throw new HostError('failed', 'enough', 'none');
    },
  });
  const root = await host.openRoot('/srv', { create: false, state: null });
  const by = { kind: 'command', command: ['hold', 'it'], release: ['resume'] } as const;
  const asked = { block: 'app', mode: 'exclusive', run: 'r', wait: 3, hold: 60, by, folders: ['', 'a/b'] } as const;
  const lock = await host.locks!.acquire({ ...asked, root });
  assert.deepEqual([lock.epoch, lock.waited], [7, true]);
  assert.deepEqual(log, [{ ...asked, root: '/srv' }]);
  const wrapped: Lock = { ...lock, release: () => lock.release() };
  await rejects(host.begin({ ...ID, lock: wrapped }, []), 'failed', /enough/);
  assert.deepEqual(await Promise.all([lock.release(), wrapped.release()]), [[PROBLEM], [PROBLEM]]);
  await rejects(host.begin({ ...ID, lock }, []), 'protocol', /there is no lock 1/);
  assert.equal(await host.locks!.unlock(root, 'app', 'r'), 'held');
  assert.deepEqual(log.slice(1), [true, 'released', ['/srv', 'app', 'r']]);
  await end();
});

test('a lock of another connection, and one of no connection, are refused before anything is sent', async () => {
  const one = await pair({ locks: always() });
  const other = await pair({ locks: always() });
  const root = await one.host.openRoot('/srv', { create: false, state: null });
  const lock = await one.host.locks!.acquire({ ...REQUEST, root });
  await rejects(other.host.begin({ ...ID, lock }, []), 'failed', /lock of another host/);
  const stranger: Lock = { epoch: 1, waited: false, release: async () => [] };
  await rejects(one.host.begin({ ...ID, lock: stranger }, []), 'failed', /lock of another host/);
  await rejects(other.host.locks!.acquire({ ...REQUEST, root }), 'failed', /of another host/);
  await one.end();
  await other.end();
});

test('why a lock is refused arrives, and a host without facets has none', async () => {
  const { host, end } = await pair({
    locks: {
      ...always(),
      acquire: async () => {
        throw new HostError('locked', 'locked by run x', 'wait');
      },
    },
  });
  const root = await host.openRoot('/srv', { create: false, state: null });
  await rejects(host.locks!.acquire({ ...REQUEST, root }), 'locked', /by run x/);
  assert.equal(host.programs, null);
  await end();
  const bare = await pair({});
  assert.equal(bare.host.locks, null);
  await bare.end();
});

test('a program’s end arrives as it was, and the agent stays heard while it runs', async () => {
  const { host, end } = await pair({
    programs: {
      run: async (command, { timeout, environment }) => {
        await settle(60);
        return { code: null, output: JSON.stringify([command, timeout, environment]) };
      },
    },
  });
  const options = { timeout: 1.5, environment: { SYNCPLAN_RUN: 'r' } };
  assert.deepEqual(await host.programs!.run(['a', ''], options), {
    code: null,
    output: '[["a",""],1.5,{"SYNCPLAN_RUN":"r"}]',
  });
  await end();
});

test('calls about locks and programs that do not keep to their form end the connection', async () => {
  const acquire = {
    verb: 'acquire',
    root: 1,
    block: 'b',
    mode: 'shared',
    run: 'r',
    wait: 0,
    hold: 9,
    by: { kind: 'advisory' },
  };
  const run = { verb: 'run', command: ['x'], timeout: 1, environment: {} };
  for (const call of [
    { ...acquire, wait: -1 },
    { ...acquire, hold: Number.NaN },
    { ...acquire, mode: 'stolen' },
    { ...acquire, by: { kind: 'command', command: [], release: ['x'] } },
    { ...acquire, by: { kind: 'command', command: ['x'] } },
    { ...run, command: [] },
    { ...run, command: 'rm -rf /' },
    { ...run, environment: { 'LD_PRELOAD=x': '' } },
    { ...run, environment: { LD_PRELOAD: '/srv/www/x.so' } },
    { ...run, environment: { PATH: '/srv/www' } },
    { ...run, shell: true },
    { verb: 'owe', transaction: 1, owed: 'x'.repeat(300_000) },
    { verb: 'begin', id: { ...ID, lock: 'mine' }, parts: [] },
  ]) {
    const { output, served } = rawAgent({ locks: always() });
    output.write(frame(FRAME.call, 1, packMessage(call)));
    assert.ok(await Promise.race([served.then(() => true), settle(500).then(() => false)]), JSON.stringify(call));
  }
});

test('a commit that has begun goes to its end though the client is gone; one that waits does not begin', async () => {
  const log: string[] = [];
  let open: () => void = () => {};
  const gate = new Promise<void>(resolve => {
    open = resolve;
  });
  const { output, served } = rawAgent({
    transaction: {
      async *commit(): AsyncGenerator<readonly Outcome[]> {
        log.push('commit begins');
        yield [{ index: 0, result: 'done' }];
        await gate;
        yield [{ index: 1, result: 'done' }];
        log.push('commit ends');
      },
    },
    root: {
      recover: async () => {
        log.push('recovery');
        return [];
      },
    },
  });
  const calls = [
    { verb: 'openRoot', path: '/srv', create: false, state: null },
    { verb: 'scan', root: 1, selection: SELECTION },
    { verb: 'begin', id: ID, parts: [{ root: 1, scan: 1 }] },
    { verb: 'commit', transaction: 1 },
    { verb: 'commit', transaction: 1 },
  ];
  for (const [at, call] of calls.entries()) {
    output.write(frame(FRAME.call, at + 1, packMessage(call)));
    await settle(20);
  }
  output.end();
  let over = false;
  void served.then(() => {
    over = true;
  });
  await settle(60);
  assert.deepEqual([log, over], [['commit begins'], false]);
  open();
  await served;
  assert.deepEqual(log, ['commit begins', 'commit ends']);
});

test('a client that is silent for the lease of its lock is given up, sooner than without a lock', async () => {
  const silence = async (call: object | null): Promise<number> => {
    const output = new PassThrough();
    const input = new PassThrough();
    input.resume();
    const served = serve(scripted({ locks: always() }), output, input, { version: '1', pid: 1, patience: 7_000 });
    output.write(frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: false, state: null })));
    await settle(20);
    if (call !== null) {
      output.write(frame(FRAME.call, 2, packMessage(call)));
      output.write(frame(FRAME.end, 2, Buffer.alloc(0)));
    }
    const began = Date.now();
    await served;
    return Date.now() - began;
  };
  const { folders: _, ...request } = REQUEST;
  const acquire = { verb: 'acquire', root: 1, ...request, hold: 3 };
  const [without, with_] = await Promise.all([silence(null), silence(acquire)]);
  assert.ok(with_ > 2_500 && with_ < 6_000, `given up after ${with_} ms`);
  assert.ok(without > 7_000, `given up after ${without} ms`);
});

const REQUEST: Omit<LockRequest, 'root'> = {
  block: 'app',
  mode: 'exclusive',
  run: 'r',
  wait: 0,
  hold: 60,
  by: { kind: 'advisory' },
  folders: [],
};

const always = (): Locks => ({
  ways: LOCK_WAYS,
  acquire: async () => ({ epoch: 1, waited: false, release: async () => [] }),
  unlock: async () => 'not-locked',
});

test.run();
