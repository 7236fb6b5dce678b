// Further names of a file, where the file itself stays in place and only its attributes change.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
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

test.run();
