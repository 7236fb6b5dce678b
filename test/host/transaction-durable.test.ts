// What a transaction makes durable and when; failed syncs, lost locks, leftovers of killed runs, and trash without hard links.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Fault } from '../../runtime/host/file-verbs.js';
import type { Lock } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { CheckedLock } from '../../runtime/host/lock-check.js';
import type { Action } from '../../runtime/tree/action.js';
import { MOMENT, makeMemoryPlace } from '../support/fixture.js';
import { fault, type Operation } from '../support/memory-disk.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { ALL, adjust, apply, file, folder, open, remove, reopen, type SessionOptions, stateOf } from './session.js';

const fresh = () => {
  const place = makeMemoryPlace();
  const host = makeMemoryHost(place.disk);
  return { host, place, cleanup: () => host.close() };
};

type Watched = { readonly operations: Operation[]; readonly error: unknown };

/** Every operation of a whole transaction; `disturb` may let some fail. */
const watch = async (
  subject: ReturnType<typeof fresh>,
  actions: readonly Action[],
  contents: Readonly<Record<string, string>>,
  options: SessionOptions = {},
  disturb: (operation: Operation) => Fault | null = () => null,
): Promise<Watched> => {
  const operations: Operation[] = [];
  subject.place.disk.disturb = operation => {
    operations.push(operation);
    return disturb(operation);
  };
  const error = await apply(subject, actions, contents, options).then(
    () => null,
    thrown => thrown,
  );
  subject.place.disk.disturb = () => null;
  return { operations, error };
};

const many = Array.from({ length: 40 }, (_, i) => file(`f${i}`, 1));
const manyContents = Object.fromEntries(many.map(({ path }) => [path, 'x']));

test('a few files are synced one by one, before the intent record and before it is struck off', async () => {
  const { operations } = await watch(fresh(), [file('a', 1), file('b', 1)], { a: 'a', b: 'b' });
  const words = operations.map(({ verb, name }) => `${verb} ${name}`);
  assert.ok(!words.some(word => word.startsWith('sync-all')));
  const at = (word: string): number => words.indexOf(word);
  const record = words.indexOf('rename run-1-app.new');
  assert.ok(at('sync-file 0') > 0 && at('sync-file 1') > 0);
  assert.ok(at('sync-file 0') < record && at('sync-file 1') < record);
  assert.ok(at('sync-file run-1-app.new') < record && at('sync-file run-1-app.new') > 0);
  const placed = words.indexOf('rename 0');
  assert.ok(record < placed);
  assert.ok(words.slice(record, placed).includes('sync-folder '), 'the folder of the record is synced');
  const done = words.indexOf('remove run-1-app');
  const between = words.slice(placed, done).filter(word => word === 'sync-folder ');
  assert.ok(between.length > 0, 'the folder of what was placed is synced');
  assert.equal(words.slice(done).filter(word => word === 'sync-folder ').length, 1);
});

test('many files are synced by one call before the intent record and need few more after it', async () => {
  const { operations } = await watch(fresh(), many, manyContents);
  const words = operations.map(({ verb, name }) => `${verb} ${name}`);
  assert.equal(words.filter(word => word === 'sync-all ').length, 1);
  assert.ok(words.indexOf('sync-all ') < words.indexOf('rename run-1-app.new'));
  assert.ok(
    words.filter(word => word.startsWith('sync-')).length < 16,
    words.filter(word => word.startsWith('sync-')).join(),
  );
});

test('many folders are synced by one call after the renames', async () => {
  const subject = fresh();
  const actions = Array.from({ length: 40 }, (_, i) => file(`d${i}/f`, 1, { expect: 'seen' }));
  for (const { path } of actions) subject.place.put({ [path]: { file: 'x' } });
  const contents = Object.fromEntries(actions.map(({ path }) => [path, 'y']));
  const { operations } = await watch(subject, actions, contents);
  const words = operations.map(({ verb, name }) => `${verb} ${name}`);
  assert.equal(words.filter(word => word === 'sync-all ').length, 2);
  assert.ok(words.lastIndexOf('sync-all ') > words.lastIndexOf('rename 39'));
  assert.ok(words.lastIndexOf('sync-all ') < words.indexOf('remove run-1-app'));
});

