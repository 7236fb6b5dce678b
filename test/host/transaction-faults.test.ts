// A transaction on a disk that fails or changes at operation n, for every n: nothing is lost, nothing is claimed.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Fault } from '../../runtime/host/file-verbs.js';
import type { Recovered } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { Outcome } from '../../runtime/tree/action.js';
import { MOMENT, makeMemoryPlace } from '../support/fixture.js';
import { fault, type Operation } from '../support/memory-disk.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { adjust, file, folder, hard, link, open, remove, removeFolder, type Subject } from './session.js';

const BEFORE = {
  'd/old': { file: 'old' },
  'd/gone': { file: 'gone' },
  'd/link': { link: 'before' },
  'e/in': { file: 'in' },
  leader: { file: 'L' },
  mode: { file: 'M' },
} as const;

const ACTIONS = [
  folder('made'),
  file('d/old', 3, { expect: 'seen' }),
  file('d/new', 3),
  link('d/link', 'after', { expect: 'seen' }),
  file('made/in', 3),
  folder('whole', true),
  folder('whole/sub'),
  file('whole/sub/a', 3),
  hard('whole/b', 'whole/sub/a'),
  hard('name', 'leader'),
  adjust('mode', 0o600),
  remove('d/gone'),
  remove('e/in'),
  removeFolder('e'),
];

const CONTENTS = { 'd/old': 'new', 'd/new': 'new', 'made/in': 'new', 'whole/sub/a': 'new' };

const AFTER = [
  'd folder 0755',
  `d/link link ${MOMENT} after`,
  `d/new file 0644 ${MOMENT} new`,
  `d/old file 0644 ${MOMENT} new`,
  `leader file 0644 ${MOMENT} L names=2`,
  'made folder 0755',
  `made/in file 0644 ${MOMENT} new`,
  `mode file 0600 ${MOMENT} M`,
  `name file 0644 ${MOMENT} L names=2`,
  'whole folder 0755',
  `whole/b file 0644 ${MOMENT} new names=2`,
  'whole/sub folder 0755',
  `whole/sub/a file 0644 ${MOMENT} new names=2`,
];

type Ran = {
  readonly outcomes: readonly Outcome[];
  readonly error: unknown;
  readonly operations: number;
  readonly look: string[];
  /** Another process finishes what was left; what it says, and what stands there then. */
  readonly recover: () => Promise<{ readonly recovered: readonly Recovered[]; readonly look: string[] }>;
};

/** A whole transaction on a fresh disk, disturbed as told from its first operation on. */
const run = async (
  disturb: (operation: Operation, subject: Subject & { place: ReturnType<typeof makeMemoryPlace> }) => Fault | null,
): Promise<Ran> => {
  const place = makeMemoryPlace();
  place.put(BEFORE);
  const host = makeMemoryHost(place.disk);
  const subject = { host, place, cleanup: () => host.close() };
  let operations = 0;
  const outcomes: Outcome[] = [];
  let error: unknown = null;
  const session = await open(subject, ACTIONS);
  place.disk.disturb = ({ verb, name }) => disturb({ number: ++operations, verb, name }, subject);
  try {
    await session.send(CONTENTS);
    await session.transaction.precheck();
    outcomes.push(...(await session.commit()));
  } catch (thrown) {
    error = thrown;
  }
  await session.transaction.end();
  place.disk.disturb = () => null;
  const recover = async () => {
    const again = makeMemoryHost(place.disk);
    const root = await again.openRoot(place.path, { create: false, state: null });
    const recovered: Recovered[] = [];
    for (const unfinished of await root.unfinished()) recovered.push(...(await root.recover(unfinished)));
    assert.deepEqual(await root.unfinished(), []);
    await again.close();
    return { recovered, look: place.look() };
  };
  return { outcomes, error, operations, look: place.look(), recover };
};

/** By path, what a line of `look` says, but for the count of names. */
const byPath = (lines: readonly string[]): Map<string, string> =>
  new Map(lines.map(line => [line.slice(0, line.indexOf(' ')), line.replace(/ names=\d+$/, '')]));

const untouched = makeMemoryPlace();
untouched.put(BEFORE);
const OLD = byPath(untouched.look());
const NEW = byPath(AFTER);

test('undisturbed, every step is done', async () => {
  const { outcomes, error, look } = await run(() => null);
  assert.equal(error, null);
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    ACTIONS.map(() => 'done'),
  );
  assert.deepEqual(look, AFTER);
});

test('no further name is given to the old file where its new content could not be put in place', async () => {
  for (const what of ['EACCES', 'ENOENT']) {
    const place = makeMemoryPlace();
    place.put({ leader: { file: 'old' } });
    const host = makeMemoryHost(place.disk);
    const session = await open({ host, place, cleanup: () => host.close() }, [
      file('leader', 3, { expect: 'seen' }),
      hard('name', 'leader'),
    ]);
    await session.send({ leader: 'new' });
    assert.deepEqual(await session.transaction.precheck(), []);
    place.disk.disturb = ({ verb, name }) => (verb === 'rename' && name === '0' ? fault(what) : null);
    const results = (await session.commit()).map(({ result }) => result);
    await session.transaction.end();
    assert.deepEqual(results, ['failed', 'inconsistent']);
    assert.deepEqual(place.look(), [`leader file 0644 ${MOMENT} old`]);
  }
});

