// A listing of which pages were kept stays true while folders are swapped, closed and taken for syncplan's own.
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import type { Selection } from '../../runtime/host/host.js';
import { makeClosedView } from '../../runtime/host/lock/closed-view.js';
import { keeping, told } from './keeping.js';
import { inPlace, localVerbs, type ScanningOptions, scanOf } from './scanning.js';

/** What a scan tells with what was kept, and what it tells without. */
const both = async (
  scan: Parameters<Parameters<typeof keeping>[0]>[0]['scan'],
  path: string,
  chosen: Partial<Selection> = {},
  verbs: FileVerbs = localVerbs(),
  more: ScanningOptions = {},
) => {
  const [kept, without] = [await scan(path, chosen, verbs, more), await scanOf(path, chosen, { ...more, verbs })];
  await without.close();
  const all = (readdirSync(path, { recursive: true }) as string[]).sort();
  return [await told(kept, all), await told(without, all)] as const;
};

const RELEASE = { 'a/f': '1', 'b/f': '2' };

test('a root that was replaced after it was opened is not known by the names of the other', () =>
  inPlace({ ...keyed('root', RELEASE), ...keyed('next', { ...RELEASE, 'new/f': '3' }) }, ({ path }) =>
    keeping(async ({ scan }) => {
      const here = localVerbs();
      let swapped = false;
      const swapping: FileVerbs = {
        ...here,
        open(at) {
          const opened = here.open(at);
          if (!swapped) {
            renameSync(`${path}/root`, `${path}/old`);
            renameSync(`${path}/next`, `${path}/root`);
          }
          swapped = true;
          return opened;
        },
      };
      assert.equal((await scan(`${path}/root`, {}, swapping)).summary.files, 2, 'the one that was opened');
      const [kept, without] = await both(scan, `${path}/root`);
      assert.deepEqual(kept, without);
      assert.equal(kept.summary.files, 3);
    }),
  ));

test('a folder that is swapped while it is scanned has its own names, and its page is not the one of the other', () =>
  inPlace({ ...keyed('root/z', RELEASE), ...keyed('next', { ...RELEASE, extra: '3' }) }, ({ path }) =>
    keeping(async ({ scan }) => {
      const here = localVerbs();
      await scan(`${path}/root`);
      const swapping: FileVerbs = {
        ...here,
        enter(at, name) {
          if (name === 'z') {
            renameSync(`${path}/root/z`, `${path}/old`);
            renameSync(`${path}/next`, `${path}/root/z`);
          }
          return here.enter(at, name);
        },
      };
      assert.equal((await scan(`${path}/root`, {}, swapping)).summary.files, 3);
      const [kept, without] = await both(scan, `${path}/root`);
      assert.deepEqual(kept, without);
    }),
  ));

test('a link that leads elsewhere for a moment leaves no page behind for where it led before', () =>
  inPlace({ ...keyed('A', { ...RELEASE, 'more/f': '3' }), ...keyed('B', RELEASE), 'root/l': '-> ../A' }, ({ path }) =>
    keeping(async ({ scan }) => {
      const links = { symbolic: 'follow', hard: 'keep', escaping: 'keep' } as const;
      const here = localVerbs();
      const flip = (to: string): void => {
        symlinkSync(to, `${path}/new`);
        renameSync(`${path}/new`, `${path}/root/l`);
      };
      const flipping: FileVerbs = {
        ...here,
        open(at) {
          if (!at.endsWith('/l')) return here.open(at);
          flip('../B');
          const opened = here.open(at);
          flip('../A');
          return opened;
        },
      };
      assert.equal((await scan(`${path}/root`, { links }, flipping)).summary.files, 2);
      const [kept, without] = await both(scan, `${path}/root`, { links });
      assert.deepEqual(kept, without);
      assert.equal(kept.summary.files, 3);
    }),
  ));

