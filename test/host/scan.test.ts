// A scan lists what complies, as it is, in pages; it names what it cannot list and never takes that for empty.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { comparePaths, join, type Path } from '../../runtime/tree/path.js';
import { collect, inPlace, kinds, listed, localVerbs, scanOf, type Tree } from './scanning.js';

test('files, folders and links are listed with their facts', () =>
  inPlace({ 'b/x': 'abc', a: '', l: '-> b/x' }, async ({ path }) => {
    chmodSync(`${path}/a`, 0o755);
    const scan = await scanOf(path);
    const all = await listed(scan);
    const time = 1_600_000_000_000_000;
    assert.deepEqual(all.get('b/x'), {
      kind: 'file',
      size: 3,
      mode: 0o644,
      modified: time,
      owner: '',
      group: '',
      extra: '',
    });
    assert.deepEqual(all.get('l'), { kind: 'link', target: 'b/x', modified: time, owner: '', group: '' });
    assert.equal((all.get('a') as { mode: number }).mode, 0o755);
    const { digest, problems, ...counts } = scan.summary;
    assert.equal(digest.length, 16);
    assert.deepEqual(problems, []);
    const none = { skipped: 0, specialBits: 0, mounts: 0, moreProblems: 0, hard: 0 };
    assert.deepEqual(counts, { exists: true, files: 2, folders: 1, links: 1, bytes: 3, ...none });
    await scan.close();
  }));

test('what is not managed is listed as nothing, and setuid, setgid and sticky only with `special`', () =>
  inPlace({ f: 'x' }, async ({ path }) => {
    chmodSync(`${path}/f`, 0o6755);
    const mode = async (attributes: ('mode' | 'special' | 'owner')[]) =>
      ((await listed(await scanOf(path, { attributes }))).get('f') as { mode: number }).mode;
    assert.deepEqual([await mode([]), await mode(['mode']), await mode(['mode', 'special'])], [0, 0o755, 0o6755]);
    const owned = (await listed(await scanOf(path, { attributes: ['owner'], times: false }))).get('f');
    assert.deepEqual(owned, {
      kind: 'file',
      size: 1,
      mode: 0,
      modified: 0,
      owner: execFileSync('stat', ['-c', '%U', `${path}/f`], { encoding: 'utf8' }).trim(),
      group: '',
      extra: '',
    });
    chmodSync(`${path}/f`, 0o1644);
    assert.deepEqual([await mode(['mode']), await mode(['mode', 'special'])], [0o644, 0o1644]);
  }));

/** Names that break careless programs, as byte strings. */
const HOSTILE = [
  '-rf',
  '--',
  'new\nline',
  'tab\t',
  '\x01\x1b[31m',
  '"quotes\'',
  '$(touch x)',
  '`id`',
  '\\',
  ' ',
  '*?[a]{b}',
  '\xff\xfe',
  '\xe2\x80\xae',
  'caf\xc3\xa9',
  'x'.repeat(255),
  '\xf0'.repeat(255),
  '...',
  '~',
];

test('no name is lost, merged or misread', () =>
  inPlace(
    Object.fromEntries(HOSTILE.map((name, i) => [`${name}/${HOSTILE[HOSTILE.length - 1 - i]}`, name])),
    async ({ path }) => {
      const scan = await scanOf(path);
      const all = await listed(scan);
      const expected = HOSTILE.flatMap((name, i) => [name, `${name}/${HOSTILE[HOSTILE.length - 1 - i]}`]);
      assert.deepEqual([...all.keys()].sort(), expected.sort());
      const files = expected.filter(one => one.includes('/'));
      const found = await scan.lookup(files);
      assert.ok(found.every(one => 'kind' in one && one.kind === 'file'));
      assert.deepEqual(await scan.changed(files), []);
      const digests = await scan.digests(files);
      assert.equal(new Set(digests).size, HOSTILE.length);
    },
  ));

const names = fc.constantFrom('a', 'a-b', 'ab', 'b', '\xff', 'z\n');
const trees: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(fc.array(names, { minLength: 1, maxLength: 4 }), fc.option(fc.constantFrom('', '1', '22'))), {
    maxLength: 10,
  })
  .map(entries => {
    const tree: Record<Path, string | null> = {};
    for (const [parts, content] of entries) {
      const path = parts.join('/');
      const taken = Object.entries(tree).some(
        ([other, its]) =>
          other === path || other.startsWith(`${path}/`) || (its !== null && path.startsWith(`${other}/`)),
      );
      if (!taken) tree[path] = content;
    }
    return tree;
  });

