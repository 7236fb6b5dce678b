// What a preview says and what the last words say are the same numbers for the same thing.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { FileTest, Plan } from '../../compiler/plan.js';
import type { Totals } from '../../runtime/engine/events.js';
import { leftToDo, type Planned } from '../../runtime/engine/planned.js';
import { newTally } from '../../runtime/engine/tally.js';
import type { Change } from '../../runtime/tree/change.js';
import { rulesOf } from '../../runtime/tree/rules.js';
import { previewText } from '../../runtime/ui/preview-text.js';
import { summaryText } from '../../runtime/ui/summary-text.js';
import { blockPlan } from './plans.js';
import { makeSession, type RunWith, type Session } from './session.js';

const test = suite<{ session: Session }>('preview and last words');

test.before.each(context => {
  context.session = makeSession(2);
});
test.after.each(context => context.session.close());

test('the time of a run is its own, without that in which an answer was waited for', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  let away = 0;
  const clock = (): number => Date.now() + away;
  for (const answer of [false, true]) {
    const confirm = async (): Promise<boolean> => {
      away += 3_600_000;
      return answer;
    };
    const { summary, events } = await session.run({ options: { clock, confirm } });
    assert.equal(summary.declined ?? false, !answer);
    assert.ok(summary.seconds >= 0 && summary.seconds < 600, `${summary.seconds} s`);
    const last = events.at(-1)!;
    assert.ok(last.type === 'summary' && last.seconds === summary.seconds, 'the stream says the same');
  }
  assert.equal(session.remotes[1]!.look().length, 1);
});

/** A second block that comes after the first and meets it in a folder: `log` itself is taken by both. */
const meeting = (plan: Plan): Plan => {
  const [all] = plan.blocks;
  const of = (include: FileTest, except: FileTest | null) =>
    all!.takes.map(take => ({ ...take, terms: [{ base: '', include, except }] }));
  const within = { is: 'matches', on: 'path', glob: 'log/*' } as const;
  return {
    ...plan,
    blocks: [
      { ...all!, takes: of({ is: 'all' }, within) },
      { ...all!, name: 'logs', after: ['all'], takes: of({ is: 'under', folder: 'log' }, null) },
    ],
  };
};

const COUNTS = ['created', 'replaced', 'attributes', 'linked', 'deleted', 'unchanged', 'skipped'] as const;
const countsOf = (totals: Totals) => Object.fromEntries(COUNTS.map(key => [key, totals[key]]));

test('what two blocks would make is made, and told, once on each host, and what the master skips is told once', async ({
  session,
}) => {
  session.master.put({ a: { file: '1' }, log: { folder: 0o750 }, 'log/b': { file: '22' }, 'log/pipe': { fifo: true } });
  session.master.put({ pipe: { fifo: true } });
  const planned = await session.run({ plan: meeting, options: { command: 'plan' } });
  const lines = planned.preview.relations.map(({ block, changes }) => `${block}: ${changes.map(({ path }) => path)}`);
  assert.deepEqual(lines, ['all: a,log', 'all: a,log', 'logs: log/b', 'logs: log/b']);
  assert.match(previewText(planned.preview, { colour: false, width: 100 }), /^6 changes on 2 hosts, 6 B to send$/m);
  const applied = await session.run({ plan: meeting });
  assert.equal(applied.summary.exitCode, 0);
  assert.deepEqual(countsOf(planned.summary), countsOf(applied.summary));
  assert.deepEqual(countsOf(applied.summary), { ...countsOf(newTally()), created: 6, unchanged: 2, skipped: 2 });
  assert.deepEqual(planned.summary.relations.map(countsOf), applied.summary.relations.map(countsOf));
});

test('what a block makes is nobody else’s where it is refused, comes later, or has another mode for it', () => {
  const take = blockPlan('all').takes[0]!;
  const folder = (mode: number): Change => ({
    kind: 'create',
    path: 'log',
    entry: {
      kind: 'folder',
      selected: true,
      unreadable: false,
      mode,
      owner: '',
      group: '',
      extra: '',
    },
  });
  const relation = (name: string, after: string[], mode: number, rest: Partial<Planned> = {}): Planned => ({
    block: { name, after },
    host: 'r1',
    rules: rulesOf(blockPlan(name)),
    goes: true,
    takes: [{ take, root: '/r1', changes: [folder(mode)] }],
    ...rest,
  });
  const kinds = (...relations: Planned[]): string =>
    leftToDo(relations)
      .map(takes => takes.flat().map(({ kind }) => kind))
      .join(' ');
  const first = relation('a', [], 0o755);
  assert.equal(kinds(first, relation('b', ['a'], 0o755), relation('c', ['b'], 0o755)), 'create  ');
  assert.equal(kinds(first, relation('b', ['a'], 0o700)), 'create attributes');
  assert.equal(kinds(first, relation('b', [], 0o755)), 'create create');
  assert.equal(kinds({ ...first, goes: false }, relation('b', ['a'], 0o755)), 'create create');
  assert.equal(kinds(first, relation('b', ['a'], 0o755, { host: 'r2' })), 'create create');
  const elsewhere = { takes: [{ take, root: '/other', changes: [folder(0o755)] }] };
  assert.equal(kinds(first, relation('b', ['a'], 0o755, elsewhere)), 'create create');
});

