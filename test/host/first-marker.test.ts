// A new root gets one marker, however many mark it at the same moment, and whoever of them dies on the way.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import type { Host } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { isReading } from '../proof/trials.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { scattered } from '../support/scattered-verbs.js';
import { type Random, seeded } from '../support/seeded.js';
import { makeSimulatedDisk, type SimulatedDisk } from '../support/simulated-disk.js';
import { ALL, folder } from './session.js';

const place = () => makeMemoryPlace();
type MemoryPlace = ReturnType<typeof place>;

const hostOn = ({ disk }: MemoryPlace, random: Random, change: (verbs: FileVerbs) => FileVerbs = verbs => verbs) =>
  makeMemoryHost(disk, 'memory', null, verbs => scattered(change(verbs), random));

/** A transaction that is prepared: the root has its marker then. */
const marked = async (host: Host, path: string, block: string, state: string | null = null) => {
  const root = await host.openRoot(path, { create: true, state });
  const scan = await root.scan(ALL);
  const transaction = await host.begin({ run: 'run-1', block, trash: 0, durability: 'none', lock: null }, [
    { root, scan },
  ]);
  await transaction.prepare([{ part: 0, action: folder('sub') }]);
  const { marker } = root;
  await transaction.end();
  return marker;
};

const leftIn = ({ disk }: MemoryPlace, path: string): string[] => {
  const state = disk.find(`${path}/.syncplan`);
  return 'entries' in state ? [...state.entries.keys()].filter(name => name.startsWith('marker')) : [];
};

/** All have the same one, it is what the next one finds, and nothing but it is left. */
const agree = async (at: MemoryPlace, path: string, markers: readonly (string | null)[], where: string) => {
  assert.equal(new Set(markers).size, 1, `${where}: ${markers}`);
  const root = await makeMemoryHost(at.disk).openRoot(path, { create: false, state: null });
  assert.deepEqual([root.marker, typeof root.marker], [markers[0], 'string'], where);
  assert.deepEqual(leftIn(at, path), ['marker'], where);
};

test('transactions of one host that begin at once in a new root all have its one marker', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const at = place();
    const host = hostOn(at, seeded(seed));
    const path = `${at.path}/new`;
    const blocks = ['a', 'b', 'c', 'd', 'e'].slice(0, seed % 2 === 0 ? 2 : 5);
    await agree(at, path, await Promise.all(blocks.map(block => marked(host, path, block))), `seed ${seed}`);
  }
});

test('so do those of hosts that know nothing of each other', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const at = place();
    const random = seeded(seed);
    const path = `${at.path}/new`;
    const hosts = Array.from({ length: 2 + (seed % 3) }, () => hostOn(at, random));
    const markers = await Promise.all(
      hosts.flatMap((host, i) => [marked(host, path, `a${i}`), marked(host, path, `b${i}`)]),
    );
    await agree(at, path, markers, `seed ${seed}`);
  }
});

test('and where a marker is damaged, it is replaced by one that all of them have', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const at = place();
    const random = seeded(seed);
    at.put({ '.syncplan': { folder: 0o711 }, '.syncplan/marker': { file: 'no marker' } });
    const hosts = [hostOn(at, random), hostOn(at, random), hostOn(at, random)];
    await agree(at, at.path, await Promise.all(hosts.map((host, i) => marked(host, at.path, `b${i}`))), `seed ${seed}`);
  }
});

test('one that dies on the way, at whichever step, leaves nothing that two later ones would see differently', async () => {
  let deaths = 0;
  for (let dying = 1; dying < 60; dying++) {
    const at = place();
    const random = seeded(dying);
    const path = `${at.path}/new`;
    let steps = 0;
    const mortal = (verbs: FileVerbs): FileVerbs => ({
      ...verbs,
      perform: deeds => {
        if (++steps >= dying) throw new HostError('lost', 'it died', 'start it again');
        return verbs.perform(deeds);
      },
    });
    const [dead, living] = await Promise.allSettled([
      marked(hostOn(at, random, mortal), path, 'dead'),
      marked(hostOn(at, random), path, 'living'),
    ]);
    assert.equal(living.status, 'fulfilled', String(dying));
    if (dead.status === 'rejected') deaths++;
    else assert.equal(dead.value, living.value);
    const later = await Promise.all([1, 2].map(number => marked(hostOn(at, random), path, `later${number}`)));
    assert.deepEqual(later, [living.value, living.value], `dying at ${dying}`);
  }
  assert.ok(deaths > 10, `${deaths} deaths`);
});

test('whatever a power cut leaves of several that mark it, those that come afterwards agree', async () => {
  let images = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const at = makeMemoryPlace(makeSimulatedDisk());
    at.disk.settle();
    const path = `${at.path}/new`;
    const crashed: SimulatedDisk[] = [];
    at.disk.disturb = ({ verb }) => {
      if (!isReading(verb)) crashed.push(at.disk.crash(seeded(1000 * seed + crashed.length)));
      return null;
    };
    const random = seeded(seed);
    await Promise.all([1, 2].map(number => marked(hostOn(at, random), path, `b${number}`)));
    at.disk.disturb = () => null;
    for (const [i, disk] of crashed.entries()) {
      const after = makeMemoryPlace(disk);
      const markers = await Promise.all([1, 2].map(number => marked(hostOn(after, random), path, `later${number}`)));
      assert.equal(new Set(markers).size, 1, `seed ${seed}, image ${i}: ${markers}`);
      images++;
    }
  }
  assert.ok(images > 200, `${images} images`);
});

test('a marker that this user may not read is not replaced', async () => {
  const at = place();
  const before = await marked(hostOn(at, seeded(1)), at.path, 'a');
  const marker = at.disk.find(`${at.path}/.syncplan/marker`);
  assert.ok('content' in marker);
  marker.unreadable = true;
  await assert.rejects(
    marked(hostOn(at, seeded(2)), at.path, 'b'),
    /read the marker of the root .*: permission denied/,
  );
  marker.unreadable = false;
  await agree(at, at.path, [before], 'readable again');
});

test('two new roots that are given one state folder at the same moment: one of them has it', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const at = place();
    const random = seeded(seed);
    const state = `${at.path}/shared`;
    const tried = await Promise.allSettled(
      ['one', 'two'].map(name => marked(hostOn(at, random), `${at.path}/${name}`, name, state)),
    );
    const [lost, ...others] = tried.flatMap(one => (one.status === 'rejected' ? [one.reason] : []));
    assert.deepEqual([lost?.code, others], ['bad-root', []], `seed ${seed}: ${lost}`);
    assert.match(lost.message, /it belongs to the root/);
  }
});

test('what should have become the marker and is damaged is named, with what to do', async () => {
  const at = place();
  at.put({
    '.syncplan': { folder: 0o711 },
    '.syncplan/marker.first': { folder: 0o700 },
    '.syncplan/marker.first/marker': { file: 'torn' },
  });
  await assert.rejects(marked(hostOn(at, seeded(1)), at.path, 'a'), (error: HostError) => {
    assert.match(error.message, /marker\.first\/marker in the state folder of the root .*: it is cut short/);
    assert.match(error.help, /remove the folder marker\.first/);
    return true;
  });
  at.drop('.syncplan/marker.first');
  await agree(at, at.path, [await marked(hostOn(at, seeded(2)), at.path, 'a')], 'removed');
});

test.run();
