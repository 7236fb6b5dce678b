// The cursor goes from folder to folder by held folders, opens few, and follows no link.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'uvu';
import { type Cursor, openCursor } from '../../runtime/host/cursor.js';
import { type FileVerbs, type Folder, isFault } from '../../runtime/host/file-verbs.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryVerbs } from '../support/memory-verbs.js';

const begin = async (tree: Parameters<ReturnType<typeof makeMemoryPlace>['put']>[0]) => {
  const place = makeMemoryPlace();
  place.put(tree);
  const inner = makeMemoryVerbs(place.disk);
  const counts = { entered: 0, open: 0, most: 0 };
  const verbs: FileVerbs = {
    ...inner,
    async enter(at, name) {
      const folder = await inner.enter(at, name);
      counts.entered++;
      if (!isFault(folder)) counts.most = Math.max(counts.most, ++counts.open);
      return folder;
    },
    release(folder) {
      counts.open--;
      return inner.release(folder);
    },
  };
  const start = await verbs.open(place.path);
  assert.ok(!isFault(start));
  const cursor = openCursor(verbs, start.folder);
  const inodeAt = async (path: string): Promise<number | string> => {
    const folder = await cursor.at(path);
    return isFault(folder) ? folder.fault : inodeOf(verbs, folder);
  };
  return { place, verbs, cursor, counts, inodeAt };
};

/** A file in every folder tells which it is. */
const inodeOf = async (verbs: FileVerbs, folder: Folder): Promise<number> => {
  const [stat] = await verbs.stat([{ at: folder, name: 'mark' }]);
  assert.ok(stat !== undefined && !isFault(stat));
  return stat.inode;
};

test('wherever it goes, it arrives where the path leads, and closes all at the end', async () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(names, { maxLength: 3 }).map(parts => parts.join('/'));
  const all = ['', ...'abc'].flatMap(x =>
    x === ''
      ? ['']
      : ['', ...'abc'].flatMap(y => (y === '' ? [x] : [`${x}/${y}`, ...[...'abc'].map(z => `${x}/${y}/${z}`)])),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(path, { maxLength: 30 }), async walk => {
      const { place, cursor, counts, inodeAt } = await begin(
        Object.fromEntries(all.map(folder => [folder === '' ? 'mark' : `${folder}/mark`, { file: '' }])),
      );
      for (const goal of walk) {
        const found = place.disk.find(`${place.path}/${goal}/mark`);
        assert.equal(await inodeAt(goal), isFault(found) ? found.fault : found.number);
      }
      await cursor.close();
      assert.equal(counts.open, 0);
    }),
    { numRuns: 200 },
  );
});

test('a neighbour costs one step, the same folder none', async () => {
  const { cursor, counts } = await begin({ 'a/b/c': { folder: 0o755 }, 'a/b/d': { folder: 0o755 } });
  await cursor.at('a/b/c');
  assert.equal(counts.entered, 3);
  await cursor.at('a/b/c');
  assert.equal(counts.entered, 3);
  await cursor.at('a/b/d');
  assert.equal(counts.entered, 4);
  await cursor.at('a');
  assert.equal(counts.entered, 4);
});

test('however deep it goes, it holds a bounded number of folders', async () => {
  const deep = Array(400).fill('d').join('/');
  const { cursor, counts, inodeAt, place } = await begin({ [`${deep}/mark`]: { file: '' }, 'd/mark': { file: '' } });
  const goal = place.disk.find(`${place.path}/${deep}/mark`);
  assert.equal(await inodeAt(deep), isFault(goal) ? goal.fault : goal.number);
  assert.ok(counts.most <= 101, String(counts.most));
  assert.notEqual(await inodeAt('d'), await inodeAt(deep));
  await cursor.close();
  assert.equal(counts.open, 0);
});

test('links, files and paths that are none are not entered', async () => {
  const { inodeAt } = await begin({
    mark: { file: '' },
    'a/mark': { file: '' },
    link: { link: 'a' },
    'a/up': { link: '..' },
  });
  assert.equal(await inodeAt('link'), 'ELOOP');
  assert.equal(await inodeAt('a/up/a'), 'ELOOP');
  assert.equal(await inodeAt('mark'), 'ENOTDIR');
  for (const path of ['..', 'a/../..', '/a', 'a//b', './a', 'a/']) assert.equal(await inodeAt(path), 'EINVAL', path);
  assert.equal(typeof (await inodeAt('a')), 'number');
});

test('what it was told to forget is entered anew', async () => {
  const { place, cursor, inodeAt } = await begin({ 'a/b/mark': { file: '' } });
  const before = await inodeAt('a/b');
  place.drop('a');
  place.put({ 'a/b/mark': { file: '' } });
  assert.equal(await inodeAt('a/b'), before);
  await cursor.forget('a');
  assert.notEqual(await inodeAt('a/b'), before);
  await forgetElsewhere(cursor);
  assert.equal(typeof (await inodeAt('a/b')), 'number');
});

const forgetElsewhere = async (cursor: Cursor): Promise<void> => {
  await cursor.forget('ab');
  await cursor.forget('a/b/c');
};

test.run();
