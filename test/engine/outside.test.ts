// What happens to a run from outside its block: an interruption, a block before it, a master that cannot be read.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { writeRecord } from '../../runtime/bytes/pack.js';
import { makeWriter } from '../../runtime/bytes/wire.js';
import type { Host, Scan } from '../../runtime/host/host.js';
import type { Problem } from '../../runtime/tree/entry.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('a run');

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

test('content that an interruption stops in the middle of a file is no fault of anybody', async ({ session }) => {
  const stop = new AbortController();
  session.master.put({ a: { file: 'x'.repeat(4 * 2 ** 20) } });
  const wrap = (host: Host, id: string): Host =>
    id !== 'm'
      ? host
      : {
          ...host,
          openRoot: async (path, options) => stopping(await host.openRoot(path, options), () => stop.abort()),
        };
  const { summary, events } = await session.run({ wrap, options: { signal: stop.signal } });
  assert.equal(summary.exitCode, 130);
  const [{ state, message, help } = { state: '', message: '', help: '' }] = summary.relations;
  assert.deepEqual(
    [state, message, help],
    ['skipped', 'interrupted before anything was switched', 'run the same command again'],
  );
  assert.deepEqual(
    events.filter(({ type }) => type === 'problem'),
    [],
  );
  assert.deepEqual(session.remotes[0]!.look(), []);
});

test('a folder that the block before it has made is no surprise to a later block', async ({ session }) => {
  session.master.put({ 'd/e/x.css': { file: '1' }, 'd/e/y.js': { file: '2' }, 'd/only/z.js': { file: '3' } });
  const { summary, events } = await session.run({
    plan: plan => ({
      ...plan,
      blocks: ['css', 'js'].map((ext, i) => ({
        ...plan.blocks[0]!,
        name: ext,
        after: i === 0 ? [] : ['css'],
        takes: plan.blocks[0]!.takes.map(take => ({
          ...take,
          terms: [{ base: '', include: { is: 'ext', values: [ext] }, except: null }],
        })),
      })),
    }),
  });
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(
    events.filter(({ type }) => type === 'redo' || type === 'inconsistent'),
    [],
  );
  assert.deepEqual(session.remotes[0]!.look(), session.master.look());
  assert.deepEqual(
    summary.relations.map(({ created, replaced, attributes }) => [created, replaced, attributes]),
    [
      [3, 0, 0],
      [3, 0, 0],
    ],
  );
});

test('what fails on the master is told with its name, whichever way it came to light', async ({ session }) => {
  session.master.put({ a: { file: 'x' }, b: { file: 'equal' }, c: { file: 'y' } });
  session.remotes[0]!.put({ b: { file: 'equal' } });
  const denied = { code: 'denied', message: 'open: permission denied', help: 'give the right' } as const;
  const wrap = (host: Host, id: string): Host =>
    id !== 'm'
      ? host
      : {
          ...host,
          openRoot: async (path, options) => {
            const root = await host.openRoot(path, options);
            return { ...root, scan: async selection => refusing(await root.scan(selection), denied) };
          },
        };
  const { summary, events } = await session.run({ wrap });
  assert.equal(summary.exitCode, 5);
  const problems = events.filter(event => event.type === 'problem');
  assert.deepEqual(problems.map(({ path }) => path).sort(), ['a', 'b', 'closed']);
  for (const { message, help } of problems) {
    assert.equal(message, 'on m: open: permission denied');
    assert.equal(help, 'give the user that syncplan works as on m the right to read it, or leave it out');
  }
  assert.ok(session.remotes[0]!.look().some(line => line.startsWith('c file')));
});

test('without any consistency the master is not looked at again; what changed on the remote is named and left, once', async ({
  session,
}) => {
  session.master.put({ a: { file: 'a' }, b: { file: 'b' } });
  let looks = 0;
  const wrap = (host: Host, id: string): Host =>
    id === 'm'
      ? { ...host, openRoot: async (...args) => lookingAgain(await host.openRoot(...args), () => looks++) }
      : {
          ...host,
          begin: async (...args) => {
            session.remotes[0]!.put({ b: { file: 'by somebody else' } });
            return host.begin(...args);
          },
        };
  const { summary, events } = await session.run({ wrap, block: { consistency: { strategy: 'none' } } });
  assert.equal(summary.exitCode, 5);
  assert.deepEqual([summary.created, summary.inconsistent, looks], [1, 1, 0]);
  const told = events.flatMap(event => (event.type === 'inconsistent' || event.type === 'redo' ? [event] : []));
  assert.deepEqual(
    told.map(event => (event.type === 'inconsistent' ? event.path : event.type)),
    ['b'],
  );
  assert.match(session.remotes[0]!.look().join('\n'), /^a file .* a\nb file .* by somebody else$/);
});

/** Calls back each time the master is about to be looked at again. */
const lookingAgain = (root: Awaited<ReturnType<Host['openRoot']>>, look: () => void): typeof root => ({
  ...root,
  scan: async selection => {
    const scan = await root.scan(selection);
    return {
      ...scan,
      changed: paths => {
        look();
        return scan.changed(paths);
      },
    };
  },
});

/** The run is interrupted when the first content leaves the master. */
const stopping = (root: Awaited<ReturnType<Host['openRoot']>>, stop: () => void): typeof root => ({
  ...root,
  scan: async selection => {
    const scan = await root.scan(selection);
    return {
      ...scan,
      async *read(wanted) {
        for await (const chunk of scan.read(wanted)) {
          stop();
          yield chunk;
        }
      },
    };
  },
});

/** One folder cannot be listed, the digest of `b` not computed, `a` not sent. */
const refusing = (scan: Scan, denied: Omit<Problem, 'path'>): Scan => ({
  ...scan,
  summary: { ...scan.summary, digest: 'another', problems: [{ path: 'closed', ...denied }] },
  digests: async paths =>
    (await scan.digests(paths)).map((found, i) => (paths[i] === 'b' ? { path: 'b', ...denied } : found)),
  async *read(wanted) {
    const [lost, rest] = [wanted.filter(({ path }) => path === 'a'), wanted.filter(({ path }) => path !== 'a')];
    const writer = makeWriter();
    for (const { index } of lost) writeRecord(writer, { is: 'lost', index, ...denied });
    yield writer.copy();
    yield* scan.read(rest);
  },
});

test.run();
