// Whole runs over real folders: what they leave behind, what they say, and that a second one does nothing.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { suite } from 'uvu';
import type { Host } from '../../runtime/host/host.js';
import type { Item, Tree } from '../support/fixture.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('a run');
const MIRROR = { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 0 } as const;

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

const names = fc.constantFrom('a', 'b', 'a-', 'x.js', 'é\n', '-rf', '$(id)');
const items: fc.Arbitrary<Item> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ file: fc.constantFrom('', 'one', 'two', 'three'), mode: fc.constantFrom(0o644, 0o755) }),
  },
  { weight: 2, arbitrary: fc.record({ folder: fc.constantFrom(0o755, 0o700, 0o500) }) },
  { weight: 1, arbitrary: fc.record({ link: fc.constantFrom('a', '../b', '/etc') }) },
);
const trees: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(fc.array(names, { minLength: 1, maxLength: 3 }), items, fc.boolean()), { maxLength: 18 })
  .map(list => {
    const tree: Record<string, Item> = {};
    let last: string | null = null;
    for (const [parts, item, twin] of list) {
      const path = parts.map(part => Buffer.from(part).toString('latin1')).join('/');
      const taken = Object.entries(tree).some(
        ([other, there]) =>
          other === path ||
          (other.startsWith(`${path}/`) && !('folder' in item)) ||
          (path.startsWith(`${other}/`) && !('folder' in there)),
      );
      if (taken || Object.keys(tree).some(other => other.startsWith(`${path}/`))) continue;
      if (twin && last !== null && 'file' in item) tree[path] = { hard: last };
      else {
        tree[path] = item;
        if ('file' in item) last = path;
      }
    }
    return tree;
  });

test('whatever stood on both sides, a mirroring run leaves the master tree, and a second run changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (ours, theirs) => {
      const session = makeSession(1);
      try {
        session.master.put({ 'always-there': { file: 'x' }, ...ours });
        session.remotes[0]!.put(theirs);
        const { summary } = await session.run({ block: { delete: MIRROR } });
        assert.deepEqual(session.remotes[0]!.look(), session.master.look());
        assert.equal(summary.exitCode, 0);
        const again = await session.run({ block: { delete: MIRROR } });
        assert.deepEqual(again.preview.relations[0]!.changes, []);
        assert.equal(again.summary.exitCode, 0);
      } finally {
        session.close();
      }
    }),
    { numRuns: 150 },
  );
});

test('a preview names exactly what apply then does', async ({ session }) => {
  session.master.put({
    a: { file: '1' },
    'd/b': { file: '2' },
    l: { link: 'a' },
    m: { file: 'same', mode: 0o755 },
    r: { file: 'new' },
  });
  session.remotes[0]!.put({ m: { file: 'same', mode: 0o644 }, r: { file: 'old!' }, gone: { file: 'x' } });
  const block = { delete: MIRROR };
  const { preview, summary } = await session.run({ block, options: { command: 'plan' } });
  assert.deepEqual(
    preview.relations[0]!.changes.map(({ change, path, detail }) => `${change} ${path} ${detail}`.trim()),
    [
      'create a',
      'create d',
      'create d/b',
      'delete gone',
      'link l → a',
      'attributes m mode 0644 → 0755',
      'replace r size 4 → 3',
    ],
  );
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(session.remotes[0]!.state(), [], 'a plan writes nothing');
  const applied = await session.run({ block });
  const { created, replaced, attributes, linked, deleted, unchanged } = applied.summary;
  assert.deepEqual(
    { created, replaced, attributes, linked, deleted, unchanged },
    { created: 3, replaced: 1, attributes: 1, linked: 1, deleted: 1, unchanged: 0 },
  );
});

test('content of equal size and time is told apart by its checksum, and not by `compare quick`', async ({
  session,
}) => {
  session.master.put({ a: { file: 'good' } });
  session.remotes[0]!.put({ a: { file: 'evil' } });
  const quick = await session.run({ block: { compare: { by: 'quick' } } });
  assert.equal(quick.summary.replaced, 0);
  const checked = await session.run();
  assert.equal(checked.summary.replaced, 1);
  assert.deepEqual(session.remotes[0]!.look(), session.master.look());
});

