// Extended attributes and access lists in a scan of a real disk: as digests in pages, as values where they are asked for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { Attribute } from '../../compiler/plan.js';
import { type ExtraVerbs, type FileVerbs, isFault } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { decodeExtras } from '../../runtime/tree/extra.js';
import { canKeep, isRoot, setAttribute, setList } from './attributes.js';
import { inPlace, kinds, listed, localVerbs, scanOf } from './scanning.js';

const XATTR: readonly Attribute[] = ['mode', 'modified', 'xattr'];
const ACL: readonly Attribute[] = ['mode', 'modified', 'acl'];
const kept = canKeep('xattr') ? test : test.skip;
const listedAccess = canKeep('acl') ? test : test.skip;

const extraOf = async (scan: Awaited<ReturnType<typeof scanOf>>, path: string): Promise<string> => {
  const entry = (await listed(scan)).get(path);
  assert.ok(entry?.kind === 'file' || entry?.kind === 'folder', path);
  return entry.extra;
};

const valuesOf = async (scan: Awaited<ReturnType<typeof scanOf>>, paths: string[]) =>
  (await scan.extras(paths)).map(answer =>
    typeof answer === 'string' ? decodeExtras(answer).map(({ name, value }) => `${name}=${value}`) : answer.code,
  );

kept('extended attributes make pages differ, and only where they are managed', () =>
  inPlace({ 'a/x': 'x', 'a/y': 'y', 'a/b/z': 'z' }, async ({ path }) => {
    const plain = await scanOf(path, { attributes: XATTR });
    const unmanaged = (await scanOf(path)).summary.digest;
    assert.equal(plain.summary.digest, unmanaged);
    setAttribute(`${path}/a/x`, 'user.origin', 'a\0\xff');
    setAttribute(`${path}/a/b`, 'user.folder', '');
    const scan = await scanOf(path, { attributes: XATTR });
    assert.notEqual(scan.summary.digest, unmanaged);
    assert.equal((await scanOf(path)).summary.digest, unmanaged);
    assert.equal((await extraOf(scan, 'a/x')).length, 16);
    assert.equal((await extraOf(scan, 'a/b')).length, 16);
    assert.equal(await extraOf(scan, 'a/y'), '');
    assert.deepEqual(await valuesOf(scan, ['a/x', 'a/y', 'a/b']), [['user.origin=a\0\xff'], [], ['user.folder=']]);
    const [x, b] = await scan.lookup(['a/x', 'a/b']);
    assert.ok(x !== undefined && 'extra' in x && x.extra === (await extraOf(scan, 'a/x')));
    assert.ok(b !== undefined && 'extra' in b && b.extra === (await extraOf(scan, 'a/b')));
    setAttribute(`${path}/a/x`, 'user.origin', 'other');
    assert.deepEqual(await valuesOf(scan, ['a/x']), ['changed']);
    await scan.lookup(['a/x']);
    assert.deepEqual(await valuesOf(scan, ['a/x']), [['user.origin=other']]);
  }),
);

kept('any bytes in names, of files and of attributes', () => {
  const odd = ['-', '-rf', '# file: x', 'a: b', 'new\nline', '\xff\xfe', 'back\\134slash', 'x=y', ' '];
  return inPlace(Object.fromEntries(odd.map(name => [`in/${name}`, 'x'])), async ({ path }) => {
    const verbs = localVerbs();
    const root = await verbs.open(`${path}/in`);
    assert.ok(!isFault(root));
    const set = [{ name: 'user.=\n\\ \xe9', value: 'v\n\0' }];
    const faults = await verbs.extras!.write(
      odd.map(name => ({ at: root.folder, name, follow: false, set, remove: [] })),
    );
    assert.deepEqual(
      faults,
      odd.map(() => null),
    );
    const scan = await scanOf(path, { attributes: XATTR });
    const values = await valuesOf(
      scan,
      odd.map(name => `in/${name}`),
    );
    assert.deepEqual(
      values,
      odd.map(() => ['user.=\n\\ \xe9=v\n\0']),
    );
    const removed = odd.map(name => ({ at: root.folder, name, follow: false, set: [], remove: ['user.=\n\\ \xe9'] }));
    assert.deepEqual(
      await verbs.extras!.write(removed),
      odd.map(() => null),
    );
    assert.deepEqual(await valuesOf(await scanOf(path, { attributes: XATTR }), ['in/-']), [[]]);
    await verbs.release(root.folder);
  });
});

