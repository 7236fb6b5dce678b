// What happens to a root, or on the master, between looking and switching: it is noticed, and nothing false is said.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { suite } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import type { Host, Transaction } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { fromText } from '../../runtime/tree/path.js';
import { makeSession, type Ran, type Session } from './session.js';

const test = suite<{ session: Session }>('between looking and switching');
const MIRROR = { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 86_400 } as const;

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

/** Something happens right before the remote begins, or before this call of its transaction. */
const before =
  (when: 'begin' | 'commit' | 'verify', happens: () => void) =>
  (host: Host, id: string): Host => ({
    ...host,
    async begin(...how) {
      if (id === 'r1' && when === 'begin') happens();
      const transaction = await host.begin(...how);
      if (id !== 'r1' || when === 'begin') return transaction;
      const call = transaction[when].bind(transaction) as () => never;
      const meddled = () => {
        happens();
        return call();
      };
      return { ...transaction, [when]: meddled } as Transaction;
    },
  });

const outcome = ({ summary, events }: Ran) => {
  const [{ state, message, help } = assert.fail('no relation')] = summary.relations;
  const problems = events.filter(({ type }) => type === 'problem');
  return { code: summary.exitCode, state, said: `${message} ${help} ${JSON.stringify(problems)}` };
};

const names = (path: string): string[] => readdirSync(path).filter(name => name !== '.syncplan');

for (const consistency of ['verify', 'none'] as const) {
  test(`what the master has again is ${consistency === 'none' ? '' : 'not '}deleted, with consistency ${consistency}`, async ({
    session,
  }) => {
    const [remote] = session.remotes;
    session.master.put({ a: { file: 'a' } });
    remote!.put({ a: { file: 'a' }, b: { file: 'b' }, 'c/d': { file: 'd' }, 'c/e': { file: 'e' }, f: { file: 'f' } });
    const block: Partial<BlockPlan> = {
      delete: MIRROR,
      consistency:
        consistency === 'none' ? { strategy: 'none' } : { strategy: 'verify', rounds: 3, every: 0, then: 'fail' },
    };
    const again = { b: { file: 'new' }, 'c/d': { file: 'd' } };
    const { code, state, said } = outcome(
      await session.run({ block, wrap: before('begin', () => session.master.put(again)) }),
    );
    if (consistency === 'none') {
      assert.deepEqual([code, state, names(remote!.path)], [0, 'done', ['a']]);
      return;
    }
    assert.deepEqual([code, state], [5, 'partial']);
    assert.match(said, /not deleted: the master has it again/);
    assert.match(said, /run the same command again/);
    assert.deepEqual(names(remote!.path), ['a', 'b', 'c']);
    assert.deepEqual(names(`${remote!.path}/c`), ['d']);
    assert.equal(outcome(await session.run({ block })).code, 0);
    assert.deepEqual(remote!.look(), session.master.look());
  });
}

test('what is to be deleted and changes on the remote is left alone, and that is said of it', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'a' } });
  remote!.put({ a: { file: 'a' }, b: { file: 'b' } });
  const wrap = before('begin', () => remote!.put({ b: { file: 'changed' } }));
  const { code, said } = outcome(await session.run({ block: { delete: MIRROR }, wrap }));
  assert.equal(code, 5);
  assert.match(said, /not deleted: it changed meanwhile/);
  assert.deepEqual(names(remote!.path), ['a', 'b']);
  assert.equal(outcome(await session.run({ block: { delete: MIRROR } })).code, 0);
  assert.deepEqual(names(remote!.path), ['a']);
});

test('a link that leads elsewhere on the master meanwhile is put in place as it is then', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({
    'v1/a': { file: '1' },
    'v2/a': { file: '2' },
    current: { link: 'v1' },
    'new/current': { link: 'v1' },
  });
  remote!.put({ current: { link: 'v0' } });
  const turn = (): void => session.master.put({ current: { link: 'v2' }, 'new/current': { link: 'v2' } });
  const { code, said } = outcome(await session.run({ wrap: before('begin', turn) }));
  assert.equal(code, 0, said);
  for (const path of ['current', 'new/current']) assert.equal(readlinkSync(`${remote!.path}/${path}`), 'v2', path);
});