test('where there is no call for a whole file system, each file and folder is synced', async () => {
  const disturb = ({ verb }: Operation) => (verb === 'sync-all' ? fault('ENOSYS') : null);
  const { operations, error } = await watch(fresh(), many, manyContents, {}, disturb);
  assert.equal(error, null);
  const record = operations.findIndex(({ verb, name }) => verb === 'rename' && name === 'run-1-app.new');
  const synced = operations.slice(0, record).flatMap(({ verb, name }) => (verb === 'sync-file' ? [name] : []));
  for (let i = 0; i < many.length; i++) assert.ok(synced.includes(String(i)), `${i}`);
});

test('with durability none only the marker of a new root is synced', async () => {
  const subject = fresh();
  await apply(subject, [file('first', 1)], { first: 'x' });
  const { operations, error } = await watch(subject, [...many, adjust('first', 0o600)], manyContents, {
    durability: 'none',
  });
  assert.equal(error, null);
  assert.deepEqual(
    operations.filter(({ verb }) => verb.startsWith('sync')),
    [],
  );
});

test('a sync that fails fails the block, is not tried again, and nothing has moved', async () => {
  for (const [actions, contents, verb] of [
    [[file('a', 1)], { a: 'a' }, 'sync-file'],
    [[file('a', 1)], { a: 'a' }, 'sync-folder'],
    [many, manyContents, 'sync-all'],
  ] as const) {
    const subject = fresh();
    await apply(subject, [file('first', 1)], { first: 'x' });
    const before = subject.place.look();
    let failures = 0;
    const { operations, error } = await watch(subject, actions, contents, {}, operation =>
      operation.verb === verb && failures++ === 0 ? fault('EIO') : null,
    );
    assert.ok(error instanceof HostError && error.code === 'failed', `${verb}: ${error}`);
    assert.match(error.message, /^make durable what is staged on memory: the disk reports an error$/);
    assert.match(error.help, /look at the disk/);
    assert.deepEqual(subject.place.look(), before, verb);
    assert.deepEqual(await (await reopen(subject)).unfinished(), [], verb);
    const after = operations.slice(operations.findIndex(operation => operation.verb === verb) + 1);
    assert.equal(after.filter(operation => operation.verb === verb).length, 0, `${verb} was tried again`);
    assert.deepEqual(stateOf(subject), ['staging'], verb);
  }
});

test('a sync that fails after the renames leaves the intent record, and the next one finds all of it done', async () => {
  const subject = fresh();
  await apply(subject, [file('first', 1)], { first: 'x' });
  let placed = false;
  const { error } = await watch(subject, many, manyContents, {}, ({ verb, name }) => {
    if (verb === 'rename' && name === '39') placed = true;
    return placed && verb === 'sync-folder' ? fault('EIO') : null;
  });
  assert.ok(error instanceof HostError && error.code === 'failed');
  const root = await reopen(subject);
  const [unfinished] = await root.unfinished();
  assert.equal(unfinished?.steps, many.length);
  const recovered = await root.recover(unfinished);
  assert.deepEqual([...new Set(recovered.map(({ result }) => result))], ['done']);
  assert.deepEqual(await root.unfinished(), []);
});

/** A lock that is lost when it is asked for the n-th time. */
const lockLostAt = (n: number): Lock & { asked: () => number } => {
  let asked = 0;
  const lock: CheckedLock & { asked: () => number } = {
    epoch: 1,
    waited: false,
    release: async () => [],
    asked: () => asked,
    check() {
      if (++asked >= n) throw new HostError('locked', 'the lock was lost', 'wait');
    },
  };
  return lock;
};

