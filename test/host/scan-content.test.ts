// Content digests, content pages and contents as packs: what a scan says of what files hold.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import { ALGORITHMS } from '../../compiler/plan.js';
import { openDigests } from '../../runtime/bytes/digest.js';
import { MAX_CONTENT, type PackRecord, readRecords, SMALL_FILE, ZERO_RUN } from '../../runtime/bytes/pack.js';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import type { FolderPage } from '../../runtime/host/host.js';
import type { SeenScan } from '../../runtime/host/seen.js';
import { decodeContentPage, decodePage } from '../../runtime/tree/page.js';
import { join, type Path } from '../../runtime/tree/path.js';
import { collect, inPlace, listed, localVerbs, scanOf } from './scanning.js';

const hasher = await openDigests('xxh128');

const contentsOf = async (scan: SeenScan, folders: readonly Path[]): Promise<Buffer[]> =>
  (await collect<FolderPage>(scan.contents(folders))).map(({ page }) => Buffer.from(page));

test('digests are those of the contents, by every algorithm', () =>
  inPlace({ 'a/x': 'content', empty: '', 'a/h': '= a/x' }, async ({ path }) => {
    for (const algorithm of ALGORITHMS) {
      const scan = await scanOf(path, { algorithm });
      const own = await openDigests(algorithm);
      const expected = ['content', '', 'content'].map(text => own.hash(Buffer.from(text)));
      assert.deepEqual(await scan.digests(['a/x', 'empty', 'a/h']), expected, algorithm);
      await scan.close();
    }
  }));

test('a content page holds the digests of its files and the digest of each folder below', () =>
  inPlace({ 'a/b/x': '1', 'a/y': '22', 'a/l': '-> y', 'a/z': '= a/y', 'a/e': null, e: null }, async ({ path }) => {
    const scan = await scanOf(path);
    const [top, a, b, e] = await contentsOf(scan, ['', 'a', 'a/b', 'e']);
    const pages = await collect(scan.pages(['', 'a', 'a/b']));
    const decoded = [top!, a!, b!].map((page, i) => decodeContentPage(decodePage(pages[i]!.page), page));
    const of = (text: string | Buffer) => hasher.hash(Buffer.from(text));
    assert.deepEqual(decoded, [[of(a!), null], [of(b!), null, null, of('22'), null], [of('1')]]);
    assert.equal(e!.length, 0);
  }));

test('content pages of two trees are equal exactly when all contents are', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('x', 'y', 'zz'), { minLength: 4, maxLength: 4 }),
      fc.array(fc.constantFrom('x', 'y', 'zz'), { minLength: 4, maxLength: 4 }),
      async (ours, theirs) => {
        const tree = (texts: readonly string[]) =>
          Object.fromEntries(['f', 'a/f', 'a/b/f', 'c/f'].map((at, i) => [at, texts[i]!]));
        const tops: Buffer[] = [];
        for (const texts of [ours, theirs]) {
          await inPlace(tree(texts), async ({ path }) => {
            const scan = await scanOf(path);
            // Asked for in parts first, or at once: it must not matter.
            if (texts === ours) await contentsOf(scan, ['a/b', 'c', 'a']);
            tops.push(...(await contentsOf(scan, [''])));
          });
        }
        assert.equal(tops[0]!.equals(tops[1]!), ours.join() === theirs.join());
      },
    ),
    { numRuns: 40 },
  ));

test('an unreadable file has no digest in its page, and a problem of its own when asked for', () =>
  inPlace({ 'a/closed': 'x', 'a/open': 'y' }, async ({ path }) => {
    const scan = await scanOf(path, {}, { verbs: closed('closed') });
    const [page] = await contentsOf(scan, ['a']);
    const [own] = await collect(scan.pages(['a']));
    assert.deepEqual(decodeContentPage(decodePage(own!.page), page!), ['', hasher.hash(Buffer.from('y'))]);
    const [problem, digest, unknown] = await scan.digests(['a/closed', 'a/open', 'never/listed']);
    assert.deepEqual(typeof problem === 'object' && [problem.path, problem.code], ['a/closed', 'denied']);
    assert.equal(digest, hasher.hash(Buffer.from('y')));
    assert.deepEqual(typeof unknown === 'object' && unknown.code, 'bad-path');
  }));

const closed = (name: string): FileVerbs => {
  const verbs = localVerbs();
  const denied = { fault: 'EACCES', message: 'permission denied' };
  return {
    ...verbs,
    read: (at, one, follow) => (one === name ? denied : verbs.read(at, one, follow)),
    readWhole: (at, one, follow, into) => (one === name ? denied : verbs.readWhole!(at, one, follow, into)),
  };
};

