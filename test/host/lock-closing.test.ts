// Locks that close folders: they are opened again exactly as they were, by whoever is left to do it.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Root } from '../../runtime/host/host.js';
import type { FolderEntry } from '../../runtime/tree/entry.js';
import type { PagedEntry } from '../../runtime/tree/page.js';
import type { Place } from '../support/fixture.js';
import { type Asked, inYard, modeOf, recordIn, rejects, type Yard } from './locking.js';
import { ALL, adjust, apply, listed } from './session.js';

const isRoot = process.getuid?.() === 0;

const CLOSING: Asked = { by: { kind: 'permissions' }, folders: ['', 'conf', 'conf/deep', 'absent'] };

/** Folders with modes that are all different. */
const furnish = (yard: Yard): void => {
  for (const [name, mode] of Object.entries(MODES)) {
    mkdirSync(join(yard.folder, name), { recursive: true });
    chmodSync(join(yard.folder, name), mode);
  }
};
const MODES = { '': 0o755, conf: 0o2775, 'conf/deep': 0o1751, other: 0o777 } as const;
const modesOf = (yard: Yard): Record<string, number> =>
  Object.fromEntries(Object.keys(MODES).map(name => [name, modeOf(join(yard.folder, name))]));
const CLOSED = { '': 0o700, conf: 0o2700, 'conf/deep': 0o1700, other: 0o777 };

inYard('folders are closed to others while the lock is held, and then exactly as they were', async yard => {
  furnish(yard);
  const { acquire } = await yard.open();
  const lock = await acquire(CLOSING);
  assert.deepEqual(modesOf(yard), CLOSED);
  assert.equal(modeOf(yard.lockFile('app.modes')), 0o600);
  writeFileSync(join(yard.folder, 'conf/deep/file'), 'we still may');
  assert.deepEqual(await lock.release(), []);
  assert.deepEqual(modesOf(yard), MODES);
  assert.ok(!existsSync(yard.lockFile('app.modes')));
});

inYard('on a side that may still be read, others only lose the right to write', async yard => {
  furnish(yard);
  const { acquire } = await yard.open();
  const lock = await acquire({ ...CLOSING, mode: 'shared' });
  assert.deepEqual(modesOf(yard), { '': 0o755, conf: 0o2755, 'conf/deep': 0o1751, other: 0o777 });
  await lock.release();
  assert.deepEqual(modesOf(yard), MODES);
});

inYard(
  'after a crash the next holder opens them again before anything else, and says that it may have changed',
  async yard => {
    furnish(yard);
    const holder = await yard.holder({ ...CLOSING, run: 'killed' });
    await holder.kill('SIGKILL');
    assert.deepEqual(modesOf(yard), CLOSED);
    const { acquire } = await yard.open();
    const lock = await acquire();
    assert.deepEqual(modesOf(yard), MODES);
    assert.equal(lock.waited, true, 'what was observed before is no longer so');
  },
);

inYard('a crash between two folders leaves one that was never closed as it is', async yard => {
  furnish(yard);
  const holder = await yard.holder({ ...CLOSING, run: 'killed' });
  await holder.kill('SIGKILL');
  // As if only the first had been closed: the record is older than any of them.
  chmodSync(join(yard.folder, 'conf/deep'), MODES['conf/deep']);
  const { host, root } = await yard.open();
  assert.equal(await host.locks!.unlock(root, 'app', 'killed'), 'unlocked');
  assert.deepEqual(modesOf(yard), MODES);
});

inYard(
  'folders are opened again though their file system has another number since the system was started',
  async yard => {
    furnish(yard);
    const holder = await yard.holder({ ...CLOSING, run: 'killed' });
    await holder.kill('SIGKILL');
    const record = recordIn(yard.lockFile('app.modes'));
    const folders = record.folders.map((one: { device: number }) => ({ ...one, device: one.device + 1 }));
    writeFileSync(yard.lockFile('app.modes'), JSON.stringify({ ...record, folders }));
    const { acquire } = await yard.open();
    await (await acquire()).release();
    assert.deepEqual(modesOf(yard), MODES);
  },
);

inYard('also one who only shares opens them, and an exclusive one after a sharer', async yard => {
  furnish(yard);
  for (const [first, second] of [
    ['exclusive', 'shared'],
    ['shared', 'exclusive'],
    ['shared', 'shared'],
  ] as const) {
    const holder = await yard.holder({ ...CLOSING, mode: first });
    assert.notDeepEqual(modesOf(yard), MODES);
    await holder.kill('SIGKILL');
    const { acquire } = await yard.open();
    await (await acquire({ mode: second })).release();
    assert.deepEqual(modesOf(yard), MODES, `${first}, then ${second}`);
  }
});

inYard('what one sharer has closed is not opened by another beside it', async yard => {
  furnish(yard);
  const [one, other, third] = [await yard.open(), await yard.open(), await yard.open()];
  const closer = await one.acquire({ ...CLOSING, mode: 'shared', run: 'closer' });
  const closed = modesOf(yard);
  const reader = await other.acquire({ mode: 'shared' });
  assert.deepEqual(modesOf(yard), closed);
  await rejects(third.acquire({ ...CLOSING, mode: 'shared' }), 'locked', /closer/);
  await reader.release();
  assert.deepEqual(modesOf(yard), closed);
  await closer.release();
  await (await third.acquire({ ...CLOSING, mode: 'shared' })).release();
  assert.deepEqual(modesOf(yard), MODES);
});