test('a lock that is lost before the intent record stops everything, and one lost later leaves the rest to recovery', async () => {
  const actions = [file('a/x', 1), file('b/x', 1), folder('c', true), file('c/x', 1), remove('gone')];
  const contents = { 'a/x': 'x', 'b/x': 'x', 'c/x': 'x' };
  const put = { a: { folder: 0o755 }, b: { folder: 0o755 }, gone: { file: '' } };
  const total = await (async () => {
    const subject = fresh();
    subject.place.put(put);
    const lock = lockLostAt(1000);
    assert.equal((await watch(subject, actions, contents, { lock })).error, null);
    return lock.asked();
  })();
  assert.ok(total >= 6, `asked ${total} times`);
  for (let n = 1; n <= total; n++) {
    const subject = fresh();
    subject.place.put(put);
    const before = subject.place.look();
    const { error } = await watch(subject, actions, contents, { lock: lockLostAt(n) });
    assert.ok(error instanceof HostError && error.code === 'locked', `at ${n}`);
    const root = await reopen(subject);
    const left = await root.unfinished();
    if (n <= 2) {
      assert.deepEqual(subject.place.look(), before);
      assert.deepEqual(left, []);
      continue;
    }
    assert.equal(left.length, 1, `at ${n}`);
    for (const recovered of await root.recover(left[0]!)) assert.notEqual(recovered.result, 'failed');
    assert.deepEqual(
      subject.place.look().map(line => line.split(' ')[0]),
      ['a', 'a/x', 'b', 'b/x', 'c', 'c/x'],
    );
  }
});

const CONTENT = 'c'.repeat(600_000);

test('content that a killed run staged is found by the next run of the same block, digested, and adopted', async () => {
  const subject = fresh();
  const actions = [
    file('a', CONTENT.length),
    folder('w', true),
    file('w/b', CONTENT.length),
    file('changed', CONTENT.length),
  ];
  const killed = await open(subject, actions, { run: 'killed' });
  await killed.send({ a: CONTENT, 'w/b': CONTENT, changed: CONTENT });
  // It ends without a word: nothing is tidied.
  const lock = lockLostAt(1000);
  const shifted = [actions[3]!, ...actions.slice(0, 3)];
  const next = await open(subject, [file('changed', CONTENT.length, { modified: MOMENT + 9 }), ...shifted.slice(1)], {
    run: 'next',
    lock,
  });
  const leftovers = await next.transaction.leftovers();
  assert.deepEqual(
    leftovers.map(({ index }) => next.steps[index]!.action.path),
    ['a', 'w/b'],
  );
  assert.equal(new Set(leftovers.map(({ digest }) => digest)).size, 1);
  assert.deepEqual(await next.transaction.adopt(leftovers.map(({ index }) => index)), []);
  assert.deepEqual(next.tell(await next.transaction.precheck()), ['changed: inconsistent']);
  assert.deepEqual(await next.send({ changed: CONTENT }), []);
  assert.deepEqual(await next.transaction.precheck(), []);
  await next.commit();
  assert.deepEqual(await next.transaction.verify(), []);
  await next.transaction.end();
  assert.deepEqual(
    subject.place.look().map(line => line.slice(0, 40)),
    [
      `a file 0644 ${MOMENT} ccccccccccc`,
      `changed file 0644 ${MOMENT + 9} ccccc`,
      'w folder 0755',
      `w/b file 0644 ${MOMENT} ccccccccc`,
    ],
  );
  // What the dead run left is gone with the end of the next.
  assert.deepEqual(stateOf(subject), ['staging']);
});

test('leftovers are not taken without a lock, from another block, or where content is not whole', async () => {
  const subject = fresh();
  const actions = [file('a', CONTENT.length), file('b', CONTENT.length)];
  const killed = await open(subject, actions, { run: 'killed' });
  await killed.send({ a: CONTENT, b: CONTENT });
  const staged = subject.place.disk.find('/place/.syncplan/staging/killed-app/1');
  assert.ok('content' in staged);
  staged.content = staged.content.subarray(0, 5);
  const lock = lockLostAt(1000);
  for (const [options, expected] of [
    [{ lock: null }, []],
    [{ lock, block: 'another' }, []],
    [{ lock, run: 'right' }, [0]],
  ] as const) {
    const session = await open(subject, actions, options);
    assert.deepEqual(
      (await session.transaction.leftovers()).map(({ index }) => index),
      expected,
    );
  }
});