test('a scan lists what a naive walk finds, and its summary is equal exactly when that is', () =>
  inPlace({}, async ({ path }) => {
    const seen = new Map<string, string>();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(trees, async tree => {
        const at = `${path}/${run++}`;
        mkdirSync(at);
        await inPlace(tree, async place => {
          const scan = await scanOf(place.path);
          const all = await listed(scan);
          const naive = walkNaively(place.path, '');
          assert.deepEqual([...all.keys()].sort(comparePaths), [...naive.keys()].sort(comparePaths));
          for (const [one, size] of naive) {
            const entry = all.get(one)!;
            assert.equal(entry.kind === 'file' ? entry.size : entry.kind, size);
          }
          const same = JSON.stringify([...naive].sort(([a], [b]) => comparePaths(a, b)));
          assert.equal(seen.get(same) ?? scan.summary.digest, scan.summary.digest);
          seen.set(same, scan.summary.digest);
          await scan.close();
        });
      }),
      { numRuns: 60 },
    );
    assert.equal(new Set(seen.values()).size, seen.size);
  }));

const walkNaively = (top: string, folder: Path): Map<Path, number | 'folder'> => {
  const found = new Map<Path, number | 'folder'>();
  for (const name of readdirSync(Buffer.from(`${top}/${folder}`, 'latin1'), { encoding: 'latin1' })) {
    const path = join(folder, name);
    const stats = lstatSync(Buffer.from(`${top}/${path}`, 'latin1'));
    found.set(path, stats.isDirectory() ? 'folder' : stats.size);
    if (stats.isDirectory()) for (const [below, what] of walkNaively(top, path)) found.set(below, what);
  }
  return found;
};

test('only what complies is listed, with the folders it stands in', () =>
  inPlace({ 'a/x.js': '', 'a/y.css': '', 'b/y.css': '', 'c/d/z.js': '', e: null }, async ({ path }) => {
    const terms = [{ base: '', include: { is: 'ext' as const, values: ['js'] }, except: null }];
    const scan = await scanOf(path, { terms });
    assert.deepEqual(await kinds(scan), ['a folder', 'c folder', 'a/x.js file', 'c/d folder', 'c/d/z.js file']);
    const folder = (await listed(scan)).get('a');
    assert.deepEqual(folder?.kind === 'folder' && [folder.selected, folder.mode, folder.entries], [false, 0, 1]);
  }));

test('a take may begin in a folder of the root; one that is missing does not exist', () =>
  inPlace({ 'a/b/c': 'x', 'a/l': '-> b', f: '' }, async ({ path }) => {
    assert.deepEqual(await kinds(await scanOf(path, { folder: 'a/b' })), ['c file']);
    for (const folder of ['nowhere', 'a/nowhere', 'nowhere/a']) {
      const scan = await scanOf(path, { folder });
      assert.equal(scan.summary.exists, false);
      assert.deepEqual(
        (await collect(scan.pages(['']))).map(({ page }) => page.length),
        [0],
      );
      assert.deepEqual(await scan.lookup(['x']), [{ kind: 'absent' }]);
    }
    for (const folder of ['a/l', 'f', '.syncplan']) {
      await assert.rejects(scanOf(path, { folder }), error => error instanceof HostError && error.code === 'bad-root');
    }
  }));