test('a file that becomes a link meanwhile is only put in place where the block takes such links', async ({
  session,
}) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'a' }, 'd/b': { file: 'b' }, 'd/c': { file: 'c' } });
  const turn = (): void =>
    session.master.put({ a: { link: '/etc' }, 'd/b': { link: '../..' }, 'd/c': { link: '../a' } });
  const block = { links: { symbolic: 'keep', hard: 'keep', escaping: 'refuse' } } as const;
  const { code, said } = outcome(await session.run({ block, wrap: before('begin', turn) }));
  assert.equal(code, 5);
  assert.match(said, /"path":"a".*it became a link on the master/);
  assert.match(said, /"path":"d\/b".*it became a link on the master/);
  assert.deepEqual([names(remote!.path), names(`${remote!.path}/d`)], [['d'], ['c']]);
});

test('a file that becomes a folder meanwhile, or stands where one appears, is not called done', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'new' }, b: { file: 'new' }, c: { file: 'new' } });
  remote!.put({ b: { file: 'old!' }, c: { file: 'old!' } });
  const turn = (): void => {
    for (const name of ['a', 'b']) session.master.drop(name);
    session.master.put({ 'a/x': { file: 'x' }, 'b/x': { file: 'x' } });
    remote!.drop('c');
    remote!.put({ 'c/x': { file: 'x' } });
  };
  const { code, state, said } = outcome(await session.run({ wrap: before('begin', turn) }));
  assert.deepEqual([code, state], [5, 'partial']);
  for (const name of ['a', 'b']) assert.match(said, new RegExp(`"path":"${name}".*became a folder on the master`));
  assert.match(said, /"path":"c".*a folder appeared there/);
  assert.deepEqual(names(remote!.path), ['b', 'c']);
});

test('a further name of a file that vanishes meanwhile is a file of its own, not a name of the old one', async ({
  session,
}) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'new' }, h: { hard: 'a' } });
  remote!.put({ a: { file: 'old!' } });
  const { code, state, said } = outcome(await session.run({ wrap: before('begin', () => session.master.drop('a')) }));
  assert.deepEqual([code, state], [5, 'partial']);
  assert.match(said, /"path":"a".*vanished on the master/);
  const [a, h, ...others] = remote!.look();
  assert.deepEqual([a?.endsWith(' old!'), h?.endsWith(' new'), others], [true, true, []], `${a}, ${h}`);
});

test('a file with further names that changes meanwhile is one file again', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'new' }, h: { hard: 'a' } });
  remote!.put({ a: { file: 'old!' }, h: { hard: 'a' } });
  const change = (): void => session.master.put({ a: { file: 'newer' } });
  const { code, said } = outcome(await session.run({ wrap: before('begin', change) }));
  assert.equal(code, 0, said);
  assert.deepEqual(remote!.look(), session.master.look());
  assert.match(remote!.look().join('\n'), /newer names=2/);
});

test('a further name is not given to the old file in a redo, either', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'new' }, h: { hard: 'a' } });
  remote!.put({ a: { file: 'old!' } });
  const staging = `${remote!.path}/.syncplan/staging`;
  let lost = false;
  // What is staged for `a` is lost on the disk.
  const lose = (): void => {
    for (const name of lost ? [] : readdirSync(staging)) rmSync(`${staging}/${name}/0`, { force: true });
    lost = true;
  };
  const { code, said } = outcome(await session.run({ wrap: before('commit', lose) }));
  assert.equal(code, 5, said);
  const [a, h, ...others] = remote!.look();
  assert.deepEqual([a?.endsWith(' old!'), h?.endsWith(' new'), others], [true, true, []], `${a}, ${h}`);
});

test('what vanishes on the master meanwhile is told', async ({ session }) => {
  session.master.put({ a: { file: 'a' }, b: { file: 'b' } });
  const wrap = before('begin', () => rmSync(`${session.master.path}/b`));
  const { code, state, said } = outcome(await session.run({ wrap }));
  assert.deepEqual([code, state], [5, 'partial']);
  assert.match(said, /"path":"b".*vanished on the master while it was synchronised/);
});

test('what cannot be read once the lock is held is told', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'a' } });
  const meddle = (host: Host, id: string): Host =>
    id !== 'r1'
      ? host
      : {
          ...host,
          locks: {
            ...host.locks!,
            async acquire(request) {
              // A folder stands in the way of a file.
              remote!.put({ 'a/b': { file: 'b' } });
              return host.locks!.acquire(request);
            },
          },
        };
  const consistency = { strategy: 'lock', wait: 5, hold: 60, by: { kind: 'advisory' } } as const;
  const { code, said } = outcome(await session.run({ block: { consistency }, wrap: meddle }));
  assert.notEqual(code, 0);
  assert.match(said, /"path":"a".*a folder .* stands there/);
});