test('where a file cannot have a further name, what is to be kept is copied with its attributes', async () => {
  const subject = fresh();
  subject.place.put({ a: { file: 'theirs', mode: 0o640 } });
  const before = subject.place.look();
  const { error } = await watch(
    subject,
    [file('a', 4, { expect: 'seen', keep: true })],
    { a: 'ours' },
    {},
    ({ verb }) => (verb === 'hard-link' ? fault('ENOTSUP') : null),
  );
  assert.equal(error, null);
  assert.deepEqual(subject.place.look(), [`a file 0644 ${MOMENT} ours`]);
  const root = await reopen(subject);
  assert.deepEqual(await root.trashed('run-1'), [{ path: 'a', kind: 'file', why: 'replaced', size: 6 }]);
  const by = { run: 'run-2', block: 'app', trash: 60, durability: 'strict', lock: null } as const;
  assert.deepEqual(await root.restore('run-1', ['a'], by), [{ path: 'a', result: 'done' }]);
  assert.deepEqual(subject.place.look(), before);
});

test('what cannot be kept is not replaced', async () => {
  const subject = fresh();
  subject.place.put({ a: { file: 'theirs' } });
  const actions = [file('a', 4, { expect: 'seen', keep: true }), file('b', 4)];
  subject.place.disk.disturb = ({ verb }) => (verb === 'hard-link' ? fault('EIO') : null);
  const outcomes = await apply(subject, actions, { a: 'ours', b: 'ours' });
  assert.deepEqual(outcomes, ['a: failed io', 'b: done']);
  assert.equal(subject.place.look()[0], `a file 0644 ${MOMENT} theirs`);
});

test('trash is kept for as long as the run said that put it there', async () => {
  const subject = fresh();
  subject.place.put({ a: { file: '' }, b: { file: '' }, c: { file: '' } });
  await apply(subject, [remove('a')], {}, { run: 'short', trash: 1 });
  await apply(subject, [remove('b')], {}, { run: 'long', trash: 3600 });
  const { disk } = subject.place;
  for (let ticks = 0; ticks < 2000; ticks++) disk.now();
  await apply(subject, [file('x', 1)], { x: 'x' }, { run: 'next', trash: 0 });
  assert.deepEqual(
    stateOf(subject).filter(path => path.split('/').length === 2),
    ['trash/long'],
  );
});

test('a transaction in several roots is finished from the record in the first one', async () => {
  const subject = fresh();
  const { host, place } = subject;
  place.put({ one: { folder: 0o755 }, two: { folder: 0o755 } });
  const parts = [];
  for (const name of ['one', 'two']) {
    const root = await host.openRoot(`${place.path}/${name}`, { create: false, state: null });
    parts.push({ root, scan: await root.scan(ALL) });
  }
  const id = { run: 'run-1', block: 'app', trash: 60, durability: 'strict', lock: null } as const;
  const transaction = await host.begin(id, parts);
  await transaction.prepare([0, 1].map(part => ({ part, action: folder('d', true) })));
  assert.deepEqual(await transaction.precheck(), []);
  place.disk.disturb = ({ verb, name }) => {
    if (verb === 'rename' && name === '1.d') throw new HostError('lost', 'the process was killed', '');
    return null;
  };
  await assert.rejects(async () => {
    for await (const _ of transaction.commit());
  });
  place.disk.disturb = () => null;
  assert.deepEqual(
    place.look().filter(line => line.includes('/d ')),
    ['one/d folder 0755'],
  );
  const again = makeMemoryHost(place.disk);
  const second = await again.openRoot(`${place.path}/two`, { create: false, state: null });
  assert.deepEqual(await second.unfinished(), []);
  const first = await again.openRoot(`${place.path}/one`, { create: false, state: null });
  const [unfinished] = await first.unfinished();
  assert.deepEqual(await first.recover(unfinished!), [
    { path: 'd', result: 'done' },
    { path: 'd', result: 'done' },
  ]);
  assert.deepEqual(
    place.look().filter(line => line.includes('/d ')),
    ['one/d folder 0755', 'two/d folder 0755'],
  );
});

test.run();
