// Further names of a file, where the file itself stays in place and only its attributes change.
import assert from 'node:assert/strict';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { Host } from '../../runtime/host/host.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('further names');

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

test('a new name of a file whose time, or mode, changes as well is that file’s at once', async ({ session }) => {
  const [remote] = session.remotes;
  session.master.put({ 'd/file': { file: 'content', modified: 1_600_000_000_000_000 } });
  assert.equal((await session.run()).summary.exitCode, 0);
  for (const [n, change] of [
    { modified: 1_600_000_500_250_000 },
    { modified: 1_600_000_500_250_000, mode: 0o600 },
    { modified: 1_600_000_900_000_000, mode: 0o640 },
  ].entries()) {
    session.master.put({ 'd/file': { file: 'content', ...change }, [`e${n}/name`]: { hard: 'd/file' } });
    const { summary } = await session.run();
    assert.equal(summary.exitCode, 0);
    assert.deepEqual([summary.relations[0]!.linked, summary.relations[0]!.inconsistent], [1, 0]);
    assert.deepEqual(remote!.look(), session.master.look());
    const again = await session.run({ options: { command: 'plan' } });
    assert.deepEqual(again.preview.relations[0]!.changes, []);
  }
});

test('other names of a file that is touched, or gets another mode, go in the same run', async ({ session }) => {
  const [remote] = session.remotes;
  const block = { delete: { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 60 } } as const;
  const stays = Object.fromEntries(['a', 'b', 'c', 'f'].map(name => [`stays/${name}`, { file: name }]));
  for (const [n, turned] of [{ folder: 0o755 }, { file: 'another' }, { link: 'gone' }].entries()) {
    session.master.put({ ...stays, 'd/file': { file: 'content', modified: 1_600_000_000_000_000 } });
    session.master.put({ 'e/gone': { hard: 'd/file' }, 'e/turned': { hard: 'd/file' } });
    assert.equal((await session.run({ block })).summary.exitCode, 0);
    for (const name of ['e/gone', 'e/turned']) session.master.drop(name);
    const touched = { file: 'content', modified: 1_600_000_500_000_000, ...(n === 1 ? { mode: 0o600 } : {}) };
    session.master.put({ 'd/file': touched, 'e/turned': turned });
    const { summary } = await session.run({ block });
    assert.equal(summary.exitCode, 0, JSON.stringify(summary));
    assert.equal(summary.relations[0]!.deleted > 0, true);
    assert.deepEqual(remote!.look(), session.master.look());
    session.master.drop('e/turned');
  }
});

test('a name that has to be made again, since its file was touched meanwhile, is no file of its own', async ({
  session,
}) => {
  const [remote] = session.remotes;
  session.master.put({ 'd/file': { file: 'content' } });
  assert.equal((await session.run()).summary.exitCode, 0);
  session.master.put({ 'e/name': { hard: 'd/file' } });
  let touched = 0;
  const wrap = (host: Host, id: string): Host => ({
    ...host,
    async begin(...args) {
      const transaction = await host.begin(...args);
      return {
        ...transaction,
        async precheck() {
          const outcomes = await transaction.precheck();
          if (id === 'r1' && touched++ === 0) utimesSync(join(remote!.path, 'd/file'), 1_700_000_000, 1_700_000_000);
          return outcomes;
        },
      };
    },
  });
  const { summary } = await session.run({ wrap });
  assert.equal(summary.exitCode, 0);
  assert.ok(touched > 1, 'it was done again');
  const [file, name] = ['d/file', 'e/name'].map(path => statSync(join(remote!.path, path)).ino);
  assert.equal(name, file);
});

test.run();
