// Everything a file is, through whole runs on a real disk: link sets, links, kinds, times, owners and fixed attributes.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, linkSync, lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import type { Host, Scan, Selection } from '../../runtime/host/host.js';
import { attributesOf, canKeep, isRoot, listOf, setAttribute, setList } from '../host/attributes.js';
import type { Item, Place } from '../support/fixture.js';
import { makeSession, type Session } from './session.js';

const MIRROR = { mode: 'mirror', maxPercent: 100, maxFiles: null, protect: [], trash: 0 } as const;
const ALL_EXTRA = ['mode', 'modified', 'xattr', 'acl'] as const;
const withAll = canKeep('xattr') && canKeep('acl') ? test : test.skip;
const LINKS = { symbolic: 'keep', hard: 'keep', escaping: 'keep' } as const;

const inSession = async (work: (session: Session, remote: Place) => Promise<void>): Promise<void> => {
  const session = makeSession(1);
  try {
    session.master.put({ 'always-there': { file: 'x' } });
    await work(session, session.remotes[0]!);
  } finally {
    session.close();
  }
};

/** Runs, and runs again: the second time there is nothing to do. */
const settle = async (session: Session, block: Partial<BlockPlan> = {}): Promise<void> => {
  const plan = { delete: MIRROR, ...block };
  const { summary, preview } = await session.run({ block: plan });
  assert.equal(summary.exitCode, 0, JSON.stringify(preview.relations[0]?.problems));
  const again = await session.run({ block: plan });
  assert.deepEqual(again.preview.relations[0]!.changes, []);
  assert.equal(again.summary.exitCode, 0);
};

/** Without how many names a file has: the trash may hold one more. */
const lookAt = (place: Place): string[] => place.look().map(line => line.replace(/ names=\d+$/, ''));

/** Which names are one file: every set of two or more, sorted. */
const linkSets = (place: Place): string[][] => {
  const sets = new Map<number, string[]>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(place.path, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === '.syncplan') continue;
      const stats = lstatSync(join(place.path, path));
      if (stats.isDirectory()) visit(path);
      else if (stats.isFile() && stats.nlink > 1) sets.set(stats.ino, [...(sets.get(stats.ino) ?? []), path]);
    }
  };
  visit('');
  return [...sets.values()]
    .filter(set => set.length > 1)
    .map(set => set.sort())
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
};

/** One thing that somebody does to the master. */
type Deed =
  | { readonly do: 'write'; readonly at: string }
  | { readonly do: 'remove'; readonly at: string }
  | { readonly do: 'fresh'; readonly at: string }
  | { readonly do: 'link'; readonly at: string; readonly to: string }
  | { readonly do: 'move'; readonly at: string; readonly to: string }
  | { readonly do: 'mode'; readonly at: string; readonly mode: number };

const places = fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd/e/a', 'f/a', 'f/z');
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), at: places }),
  fc.record({ do: fc.constant('remove' as const), at: places }),
  fc.record({ do: fc.constant('fresh' as const), at: places }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('link' as const), at: places, to: places }) },
  fc.record({ do: fc.constant('move' as const), at: places, to: places }),
  fc.record({ do: fc.constant('mode' as const), at: places, mode: fc.constantFrom(0o600, 0o644, 0o755) }),
);

/** What cannot be done is left. */
const carryOut = (place: Place, deed: Deed, number: number): void => {
  const at = join(place.path, deed.at);
  try {
    if (deed.do === 'write') writeFileSync(at, `written ${number}`, { flag: 'r+' });
    else if (deed.do === 'remove') rmSync(at);
    else if (deed.do === 'fresh') {
      rmSync(at, { force: true });
      place.put({ [deed.at]: { file: `fresh ${number}` } });
    } else if (deed.do === 'mode') chmodSync(at, deed.mode);
    else if (deed.do === 'move') renameSync(at, join(place.path, deed.to));
    else if (deed.do === 'link') {
      rmSync(join(place.path, deed.to));
      linkSync(at, join(place.path, deed.to));
    }
  } catch {
    // It is not there, or the two are one already.
  }
};

const FIRST: Readonly<Record<string, Item>> = {
  a: { file: 'one' },
  b: { hard: 'a' },
  'd/a': { hard: 'a' },
  'd/b': { file: 'two' },
  'd/e/a': { hard: 'd/b' },
  'f/a': { file: 'three' },
  'f/z': { folder: 0o755 },
};

test('whatever becomes of a set of hard links on the master becomes of it on the remote', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(deeds, { minLength: 1, maxLength: 4 }), { maxLength: 3 }), rounds =>
      inSession(async (session, remote) => {
        session.master.put(FIRST);
        await settle(session);
        for (const [number, round] of rounds.entries()) {
          for (const [i, deed] of round.entries()) carryOut(session.master, deed, 10 * number + i);
          await settle(session);
          assert.deepEqual(lookAt(remote), lookAt(session.master));
          assert.deepEqual(linkSets(remote), linkSets(session.master));
        }
      }),
    ),
    { numRuns: 40 },
  );
});