/** What a pack brings, put together by index: a digest and content, or the code of what was lost. */
const unpack = async (pack: AsyncIterable<Uint8Array>) => {
  const parts = new Map<number, Buffer[]>();
  const files = new Map<number, { content: Buffer; digest: string } | string>();
  let largest = 0;
  for await (const chunk of pack) {
    largest = Math.max(largest, chunk.length);
    for (const record of readRecords(Buffer.from(chunk)) as Iterable<PackRecord>) {
      if (record.is === 'whole') files.set(record.index, { content: record.content, digest: record.digest });
      else if (record.is === 'lost') files.set(record.index, record.code);
      else if (record.is === 'part') {
        const before = parts.get(record.index) ?? [];
        assert.equal(record.offset, Buffer.concat(before).length);
        parts.set(record.index, [...before, record.content]);
      } else if (record.is === 'zeros') {
        const before = parts.get(record.index) ?? [];
        assert.equal(record.offset, Buffer.concat(before).length);
        parts.set(record.index, [...before, Buffer.alloc(record.length)]);
      } else if (record.is === 'end') {
        const content = Buffer.concat(parts.get(record.index) ?? []);
        assert.equal(record.size, content.length);
        files.set(record.index, { content, digest: record.digest });
      }
    }
  }
  return { files, largest };
};

test('a pack brings every file whole, small and large, with its digest', () => {
  const sizes = [0, 1, 3000, SMALL_FILE, SMALL_FILE + 1, MAX_CONTENT, MAX_CONTENT + 1, 3 * MAX_CONTENT + 7, 5];
  const tree = Object.fromEntries(sizes.map((size, i) => [`f${i}`, String.fromCharCode(97 + i).repeat(size)]));
  return inPlace(tree, async ({ path }) => {
    const scan = await scanOf(path);
    const { files, largest } = await unpack(scan.read(sizes.map((_, i) => ({ path: `f${i}`, index: 1000 * i }))));
    assert.equal(files.size, sizes.length);
    sizes.forEach((size, i) => {
      const file = files.get(1000 * i);
      assert.ok(typeof file === 'object', `${size} bytes`);
      assert.equal(file.content.toString('latin1'), tree[`f${i}`]);
      assert.equal(file.digest, hasher.hash(file.content));
    });
    assert.ok(largest <= MAX_CONTENT + 100);
  });
});

test('long runs of zeros are named, wherever they stand', () => {
  const filled = (length: number, byte: string) => byte.repeat(length);
  const grain = ZERO_RUN;
  const contents = [
    filled(5 * MAX_CONTENT + 3, '\0'),
    filled(grain, 'a') + filled(2 * MAX_CONTENT, '\0') + filled(grain + 1, 'b'),
    filled(MAX_CONTENT, '\0') + filled(MAX_CONTENT, 'c') + filled(MAX_CONTENT, '\0'),
    Array.from({ length: 40 }, (_, i) => filled(grain, i % 2 === 0 ? 'd' : '\0')).join(''),
    `${filled(grain - 1, '\0')}e${filled(grain, '\0')}f${filled(8 * grain - 1, '\0')}`,
  ];
  return inPlace(Object.fromEntries(contents.map((content, i) => [`f${i}`, content])), async ({ path }) => {
    const scan = await scanOf(path);
    const chunks = await collect(scan.read(contents.map((_, index) => ({ path: `f${index}`, index }))));
    const kept = chunks.map(chunk => Buffer.from(chunk));
    const sent = kept.flatMap(chunk => [...readRecords(chunk)]).map(one => ('content' in one ? one.content.length : 0));
    assert.equal(
      sent.reduce((sum, length) => sum + length, 0),
      3 + (2 * grain + 1) + MAX_CONTENT + 20 * grain + 2 * grain,
    );
    const { files } = await unpack(inTurn(kept));
    contents.forEach((content, i) => {
      const file = files.get(i);
      assert.ok(typeof file === 'object', `f${i}`);
      assert.ok(file.content.equals(Buffer.from(content, 'latin1')), `f${i}`);
      assert.equal(file.digest, hasher.hash(file.content));
    });
  });
});

