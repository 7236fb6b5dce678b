// The simulated disk forgets what a real one may forget, and nothing else: or else no crash on it would prove anything.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { fault, type Inode } from '../support/memory-disk.js';
import { seeded } from '../support/seeded.js';
import { makeSimulatedDisk, type SimulatedDisk } from '../support/simulated-disk.js';
import { sightsIn } from './sights.js';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

type Place = { readonly disk: SimulatedDisk; readonly folder: Inode; readonly other: Inode };

/** Two folders that are durable, and a durable file `a` holding `old` in the first. */
const makePlace = (): Place => {
  const disk = makeSimulatedDisk();
  const [folder, other] = [disk.make('folder', 0o755), disk.make('folder', 0o755)];
  disk.link(disk.root, 'folder', folder);
  disk.link(disk.root, 'other', other);
  write(disk, folder, 'a', 'old');
  disk.settle();
  return { disk, folder, other };
};

const write = (disk: SimulatedDisk, folder: Inode, name: string, text: string): Inode => {
  const inode = disk.make('file', 0o600);
  disk.link(folder, name, inode);
  inode.content = Buffer.from(text);
  inode.mode = 0o644;
  disk.touch(inode);
  return inode;
};

const rename = (disk: SimulatedDisk, from: Inode, name: string, to: Inode, toName: string): void =>
  disk.atomically(() => {
    const inode = from.entries.get(name)!;
    if (to.entries.has(toName)) disk.unlink(to, toName);
    disk.unlink(from, name);
    disk.link(to, toName, inode);
  });

/** What stands at the paths after each crash: `path=content`, absent ones left out. */
const outcomes = (make: () => Place): Set<string> => {
  const found = new Set<string>();
  for (const seed of SEEDS) {
    const seen = sightsIn(make().disk.crash(seeded(seed)), '/');
    const files = [...seen].filter(([, { kind }]) => kind === 'file');
    found.add(files.map(([path, { content }]) => `${path}=${content.replaceAll('\0', '0')}`).join(' '));
  }
  return found;
};

test('what was synced survives every crash', () => {
  assert.deepEqual([...outcomes(makePlace)], ['folder/a=old']);
});

test('a new file that was never synced may be lost, empty, torn or whole', () => {
  const found = outcomes(() => {
    const place = makePlace();
    write(place.disk, place.folder, 'b', 'new');
    return place;
  });
  for (const end of ['', ' folder/b=', ' folder/b=new', ' folder/b=ne', ' folder/b=n00'])
    assert.ok(found.has(`folder/a=old${end}`), `never seen: ${end}`);
});

test('content that was synced is whole wherever its name is, and the name alone may be lost', () => {
  const found = outcomes(() => {
    const place = makePlace();
    place.disk.synced('file', write(place.disk, place.folder, 'b', 'new'));
    return place;
  });
  assert.deepEqual([...found].sort(), ['folder/a=old', 'folder/a=old folder/b=new']);
});

test('write, sync, rename, sync folder: old before the last sync and new after it, never anything else', () => {
  const replace = (sync: boolean) => () => {
    const place = makePlace();
    place.disk.synced('file', write(place.disk, place.other, 'staged', 'new'));
    place.disk.synced('folder', place.other);
    rename(place.disk, place.other, 'staged', place.folder, 'a');
    if (sync) place.disk.synced('folder', place.folder);
    return place;
  };
  assert.deepEqual([...outcomes(replace(true))], ['folder/a=new']);
  assert.deepEqual([...outcomes(replace(false))].sort(), ['folder/a=new', 'folder/a=old other/staged=new']);
});

test('without the sync of the file a rename puts torn content in place', () => {
  const found = outcomes(() => {
    const place = makePlace();
    write(place.disk, place.other, 'staged', 'new');
    rename(place.disk, place.other, 'staged', place.folder, 'a');
    place.disk.synced('folder', place.folder);
    return place;
  });
  assert.ok(found.has('folder/a=') && found.has('folder/a=new') && found.has('folder/a=n00'), [...found].join('; '));
});

test('what a sync failed to write is not brought back by the next one', () => {
  const found = outcomes(() => {
    const place = makePlace();
    const inode = write(place.disk, place.folder, 'b', 'new');
    place.disk.synced('folder', place.folder);
    place.disk.disturb = () => fault('EIO');
    place.disk.count('sync-file', 'b');
    place.disk.disturb = () => null;
    place.disk.synced('file', inode);
    return place;
  });
  assert.ok(found.has('folder/a=old folder/b='), [...found].join('; '));
});

test('two renames into different folders may survive without each other', () => {
  const found = outcomes(() => {
    const place = makePlace();
    write(place.disk, place.disk.root, 'one', '1');
    write(place.disk, place.disk.root, 'two', '2');
    place.disk.settle();
    place.disk.atomically(() => {
      place.disk.link(place.folder, 'one', place.disk.root.entries.get('one')!);
    });
    place.disk.atomically(() => {
      place.disk.link(place.other, 'two', place.disk.root.entries.get('two')!);
    });
    return place;
  });
  const ends = [...found].map(line => [line.includes('folder/one'), line.includes('other/two')].join());
  assert.deepEqual(ends.sort(), ['false,false', 'false,true', 'true,false', 'true,true']);
});

test('operations on one folder survive in their order', () => {
  const found = outcomes(() => {
    const place = makePlace();
    for (const name of ['b', 'c', 'd']) place.disk.synced('file', write(place.disk, place.folder, name, name));
    return place;
  });
  const b = ' folder/b=b';
  assert.deepEqual(
    [...found].sort(),
    ['', b, `${b} folder/c=c`, `${b} folder/c=c folder/d=d`].map(end => `folder/a=old${end}`),
  );
});

test('a process that dies loses nothing, and a disk whose machine is gone answers no more', () => {
  const { disk, folder } = makePlace();
  write(disk, folder, 'b', 'new');
  const image = disk.image();
  assert.deepEqual(sightsIn(image, '/'), sightsIn(disk, '/'));
  assert.throws(() => disk.die(), /machine died/);
  assert.throws(() => disk.count('stat', 'a'), /gone/);
  assert.throws(() => disk.link(folder, 'c', disk.make('file', 0o600)), /gone/);
  assert.equal(image.count('stat', 'a'), null);
});

test.run();