test('a set that loses a name keeps the others', () =>
  inSession(async (session, remote) => {
    session.master.put(FIRST);
    await settle(session);
    session.master.drop('b');
    await settle(session);
    assert.deepEqual([linkSets(remote), lookAt(remote)], [linkSets(session.master), lookAt(session.master)]);
  }));

test('a set grows, shrinks, loses its first name and gets new content, across folders', () =>
  inSession(async (session, remote) => {
    const at = (path: string): string => join(session.master.path, path);
    session.master.put({ 'd/m': { file: 'v1' }, 'e/n': { hard: 'd/m' }, z: { file: 'alone' } });
    await settle(session);
    assert.deepEqual(linkSets(remote), [['d/m', 'e/n']]);
    session.master.put({ 'a/first': { hard: 'd/m' } });
    await settle(session);
    assert.deepEqual(linkSets(remote), [['a/first', 'd/m', 'e/n']]);
    rmSync(at('a/first'));
    await settle(session);
    assert.deepEqual(linkSets(remote), [['d/m', 'e/n']]);
    writeFileSync(at('e/n'), 'v2, longer', { flag: 'r+' });
    await settle(session);
    assert.deepEqual(linkSets(remote), [['d/m', 'e/n']]);
    session.master.drop('d/m');
    session.master.put({ 'd/m': { file: 'another' } });
    await settle(session);
    assert.deepEqual([linkSets(remote), lookAt(remote)], [[], lookAt(session.master)]);
    rmSync(at('z'));
    linkSync(at('e/n'), at('z'));
    await settle(session);
    assert.deepEqual(linkSets(remote), [['e/n', 'z']]);
  }));

test('`split` makes every name a file of its own, and joins nothing that is linked on the remote', () =>
  inSession(async (session, remote) => {
    session.master.put({ a: { file: 'one' }, 'd/b': { hard: 'a' } });
    const links = { ...LINKS, hard: 'split' } as const;
    await settle(session, { links });
    assert.deepEqual(linkSets(remote), []);
    assert.deepEqual(lookAt(remote).filter(line => line.includes('one')).length, 2);
    await settle(session, { links: LINKS });
    assert.deepEqual(linkSets(remote), [['a', 'd/b']]);
    await settle(session, { links });
    assert.deepEqual(lookAt(remote).filter(line => line.includes('one')).length, 2);
  }));

const KINDS: Readonly<Record<string, Readonly<Record<string, Item>>>> = {
  file: { x: { file: 'content' } },
  empty: { x: { folder: 0o750 } },
  folder: { 'x/in/f': { file: 'f' }, 'x/l': { link: 'in' } },
  link: { x: { link: 'always-there' } },
  dangling: { x: { link: '../nowhere' } },
};

test('every kind becomes every other kind', async () => {
  for (const [from, before] of Object.entries(KINDS)) {
    for (const [to, after] of Object.entries(KINDS)) {
      if (from === to) continue;
      await inSession(async (session, remote) => {
        session.master.put(before);
        await settle(session);
        session.master.drop('x');
        session.master.put(after);
        await settle(session);
        assert.deepEqual(lookAt(remote), lookAt(session.master), `${from} to ${to}`);
      });
    }
  }
});

test('links are kept, followed or skipped; what escapes is kept, refused by name or skipped', () =>
  inSession(async (session, remote) => {
    session.master.put({
      'd/f': { file: 'f' },
      to: { link: 'd' },
      file: { link: 'd/f' },
      out: { link: '/etc/hostname' },
    });
    const names = (): string[] => lookAt(remote).map(line => line.split(' ').slice(0, 2).join(' '));
    await settle(session, { links: { ...LINKS, escaping: 'skip' } });
    assert.deepEqual(names(), ['always-there file', 'd folder', 'd/f file', 'file link', 'to link']);
    await settle(session, { links: LINKS });
    assert.deepEqual(names(), ['always-there file', 'd folder', 'd/f file', 'file link', 'out link', 'to link']);
    const refused = await session.run({ block: { links: { ...LINKS, escaping: 'refuse' }, delete: MIRROR } });
    assert.deepEqual(
      refused.preview.relations[0]!.problems.map(({ path, code }) => `${path} ${code}`),
      ['out escaping-link'],
    );
    assert.ok(
      lookAt(remote).some(line => line.startsWith('out link')),
      'a refused link is not a deleted one',
    );
    session.master.drop('out');
    await settle(session, { links: { ...LINKS, symbolic: 'follow' } });
    assert.deepEqual(names(), ['always-there file', 'd folder', 'd/f file', 'file file', 'to folder', 'to/f file']);
  }));

test('times before 1970, far ahead and to the microsecond', () =>
  inSession(async (session, remote) => {
    session.master.put({
      old: { file: 'x', modified: -987_654_321_012_345 },
      new: { file: 'x', modified: 4_102_444_799_999_999 },
      odd: { file: 'x', modified: 1_700_000_000_000_001 },
      link: { link: 'x', modified: 1_700_000_000_999_999 },
    });
    await settle(session);
    assert.deepEqual(lookAt(remote), lookAt(session.master));
    session.master.put({ odd: { file: 'x', modified: 1_700_000_000_000_007 } });
    await settle(session);
    assert.deepEqual(lookAt(remote), lookAt(session.master));
  }));