test('without `delete mirror`, what only the remote has stays', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  session.remotes[0]!.put({ b: { file: '2' }, 'd/c': { file: '3' } });
  const { summary } = await session.run();
  assert.equal(summary.deleted, 0);
  assert.deepEqual(
    session.remotes[0]!.look().map(line => line.split(' ')[0]),
    ['a', 'b', 'd', 'd/c'],
  );
});

test('protected files stay, with the folders that hold them', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  session.remotes[0]!.put({ 'keep/deep/x': { file: '2' }, 'keep/y': { file: '3' }, 'other/z': { file: '4' } });
  await session.run({ block: { delete: { ...MIRROR, protect: ['keep/deep/**'] } } });
  assert.deepEqual(
    session.remotes[0]!.look().map(line => line.split(' ')[0]),
    ['a', 'keep', 'keep/deep', 'keep/deep/x'],
  );
});

test('a block that would lose more than half is refused everywhere, and nothing is touched', async () => {
  const session = makeSession(2);
  session.master.put({ a: { file: '1' } });
  session.remotes[0]!.put({ a: { file: '0' }, b: { file: '2' }, c: { file: '3' }, d: { file: '4' } });
  session.remotes[1]!.put({ a: { file: '0' } });
  const before = session.remotes.map(remote => remote.look());
  const block = { delete: { ...MIRROR, maxPercent: null } };
  const { summary, events } = await session.run({ block });
  assert.equal(summary.exitCode, 4);
  assert.deepEqual(
    summary.relations.map(({ state }) => state),
    ['refused', 'refused'],
  );
  assert.equal(events.filter(({ type }) => type === 'guard').length, 1);
  assert.deepEqual(
    session.remotes.map(remote => remote.look()),
    before,
  );
  assert.match(summary.relations[0]!.help ?? '', /with `syncplan plan`.*--allow-delete/);
  const planned = await session.run({ block, options: { command: 'plan' } });
  assert.equal(planned.summary.relations[0]!.help, 'if these deletions are meant, run with --allow-delete');
  const allowed = await session.run({ block, options: { allowDelete: true } });
  assert.equal(allowed.summary.exitCode, 0);
  assert.equal(allowed.summary.deleted, 3);
  session.close();
});

test('an empty master never empties a remote', async ({ session }) => {
  session.remotes[0]!.put({ a: { file: '1' } });
  assert.equal((await session.run({ block: { delete: MIRROR } })).summary.exitCode, 4);
  assert.equal(session.remotes[0]!.look().length, 1);
});

test('files that belong to no class are neither sent nor deleted, and one that grows out of its class is left alone', async ({
  session,
}) => {
  const terms = [{ base: '', include: { is: 'size', op: '<', bytes: 4 }, except: null }] as const;
  session.master.put({ small: { file: '123' }, big: { file: '12345678' }, grown: { file: 'now it is large' } });
  session.remotes[0]!.put({ grown: { file: 'was' }, 'only-big': { file: '12345678' }, old: { file: 'o' } });
  const take = (plan: Parameters<NonNullable<Parameters<Session['run']>[0]>['plan'] & object>[0]) => ({
    ...plan,
    blocks: plan.blocks.map(block => ({ ...block, takes: block.takes.map(one => ({ ...one, terms })) })),
  });
  const { summary } = await session.run({ block: { delete: MIRROR }, plan: take });
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(
    session.remotes[0]!.look().map(line => line.split(' ')[0]),
    ['grown', 'only-big', 'small'],
  );
});

test('one host that fails never holds up another, and the exit says so', async () => {
  const session = makeSession(2);
  session.master.put({ a: { file: '1' } });
  const wrap = (host: Host, id: string): Host =>
    id === 'r1' ? { ...host, openRoot: () => Promise.reject(new Error('gone for lunch')) } : host;
  const internal: unknown[] = [];
  const { summary } = await session.run({ wrap, options: { internal: error => internal.push(error) } });
  assert.equal(summary.exitCode, 5);
  assert.ok(internal[0] instanceof Error && internal.length === 1, 'the error itself is not lost');
  assert.deepEqual(
    summary.relations.map(({ state }) => state),
    ['failed', 'done'],
  );
  assert.match(summary.relations[0]!.message!, /gone for lunch/);
  session.close();
});

test('a FIFO in the way is named, and the other files are done', async ({ session }) => {
  session.master.put({ a: { file: '1' }, b: { file: '2' } });
  session.remotes[0]!.put({ a: { fifo: true } });
  const { summary, events } = await session.run();
  assert.equal(summary.exitCode, 5);
  const problem = events.find(event => event.type === 'problem');
  assert.ok(
    problem?.type === 'problem' &&
      problem.path === 'a' &&
      problem.code === 'in-the-way' &&
      problem.message.includes('fifo'),
  );
  assert.ok(session.remotes[0]!.look().some(line => line.startsWith('b file')));
});

