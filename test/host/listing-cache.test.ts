// A listing of which pages were kept is the listing that is made without them, whatever happened to the tree in between.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import type { FileTest } from '../../compiler/plan.js';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import type { Selection } from '../../runtime/host/host.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { probeTools } from '../../runtime/host/shell/probe.js';
import { makeShellVerbs } from '../../runtime/host/shell/verbs.js';
import { seeded } from '../support/seeded.js';
import { startShell } from './far-shell.js';
import { keeping, type Looks, told } from './keeping.js';
import { inPlace, localVerbs, scanOf } from './scanning.js';

/** Longer than the clock of a file system stands still. */
const aMoment = () => setTimeout(25);

const TREE = { 'a/x': '1', 'a/y': '2', 'a/b/z': '3', 'c/d/e/f': '4', 'c/g': '5', h: '6' };

const paths = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter(name => !name.startsWith('.syncplan')).sort();

test('a tree in which nothing changed is looked at, and no name in it is looked for', () =>
  inPlace(TREE, ({ path }) =>
    keeping(async ({ scan, folder }) => {
      const first = await scan(path);
      assert.deepEqual(first.looks, { listed: 6, namesLookedFor: 0, known: 0 });
      const [kept] = readdirSync(folder);
      const { ino } = lstatSync(join(folder, kept!));
      const second = await scan(path);
      assert.deepEqual(second.looks, { listed: 0, namesLookedFor: 0, known: 6 });
      assert.deepEqual(await told(second, paths(path)), await told(first, paths(path)));
      assert.equal(lstatSync(join(folder, kept!)).ino, ino, 'what is kept already is not written again');
      assert.equal(lstatSync(join(folder, kept!)).mode & 0o777, 0o600);
    }),
  ));

/** Folders in folders, some with files beside them. */
const WIDE = Object.fromEntries(
  [...'abcdefghij'].flatMap(a => [...'klm'].flatMap(b => [[`${a}/${b}/x`, a] as const, [`${a}/${b}y`, b] as const])),
);

/** Changes a tree at random, again and again; how many folders were found as they were kept, without and with their names. */
const changeAndScan = (verbs: FileVerbs): Promise<Looks> => {
  const looks = { listed: 0, namesLookedFor: 0, known: 0 };
  return inPlace(WIDE, ({ path }) =>
    keeping(async ({ scan }) => {
      const random = seeded(4711);
      const any = random.pick;
      let made = 0;
      for (let round = 0; round < 36; round++) {
        await aMoment();
        for (let changes = random.below(4); changes > 0; changes--) {
          const all = readdirSync(path, { recursive: true, withFileTypes: true });
          const files = all.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
          const folders = [path, ...all.filter(entry => entry.isDirectory()).map(at => join(at.parentPath, at.name))];
          const fresh = join(any(folders), `n${made++}`);
          const [one, other] = [any(files) ?? fresh, any(files) ?? fresh];
          const changeOne: readonly (() => void)[] = [
            () => writeFileSync(fresh, String(made)),
            () => mkdirSync(fresh),
            () => symlinkSync('../somewhere', fresh),
            () => rmSync(any(folders.slice(1)) ?? one, { recursive: true, force: true }),
            () => rmSync(one),
            () => appendFileSync(one, '!'),
            // The same size and the same time.
            () => {
              const { mtime, atime } = lstatSync(one);
              writeFileSync(one, readFileSync(one, 'latin1').replace(/./, String(made % 10)));
              utimesSync(one, atime, mtime);
            },
            () => chmodSync(one, any([0o600, 0o644, 0o755])),
            () => utimesSync(one, made, made),
            () => linkSync(one, fresh),
            () => renameSync(one, fresh),
            () => renameSync(one, other),
            () => chmodSync(any(folders), any([0o700, 0o755])),
            () => renameSync(any(folders.slice(1)) ?? one, `${path}/m${made}`),
          ];
          try {
            any(changeOne)();
          } catch {
            // Not everything can be done to everything: a folder into itself, a file that is gone.
          }
        }
        const chosen: Partial<Selection> = round % 12 < 6 ? {} : { side: 'remote', attributes: ['mode', 'owner'] };
        const scan1 = await scan(path, chosen, verbs);
        looks.known += scan1.looks.known;
        looks.namesLookedFor += scan1.looks.namesLookedFor;
        const without = await scanOf(path, chosen, { verbs });
        assert.deepEqual(await told(scan1, paths(path)), await told(without, paths(path)), `round ${round}`);
        await without.close();
      }
    }),
  ).then(() => looks);
};