test('the state folder in the root is never listed nor looked up, nor are those of roots inside of it', () =>
  inPlace({ '.syncplan/marker': 'x', 'a/.syncplan/marker': 'x', 'a/.syncplans': 'x' }, async ({ path }) => {
    const scan = await scanOf(path);
    assert.deepEqual(await kinds(scan), ['a folder', 'a/.syncplans file']);
    const own = ['.syncplan', '.syncplan/marker', 'a/.syncplan', 'a/.syncplan/marker'];
    const codes = (await scan.lookup(own)).map(one => 'code' in one && one.code);
    assert.deepEqual(codes, ['bad-path', 'bad-path', 'bad-path', 'bad-path']);
    assert.deepEqual(await kinds(await scanOf(path, { folder: 'a' })), ['.syncplans file']);
    await assert.rejects(scanOf(path, { folder: 'a/.syncplan' }), /it is syncplan's own folder/);
  }));

test('special files are skipped and counted where they comply', () =>
  inPlace({ f: '' }, async ({ path }) => {
    execFileSync('mkfifo', [`${path}/pipe`, `${path}/pipe.js`]);
    const scan = await scanOf(path);
    assert.deepEqual([await kinds(scan), scan.summary.skipped], [['f file'], 2]);
    assert.deepEqual(await scan.lookup(['pipe']), [{ kind: 'special', what: 'fifo' }]);
    const terms = [{ base: '', include: { is: 'ext' as const, values: ['js'] }, except: null }];
    assert.equal((await scanOf(path, { terms })).summary.skipped, 1);
  }));

/** Verbs under which listing the folder of this name fails. */
test('looking up finds what is there by name, whatever the selection', () =>
  inPlace({ 'a/x.js': 'abc', 'a/y.css': '12', l: '-> a' }, async ({ path }) => {
    const terms = [{ base: '', include: { is: 'ext' as const, values: ['js'] }, except: null }];
    const scan = await scanOf(path, { terms });
    const found = await scan.lookup(['a/y.css', 'a', 'a/nothing', 'l', 'l/x.js', 'a/x.js/below', '', '../x', 'a//b']);
    assert.deepEqual(
      found.map(one => ('code' in one ? one.code : one.kind)),
      ['file', 'folder', 'absent', 'link', 'absent', 'absent', 'bad-path', 'bad-path', 'bad-path'],
    );
    assert.deepEqual(found[1], {
      kind: 'folder',
      selected: false,
      unreadable: false,
      mode: lstatSync(`${path}/a`).mode & 0o777,
      owner: '',
      group: '',
      extra: '',
    });
  }));

test('what changed since it was listed is told, and a lookup makes it the new truth', () =>
  inPlace({ 'a/x': 'abc', 'a/y': 'abc', 'b/z': '1', gone: '' }, async ({ path }) => {
    const scan = await scanOf(path);
    const all = ['a', 'a/x', 'a/y', 'b/z', 'gone', 'new'];
    assert.deepEqual(await scan.changed(all), []);
    chmodSync(`${path}/a/y`, 0o600);
    rmSync(`${path}/gone`);
    rmSync(`${path}/b`, { recursive: true });
    writeFileSync(`${path}/new`, '');
    assert.deepEqual(await scan.changed(all), [2, 3, 4, 5]);
    const found = await scan.lookup(all);
    assert.deepEqual(
      found.map(one => 'kind' in one && one.kind),
      ['folder', 'file', 'file', 'absent', 'absent', 'file'],
    );
    assert.deepEqual(await scan.changed(all), []);
    assert.deepEqual([scan.seen('gone'), scan.seen('new')?.kind, scan.seen('never')], [null, 'file', null]);
  }));

test('hard links are one file and its further names; with `split` each is a file', () =>
  inPlace({ 'b/one': 'abc', 'a/two': '= b/one', 'b/three': '= b/one', alone: 'x' }, async ({ path }) => {
    const scan = await scanOf(path);
    const all = await listed(scan);
    assert.equal(all.get('a/two')?.kind, 'file');
    assert.deepEqual([all.get('b/one'), all.get('b/three')], Array(2).fill({ kind: 'hard', leader: 'a/two' }));
    assert.deepEqual([scan.summary.files, scan.summary.hard, scan.summary.bytes], [2, 2, 4]);
    assert.deepEqual(await scan.followers(['alone', 'a/two']), [[], ['b/one', 'b/three']]);
    assert.deepEqual(await scan.changed(['b/one', 'a/two']), []);
    const split = await scanOf(path, { links: { symbolic: 'keep', hard: 'split', escaping: 'keep' } });
    assert.deepEqual([split.summary.files, split.summary.hard], [4, 0]);
    // A name outside the selection makes no set.
    const terms = [{ base: '', include: { is: 'under' as const, folder: 'a' }, except: null }];
    assert.deepEqual(await kinds(await scanOf(path, { terms })), ['a folder', 'a/two file']);
  }));

test('pages come in the order asked, and a folder that was not listed is refused', () =>
  inPlace({ 'a/x': '', 'b/c/y': '' }, async ({ path }) => {
    const scan = await scanOf(path);
    const folders = ['b/c', '', 'a', 'b/c'];
    assert.deepEqual(
      (await collect(scan.pages(folders))).map(({ folder }) => folder),
      folders,
    );
    const below = await collect(scan.subtrees(['b', 'a']));
    assert.deepEqual(
      below.map(({ folder }) => folder),
      ['b', 'b/c', 'a'],
    );
    await assert.rejects(collect(scan.pages(['nowhere'])), HostError);
    await assert.rejects(collect(scan.contents(['a/x'])), HostError);
  }));

test('a long scan pauses for breath', () =>
  inPlace(Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`d${i % 30}/f${i}`, ''])), async ({ path }) => {
    let breaths = 0;
    const scan = await scanOf(path, {}, { breathe: async () => void breaths++ });
    assert.equal(breaths, 2);
    assert.equal(scan.summary.files, 9000);
  }));

test('every folder that a scan held is let go', () =>
  inPlace({ 'a/b/c/x': 'x', 'd/y': '', 'd/e': null }, async ({ path }) => {
    const verbs = localVerbs();
    const held = new Set<number>();
    const counting: FileVerbs = {
      ...verbs,
      async enter(at, name) {
        const entered = await verbs.enter(at, name);
        if ('held' in entered) held.add(entered.held);
        return entered;
      },
      async release(folder) {
        held.delete(folder.held);
        await verbs.release(folder);
      },
    };
    const scan = await scanOf(path, { folder: 'a' }, { verbs: counting });
    await scan.lookup(['b/c/x', 'b/none/x']);
    await scan.digests(['b/c/x']);
    await scan.changed(['b/c/x']);
    await collect(scan.contents(['']));
    for await (const _ of scan.read([{ path: 'b/c/x', index: 0 }])) break;
    await scan.close();
    assert.deepEqual([...held], []);
  }));

test.run();
