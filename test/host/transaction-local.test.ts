// Transactions on a real disk: syncs by the system, other file systems, and staging that somebody else made.
import assert from 'node:assert/strict';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { isFault } from '../../runtime/host/file-verbs.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { MOMENT, makeDiskPlace } from '../support/fixture.js';
import { apply, file, open, type Subject } from './session.js';

const subject = async (): Promise<Subject> => {
  const place = makeDiskPlace();
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const host = await openLocalHost({ label: 'here', cacheFolder, breathe: async () => {} });
  return {
    host,
    place,
    async cleanup() {
      await host.close();
      place.remove();
      rmSync(cacheFolder, { recursive: true, force: true });
    },
  };
};

const test = suite('transactions on a real disk');

const withSubject = (title: string, run: (given: Subject) => Promise<void>): void => {
  test(title, async () => {
    const given = await subject();
    try {
      await run(given);
    } finally {
      await given.cleanup();
    }
  });
};

withSubject('a whole file system is synced by one call, a file and a folder by theirs', async ({ place }) => {
  const verbs = makeLocalVerbs({ home: '/' });
  place.put({ f: { file: 'x' }, l: { link: 'f' } });
  const opened = await verbs.open(place.path);
  assert.ok(!isFault(opened));
  const at = opened.folder;
  const all = await verbs.syncAll(at);
  // Other systems have no such call, and say so.
  assert.ok(all === null || all.fault === 'ENOSYS', JSON.stringify(all));
  if (process.platform === 'linux') assert.equal(all, null);
  const answers = await verbs.perform([
    { do: 'sync-folder', at },
    { do: 'sync-file', at, name: 'f' },
    { do: 'sync-file', at, name: 'none' },
    { do: 'sync-file', at, name: 'l' },
  ]);
  assert.deepEqual(
    answers.map(answer => answer?.fault ?? null),
    [null, null, 'ENOENT', 'ELOOP'],
  );
  if (process.platform === 'linux') assert.match(await verbs.fileSystem(at), /^[a-z0-9]+$/);
  await verbs.release(at);
});

withSubject('many files are made durable on a real disk', async given => {
  const actions = Array.from({ length: 60 }, (_, i) => file(`d${i % 7}/f${i}`, 1));
  for (let i = 0; i < 7; i++) given.place.put({ [`d${i}`]: { folder: 0o755 } });
  const outcomes = await apply(given, actions, Object.fromEntries(actions.map(({ path }) => [path, 'x'])));
  assert.deepEqual(
    outcomes.filter(line => !line.endsWith(': done')),
    [],
  );
});

withSubject('a state folder on another file system is refused before anything is written', async given => {
  const other = '/dev/shm';
  const { place } = given;
  if (process.platform !== 'linux' || statSync(other).dev === lstatSync(place.path).dev) return;
  const state = mkdtempSync(join(other, 'syncplan-state-'));
  try {
    for (const path of [state, join(state, 'below')]) {
      await assert.rejects(open(given, [file('a', 1)], { state: path }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'bad-root');
        assert.match(error.message, /is on another file system than the root$/);
        return true;
      });
    }
    assert.deepEqual([...place.look(), ...place.state()], []);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
});

withSubject('folders of ours that are links or belong to another user are refused, each by its name', async given => {
  const { place } = given;
  await apply(given, [file('first', 1)], { first: 'x' });
  place.put({ elsewhere: { folder: 0o700 } });
  const before = place.look();
  for (const room of ['staging', 'intent', 'trash', 'baseline']) {
    const path = `${place.path}/.syncplan/${room}`;
    const misuse: (() => void)[] = [() => symlinkSync(`${place.path}/elsewhere`, path)];
    if (process.getuid?.() === 0) {
      misuse.push(() => {
        mkdirSync(path, { mode: 0o700 });
        chownSync(path, 4711, 4711);
      });
    }
    for (const set of misuse) {
      rmSync(path, { recursive: true, force: true });
      set();
      const action = file('first', 1, { expect: 'seen', keep: true });
      const run = async (): Promise<void> => {
        const session = await open(given, [action]);
        try {
          await session.send({ first: 'y' });
          await session.transaction.precheck();
          await session.commit();
        } finally {
          await session.transaction.end();
        }
      };
      await assert.rejects(run(), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'bad-root', `${room}: ${error.message}`);
        assert.match(error.message, new RegExp(`the folder ${room} `));
        return true;
      });
      assert.deepEqual(place.look(), before, room);
      rmSync(path, { recursive: true, force: true });
    }
  }
  await apply(given, [file('first', 1, { expect: 'seen' })], { first: 'y' });
  assert.ok(place.look().includes(`first file 0644 ${MOMENT} y`));
});

test.run();
