// A hook for a host that runs no programs fails with the help that its preview gives: there is nothing to mend in the hook.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { HookPlan } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('hooks nowhere');

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

const hook = (when: HookPlan['when']): HookPlan => ({
  when,
  changed: null,
  command: ['reload'],
  on: 'remote',
  timeout: 10,
});

const wrap = (host: Host, id: string): Host => (id === 'm' ? host : { ...host, kind: 'shell', programs: null });

test('before the switch: nothing is switched, and it is said where the hook can run', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  const block = { hooks: [hook('before')] };
  const { preview } = await session.run({ block, options: { command: 'plan' }, wrap });
  const [unkept] = preview.unkept.flatMap(({ unkept }) => unkept);
  assert.match(unkept!.help, /run the hook `on server`/);
  const { events, summary } = await session.run({ block, wrap });
  assert.equal(summary.exitCode, 1);
  const said = events.flatMap(event => (event.type === 'block' && event.state === 'failed' ? [event.help] : []));
  assert.deepEqual(said, [`nothing was switched: ${unkept!.help}`]);
});

test('after it: it stays owed, and it is said where the hook can run', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  const { events, summary } = await session.run({ block: { hooks: [hook('after')] }, wrap });
  assert.equal(summary.exitCode, 5);
  const said = events.flatMap(event => (event.type === 'problem' ? [event.help] : []));
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^it is still owed: .*run the hook `on server`/);
});

test.run();
