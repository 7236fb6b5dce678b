// Symbolic links in a scan: kept, followed, skipped or refused, as the policy of the block says.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { LinkPolicy } from '../../compiler/plan.js';
import { readRecords } from '../../runtime/bytes/pack.js';
import { escapes } from '../../runtime/tree/escapes.js';
import { collect, inPlace, kinds, listed, scanOf } from './scanning.js';

const links = (more: Partial<LinkPolicy>): { links: LinkPolicy } => ({
  links: { symbolic: 'keep', hard: 'keep', escaping: 'keep', ...more },
});

const problems = (scan: Awaited<ReturnType<typeof scanOf>>): string[] =>
  scan.summary.problems.map(({ path, code }) => `${path} ${code}`);

test('a target escapes when it is absolute or climbs out of the root at any point', () => {
  const table: [target: string, folder: string, escaping: boolean][] = [
    ['x', '', false],
    ['../x', '', true],
    ['../x', 'a', false],
    ['../../x', 'a', true],
    ['b/../../x', 'a', false],
    ['../../a/x', 'a', true],
    ['/etc', 'a/b/c', true],
    ['./././..', 'a', false],
    ['a//..//..', '', true],
    ['...', '', false],
  ];
  for (const [target, folder, escaping] of table)
    assert.equal(escapes(target, folder), escaping, `${target} in ${folder}`);
});

test('links are kept as they are, dangling ones too', () =>
  inPlace({ 'a/x': 'x', 'a/here': '-> x', nowhere: '-> no/such', out: '-> /etc' }, async ({ path }) => {
    const scan = await scanOf(path);
    assert.deepEqual(await kinds(scan), ['a folder', 'nowhere link', 'out link', 'a/here link', 'a/x file']);
    assert.equal(scan.summary.links, 3);
  }));

test('skipped links are counted where they comply', () =>
  inPlace({ x: 'x', 'l.js': '-> x', m: '-> x' }, async ({ path }) => {
    const scan = await scanOf(path, links({ symbolic: 'skip' }));
    assert.deepEqual([await kinds(scan), scan.summary.skipped], [['x file'], 2]);
    const terms = [{ base: '', include: { is: 'ext' as const, values: ['js'] }, except: null }];
    assert.equal((await scanOf(path, { ...links({ symbolic: 'skip' }), terms })).summary.skipped, 1);
  }));

test('an escaping link is refused by name on the master, listed on a remote, skipped on both', () =>
  inPlace({ 'a/x': '', 'a/up': '-> ../b', 'a/out': '-> ../../b', abs: '-> /etc' }, async ({ path }) => {
    const refused = await scanOf(path, links({ escaping: 'refuse' }));
    assert.deepEqual(await kinds(refused), ['a folder', 'a/up link', 'a/x file']);
    assert.deepEqual(problems(refused), ['a/out escaping-link', 'abs escaping-link']);
    const remote = await scanOf(path, { ...links({ escaping: 'refuse' }), side: 'remote' });
    assert.deepEqual([(await kinds(remote)).length, problems(remote)], [5, []]);
    for (const side of ['master', 'remote'] as const) {
      const skipped = await scanOf(path, { ...links({ escaping: 'skip' }), side });
      assert.deepEqual([(await kinds(skipped)).length, skipped.summary.skipped], [3, 2]);
    }
    // What counts is the root, not the folder taken.
    const below = await scanOf(path, { ...links({ escaping: 'refuse' }), folder: 'a' });
    assert.deepEqual(problems(below), ['out escaping-link']);
  }));

test('a followed link is what it leads to: a file, or a folder with all that is in it', () =>
  inPlace({ 'real/x': 'content', 'in/f': '-> ../real/x', 'in/d': '-> ../real' }, async ({ path }) => {
    const scan = await scanOf(path, { ...links({ symbolic: 'follow' }), folder: 'in' });
    assert.deepEqual(await kinds(scan), ['d folder', 'f file', 'd/x file']);
    const file = (await listed(scan)).get('f');
    assert.equal(file?.kind === 'file' && file.size, 7);
    const [f, x] = await scan.digests(['f', 'd/x']);
    assert.ok(typeof f === 'string' && f === x);
    assert.deepEqual(await scan.changed(['f', 'd', 'd/x']), []);
    const found = await scan.lookup(['f', 'd', 'd/x', 'd/none']);
    assert.deepEqual(
      found.map(one => 'kind' in one && one.kind),
      ['file', 'folder', 'file', 'absent'],
    );
    const packed = await collect(scan.read(['f', 'd/x'].map((at, index) => ({ path: at, index }))));
    const contents = packed.flatMap(chunk => [...readRecords(chunk)]).map(one => 'content' in one && `${one.content}`);
    assert.deepEqual(contents, ['content', 'content']);
    writeFileSync(`${path}/real/x`, 'another');
    assert.deepEqual(await scan.changed(['f', 'd/x']), [0, 1]);
    await scan.close();
  }));

test('links are followed on the master only', () =>
  inPlace({ x: 'x', l: '-> x' }, async ({ path }) => {
    const remote = await scanOf(path, { ...links({ symbolic: 'follow' }), side: 'remote' });
    assert.deepEqual(await kinds(remote), ['l link', 'x file']);
  }));

test('a followed link that leads back, nowhere or to itself is named and left out', () =>
  inPlace(
    { 'a/x': 'x', 'a/back': '-> ..', self: '-> self', none: '-> no/such', 'a/b/up': '-> ../../a' },
    async ({ path }) => {
      const scan = await scanOf(path, links({ symbolic: 'follow' }));
      assert.deepEqual(await kinds(scan), ['a folder', 'a/b folder', 'a/x file']);
      assert.deepEqual(problems(scan), ['a/b/up link-loop', 'a/back link-loop', 'none gone', 'self link-loop']);
      // A link that leads nowhere is still something: its path must not count as free.
      assert.deepEqual(
        (await scan.lookup(['none'])).map(one => 'kind' in one && one.kind),
        ['link'],
      );
    },
  ));

test('a followed link complies by what it leads to, and special files are skipped', () =>
  inPlace({ 'big.bin': 'x'.repeat(100), small: 'x', toBig: '-> big.bin', toSmall: '-> small' }, async ({ path }) => {
    execFileSync('mkfifo', [`${path}/pipe`]);
    symlinkSync('pipe', `${path}/toPipe`);
    const terms = [{ base: '', include: { is: 'size' as const, op: '>' as const, bytes: 50 }, except: null }];
    assert.deepEqual(await kinds(await scanOf(path, { ...links({ symbolic: 'follow' }), terms })), [
      'big.bin file',
      'toBig file',
    ]);
    assert.equal((await scanOf(path, links({ symbolic: 'follow' }))).summary.skipped, 2);
  }));

test('a parent that is replaced by a link is never gone through', () =>
  inPlace({ 'a/x': 'inside' }, async ({ path, make }) => {
    const scan = await scanOf(path);
    execFileSync('mv', [`${path}/a`, `${path}/b`]);
    make({ 'elsewhere/x': 'outside' });
    symlinkSync('elsewhere', `${path}/a`);
    assert.deepEqual(await scan.changed(['a/x']), [0]);
    const [digest] = await scan.digests(['a/x']);
    assert.ok(typeof digest !== 'string');
    const [record] = [...readRecords((await collect(scan.read([{ path: 'a/x', index: 3 }])))[0]!)];
    assert.deepEqual(record?.is === 'lost' && [record.index, record.code], [3, 'changed']);
    assert.deepEqual(await scan.lookup(['a/x']), [{ kind: 'absent' }]);
    mkdirSync(`${path}/fresh`);
  }));

test.run();