test('a folder that became a file is replaced where the block mirrors, and named where it does not', async ({
  session,
}) => {
  session.master.put({ x: { file: 'a file now' } });
  session.remotes[0]!.put({ 'x/deep/y': { file: '1' } });
  const never = await session.run();
  assert.equal(never.summary.exitCode, 5);
  assert.ok(session.remotes[0]!.look().some(line => line.startsWith('x/deep/y ')));
  const mirror = await session.run({ block: { delete: MIRROR } });
  assert.equal(mirror.summary.exitCode, 0);
  assert.deepEqual(session.remotes[0]!.look(), session.master.look());
});

test('files that are put in place anew are linked to their further names again', async ({ session }) => {
  session.master.put({ a: { file: 'new!' }, b: { hard: 'a' }, 'z/c': { hard: 'a' } });
  session.remotes[0]!.put({ a: { file: 'old' }, b: { hard: 'a' }, 'z/c': { hard: 'a' } });
  const { summary } = await session.run();
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(session.remotes[0]!.look(), session.master.look());
});

test('a writer that never rests fails the block, and nothing has moved', async ({ session }) => {
  session.master.put({ a: { file: '0' }, b: { file: 'calm' } });
  let turn = 0;
  const wrap = (host: Host, id: string): Host =>
    id !== 'm'
      ? host
      : {
          ...host,
          openRoot: async (path, options) =>
            meddling(await host.openRoot(path, options), () =>
              session.master.put({ a: { file: `${++turn}`.padStart(turn + 1) } }),
            ),
        };
  const { summary, events } = await session.run({ wrap });
  assert.equal(summary.exitCode, 1);
  assert.equal(events.filter(({ type }) => type === 'redo').length, 3);
  assert.deepEqual(session.remotes[0]!.look(), []);
});

test('a writer that rests is caught up with: only what changed is sent again', async ({ session }) => {
  session.master.put({ a: { file: '0' }, b: { file: 'calm' } });
  let turn = 0;
  const wrap = (host: Host, id: string): Host =>
    id !== 'm'
      ? host
      : {
          ...host,
          openRoot: async (path, options) =>
            meddling(
              await host.openRoot(path, options),
              () => turn++ === 0 && session.master.put({ a: { file: 'changed' } }),
            ),
        };
  const { summary, events } = await session.run({ wrap });
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(
    events.flatMap(event => (event.type === 'redo' ? [event.paths] : [])),
    [1],
  );
  assert.deepEqual(session.remotes[0]!.look(), session.master.look());
});

test('blocks follow each other on a host, and everything is observed before the first write', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  const { events } = await session.run({
    plan: plan => ({
      ...plan,
      blocks: [
        ...plan.blocks,
        {
          ...plan.blocks[0]!,
          name: 'then',
          after: ['all'],
          takes: plan.blocks[0]!.takes.map(take => ({
            ...take,
            terms: [{ base: '', include: { is: 'name', values: ['nothing'] }, except: null }],
          })),
        },
      ],
    }),
  });
  const states = events.flatMap(event => (event.type === 'block' ? [`${event.block} ${event.state}`] : []));
  assert.ok(states.indexOf('then compared') < states.indexOf('all staging'));
  assert.ok(states.indexOf('then done') > states.indexOf('all done'));
});

test('an interrupted run stops before it switches anything', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  const stop = new AbortController();
  const { summary, events } = await session.run({ options: { signal: stop.signal, previewed: () => stop.abort() } });
  assert.equal(summary.exitCode, 130);
  assert.equal(events.filter(({ type }) => type === 'stopping').length, 1);
  assert.equal(events.at(-1)!.type, 'summary');
  assert.deepEqual(session.remotes[0]!.look(), []);
});

/** The master changes each time its content is about to be checked again. */
const meddling = (root: Awaited<ReturnType<Host['openRoot']>>, meddle: () => unknown): typeof root => ({
  ...root,
  scan: async selection => {
    const scan = await root.scan(selection);
    return {
      ...scan,
      changed: paths => {
        meddle();
        return scan.changed(paths);
      },
    };
  },
});

test.run();