test('a folder that comes to be the state folder is left out', () =>
  inPlace({ 'root/a/st/f': '1', 'root/a/g': '2', 'state/own': '3' }, ({ path }) =>
    keeping(async ({ scan }) => {
      const { dev: device, ino: inode } = lstatSync(`${path}/state`);
      const more = { stateFolder: { device, inode } };
      await scan(`${path}/root`, {}, localVerbs(), more);
      rmSync(`${path}/root/a/st`, { recursive: true });
      renameSync(`${path}/state`, `${path}/root/a/st`);
      const [kept, without] = await both(scan, `${path}/root`, {}, localVerbs(), more);
      assert.deepEqual(kept, without);
      assert.equal(kept.summary.files, 1);
    }),
  ));

test('a folder that our own lock has closed shows the mode that it will have again', () =>
  inPlace({ 'd/f': '1', g: '2' }, ({ path }) =>
    keeping(async ({ scan }) => {
      chmodSync(`${path}/d`, 0o755);
      await scan(path);
      const view = makeClosedView(localVerbs());
      const { dev: device, ino: inode } = lstatSync(`${path}/d`);
      view.close({ device, inode }, { mode: 0o755, closed: 0o700, amend: () => {} });
      chmodSync(`${path}/d`, 0o700);
      const { summary, looks } = await scan(path, {}, view.verbs);
      const without = await scanOf(path, {}, { verbs: view.verbs });
      assert.equal(looks.listed, 0);
      assert.equal(summary.digest, without.summary.digest);
    }),
  ));

test('a folder in which something changed is listed whatever its name is, also by a process that does not stay there', () =>
  inPlace({ '\xff\xe4/x': '1', '\xff\xe4/y/z': '2' }, ({ path }) =>
    keeping(async ({ scan }) => {
      await scan(path);
      rmSync(Buffer.from(`${path}/\xff\xe4/x`, 'latin1'));
      const [kept, without] = await both(scan, path);
      assert.deepEqual(kept, without);
      assert.equal(kept.summary.files, 1);
    }),
  ));

test('where a file may change without its times, or somebody else asks, nothing is known', () =>
  inPlace(RELEASE, ({ path }) =>
    keeping(async ({ scan, folder }) => {
      const here = localVerbs();
      await scan(path, {}, { ...here, fileSystem: () => 'vfat' });
      assert.throws(() => readdirSync(folder), /ENOENT/);
      await scan(path);
      const other = { ...here, names: { ...here.names, self: () => ({ user: 4711, groups: [4711] }) } };
      assert.equal((await scan(path, {}, other)).looks.known, 0);
      assert.equal((await scan(path)).looks.known, 3);
    }),
  ));

test('where everything shows other owners by the way it is mounted, pages with owners are made anew', () =>
  inPlace(RELEASE, ({ path }) =>
    keeping(async ({ scan }) => {
      const here = localVerbs();
      const mapped: FileVerbs = {
        ...here,
        open(at) {
          const opened = here.open(at);
          if (!('stat' in opened)) return opened;
          return { ...opened, stat: { ...opened.stat, owner: opened.stat.owner + 5000 } };
        },
      };
      for (const [attributes, known] of [[['mode', 'owner'], 0] as const, [['mode', 'modified'], 3] as const]) {
        await scan(path, { attributes });
        assert.equal((await scan(path, { attributes }, mapped)).looks.known, known);
      }
    }),
  ));

test('what is kept is not written again for folders of the future, nor touched every time', () =>
  inPlace(RELEASE, ({ path }) =>
    keeping(async ({ scan, folder }) => {
      for (const name of ['a', 'b', '']) utimesSync(join(path, name), 4_000_000_000, 4_000_000_000);
      await scan(path);
      const file = join(folder, readdirSync(folder)[0]!);
      const before = lstatSync(file);
      const { looks } = await scan(path);
      assert.equal(looks.namesLookedFor, 3);
      const after = lstatSync(file);
      assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
      utimesSync(file, 1_000, 1_000);
      await scan(path);
      assert.ok(
        lstatSync(file).mtimeMs > 1_000_000,
        'of the listings that are too many, those go that nobody asks for',
      );
    }),
  ));

function keyed(folder: string, tree: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).map(([name, content]) => [`${folder}/${name}`, content]));
}

test.run();