test('whatever happened to a tree, its listing is the one that is made without what was kept', async () => {
  const { known, namesLookedFor } = await changeAndScan(localVerbs());
  assert.ok(known > 300 && namesLookedFor > 0, `${known} and ${namesLookedFor}`);
});

test('the same through a shell, which is asked for all names each time', async () => {
  const far = startShell();
  try {
    const { session } = far;
    const none = parseNames('');
    const tools = await probeTools(session);
    const { known, namesLookedFor } = await changeAndScan(
      makeShellVerbs({ session, tools, users: none, groups: none, now: Date.now }),
    );
    assert.ok(known === 0 && namesLookedFor > 300, `${known} and ${namesLookedFor}`);
  } finally {
    await far.stop();
  }
});

test('a file that changed just before it was looked at is not taken as known', () =>
  inPlace(TREE, ({ path }) =>
    keeping(
      async ({ scan }) => {
        await scan(path);
        const second = await scan(path);
        assert.deepEqual(second.looks, { listed: 5, namesLookedFor: 1, known: 0 }, 'c/d holds but a folder');
      },
      { now: Date.now },
    ),
  ));

test('names are looked for where a folder just changed, or where its times tell nothing', () =>
  inPlace(TREE, ({ path }) =>
    keeping(async ({ scan, folder }) => {
      await scan(path);
      await aMoment();
      writeFileSync(`${path}/a/new`, '');
      rmSync(`${path}/a/new`);
      assert.deepEqual((await scan(path)).looks, { listed: 0, namesLookedFor: 1, known: 5 });
      assert.deepEqual((await scan(path)).looks, { listed: 0, namesLookedFor: 0, known: 6 }, 'the new times are kept');
      const far: FileVerbs = { ...localVerbs(), namesShowInTimes: () => false };
      const [kept] = readdirSync(folder);
      const { ino } = lstatSync(join(folder, kept!));
      assert.deepEqual((await scan(path, {}, far)).looks, { listed: 0, namesLookedFor: 6, known: 0 });
      assert.equal(lstatSync(join(folder, kept!)).ino, ino, 'there is nothing better to be kept');
    }),
  ));

test('what a page does not tell, or what is more than its entries, is looked at every time', () =>
  inPlace(
    { ...TREE, 'links/l': '-> x', 'twins/a': 't', 'twins/b': '= twins/a', 'part/x.tmp': '', 'part/y': '' },
    ({ path }) =>
      keeping(async ({ scan }) => {
        const except: FileTest = { is: 'ext', values: ['tmp'] };
        const chosen: Partial<Selection> = { terms: [{ base: '', include: { is: 'all' }, except }] };
        chmodSync(`${path}/a/b/z`, 0o4755);
        await scan(path, chosen);
        const { looks, summary } = await scan(path, chosen);
        assert.deepEqual(looks, { listed: 4, namesLookedFor: 0, known: 5 });
        assert.deepEqual([summary.files, summary.hard, summary.links, summary.specialBits], [8, 1, 1, 1]);
      }),
  ));

test('a folder that cannot be listed is named each time, and one that can be again is listed', () =>
  inPlace(TREE, ({ path }) =>
    keeping(async ({ scan }) => {
      const refusing: FileVerbs = {
        ...localVerbs(),
        enter: (at, name) => (name === 'e' ? { fault: 'EACCES', message: 'denied' } : localVerbs().enter(at, name)),
      };
      for (const _ of [1, 2]) {
        const { summary } = await scan(path, {}, refusing);
        assert.deepEqual(
          summary.problems.map(({ path: at, code }) => [at, code]),
          [['c/d/e', 'denied']],
        );
        assert.equal(summary.files, 5);
      }
      const { summary } = await scan(path);
      assert.deepEqual([summary.problems.length, summary.files], [0, 6]);
    }),
  ));