kept('what vanished is told from what has none', () =>
  inPlace({ x: 'x', 'y: z': 'y', gone: '' }, async ({ path }) => {
    const verbs = localVerbs();
    const root = await verbs.open(path);
    assert.ok(!isFault(root));
    unlinkSync(`${path}/gone`);
    const ask = (name: string) => ({ at: root.folder, name, follow: false });
    const [x, y, gone] = await verbs.extras!.read([ask('x'), ask('y: z'), ask('gone')], XATTR);
    assert.deepEqual([x, y], [[], []]);
    assert.ok(isFault(gone) && gone.fault === 'ENOENT');
    const [fault, done] = await verbs.extras!.write([
      { ...ask('gone'), set: [{ name: 'user.a', value: '' }], remove: [] },
      { ...ask('x'), set: [{ name: 'user.a', value: '' }], remove: [] },
    ]);
    assert.ok(isFault(fault) && fault.fault === 'ENOENT');
    assert.equal(done, null);
    await verbs.release(root.folder);
  }),
);

kept('the attributes of a link are not those of its target, unless it is followed', () =>
  inPlace({ 'real/x': 'x' }, async ({ path }) => {
    setAttribute(`${path}/real/x`, 'user.a', '1');
    setAttribute(`${path}/real`, 'user.f', '1');
    mkdirSync(`${path}/in`);
    symlinkSync('../real/x', `${path}/in/l`);
    symlinkSync('../real', `${path}/in/d`);
    const followed = await scanOf(path, {
      attributes: XATTR,
      folder: 'in',
      links: { symbolic: 'follow', hard: 'keep', escaping: 'keep' },
    });
    assert.deepEqual(await valuesOf(followed, ['l', 'd', 'd/x']), [['user.a=1'], ['user.f=1'], ['user.a=1']]);
    assert.deepEqual(await kinds(await scanOf(path, { attributes: XATTR, folder: 'in' })), ['d link', 'l link']);
  }),
);

kept('many files in many folders', () =>
  inPlace(Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`${i % 200}/f${i}`, 'x'])), async ({ path }) => {
    for (const i of [0, 199, 399]) setAttribute(`${path}/${i % 200}/f${i}`, 'user.i', String(i));
    const scan = await scanOf(path, { attributes: XATTR });
    const with16 = [...(await listed(scan))].filter(([, entry]) => 'extra' in entry && entry.extra !== '');
    assert.deepEqual(with16.map(([one]) => one).sort(), ['0/f0', '199/f199', '199/f399']);
    assert.equal(scan.summary.files, 400);
  }),
);

listedAccess('access lists go by names, and take the mode from the mode', () =>
  inPlace({ x: 'x', y: 'x', d: null }, async ({ path }) => {
    setList(`${path}/x`, 'u:root:r,u:54321:rw');
    setList(`${path}/d`, 'd:u:54321:rx');
    const scan = await scanOf(path, { attributes: ACL });
    assert.equal((await extraOf(scan, 'x')).length, 16);
    assert.equal((await extraOf(scan, 'd')).length, 16);
    assert.equal(await extraOf(scan, 'y'), '');
    const [values] = await valuesOf(scan, ['x']);
    assert.ok(Array.isArray(values) && values.length === 1);
    assert.match(values[0]!, /^system\.posix_acl_access=\x02\x06\x0554321\x02\x04\x04root\x04\x04\0$/);
    const other = (await scanOf(path, { attributes: XATTR })).summary.digest;
    writeFileSync(`${path}/y`, 'x');
    assert.notEqual(other, scan.summary.digest);
  }),
);