test('a preview says once for a block whose setuid, setgid and sticky bits it leaves out, and how to carry them', async ({
  session,
}) => {
  session.master.put({ run: { file: '#', mode: 0o4755 }, plain: { file: '1' }, shared: { folder: 0o2755 } });
  const said = async (run: RunWith = {}): Promise<string[]> => {
    const { preview } = await session.run({ ...run, options: { command: 'plan' } });
    return previewText(preview, { colour: false, width: 120 }).match(/^.*setuid.*$/gm) ?? [];
  };
  const line = '  ! left out  setuid, setgid or sticky of 2 files or folders';
  assert.deepEqual(await said(), [`${line}; to carry them, say \`attributes mode, modified, special\``]);
  assert.deepEqual(await said({ block: { attributes: ['mode', 'special'] } }), []);
  assert.deepEqual(await said({ block: { attributes: ['modified'] } }), []);
  const { events } = await session.run();
  const told = events.flatMap(event => (event.type === 'observed' ? [[event.host, event.specialBits]] : []));
  assert.deepEqual(
    told.filter(([, count]) => count !== undefined),
    [['m', 2]],
  );
  // Also where everything is equal by now, and the bits still missing.
  assert.equal((await said()).length, 1);
});

test('new files that look like files that go are told, where the remote would make the one from the other', async ({
  session,
}) => {
  const files = { 'old/a': { file: 'a'.repeat(3_000) }, 'old/b': { file: 'b'.repeat(2_000) }, 'old/c': { file: 'c' } };
  const block = { delete: { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 0 } } as const;
  session.master.put({ ...files, stays: { file: '1' } });
  await session.run({ block });
  session.master.drop('old');
  for (const [path, item] of Object.entries(files)) session.master.put({ [path.replace('old', 'new')]: item });
  const said = async (run: RunWith = {}): Promise<string[]> => {
    const { preview } = await session.run({ ...run, block: { ...block, ...run.block }, options: { command: 'plan' } });
    return previewText(preview, { colour: false, width: 120 }).match(/^.*look.*$/gm) ?? [];
  };
  const line = '    2 new files of 4.9 KiB look like files that go: what proves to be the same is moved, not sent';
  assert.deepEqual(await said(), [line]);
  const whole = { mode: 'whole', compress: 0, encrypt: true, limit: null } as const;
  assert.deepEqual(await said({ block: { transfer: whole } }), []);
  assert.deepEqual(await said({ block: { delete: { mode: 'never' } } }), []);
  assert.deepEqual(await said({ wrap: host => ({ ...host, kind: 'shell' }) }), []);
  const { summary } = await session.run({ block });
  assert.deepEqual([summary.moved, summary.bytesMatched], [4, 10_000]);
});

test('a folder that may hold what a block does not take is deleted unless it does: both ends say so, each time', async ({
  session,
}) => {
  const mirror = { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 0 } as const;
  const except = { is: 'ext', values: ['map'] } as const;
  const leavingOut = (plan: Plan): Plan => ({
    ...plan,
    blocks: plan.blocks.map(block => ({
      ...block,
      delete: mirror,
      takes: block.takes.map(take => ({ ...take, terms: [{ base: '', include: { is: 'all' }, except }] })),
    })),
  });
  session.master.put({ a: { file: '1' } });
  for (const remote of session.remotes)
    remote.put({ 'old/b': { file: '2' }, 'old/deep/c.map': { file: '3' }, 'gone/d': { file: '4' } });
  const kept = 'done +1 created, 3 deleted; 2 folders not deleted: something else is in them';
  for (const [said, done] of [
    [5, kept],
    [2, 'done +nothing to change; 2 folders not deleted: .*'],
  ] as const) {
    const { preview } = await session.run({ plan: leavingOut, options: { command: 'plan' } });
    const shown = previewText(preview, { colour: false, width: 100 });
    assert.equal(shown.match(/^ {4}- delete .*$/gm)?.length, said, shown);
    for (const folder of ['old', 'old/deep'])
      assert.match(shown, new RegExp(`^ {4}- delete +${folder}/ +unless it holds something else$`, 'm'));
    const { summary } = await session.run({ plan: leavingOut });
    assert.deepEqual([summary.exitCode, summary.kept, summary.relations[1]!.kept], [0, 4, 2]);
    const text = summaryText(summary, { colour: false, width: 200 });
    assert.match(text, new RegExp(`r2 +${done}$`, 'm'));
    assert.match(text, /, 4 folders not deleted: something else is in them$/m);
  }
  const whole = await session.run({ block: { delete: mirror }, options: { command: 'plan' } });
  assert.doesNotMatch(previewText(whole.preview, { colour: false, width: 100 }), /unless/);
});

test.run();
