// What a preview says of hooks is what apply runs: which of them, in which order, each once, and none where nothing changes.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import type { HookPlan } from '../../compiler/plan.js';
import type { Preview, RunEvent } from '../../runtime/engine/events.js';
import { type SavedPlan, savedPreview, saveRelation } from '../../runtime/engine/saved-plan.js';
import type { Programs } from '../../runtime/host/host.js';
import { previewText } from '../../runtime/ui/preview-text.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('hooks ahead');

test.before.each(context => {
  context.session = makeSession(3);
});
test.after.each(context => context.session.close());

const hook = (when: HookPlan['when'], name: string, ext: string | null = null): HookPlan => ({
  when,
  changed: ext === null ? null : [{ base: '', test: { is: 'ext', values: [ext] } }],
  command: ['run', name],
  on: 'server',
  timeout: 10,
});
const HOOKS = [hook('after', 'b'), hook('before', 'a\x1b'), hook('after', 'css', 'css'), hook('after', 'html', 'html')];

/** Programs of this machine of which these fail, and what was run. */
const programs = (failing: readonly string[] = []): Programs & { readonly ran: string[] } => {
  const ran: string[] = [];
  return {
    ran,
    run: async ([, name]) => {
      ran.push(name!);
      return { code: failing.includes(name!) ? 1 : 0, output: '' };
    },
  };
};

const textOf = (preview: Preview): string => previewText(preview, { colour: false, width: 100 });
const hookLines = (text: string): string[] => text.match(/^ +(?:hook|! owed) .*$/gm) ?? [];
const told = (events: readonly RunEvent[], host: string): string[] =>
  events.flatMap(event =>
    event.type === 'hook' && event.host === host ? [`${event.state} ${event.command[1]} ${event.on}`] : [],
  );

test('however often a hook fails, one record tells that it is owed, and it runs once', async ({ session }) => {
  const [remote] = session.remotes;
  const block = { hooks: [hook('after', 'b')], remotes: ['r1'] };
  const owed = (): string[] => remote!.state().filter(name => name.startsWith('intent/'));
  for (const content of ['1', '22', '333']) {
    session.master.put({ a: { file: content } });
    const { summary } = await session.run({ block, options: { server: programs(['b']) } });
    assert.equal(summary.exitCode, 5);
    assert.equal(owed().length, 1, owed().join(' '));
  }
  const server = programs();
  assert.equal((await session.run({ block, options: { server } })).summary.exitCode, 0);
  assert.deepEqual([server.ran, owed()], [['b'], []]);
});

test('where nothing could be switched in the end, no hook runs for it', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ a: { file: '1' } });
  const staging = `${remote!.path}/.syncplan/staging`;
  const server = programs();
  const { summary } = await session.run({
    block: { hooks: [hook('after', 'b')], remotes: ['r1'] },
    options: { server },
    wrap: (host, id) => ({
      ...host,
      async begin(...how) {
        const transaction = await host.begin(...how);
        if (id !== 'r1') return transaction;
        const commit = () => {
          // What is staged is lost on the disk.
          for (const name of readdirSync(staging)) rmSync(`${staging}/${name}/0`);
          return transaction.commit();
        };
        return { ...transaction, commit };
      },
    }),
  });
  assert.equal(summary.exitCode, 5);
  assert.deepEqual([server.ran, remote!.look()], [[], []]);
  assert.deepEqual(
    remote!.state().filter(name => name.startsWith('intent/')),
    [],
  );
});

test('a preview names what runs before and after the switch, once for hosts that are alike, and escapes it', async ({
  session,
}) => {
  session.master.put({ 'a.html': { file: '1' } });
  const block = { hooks: HOOKS };
  const planned = await session.run({ block, options: { command: 'plan' } });
  assert.deepEqual(hookLines(textOf(planned.preview)), [
    "    hook before   run $'a\\x1b' on server",
    '    hook after    run b on server',
    '    hook after    run html on server',
  ]);
  const names = ['a\x1b', 'b', 'html'];
  assert.deepEqual(
    told(planned.events, 'r2'),
    names.map(name => `planned ${name} server`),
  );
  const server = programs();
  const applied = await session.run({ block, options: { server } });
  assert.equal(applied.summary.exitCode, 0);
  assert.deepEqual([...server.ran].sort(), [...names, ...names, ...names].sort());
  assert.deepEqual(told(applied.events, 'r2'), [
    ...names.map(name => `planned ${name} server`),
    ...names.flatMap(name => [`running ${name} server`, `done ${name} server`]),
  ]);
  const idle = await session.run({ block, options: { command: 'plan' } });
  assert.deepEqual([hookLines(textOf(idle.preview)), told(idle.events, 'r2')], [[], []]);
});

test('each hook stands on its own host, and a block that is refused runs none', async ({ session }) => {
  session.master.put({ 'a.html': { file: '1' }, 'b.html': { file: '2' } });
  const on = (where: HookPlan['on']): HookPlan => ({ ...hook('after', where), on: where });
  const block = { hooks: [on('remote'), on('master'), on('server')] };
  const { events } = await session.run({ block, options: { command: 'plan' } });
  assert.deepEqual(told(events, 'r3'), ['planned remote r3', 'planned master m', 'planned server server']);
  const mirror = { mode: 'mirror', maxPercent: null, maxFiles: 1, protect: [], trash: 0 } as const;
  await session.run();
  session.master.drop('a.html');
  session.master.drop('b.html');
  session.master.put({ 'c.html': { file: 'another' } });
  const refused = await session.run({ block: { ...block, delete: mirror }, options: { command: 'plan' } });
  assert.equal(refused.summary.exitCode, 4);
  assert.deepEqual([hookLines(textOf(refused.preview)), told(refused.events, 'r1')], [[], []]);
});

test('what an earlier run owes is named as owed, and not once more for what changes now', async ({ session }) => {
  session.master.put({ 'a.html': { file: '1' } });
  const block = { hooks: [hook('before', 'a'), hook('after', 'b')] };
  assert.equal((await session.run({ block, options: { server: programs(['b']) } })).summary.exitCode, 5);
  session.master.put({ 'a.html': { file: 'other' } });
  const { preview, events } = await session.run({ block, options: { command: 'plan' } });
  assert.deepEqual(hookLines(textOf(preview)), [
    '    ! owed  hook after run b on server, of an earlier run; apply runs it',
    '    hook before   run a on server',
  ]);
  assert.deepEqual(told(events, 'r1'), ['owed b server', 'planned a server']);
  const server = programs();
  assert.equal((await session.run({ block, options: { server } })).summary.exitCode, 0);
  assert.deepEqual([...server.ran].sort(), ['a', 'a', 'a', 'b', 'b', 'b']);
});

test('a saved plan names the same hooks without contacting anybody', async ({ session }) => {
  session.master.put({ 'a.css': { file: '1' } });
  const block = { hooks: HOOKS };
  let saved: Pick<SavedPlan, 'plan' | 'relations' | 'created'> | null = null;
  const { preview } = await session.run({
    block,
    plan: plan => {
      saved = { plan, relations: [], created: '2026-11-01T00:00:00.000Z' };
      return plan;
    },
    options: {
      command: 'plan',
      observed: async relations => {
        saved = { ...saved!, relations: await Promise.all(relations.map(saveRelation)) };
      },
    },
  });
  const lines = hookLines(textOf(savedPreview(saved! as SavedPlan)));
  assert.equal(lines.length, 3);
  assert.deepEqual(lines, hookLines(textOf(preview)));
});

test.run();
