// Owner, group, mode, special bits, extended attributes and access lists, as a transaction gives them on a real disk.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Attribute } from '../../compiler/plan.js';
import type { Host } from '../../runtime/host/host.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { encodeExtras } from '../../runtime/tree/extra.js';
import { makeDiskPlace, type Place } from '../support/fixture.js';
import { attributesOf, canKeep, isRoot, listOf, setAttribute, setList } from './attributes.js';
import { mirror } from './mirroring.js';
import { ALL, adjust, apply, file, folder, link, type Subject } from './session.js';

const OWNED: readonly Attribute[] = ['mode', 'modified', 'owner', 'group'];
const XATTR: readonly Attribute[] = ['mode', 'modified', 'xattr'];
const asRoot = isRoot ? test : test.skip;
const withXattr = canKeep('xattr') ? test : test.skip;
const withLists = canKeep('acl') ? test : test.skip;

const onDisk = async (work: (subject: Subject & { readonly host: Host; readonly place: Place }) => Promise<void>) => {
  const place = makeDiskPlace();
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const host = await openLocalHost({ label: 'here', cacheFolder, breathe: () => new Promise(setImmediate) });
  try {
    await work({ host, place, cleanup: async () => {} });
  } finally {
    await host.close();
    place.remove();
    rmSync(cacheFolder, { recursive: true, force: true });
  }
};

const owners = (place: Place, path: string): string => {
  const { uid, gid } = lstatSync(join(place.path, path));
  return `${uid}:${gid}`;
};
const mode = (place: Place, path: string): string => (lstatSync(join(place.path, path)).mode & 0o7777).toString(8);
const done = (outcomes: readonly string[]): void => {
  assert.deepEqual(
    outcomes.filter(line => !line.endsWith(': done')),
    [],
  );
};

asRoot('owner and group go by name where there is one, else by number', () =>
  onDisk(async subject => {
    const { place } = subject;
    place.put({ old: { file: 'x' }, kept: { file: 'x' }, l: { link: 'x' }, d: { folder: 0o755 } });
    const daemon = Number(execFileSync('id', ['-u', 'daemon'], { encoding: 'utf8' }));
    const theirs = { owner: 'daemon', group: '4242' };
    done(
      await apply(
        subject,
        [
          { ...folder('whole', true), ...theirs } as never,
          file('whole/f', 1, theirs),
          link('whole/l', 'f', theirs),
          { ...folder('whole/in'), ...theirs } as never,
          { ...folder('plain'), ...theirs } as never,
          file('plain/g', 1, { owner: '77', group: 'daemon' }),
          file('old', 1, { ...theirs, expect: 'seen' }),
          link('l2', 'x', { owner: '78' }),
          { ...adjust('kept', null), ...theirs } as never,
          { ...adjust('l', null), owner: '79' } as never,
          { ...adjust('d', 0o700), group: '80' } as never,
        ],
        { 'whole/f': '1', 'plain/g': '2', old: '3' },
        { selection: { attributes: OWNED } },
      ),
    );
    const both = `${daemon}:4242`;
    for (const path of ['whole', 'whole/f', 'whole/l', 'whole/in', 'plain', 'old', 'kept'])
      assert.equal(owners(place, path), both, path);
    assert.equal(owners(place, 'plain/g').split(':')[0], '77');
    assert.equal(owners(place, 'l2').split(':')[0], '78');
    assert.equal(owners(place, 'l').split(':')[0], '79');
    assert.equal(owners(place, 'd'), `0:80`);
    assert.equal(mode(place, 'd'), '700');
  }),
);

asRoot('special bits come after the owner, and only where they are asked for', () =>
  onDisk(async subject => {
    const { place } = subject;
    const special = { selection: { attributes: [...OWNED, 'special' as const] } };
    const plainly = { selection: { attributes: OWNED } };
    place.put({ a: { file: 'x', mode: 0o4755 }, s: { folder: 0o2775 }, t: { folder: 0o1777 } });
    done(
      await apply(
        subject,
        [file('f', 1, { mode: 0o6755, owner: '77' }), { ...adjust('a', null), owner: '77' } as never],
        { f: '1' },
        special,
      ),
    );
    assert.deepEqual([mode(place, 'f'), owners(place, 'f')], ['6755', '77:0']);
    assert.deepEqual([mode(place, 'a'), owners(place, 'a').split(':')[0]], ['4755', '77']);
    done(
      await apply(
        subject,
        [file('g', 1, { mode: 0o7755 }), adjust('s', 0o750), adjust('t', 0o755), folder('d', false, 0o1777)],
        { g: '1' },
        plainly,
      ),
    );
    assert.deepEqual(
      ['g', 's', 't', 'd'].map(path => mode(place, path)),
      ['755', '2750', '1755', '777'],
    );
  }),
);