inYard('a folder that got another mode or another inode meanwhile keeps it', async yard => {
  furnish(yard);
  const { acquire } = await yard.open();
  const lock = await acquire(CLOSING);
  chmodSync(join(yard.folder, 'conf'), 0o750);
  renameSync(join(yard.folder, 'conf/deep'), join(yard.folder, 'old'));
  mkdirSync(join(yard.folder, 'conf/deep'));
  chmodSync(join(yard.folder, 'conf/deep'), CLOSED['conf/deep']);
  assert.deepEqual(await lock.release(), []);
  assert.deepEqual(modesOf(yard), { ...MODES, conf: 0o750, 'conf/deep': CLOSED['conf/deep'] });
});

inYard('under its own lock a host sees and sets the modes that folders will have again', async yard => {
  furnish(yard);
  chmodSync(join(yard.folder, 'conf'), 0o775);
  const { host, root, acquire } = await yard.open();
  const other = await (await yard.open()).host.openRoot(yard.folder, { create: false, state: null });
  const lock = await acquire(CLOSING);
  const folderIn = async (from: Root): Promise<PagedEntry> => {
    const scan = await from.scan(ALL);
    const found = (await listed(scan)).get('conf')!;
    await scan.close();
    return found;
  };
  assert.equal(((await folderIn(root)) as FolderEntry).mode, 0o775);
  assert.equal(((await folderIn(other)) as FolderEntry).mode, 0o700, 'it is closed for everybody else');
  const place = { path: yard.folder } as Place;
  const said = await apply({ host, place, cleanup: async () => {} }, [adjust('conf', 0o751), adjust('other', 0o755)]);
  assert.deepEqual(said, ['conf: done', 'other: done']);
  assert.deepEqual(modesOf(yard), { ...CLOSED, conf: 0o700, other: 0o755 });
  assert.equal(((await folderIn(root)) as FolderEntry).mode, 0o751);
  const record = recordIn(yard.lockFile('app.modes'));
  assert.equal(record.folders.find((one: { path: string }) => one.path === 'conf').mode, 0o751, 'a crash keeps it');
  assert.deepEqual(await lock.release(), []);
  assert.deepEqual(modesOf(yard), { ...MODES, conf: 0o751, other: 0o755 });
  assert.equal(((await folderIn(root)) as FolderEntry).mode, 0o751);
});

inYard('a folder that vanished, or a link in its place, is nothing to open', async yard => {
  furnish(yard);
  const { acquire } = await yard.open();
  const lock = await acquire(CLOSING);
  rmSync(join(yard.folder, 'conf'), { recursive: true });
  mkdirSync(yard.beside('victim'), { mode: 0o700 });
  symlinkSync(yard.beside('victim'), join(yard.folder, 'conf'));
  assert.deepEqual(await lock.release(), []);
  assert.equal(modeOf(yard.beside('victim')), 0o700);
  assert.equal(modeOf(yard.folder), MODES['']);
});

inYard('a link where a folder should be is not closed, and then nothing is', async yard => {
  furnish(yard);
  mkdirSync(yard.beside('victim'));
  chmodSync(yard.beside('victim'), 0o777);
  symlinkSync(yard.beside('victim'), join(yard.folder, 'zlink'));
  const { acquire } = await yard.open();
  await rejects(acquire({ ...CLOSING, folders: ['', 'conf', 'zlink'] }), 'failed', /close the folder zlink/);
  assert.deepEqual(modesOf(yard), MODES);
  assert.equal(modeOf(yard.beside('victim')), 0o777);
  await (await acquire()).release();
});

inYard('records that another could have written open nothing', async yard => {
  furnish(yard);
  const { acquire, host, root } = await yard.open();
  const holder = await yard.holder({ ...CLOSING, run: 'killed' });
  await holder.kill('SIGKILL');
  chmodSync(yard.lockFile('app.modes'), 0o666);
  await rejects(
    acquire(),
    'locked',
    /run killed ended without giving back .* read the record app\.modes: others may have/,
    /remove it; then run: syncplan unlock FILE --run killed/,
  );
  await rejects(host.locks!.unlock(root, 'app', 'killed'), 'locked', /app\.modes/);
  assert.deepEqual(modesOf(yard), CLOSED);
  const record = recordIn(yard.lockFile('app.modes'));
  for (const damaged of ['{', JSON.stringify({ ...record, folders: [{ ...record.folders[0], path: '../..' }] })]) {
    writeFileSync(yard.lockFile('app.modes'), damaged);
    chmodSync(yard.lockFile('app.modes'), 0o600);
    await rejects(acquire(), 'locked', /app\.modes/);
  }
  rmSync(yard.lockFile('app.modes'));
  await acquire();
});

if (isRoot) {
  inYard('root closes the folders of others to their owners as well', async yard => {
    furnish(yard);
    for (const name of ['conf', 'conf/deep']) chownSync(join(yard.folder, name), 1234, 1234);
    furnish(yard);
    const { acquire } = await yard.open();
    const lock = await acquire(CLOSING);
    assert.deepEqual(modesOf(yard), { '': 0o700, conf: 0o2000, 'conf/deep': 0o1000, other: 0o777 });
    await lock.release();
    assert.deepEqual(modesOf(yard), MODES);
  });
}

test.run();
