// What cannot be listed is named and never taken for empty: unreadable, vanished, mounted, too deep.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { inPlace, kinds, listed, localVerbs, scanOf } from './scanning.js';

const failing = (name: string, fault: string): FileVerbs => {
  const verbs = localVerbs();
  const bad = new Set<number>();
  return {
    ...verbs,
    async enter(at, one) {
      const entered = await verbs.enter(at, one);
      if ('held' in entered) bad[one === name ? 'add' : 'delete'](entered.held);
      return entered;
    },
    list: folder => (bad.has(folder.held) ? { fault, message: fault } : verbs.list(folder)),
  };
};

test('a folder that cannot be read is named and listed as unreadable, never as empty', () =>
  inPlace({ 'closed/x': 'x', 'open/y': 'y' }, async ({ path }) => {
    const scan = await scanOf(path, {}, { verbs: failing('closed', 'EACCES') });
    const entry = (await listed(scan)).get('closed');
    assert.ok(entry?.kind === 'folder' && entry.unreadable && entry.entries === 0);
    assert.deepEqual(
      scan.summary.problems.map(({ path: at, code, message }) => [at, code, message]),
      [['closed', 'denied', 'list the folder: permission denied']],
    );
    assert.notEqual(scan.summary.digest, (await scanOf(path)).summary.digest);
    // Even where only what is below would comply.
    const terms = [{ base: '', include: { is: 'ext' as const, values: ['x'] }, except: null }];
    assert.deepEqual(await kinds(await scanOf(path, { terms }, { verbs: failing('closed', 'EIO') })), [
      'closed folder',
    ]);
  }));

test('a folder that vanishes while it is entered is left out', () =>
  inPlace({ 'gone/x': 'x', 'open/y': 'y' }, async ({ path }) => {
    const scan = await scanOf(path, {}, { verbs: failing('gone', 'ENOENT') });
    assert.deepEqual([await kinds(scan), scan.summary.problems], [['open folder', 'open/y file'], []]);
  }));

test('a take whose own folder cannot be listed is an error, not an empty tree', () =>
  inPlace({ 'a/x': '' }, async ({ path }) => {
    await assert.rejects(
      scanOf(path, { folder: 'a' }, { verbs: failing('a', 'EACCES') }),
      error => error instanceof HostError && error.code === 'bad-root' && error.message.includes('permission denied'),
    );
  }));

test('another file system below the root is counted, not entered, and what it holds is unknown', () =>
  inPlace({ 'mnt/x': 'x', 'a/y': 'y' }, async ({ path }) => {
    const verbs = localVerbs();
    const elsewhere: FileVerbs = {
      ...verbs,
      async list(folder) {
        const named = await verbs.list(folder);
        if ('fault' in named) return named;
        return named.map(one => (one.name === 'mnt' ? { ...one, stat: { ...one.stat, device: -1 } } : one));
      },
    };
    const scan = await scanOf(path, {}, { verbs: elsewhere });
    assert.deepEqual(await kinds(scan), ['a folder', 'mnt folder', 'a/y file']);
    const entry = (await listed(scan)).get('mnt');
    assert.ok(entry?.kind === 'folder' && entry.unreadable);
    assert.deepEqual([scan.summary.mounts, scan.summary.problems], [1, []]);
  }));

test('120 folders deep is listed; 600 deep is named where it ends', () =>
  inPlace({ [`${'d/'.repeat(119)}x`]: 'x' }, async ({ path }) => {
    const scan = await scanOf(path);
    assert.equal((await listed(scan)).size, 120);
    assert.deepEqual(await scan.changed([`${'d/'.repeat(119)}x`]), []);
    const deep = 'e/'.repeat(600);
    execFileSync('sh', ['-c', 'i=0; while [ $i -lt 600 ]; do mkdir e && cd e || exit 1; i=$((i+1)); done'], {
      cwd: path,
    });
    const capped = await scanOf(path);
    const [problem, ...others] = capped.summary.problems;
    assert.deepEqual([problem?.code, others], ['too-deep', []]);
    assert.ok(deep.startsWith(problem!.path) && problem!.path.split('/').length > 500);
    execFileSync('rm', ['-rf', `${path}/e`]);
  }));

test.run();