withXattr('extended attributes are given in staging and in place, and what is not wanted goes', () =>
  onDisk(async subject => {
    const { place } = subject;
    const at = (path: string): string => join(place.path, path);
    const extra = encodeExtras([{ name: 'user.a', value: '1\0' }]);
    place.put({ old: { file: 'x' }, d: { folder: 0o755 }, bare: { file: 'x' } });
    for (const path of ['old', 'd', 'bare']) setAttribute(at(path), 'user.old', 'o');
    const selection = { attributes: XATTR };
    done(
      await apply(
        subject,
        [
          { ...folder('whole', true, 0o750), extra } as never,
          file('whole/f', 1, { extra, mode: 0o400 }),
          file('whole/none', 1),
          file('old', 1, { extra, expect: 'seen' }),
          { ...adjust('d', null), extra } as never,
          { ...adjust('bare', 0o600), extra: '' } as never,
        ],
        { 'whole/f': '1', 'whole/none': '2', old: '3' },
        { selection },
      ),
    );
    for (const path of ['whole', 'whole/f', 'old', 'd'])
      assert.deepEqual(attributesOf(at(path)), ['user.a=0x3100'], path);
    for (const path of ['whole/none', 'bare']) assert.deepEqual(attributesOf(at(path)), [], path);
    assert.deepEqual(
      ['whole', 'whole/f', 'old'].map(path => mode(place, path)),
      ['750', '400', '644'],
    );
    assert.equal(lstatSync(at('whole/f')).mtimeMs, 1_600_000_000_123.456);
  }),
);

withXattr('what a relation does not manage is never set, whatever it is told', () =>
  onDisk(async subject => {
    const extra = encodeExtras([
      { name: 'security.other', value: '1' },
      { name: 'trusted.t', value: '1' },
      { name: 'user.a', value: '1' },
    ]);
    done(await apply(subject, [file('f', 1, { extra })], { f: '1' }, { selection: { attributes: XATTR } }));
    assert.deepEqual(attributesOf(join(subject.place.path, 'f')), ['user.a=0x31']);
    done(await apply(subject, [file('g', 1, { extra })], { g: '1' }));
    assert.deepEqual(attributesOf(join(subject.place.path, 'g')), []);
  }),
);

withXattr('an attribute that is too large is a problem of that file alone', () =>
  onDisk(async subject => {
    const huge = encodeExtras([{ name: 'user.huge', value: 'x'.repeat(60_000) }]);
    const small = encodeExtras([{ name: 'user.small', value: 'x' }]);
    const outcomes = await apply(
      subject,
      [file('f', 1, { extra: huge }), file('g', 1, { extra: small })],
      { f: '1', g: '2' },
      { selection: { attributes: XATTR } },
    );
    // File systems differ in how much they take.
    if (attributesOf(subject.place.path).length === 0 && outcomes.includes('g: done'))
      assert.ok(
        outcomes.some(line => line === 'stage f: failed no-space') || outcomes.includes('f: done'),
        outcomes.join(),
      );
    assert.deepEqual(attributesOf(join(subject.place.path, 'g')), ['user.small=0x78']);
  }),
);

withLists('access lists arrive under other names and modes, and none is inherited from the root', () =>
  onDisk(async subject => {
    const { host, place } = subject;
    const source = makeDiskPlace();
    try {
      source.put({ 'd/f': { file: 'x', mode: 0o640 }, 'd/none': { file: 'x' }, g: { file: 'y' } });
      setList(join(source.path, 'd/f'), 'u:daemon:rw,g:4711:r');
      setList(join(source.path, 'd'), 'd:u:daemon:rx,u:99:rwx');
      setList(place.path, 'd:u:daemon:rwx,d:m:rwx');
      const selection = { attributes: ['mode', 'modified', 'acl'] as const };
      const from = await host.openRoot(source.path, { create: false, state: null });
      const master = await from.scan({ ...ALL, ...selection, side: 'master' });
      const { trouble, digest } = await mirror(master, host, place.path, selection);
      assert.deepEqual(trouble, []);
      assert.equal(digest, master.summary.digest);
      for (const path of ['d', 'd/f', 'd/none', 'g'])
        assert.deepEqual(listOf(join(place.path, path)), listOf(join(source.path, path)), path);
      await master.close();
    } finally {
      source.remove();
    }
  }),
);