async function* inTurn(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

test('many small files share chunks', () =>
  inPlace(
    Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`d${i % 7}/f${i}`, 'x'.repeat(2000)])),
    async ({ path }) => {
      const scan = await scanOf(path);
      const files = [...(await listed(scan))].filter(([, entry]) => entry.kind === 'file').map(([at]) => at);
      const chunks = await collect(scan.read(files.map((at, index) => ({ path: at, index }))));
      assert.ok(chunks.length >= 3 && chunks.length <= 7, `${chunks.length} chunks`);
      assert.ok(chunks.every(chunk => chunk.length <= MAX_CONTENT));
    },
  ));

test('a file that is no longer what was listed is lost as changed, one that is closed as denied', () =>
  inPlace({ grown: 'x', shrunk: 'xyz', touched: 'x', mode: 'x', gone: 'x', same: 'x', shut: 'x' }, async ({ path }) => {
    const scan = await scanOf(path, {}, { verbs: closed('shut') });
    appendFileSync(`${path}/grown`, 'y');
    truncateSync(`${path}/shrunk`, 1);
    utimesSync(`${path}/touched`, 1, 1);
    chmodSync(`${path}/mode`, 0o600);
    rmSync(`${path}/gone`);
    const wanted = ['grown', 'shrunk', 'touched', 'mode', 'gone', 'same', 'shut', 'never'];
    const { files } = await unpack(scan.read(wanted.map((at, index) => ({ path: at, index }))));
    const came = wanted.map((_, i) => files.get(i)).map(file => (typeof file === 'string' ? file : 'sent'));
    const lost = 'changed';
    assert.deepEqual(came, [lost, lost, lost, lost, lost, 'sent', 'denied', 'bad-path']);
    // Looked up again, what is there now is what was seen.
    await scan.lookup(['grown', 'gone']);
    const again = await unpack(
      scan.read([
        { path: 'grown', index: 0 },
        { path: 'gone', index: 1 },
      ]),
    );
    assert.deepEqual(
      [...again.files.values()].map(file => (typeof file === 'string' ? file : `${file.content}`)),
      ['xy', 'bad-path'],
    );
  }));

/** Verbs under which `meddle` runs once while the file is read, between its first byte and its last look. */
const meddling = (meddle: () => void): FileVerbs => {
  const verbs = localVerbs();
  let done = false;
  return {
    ...verbs,
    async read(at, name, follow) {
      const source = await verbs.read(at, name, follow);
      if ('fault' in source) return source;
      return {
        ...source,
        async read(into) {
          const count = await source.read(into);
          if (!done) meddle();
          done = true;
          return count;
        },
      };
    },
    async readWhole(at, name, follow, into) {
      const source = await this.read(at, name, follow);
      if ('fault' in source) return source;
      const count = await source.read(into);
      const stat = await source.restat();
      await source.close();
      if (typeof count !== 'number') return count;
      return 'fault' in stat ? stat : { count, stat };
    },
  };
};

for (const size of [1000, 2 * MAX_CONTENT]) {
  const changes: [string, (file: string) => void][] = [
    ['grows', file => appendFileSync(file, 'more')],
    ['shrinks', file => truncateSync(file, size / 2 - 1)],
    ['is overwritten', file => writeFileSync(file, 'y'.repeat(size))],
  ];
  for (const [what, change] of changes) {
    test(`a file of ${size} bytes that ${what} while it is read is lost as changed`, () =>
      inPlace({ f: 'x'.repeat(size) }, async ({ path }) => {
        const scan = await scanOf(path, {}, { verbs: meddling(() => change(`${path}/f`)) });
        const { files } = await unpack(scan.read([{ path: 'f', index: 4 }]));
        assert.deepEqual([...files], [[4, 'changed']]);
      }));
  }
}

test('a file that changed since it was listed is digested as it is now', () =>
  inPlace({ 'a/x': 'old' }, async ({ path }) => {
    const scan = await scanOf(path);
    writeFileSync(join(path, 'a/x'), 'new, and longer');
    assert.deepEqual(await scan.digests(['a/x']), [hasher.hash(Buffer.from('new, and longer'))]);
  }));

test('no chunk of a stream is overwritten by a later one', () =>
  inPlace({ a: 'a'.repeat(2 * MAX_CONTENT), b: 'b'.repeat(600_000), c: 'c'.repeat(100) }, async ({ path }) => {
    const scan = await scanOf(path);
    const chunks = await collect(scan.read(['a', 'c', 'b'].map((at, index) => ({ path: at, index }))));
    const { files } = await unpack(
      (async function* () {
        yield* chunks;
      })(),
    );
    for (const file of files.values()) {
      assert.ok(typeof file === 'object');
      assert.equal(hasher.hash(file.content), file.digest);
    }
  }));

test.run();
