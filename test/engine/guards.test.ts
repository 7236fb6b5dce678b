// The guards in whole runs: what each of them sees, whom it stops, and that nothing is written there.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Host, Root } from '../../runtime/host/host.js';
import { makeSession, type Ran, type RunWith, type Session } from './session.js';

let session: Session;
test.before.each(() => {
  session = makeSession(2);
  session.master.put({ a: { file: 'a' }, 'd/b': { file: 'b' } });
});
test.after.each(() => session.close());

const guardsOf = ({ events }: Ran): string[] =>
  events.flatMap(event => (event.type === 'guard' ? [`${event.guard} ${event.host}`] : []));

const statesOf = ({ summary }: Ran): string[] => summary.relations.map(({ state }) => state);

/** The first remote is refused, the other is done. */
const refused = async (guard: string, words: RegExp, options: RunWith): Promise<void> => {
  const before = [session.remotes[0]!.look(), session.remotes[0]!.state()];
  const ran = await session.run(options);
  assert.deepEqual(guardsOf(ran), [`${guard} r1`]);
  const [message] = ran.events.flatMap(event => (event.type === 'guard' ? [event.message] : []));
  assert.match(message!, words);
  assert.deepEqual(statesOf(ran), ['refused', 'done']);
  assert.equal(ran.summary.exitCode, 5);
  assert.deepEqual([session.remotes[0]!.look(), session.remotes[0]!.state()], before);
  assert.deepEqual(session.remotes[1]!.look(), session.master.look());
};

/** The first remote with other facts, or with roots that say something else of themselves. */
const withFirst =
  (facts: Partial<Host['facts']>, about: Partial<Root> = {}) =>
  (host: Host, id: string): Host =>
    id !== 'r1'
      ? host
      : {
          ...host,
          facts: { ...host.facts, ...facts },
          openRoot: async (path, options) => Object.assign(await host.openRoot(path, options), about),
        };

test('names that fall together on a remote are told before any is written', () => {
  session.master.put({ Readme: { file: '1' }, README: { file: '2' }, 'd/B': { file: '3' } });
  const wrap = withFirst({ caseSensitive: false });
  return refused('collision', /^2 pairs of names fall together on r1: README and Readme$/, { wrap });
});

test('a remote with too little room is told what must be staged and what is free', async () => {
  const room = withFirst({}, { space: { bytes: 1, inodes: 1000 } });
  await refused('space', /^2 bytes must be staged on r1, 1 are free at /, { wrap: room });
  session.master.put({ c: { file: 'c' } });
  const inodes = withFirst({}, { space: { bytes: 1_000_000, inodes: 1 } });
  await refused('space', /^4 inodes are needed for what is staged on r1, 1 are free at /, { wrap: inodes });
  session.master.put({ c: { file: 'c'.repeat(1_234_567) } });
  await refused('space', /^1,234,5\d\d bytes must be staged on r1, 1 are free at /, { wrap: room });
});

test('a remote that is the master’s own folder under another name is refused', async () => {
  const { path } = session.master;
  const resolveRoot: NonNullable<RunWith['options']>['resolveRoot'] = ({ id }) =>
    id === 'r2' ? session.remotes[1]!.path : path;
  await refused('overlap', /are the same folder: both hosts are one machine$/, { options: { resolveRoot } });
});

test('a folder of the same path that is another one, as in another container of the machine, is no overlap', async () => {
  const wrap = withFirst({}, { path: session.master.path });
  const ran = await session.run({ wrap });
  assert.deepEqual([guardsOf(ran), ran.summary.exitCode], [[], 0]);
  assert.deepEqual(session.remotes[0]!.look(), session.master.look());
});

test('a remote inside of the master’s folder is refused', async () => {
  const inside = join(session.master.path, 'd');
  mkdirSync(inside, { recursive: true });
  const resolveRoot: NonNullable<RunWith['options']>['resolveRoot'] = ({ id }) =>
    id === 'm' ? session.master.path : id === 'r1' ? inside : session.remotes[1]!.path;
  await refused('overlap', /lie in one another: both hosts are one machine$/, { options: { resolveRoot } });
});

test('a master on another type of file system than last time is refused everywhere, until it is accepted', async () => {
  assert.equal((await session.run()).summary.exitCode, 0);
  session.master.put({ a: { file: 'changed' } });
  const wrap = (host: Host, id: string): Host =>
    id !== 'm'
      ? host
      : {
          ...host,
          openRoot: async (path, options) => Object.assign(await host.openRoot(path, options), { fileSystem: 'other' }),
        };
  const before = session.remotes.map(remote => remote.look());
  const ran = await session.run({ wrap });
  assert.equal(ran.summary.exitCode, 4);
  assert.deepEqual(statesOf(ran), ['refused', 'refused']);
  assert.match(guardsOf(ran).join(), /^master-changed/);
  assert.deepEqual(
    session.remotes.map(remote => remote.look()),
    before,
  );
  const accepted = await session.run({ wrap, options: { acceptRoots: ['m'] } });
  assert.equal(accepted.summary.exitCode, 0);
});

test.run();