test('whichever operation fails, each path is old or new, and a step that says done is done', async () => {
  const { operations } = await run(() => null);
  assert.ok(operations > 100);
  let failed = 0;
  for (let number = 1; number <= operations; number++) {
    for (const code of number % 4 === 0 ? ['EIO', 'EACCES', 'ENOENT'] : ['EIO']) {
      const { outcomes, error, look, recover } = await run(operation =>
        operation.number === number ? fault(code) : null,
      );
      const here = `operation ${number} ${code}`;
      const found = byPath(look);
      for (const [path, line] of found) assert.ok(line === OLD.get(path) || line === NEW.get(path), `${here}: ${line}`);
      for (const path of ['d/old', 'd/link', 'leader', 'mode'])
        assert.ok(found.has(path), `${here}: ${path} is missing`);
      if (error !== null) {
        failed++;
        assert.ok(error instanceof HostError, `${here}: ${error}`);
        assert.notEqual(error.help, '', here);
        await checkRecovered(found, recover, here);
        continue;
      }
      assert.deepEqual(
        outcomes.map(({ index }) => index),
        ACTIONS.map((_, index) => index),
        here,
      );
      for (const { index, result } of outcomes) {
        const { do: deed, path } = ACTIONS[index]!;
        // What the disk itself calls gone needs no removal any more.
        if (code === 'ENOENT' && (deed === 'remove' || deed === 'remove-folder')) continue;
        if (result === 'done') assert.equal(found.get(path), NEW.get(path), `${here}: ${path}`);
      }
    }
  }
  assert.ok(failed > 20, `only ${failed} runs were stopped by a fault`);
});

/** Where an intent was left all is new, but for what is named; where none was, all is old. */
const checkRecovered = async (before: ReadonlyMap<string, string>, recover: Ran['recover'], here: string) => {
  const { recovered, look } = await recover();
  const found = byPath(look);
  if (recovered.length === 0) {
    assert.deepEqual(found, before, here);
    if (before.get('d/old') === OLD.get('d/old')) assert.deepEqual(found, OLD, here);
    return;
  }
  const named = recovered.flatMap(one => (one.result === 'failed' ? [one.path] : []));
  assert.deepEqual(named, [], here);
  assert.deepEqual(found, NEW, here);
};

test('a full disk while staging ends the host with a clear word, and nothing has moved', async () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EROFS']) {
    const { outcomes, error, look } = await run(({ verb }) => (verb === 'write-bytes' ? fault(code) : null));
    assert.ok(error instanceof HostError);
    assert.equal(error.code, code === 'EROFS' ? 'failed' : 'no-space');
    assert.match(error.message, /^write in the staging area on memory: /);
    assert.notEqual(error.help, '');
    assert.deepEqual(outcomes, []);
    assert.deepEqual(byPath(look), OLD);
  }
});

test('a root that cannot be written to is said before anything is sent', async () => {
  for (const [code, expected] of [
    ['EROFS', /: the file system is read-only$/],
    ['EACCES', /: permission denied$/],
    ['ENOSPC', /: no space/],
  ] as const) {
    const place = makeMemoryPlace();
    const host = makeMemoryHost(place.disk);
    place.disk.disturb = ({ verb }) => (verb === 'make-folder' ? fault(code) : null);
    await assert.rejects(open({ host, place, cleanup: () => host.close() }, ACTIONS), (error: HostError) => {
      assert.ok(error instanceof HostError);
      assert.match(error.message, /^make the folder \.syncplan in the root \/place on memory: /);
      assert.match(error.message, expected);
      return true;
    });
    assert.deepEqual([...place.look(), ...place.state()], []);
  }
});

test('a full disk during the commit fails those steps and goes on with the others', async () => {
  const { outcomes, error } = await run(({ verb, name }) =>
    verb === 'rename' && name === '2' ? fault('ENOSPC') : null,
  );
  assert.equal(error, null);
  assert.deepEqual(
    outcomes.filter(({ result }) => result !== 'done').map(({ index }) => index),
    [2],
  );
});

test('whenever somebody else writes, what they wrote is not taken for ours nor overwritten unseen', async () => {
  const { operations } = await run(() => null);
  for (let number = 1; number <= operations; number++) {
    let late = false;
    const { outcomes, look } = await run(({ number: at, verb }, { place }) => {
      if (at !== number) return null;
      // Between the last look and the rename there is always a moment that nobody can close.
      late = verb === 'rename';
      place.put({ 'd/old': { file: 'xxx' }, 'd/new': { file: 'xxx' } });
      return null;
    });
    const found = byPath(look);
    for (const path of ['d/old', 'd/new']) {
      const index = ACTIONS.findIndex(action => action.path === path);
      const outcome = outcomes.find(other => other.index === index);
      const content = found.get(path)?.split(' ').at(-1);
      if (outcome?.result === 'inconsistent') assert.equal(content, 'xxx', `operation ${number}: ${path}`);
      else assert.ok(late || outcome?.result === 'done', `operation ${number}: ${path}`);
    }
  }
});

test.run();