(canKeep('xattr') && isRoot ? test : test.skip)('capabilities arrive with `special`, and survive a new owner', () =>
  onDisk(async subject => {
    const { place } = subject;
    const at = (path: string): string => join(place.path, path);
    const value = '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0';
    const extra = encodeExtras([{ name: 'security.capability', value }]);
    const selection = { attributes: [...XATTR, 'owner' as const, 'special' as const] };
    done(await apply(subject, [file('f', 1, { extra, owner: '77' })], { f: '1' }, { selection }));
    assert.deepEqual(attributesOf(at('f')), [`security.capability=0x${Buffer.from(value, 'latin1').toString('hex')}`]);
    done(await apply(subject, [{ ...adjust('f', null), owner: '78' } as never], {}, { selection, run: 'run-2' }));
    assert.equal(owners(place, 'f').split(':')[0], '78');
    assert.equal(attributesOf(at('f')).length, 1);
    done(
      await apply(subject, [file('g', 1, { extra })], { g: '1' }, { selection: { attributes: XATTR }, run: 'run-3' }),
    );
    assert.deepEqual(attributesOf(at('g')), []);
  }),
);

asRoot('everything at once makes equal trees, hard links and links included', () =>
  onDisk(async ({ host, place }) => {
    const source = makeDiskPlace();
    const at = (path: string): string => join(source.path, path);
    try {
      source.put({
        'a/one': { file: 'one', mode: 0o4750, modified: -12_345_678_901_234 },
        'a/two': { hard: 'a/one' },
        'b/three': { hard: 'a/one' },
        'b/l': { link: 'nowhere', modified: 4_000_000_000_123_457 },
        'b/e': { folder: 0o1755 },
        'b/z': { file: '', modified: 0 },
      });
      chownSync(at('a/one'), 77, 88);
      chmodSync(at('a/one'), 0o4750);
      lchownSync(at('b/l'), 78, 89);
      if (canKeep('xattr')) setAttribute(at('a/one'), 'user.a', '\xff');
      const attributes: Attribute[] = [...OWNED, 'special'];
      if (canKeep('xattr')) attributes.push('xattr');
      if (canKeep('acl')) attributes.push('acl');
      const from = await host.openRoot(source.path, { create: false, state: null });
      const master = await from.scan({ ...ALL, attributes, side: 'master' });
      const { trouble, digest } = await mirror(master, host, place.path, { attributes });
      assert.deepEqual(trouble, []);
      assert.equal(digest, master.summary.digest);
      assert.deepEqual(place.look(), source.look());
      assert.equal(owners(place, 'b/l'), '78:89');
      await master.close();
    } finally {
      source.remove();
    }
  }),
);

withXattr('extended attributes change also where the owner himself may not write', () =>
  onDisk(async subject => {
    const { place } = subject;
    const at = (path: string): string => join(place.path, path);
    const extra = encodeExtras([{ name: 'user.a', value: '1' }]);
    place.put({ f: { file: 'x' }, d: { folder: 0o755 } });
    setAttribute(at('f'), 'user.old', '1');
    for (const path of ['f', 'd']) chmodSync(at(path), path === 'f' ? 0o444 : 0o555);
    done(
      await apply(
        subject,
        [{ ...adjust('f', null), extra } as never, { ...adjust('d', null), extra } as never],
        {},
        { selection: { attributes: XATTR } },
      ),
    );
    assert.deepEqual(
      ['f', 'd'].map(path => mode(place, path)),
      ['444', '555'],
    );
    for (const path of ['f', 'd']) assert.deepEqual(attributesOf(at(path)), ['user.a=0x31'], path);
    chmodSync(at('d'), 0o755);
  }),
);

test.run();
