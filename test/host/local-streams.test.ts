// Files that are written piece by piece and persisted meanwhile, and what goes wrong with that is not lost.
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { isFault, type Sink } from '../../runtime/host/file-verbs.js';
import { sinkOf } from '../../runtime/host/local-streams.js';

const test = suite<{ folder: string }>('local streams');

test.before.each(context => {
  context.folder = mkdtempSync(join(tmpdir(), 'syncplan-streams-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const LARGE = 1_048_576;
const DONE = { mode: 0o640, modified: 1_500_000 };
const never = (): void => assert.fail('nothing is removed');
const codeOf = async (value: unknown): Promise<string> => {
  const settled = await value;
  return isFault(settled) ? settled.fault : 'none';
};

test('pieces stand in the order in which they were given, also where they are persisted meanwhile', async ({
  folder,
}) => {
  const path = join(folder, 'file');
  const sink = sinkOf(openSync(path, 'wx'), never);
  const pieces = [LARGE, 10, LARGE + 1, LARGE, 3].map((length, i) => Buffer.alloc(length, i + 1));
  const writing = pieces.map(piece => sink.write(piece));
  sink.persist?.();
  // It is closed only when all of them are persisted.
  assert.equal(await codeOf(sink.finish(DONE)), 'none');
  assert.ok(readFileSync(path).equals(Buffer.concat(pieces)));
  assert.equal(statSync(path).mode & 0o777, DONE.mode);
  assert.equal(statSync(path).mtimeMs, DONE.modified / 1000);
  for (const one of writing) assert.equal(await codeOf(one), 'none');
});

test('what is skipped at the end counts, and what is discarded is gone, also while it is persisted', async ({
  folder,
}) => {
  const path = join(folder, 'file');
  const sink = sinkOf(openSync(path, 'wx'), never);
  await sink.write(Buffer.alloc(LARGE, 7));
  await sink.skip(LARGE);
  assert.equal(await codeOf(sink.finish(DONE)), 'none');
  assert.ok(readFileSync(path).equals(Buffer.concat([Buffer.alloc(LARGE, 7), Buffer.alloc(LARGE)])));

  const other = join(folder, 'other');
  const discarded = sinkOf(openSync(other, 'wx'), () => unlinkSync(other));
  const writing = discarded.write(Buffer.alloc(4 * LARGE, 1));
  discarded.persist?.();
  await discarded.discard();
  assert.throws(() => statSync(other), { code: 'ENOENT' });
  assert.equal(await codeOf(writing), 'none');
});

test('a piece that finds no room is told', async () => {
  for (const length of [10, LARGE]) {
    const sink = sinkOf(openSync('/dev/full', 'w'), () => {});
    assert.equal(await codeOf(sink.write(Buffer.alloc(length, 1))), 'ENOSPC');
    await sink.discard();
  }
});

test('what could not be made durable ahead fails the next piece, and the end of the file', async () => {
  // No such device can be synced.
  const open = (): Sink => sinkOf(openSync('/dev/null', 'w'), () => {});
  const sink = open();
  assert.equal(await codeOf(sink.write(Buffer.alloc(LARGE))), 'none');
  sink.persist?.();
  sink.persist?.();
  assert.equal(await codeOf(sink.finish({ mode: 0o666, modified: null })), 'EINVAL');

  const other = open();
  other.persist?.();
  for (let tries = 0; tries < 10_000; tries++) {
    if ((await codeOf(other.write(Buffer.alloc(1)))) === 'EINVAL') break;
    await new Promise(resolve => setImmediate(resolve));
  }
  assert.equal(await codeOf(other.write(Buffer.alloc(1))), 'EINVAL');
  await other.discard();
});

test.run();
