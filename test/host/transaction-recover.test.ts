// A transaction whose process or machine dies at operation n, for every n: what comes after finds all old or makes all new.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Recovered, Root } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { MOMENT, makeMemoryPlace, type Tree } from '../support/fixture.js';
import { makeMemoryHost, TELLS_INODES } from '../support/memory-host.js';
import { seeded } from '../support/seeded.js';
import { makeSimulatedDisk, type SimulatedDisk } from '../support/simulated-disk.js';
import {
  ALL,
  adjust,
  file,
  folder,
  hard,
  link,
  open,
  remove,
  removeFolder,
  type Session,
  type SessionOptions,
} from './session.js';

const BEFORE: Tree = {
  'd/old': { file: 'old' },
  'd/gone': { file: 'gone' },
  'd/link': { link: 'before' },
  'd/theirs': { file: 'theirs' },
  'e/f/in': { file: 'in' },
  'e/f/more': { file: 'more' },
  kind: { file: 'was a file' },
  'tree/x/y': { file: 'was in a folder' },
  leader: { file: 'L' },
  one: { file: 'names' },
  two: { hard: 'one' },
  three: { hard: 'one' },
  mode: { file: 'M' },
};

const ACTIONS = [
  remove('kind'),
  folder('kind'),
  folder('made'),
  file('kind/in', 3),
  file('d/old', 3, { expect: 'seen' }),
  file('d/new', 3),
  file('d/theirs', 3, { expect: 'seen', keep: true }),
  link('d/link', 'after', { expect: 'seen' }),
  file('made/in', 3),
  file('one', 3, { expect: 'seen' }),
  file('two', 3, { expect: 'seen', keep: true }),
  remove('tree/x/y'),
  removeFolder('tree/x'),
  removeFolder('tree'),
  file('tree', 3),
  folder('whole', true),
  folder('whole/sub'),
  file('whole/sub/a', 3),
  ...(TELLS_INODES ? [hard('whole/b', 'whole/sub/a'), hard('name', 'leader')] : []),
  adjust('mode', 0o600, MOMENT + 7),
  remove('three'),
  remove('d/gone'),
  remove('e/f/more'),
  remove('e/f/in'),
  removeFolder('e/f'),
  removeFolder('e'),
];

const CONTENTS = {
  'kind/in': 'new',
  'd/old': 'new',
  'd/new': 'new',
  'd/theirs': 'new',
  'made/in': 'new',
  one: 'new',
  two: 'new',
  tree: 'new',
  'whole/sub/a': 'new',
};

type Machine = { readonly disk: SimulatedDisk; readonly acknowledged: boolean; readonly operations: number };

/** The machine as it is when its transaction has ended, or when it died at this operation (0: it does not). */
const run = async (dieAt: number, options: SessionOptions = {}): Promise<Machine> => {
  const disk = makeSimulatedDisk();
  const place = makeMemoryPlace(disk);
  place.put(BEFORE);
  disk.settle();
  const host = makeMemoryHost(disk);
  let operations = 0;
  let acknowledged = false;
  disk.disturb = () => (++operations === dieAt ? disk.die() : null);
  try {
    const session = await open({ host, place, cleanup: () => host.close() }, ACTIONS, options);
    await finish(session, () => {
      acknowledged = true;
    });
  } catch (error) {
    assert.ok(error instanceof HostError && error.code === 'lost', `operation ${dieAt}: ${error}`);
  }
  return { disk, acknowledged, operations };
};

const finish = async (session: Session, acknowledge: () => void): Promise<void> => {
  await session.send(CONTENTS);
  assert.deepEqual(await session.transaction.precheck(), []);
  await session.transaction.owe('a hook');
  const outcomes = await session.commit();
  acknowledge();
  assert.deepEqual([...new Set(outcomes.map(({ result }) => result))], ['done']);
  await session.transaction.end();
};

type Found = { readonly look: string[]; readonly recovered: readonly Recovered[]; readonly root: Root };

const recover = async (disk: SimulatedDisk): Promise<Found> => {
  const place = makeMemoryPlace(disk);
  const root = await makeMemoryHost(disk).openRoot(place.path, { create: false, state: null });
  const recovered: Recovered[] = [];
  for (const unfinished of await root.unfinished()) {
    if (unfinished.state === 'intent') recovered.push(...(await root.recover(unfinished)));
  }
  return { look: place.look().map(line => line.replace(/ names=\d+$/, '')), recovered, root };
};

const whole = await run(0);
const OLD = (await recover((await run(1)).disk.image())).look;
const NEW = (await recover(whole.disk.image())).look;

/** All old without an intent record, all new with one; what is not ours is there or in the trash. */
const check = async (disk: SimulatedDisk, acknowledged: boolean, where: string): Promise<'old' | 'new'> => {
  const { look, recovered, root } = await recover(disk);
  const failed = recovered.flatMap(one => (one.result === 'failed' ? [`${one.path}: ${one.problem.message}`] : []));
  assert.deepEqual(failed, [], where);
  const owed = (await root.unfinished()).map(({ state, owed }) => `${state} ${owed}`);
  if (look.length === OLD.length && look[0] === OLD[0]) {
    assert.deepEqual(look, OLD, where);
    assert.deepEqual(owed, [], where);
    assert.equal(acknowledged, false, `${where}: acknowledged, and lost`);
    return 'old';
  }
  assert.deepEqual(look, NEW, where);
  assert.deepEqual(owed, ['owed a hook'], where);
  const trashed = (await root.trashed('run-1')).map(({ path, why }) => `${path} ${why}`);
  for (const kept of ['d/theirs replaced', 'two replaced', 'd/gone deleted', 'e/f/in deleted', 'tree/x/y deleted'])
    assert.ok(trashed.includes(kept), `${where}: ${kept} is not in the trash: ${trashed.join()}`);
  const scan = await root.scan(ALL);
  const known = await scan.provenance([
    'd/old',
    'made/in',
    'whole/sub/a',
    'd/link',
    ...(TELLS_INODES ? ['whole/b'] : []),
  ]);
  assert.deepEqual([...new Set(known)], ['baseline'], where);
  return 'new';
};

