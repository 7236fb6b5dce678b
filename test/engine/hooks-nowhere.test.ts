// A hook for a host that runs no programs fails its block there at once, with the help that its preview gives.
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

for (const when of ['before', 'after'] as const) {
  test(`a block whose hook ${when} the switch can run nowhere fails in a preview and in a run, before anything is sent`, async ({
    session,
  }) => {
    session.master.put({ a: { file: '1' } });
    const block = { hooks: [hook(when)] };
    const planned = await session.run({ block, options: { command: 'plan' }, wrap });
    assert.equal(planned.summary.exitCode, 1);
    const [unkept] = planned.preview.unkept.flatMap(({ unkept: found }) => found);
    assert.match(unkept!.help, /run the hook `on server`/);
    const { events, summary } = await session.run({ block, wrap });
    assert.equal(summary.exitCode, 1);
    for (const { relations } of [planned.summary, summary]) {
      assert.deepEqual(
        relations.map(({ state, message, help }) => [state, message, help]),
        [['failed', `hook ${when} reload on r1 cannot run: that host cannot run programs`, unkept!.help]],
      );
    }
    assert.ok(!events.some(({ type }) => type === 'stage' || type === 'hook'));
  });
}

test('where a hook does not concern what changes, its block goes on', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  const css = { ...hook('after'), changed: [{ base: '', test: { is: 'ext', values: ['css'] } }] } as const;
  const { summary } = await session.run({ block: { hooks: [css] }, wrap });
  assert.equal(summary.exitCode, 0);
});

test.run();