for (const when of ['begin', 'commit', 'verify'] as const) {
  for (const how of ['replaced', 'gone', 'a link to another'] as const) {
    test(`a root that is ${how} before ${when} is told, and nothing is done, or not called done`, async ({
      session,
    }) => {
      const { path } = session.remotes[0]!;
      session.master.put({ a: { file: 'a' } });
      const aside = `${path}.aside`;
      const replace = (): void => {
        renameSync(path, aside);
        if (how === 'replaced') mkdirSync(path);
        if (how === 'a link to another') symlinkSync(session.master.path, path);
      };
      try {
        const { code, state, said } = outcome(await session.run({ wrap: before(when, replace) }));
        assert.match(said, /replaced or unmounted while it was worked in/);
        assert.deepEqual([code, state], when === 'begin' ? [4, 'refused'] : [5, 'partial']);
        assert.deepEqual(names(aside), when === 'verify' ? ['a'] : []);
        if (how === 'replaced') assert.deepEqual(readdirSync(path), []);
      } finally {
        rmSync(path, { recursive: true, force: true });
        rmSync(aside, { recursive: true, force: true });
      }
    });
  }
}

/** Somebody writes to a file after each switch, and before each but the first. */
const busy = (write: () => void) => {
  let switches = 0;
  return (host: Host, id: string): Host => ({
    ...host,
    async begin(...how) {
      const transaction = await host.begin(...how);
      if (id !== 'r1') return transaction;
      const precheck = async () => {
        if (switches > 0) write();
        return transaction.precheck();
      };
      const verify = async () => {
        switches++;
        write();
        return transaction.verify();
      };
      return { ...transaction, precheck, verify };
    },
  });
};

test('a file that keeps changing after the rest was switched is told as that, by its name', async ({ session }) => {
  const [remote] = session.remotes;
  const name = fromText('\u00fc');
  session.master.put({ a: { file: 'a' }, [name]: { file: 'ours' } });
  let times = 0;
  const wrap = busy(() => remote!.put({ [name]: { file: `theirs ${times++}` } }));
  const { code, state, said } = outcome(await session.run({ wrap }));
  assert.deepEqual([code, state], [5, 'partial']);
  assert.match(said, /^\u00fc kept changing while .* all else is in place; stop what writes there/);
});

test('who is interrupted when something would have to be done again is not told that it is done', async ({
  session,
}) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'a' } });
  const controller = new AbortController();
  const write = (): void => {
    remote!.put({ a: { file: 'theirs' } });
    controller.abort();
  };
  const ran = await session.run({ wrap: before('verify', write), options: { signal: controller.signal } });
  const { code, state, said } = outcome(ran);
  assert.deepEqual([code, state], [130, 'partial']);
  assert.match(said, /^interrupted before what had changed meanwhile was done again run the same command again/);
});

test('a hook that fails before something is done again does not say that nothing was switched', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: 'a' }, b: { file: 'b' } });
  let calls = 0;
  const server = { run: async () => ({ code: calls++ === 0 ? 0 : 1, output: '' }) };
  const hooks = [{ when: 'before', changed: null, command: ['ready'], on: 'server', timeout: 10 }] as const;
  const wrap = before('verify', () => remote!.put({ a: { file: 'theirs' } }));
  const { code, state, said } = outcome(await session.run({ block: { hooks }, wrap, options: { server } }));
  assert.deepEqual([code, state, calls], [5, 'partial', 2]);
  assert.match(said, /hook before ready .* all else is in place; mend the hook, then run the same command again/);
});

test('hosts that were not reached yet when the run was interrupted have not failed', async ({ session }) => {
  session.master.put({ a: { file: 'a' } });
  const controller = new AbortController();
  const connect = async ({ id }: { readonly id: string }): Promise<Host> => {
    controller.abort();
    throw new HostError('cancelled', `${id}: connecting was interrupted`, 'Run the command again.');
  };
  const ran = await session.run({ options: { connect, signal: controller.signal } });
  const { code, state, said } = outcome(ran);
  assert.deepEqual([code, state, ran.summary.hosts], [130, 'skipped', []]);
  assert.match(said, /^interrupted before it began run the same command again/);
});

test.run();