test('another selection is another listing, and what depends on the time of day is not kept', () =>
  inPlace(TREE, ({ path }) =>
    keeping(async ({ scan, folder }) => {
      await scan(path, { side: 'master' });
      assert.equal((await scan(path, { side: 'remote' })).looks.known, 0);
      assert.equal((await scan(path, { attributes: ['mode', 'modified', 'owner'] })).looks.known, 0);
      assert.equal((await scan(path, { attributes: ['mode', 'modified', 'owner'] })).looks.known, 6);
      const { names } = localVerbs();
      const renamed: FileVerbs = { ...localVerbs(), names: { ...names, state: () => 'another /etc/passwd' } };
      assert.equal((await scan(path, { attributes: ['mode', 'modified', 'owner'] }, renamed)).looks.known, 0);
      const files = readdirSync(folder).length;
      assert.equal(files, 4);
      const include: FileTest = { is: 'not', test: { is: 'or', tests: [{ is: 'age', op: '<=', seconds: 5 }] } };
      for (const _ of [1, 2]) {
        assert.equal((await scan(path, { terms: [{ base: '', include, except: null }] })).looks.known, 0);
      }
      assert.equal(readdirSync(folder).length, files);
    }),
  ));

test('a damaged file, one of another root, and one that cannot be written cost time alone', () =>
  inPlace(TREE, ({ path }) =>
    keeping(async ({ scan, folder }) => {
      const expected = await told(await scan(path), paths(path));
      const [name] = readdirSync(folder);
      const file = join(folder, name!);
      const whole = readFileSync(file);
      for (const at of [0, 60, 130, 200, whole.length >> 1, whole.length - 1]) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= 1;
        writeFileSync(file, damaged);
        const { looks, ...again } = await scan(path);
        assert.deepEqual([looks.known, looks.listed], [0, 6], `a bit of byte ${at}`);
        assert.deepEqual(await told(again, paths(path)), expected);
      }
      for (const length of [0, 100, 160, whole.length - 8]) {
        writeFileSync(file, whole.subarray(0, length));
        assert.equal((await scan(path)).looks.known, 0, `${length} bytes of it`);
      }
      rmSync(folder, { recursive: true });
      writeFileSync(folder, 'a file where the folder should be');
      assert.deepEqual(await told(await scan(path), paths(path)), expected);
    }),
  ));

test('small listings are not kept', () =>
  inPlace(TREE, ({ path }) =>
    keeping(
      async ({ scan, folder }) => {
        await scan(path);
        assert.throws(() => readdirSync(folder), /ENOENT/);
      },
      { fewest: 12 },
    ),
  ));

test('what nobody used for long goes, and where room is short what was not used lately, but nothing that is in use', () =>
  inPlace(TREE, ({ path }) =>
    keeping(
      async ({ scan, folder }) => {
        mkdirSync(folder);
        const day = 86_400;
        const put = (name: string, bytes: number, days: number): void => {
          writeFileSync(join(folder, name), Buffer.alloc(bytes));
          utimesSync(join(folder, name), Date.now() / 1000 - days * day, Date.now() / 1000 - days * day);
        };
        const others = () => readdirSync(folder).filter(name => name.includes('days'));
        put('31-days', 0, 31);
        put('9-days', 6_000, 9);
        put('5-days', 6_000, 5);
        put('1-days', 6_000, 1);
        await scan(path);
        assert.deepEqual(others().sort(), ['1-days', '5-days'], 'one of 9 days made room enough');
        assert.equal((await scan(path)).looks.known, 6);
        rmSync(join(folder, readdirSync(folder).find(name => !name.includes('days'))!));
        put('1-days-too', 12_000, 1);
        await scan(path);
        assert.deepEqual(readdirSync(folder).sort(), ['1-days', '1-days-too'], 'there was no room for another');
      },
      { mostBytes: 16_000 },
    ),
  ));

test.run();