(isRoot ? test : test.skip)('owner and group travel by name and number, also of links and folders', () =>
  inSession(async (session, remote) => {
    session.master.put({ 'd/f': { file: 'x' }, 'd/g': { file: 'y' } });
    chownSync(join(session.master.path, 'd'), 1, 2);
    chownSync(join(session.master.path, 'd/f'), 4711, 2);
    await settle(session, { attributes: ['mode', 'modified', 'owner', 'group'] });
    const owners = (path: string): string => {
      const { uid, gid } = lstatSync(join(remote.path, path));
      return `${uid}:${gid}`;
    };
    assert.deepEqual([owners('d'), owners('d/f'), owners('d/g')], ['1:2', '4711:2', '0:0']);
    chownSync(join(session.master.path, 'd/g'), 1, 1);
    await settle(session, { attributes: ['mode', 'modified', 'owner', 'group'] });
    assert.equal(owners('d/g'), '1:1');
  }),
);

(isRoot ? test : test.skip)('what the plan fixes is so on the remote, and costs nothing once it is', () =>
  inSession(async (session, remote) => {
    session.master.put({ 'd/f': { file: 'x', mode: 0o755 }, e: { folder: 0o711 }, l: { link: 'd' } });
    const set = { owner: 'daemon', group: '4711', files: 0o640, folders: 0o750 };
    await settle(session, { set, attributes: ['modified'] });
    for (const path of ['d', 'd/f', 'e', 'l']) {
      const { uid, gid } = lstatSync(join(remote.path, path));
      assert.deepEqual([uid, gid], [1, 4711], path);
    }
    const modes = ['d', 'd/f', 'e'].map(path => lstatSync(join(remote.path, path)).mode & 0o7777);
    assert.deepEqual(modes, [0o750, 0o640, 0o750]);
    chmodSync(join(session.master.path, 'd/f'), 0o600);
    const { preview } = await session.run({ block: { set, delete: MIRROR } });
    assert.deepEqual(preview.relations[0]!.changes, []);
    chmodSync(join(remote.path, 'd/f'), 0o644);
    await settle(session, { set });
    assert.equal(lstatSync(join(remote.path, 'd/f')).mode & 0o7777, 0o640);
  }),
);

withAll('extended attributes and access lists travel with and without content', () =>
  inSession(async (session, remote) => {
    const here = (path: string): string => join(session.master.path, path);
    const there = (path: string): string => join(remote.path, path);
    const attributes = ALL_EXTRA;
    session.master.put({ 'd/f': { file: 'x' }, 'd/g': { file: 'y' } });
    setAttribute(here('d/f'), 'user.a', '\0');
    setList(here('d'), 'd:u:daemon:rx');
    await settle(session, { attributes });
    assert.deepEqual(attributesOf(there('d/f')), ['user.a=0x00']);
    assert.deepEqual(listOf(there('d')), listOf(here('d')));
    setAttribute(here('d/g'), 'user.b', 'b');
    setList(here('d/f'), 'u:daemon:rw');
    const { preview } = await session.run({ block: { attributes }, options: { command: 'plan' } });
    assert.deepEqual(
      preview.relations[0]!.changes.map(({ path }) => path),
      ['d/f', 'd/g'],
    );
    await settle(session, { attributes });
    assert.deepEqual(attributesOf(there('d/g')), ['user.b=0x62']);
    assert.deepEqual(listOf(there('d/f')), listOf(here('d/f')));
    session.master.put({ 'd/f': { file: 'other' } });
    await settle(session, { attributes });
    assert.deepEqual(attributesOf(there('d/f')), attributesOf(here('d/f')));
  }),
);

withAll('what is sent again in a redo has its extended attributes', () =>
  inSession(async (session, remote) => {
    const here = join(session.master.path, 'f');
    session.master.put({ f: { file: 'first' } });
    setAttribute(here, 'user.a', '1');
    let turns = 0;
    const meddle = (scan: Scan): Scan => ({
      ...scan,
      read: wanted => {
        if (turns++ === 0) {
          writeFileSync(here, 'second');
          setAttribute(here, 'user.a', '2');
        }
        return scan.read(wanted);
      },
    });
    const wrap = (host: Host, id: string): Host =>
      id !== 'm'
        ? host
        : {
            ...host,
            openRoot: async (path, options) => {
              const root = await host.openRoot(path, options);
              return Object.create(root, {
                scan: { value: async (chosen: Selection) => meddle(await root.scan(chosen)) },
              });
            },
          };
    const { summary, events } = await session.run({ block: { attributes: ALL_EXTRA }, wrap });
    assert.equal(summary.exitCode, 0);
    assert.equal(events.filter(({ type }) => type === 'redo').length, 1);
    assert.deepEqual(attributesOf(join(remote.path, 'f')), ['user.a=0x32']);
    await settle(session, { attributes: ALL_EXTRA });
  }),
);

test.run();