test('a file whose attributes cannot be read is left out and named, a folder is listed without its own', () =>
  inPlace({ 'a/x': 'x', 'a/y': '= a/x', 'a/z': 'z', b: null }, async ({ path }) => {
    const verbs = failing(localVerbs(), name => (name === 'x' || name === 'b' || name === 'y' ? 'EACCES' : null));
    const scan = await scanOf(path, { attributes: XATTR }, { verbs });
    assert.deepEqual(await kinds(scan), ['a folder', 'b folder', 'a/z file']);
    const b = (await listed(scan)).get('b');
    assert.ok(b?.kind === 'folder' && !b.selected);
    assert.deepEqual(
      scan.summary.problems.map(problem => `${problem.path} ${problem.code} ${problem.message}`),
      [
        'a/x denied read its extended attributes: permission denied',
        'b denied read its extended attributes: permission denied',
      ],
    );
    assert.deepEqual([scan.summary.files, scan.summary.hard], [1, 0]);
    const [x] = await scan.lookup(['a/x']);
    assert.ok(x !== undefined && 'code' in x && x.code === 'denied');
  }));

test('a file that vanished meanwhile is left out', () =>
  inPlace({ x: 'x', z: 'z' }, async ({ path }) => {
    const scan = await scanOf(
      path,
      { attributes: XATTR },
      { verbs: failing(localVerbs(), name => (name === 'x' ? 'ENOENT' : null)) },
    );
    assert.deepEqual([await kinds(scan), scan.summary.problems], [['z file'], []]);
  }));

test('a host that has no extended attributes refuses only where the plan asks for them', () =>
  inPlace({ x: 'x' }, async ({ path }) => {
    const verbs = { ...localVerbs(), extras: null };
    await scanOf(path, {}, { verbs });
    await assert.rejects(
      () => scanOf(path, { attributes: ACL }, { verbs }),
      (error: unknown) => error instanceof HostError && error.code === 'unsupported',
    );
  }));

test('programs that are not installed are named, with the package that has them', () =>
  inPlace({ x: 'x' }, async ({ path, make }) => {
    const before = process.env.PATH;
    const find = (program: string) => execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    make({ 'bin/env': `-> ${find('env')}`, 'bin/xargs': `-> ${find('xargs')}` });
    try {
      process.env.PATH = `${path}/bin`;
      await assert.rejects(
        () => scanOf(path, { attributes: XATTR }),
        (error: unknown) =>
          error instanceof HostError && error.code === 'unsupported' && /install the package `attr`/.test(error.help),
      );
    } finally {
      process.env.PATH = before;
    }
  }));

(canKeep('xattr') && isRoot ? test : test.skip)(
  'trusted attributes and capabilities are carried only with `special`',
  () =>
    inPlace({ x: 'x' }, async ({ path }) => {
      setAttribute(`${path}/x`, 'trusted.t', '1');
      setAttribute(`${path}/x`, 'security.capability', '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0');
      const without = await scanOf(path, { attributes: XATTR });
      assert.deepEqual(await valuesOf(without, ['x']), [[]]);
      const [values] = await valuesOf(await scanOf(path, { attributes: [...XATTR, 'special'] }), ['x']);
      assert.deepEqual(
        (values as string[]).map(one => one.split('=')[0]),
        ['security.capability', 'trusted.t'],
      );
    }),
);

/** These verbs, with faults for some names when their extended attributes are read. */
const failing = (verbs: FileVerbs, faultOf: (name: string) => string | null): FileVerbs => {
  const extras: ExtraVerbs = {
    ...verbs.extras!,
    read: batch =>
      batch.map(({ name }) => {
        const fault = faultOf(name);
        return fault === null ? [] : { fault, message: fault };
      }),
  };
  return { ...verbs, extras };
};

test.run();