/** The moment right after the intent record is there: the longest way to go. */
const first = await (async () => {
  let [below, above] = [1, whole.operations];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    const { look } = await recover((await run(middle)).disk.image());
    if (look[0] === OLD[0] && look.length === OLD.length) below = middle;
    else above = middle;
  }
  return above;
})();

test('undisturbed, everything is new and the hook is owed', async () => {
  assert.notDeepEqual(OLD, NEW);
  assert.equal(await check(whole.disk.image(), true, 'undisturbed'), 'new');
});

test('whichever operation kills the process, the block is all old or all new afterwards', async () => {
  const seen = { old: 0, new: 0 };
  for (let n = 1; n <= whole.operations; n += n < first ? 5 : 1) {
    const { disk, acknowledged } = await run(n);
    seen[await check(disk.image(), acknowledged, `killed at ${n} of ${whole.operations}`)]++;
  }
  assert.ok(seen.old > 25 && seen.new > 50, JSON.stringify(seen));
});

test('whenever the power fails, the block is all old or all new, and what was acknowledged is there', async () => {
  const seen = { old: 0, new: 0 };
  for (let n = 1; n <= whole.operations + 1; n += n < first ? 7 : 2) {
    const { disk, acknowledged } = await run(n);
    for (let seed = 0; seed < 2; seed++) {
      const where = `power lost at ${n} of ${whole.operations}, seed ${seed}`;
      seen[await check(disk.crash(seeded(n * 31 + seed)), acknowledged, where)]++;
    }
  }
  assert.ok(seen.old > 30 && seen.new > 100, JSON.stringify(seen));
});

test('whoever finishes it may be killed as well, at any operation', async () => {
  const { disk } = await run(first);
  for (let n = 1; ; n += 11) {
    const second = disk.image();
    let operations = 0;
    second.disturb = () => (++operations === n ? second.die() : null);
    const ended = await recover(second).then(
      () => true,
      error => {
        assert.ok(error instanceof HostError && error.code === 'lost', String(error));
        return false;
      },
    );
    second.disturb = () => null;
    if (ended) break;
    assert.equal(await check(second.image(), true, `the second was killed at ${n}`), 'new');
    assert.equal(await check(second.crash(seeded(n)), true, `power was lost for the second at ${n}`), 'new');
  }
});

test('without durability a kill is survived all the same, and nothing is synced', async () => {
  const options = { durability: 'none' } as const;
  const { operations } = await run(0, options);
  for (let n = 1; n <= operations; n += 5) {
    const { disk, acknowledged } = await run(n, options);
    await check(disk.image(), acknowledged, `killed at ${n} of ${operations}`);
  }
});

test('what somebody else changed before the recovery is left alone and named, and the rest is finished', async () => {
  const disk = (await run(first)).disk.image();
  const place = makeMemoryPlace(disk);
  place.put({ 'd/old': { file: 'xxxx' }, 'd/new': { file: 'xxx' }, leader: { file: 'yyy' }, whole: { file: 'zzz' } });
  const { look, recovered } = await recover(disk);
  const failed = recovered.flatMap(one => (one.result === 'failed' ? [`${one.path} ${one.problem.code}`] : []));
  assert.deepEqual(failed.sort(), [
    'd/new changed',
    'd/old changed',
    ...(TELLS_INODES ? ['name changed'] : []),
    'whole changed',
    ...(TELLS_INODES ? ['whole/b changed'] : []),
    'whole/sub changed',
    'whole/sub/a changed',
  ]);
  for (const line of [
    `d/old file 0644 ${MOMENT} xxxx`,
    `d/new file 0644 ${MOMENT} xxx`,
    `whole file 0644 ${MOMENT} zzz`,
  ])
    assert.ok(look.includes(line), line);
  for (const path of ['made/in', 'kind/in', 'tree']) assert.ok(look.includes(`${path} file 0644 ${MOMENT} new`), path);
});

test('a damaged record is named and put aside, and nothing is moved by it', async () => {
  for (const damage of ['cut', 'flipped'] as const) {
    const disk = (await run(first)).disk.image();
    const place = makeMemoryPlace(disk);
    const record = disk.find('/place/.syncplan/intent/run-1-app');
    assert.ok('content' in record);
    if (damage === 'cut') record.content = record.content.subarray(0, record.content.length - 9);
    else record.content[record.content.length - 9]! ^= 1;
    const { look, recovered, root } = await recover(disk);
    assert.deepEqual(look, OLD);
    assert.equal(recovered.length, 1);
    const [only] = recovered;
    assert.ok(only?.result === 'failed' && only.problem.code === 'corrupt');
    assert.match(only.problem.message, damage === 'cut' ? /it is cut short/ : /its checksum does not match/);
    assert.deepEqual(await root.unfinished(), []);
    assert.ok(place.state().includes('intent/run-1-app.damaged'));
  }
});

test.run();
