// A host that cannot lock as its block asks is refused at the start: in the preview too, by name, with nothing written there.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Consistency, LockBy } from '../../compiler/plan.js';
import type { Host, Locks } from '../../runtime/host/host.js';
import { makeSession, type Ran, type RunWith, type Session } from './session.js';

let session: Session;
test.before.each(() => {
  session = makeSession(2);
  session.master.put({ a: { file: 'a' }, 'd/b': { file: 'b' } });
});
test.after.each(() => session.close());

const lock = (by: LockBy): Consistency => ({ strategy: 'lock', wait: 1, hold: 60, by });
const COMMAND: LockBy = { kind: 'command', command: ['true'], release: ['true'] };

/** One host with fewer ways, or with no locks at all. */
const withWays =
  (only: string, ways: Locks['ways'] | null) =>
  (host: Host, id: string): Host =>
    id !== only ? host : { ...host, kind: 'shell', locks: ways === null ? null : { ...host.locks!, ways } };

const run = (consistency: Consistency, wrap: RunWith['wrap'], command: 'plan' | 'apply' = 'apply'): Promise<Ran> =>
  session.run({ block: { consistency }, wrap: wrap!, options: { command } });

const told = ({ summary }: Ran): (readonly [string, string])[] =>
  summary.relations.map(({ state, message }) => [state, message ?? ''] as const);

for (const by of [{ kind: 'permissions' }, COMMAND] as const) {
  test(`a remote that only locks by advisory is refused a block locked by ${by.kind}, and no other is`, async () => {
    const before = [session.remotes[0]!.look(), session.remotes[0]!.state()];
    const ran = await run(lock(by), withWays('r1', ['advisory']));
    const [first, second] = told(ran);
    assert.deepEqual(first, ['failed', `r1 cannot lock block all by ${by.kind}: it is driven by its shell`]);
    assert.match(ran.summary.relations[0]!.help!, /for r1 \{ consistency .*Node\.js/);
    assert.equal(second![0], 'done');
    assert.ok(!ran.events.some(event => event.type === 'lock' && event.host === 'r1'), 'no lock is tried there');
    assert.deepEqual([session.remotes[0]!.look(), session.remotes[0]!.state()], before);
    const preview = await run(lock(by), withWays('r1', ['advisory']), 'plan');
    assert.deepEqual(told(preview)[0], first);
    assert.equal(preview.summary.exitCode, 1);
  });
}

test('a master that only locks by advisory is no hindrance to permissions, but to a command on every remote', async () => {
  const closing = await run(lock({ kind: 'permissions' }), withWays('m', ['advisory']));
  assert.deepEqual(
    told(closing).map(([state]) => state),
    ['done', 'done'],
  );
  const ran = await run(lock(COMMAND), withWays('m', ['advisory']));
  const refusal = ['failed', 'm cannot lock block all by command: it is driven by its shell'];
  assert.deepEqual(told(ran), [refusal, refusal]);
  assert.equal(ran.summary.exitCode, 1);
});

test('a host without locks is refused `consistency lock`, and not what may come to it later', async () => {
  const ran = await run(lock({ kind: 'advisory' }), withWays('r1', null));
  assert.deepEqual(told(ran)[0], ['failed', 'r1 cannot lock block all: it is driven by its shell']);
  assert.equal(told(ran)[1]![0], 'done');
  const later: Consistency = {
    strategy: 'verify',
    rounds: 1,
    every: 0,
    then: { strategy: 'lock', wait: 1, hold: 60, by: { kind: 'advisory' } },
  };
  assert.equal(told(await run(later, withWays('r1', null)))[0]![0], 'done');
});

test.run();
