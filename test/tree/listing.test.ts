// A listing keeps exactly what was put into it, and two listings have one digest only if their trees are equal.
import assert from 'node:assert/strict';
import v8 from 'node:v8';
import vm from 'node:vm';
import fc from 'fast-check';
import { test } from 'uvu';
import { openDigests } from '../../runtime/bytes/digest.js';
import { type Folded, type Identity, type Listing, makeListing } from '../../runtime/tree/listing.js';
import { decodePage, encodePage, type Listed } from '../../runtime/tree/page.js';
import { comparePaths, join, type Path } from '../../runtime/tree/path.js';

const hasher = await openDigests('xxh128');

type Node =
  | { readonly is: 'file'; readonly size: number; readonly inode: number }
  | { readonly is: 'link'; readonly target: string }
  | { readonly is: 'folder'; readonly selected: boolean; readonly nodes: ReadonlyMap<string, Node> };

const names = (nodes: ReadonlyMap<string, Node>): string[] => [...nodes.keys()].sort((a, b) => (a < b ? -1 : 1));

const seenOf = (node: Node): Identity => ({
  size: node.is === 'file' ? node.size : 0,
  modified: 5,
  changed: 2 ** 50 + 1,
  inode: node.is === 'file' ? node.inode : 1,
});

const build = (top: ReadonlyMap<string, Node>): Listing => {
  const builder = makeListing(hasher);
  const fill = (folder: Path, nodes: ReadonlyMap<string, Node>): Folded => {
    builder.begin();
    for (const name of names(nodes)) {
      const node = nodes.get(name)!;
      const path = join(folder, name);
      if (node.is === 'file') builder.add(name, file(node.size), seenOf(node));
      else if (node.is === 'link') builder.add(name, link(node.target), seenOf(node));
      else builder.addFolder(name, emptyFolder(node.selected), fill(path, node.nodes), seenOf(node));
    }
    return builder.end(folder);
  };
  fill('', top);
  return builder.finish();
};

const file = (size: number) =>
  ({ kind: 'file', size, mode: 0o644, modified: -7, owner: '', group: 'g', extra: '' }) as const;
const link = (target: string) => ({ kind: 'link', target, modified: 0, owner: '', group: '' }) as const;
const emptyFolder = (selected: boolean) =>
  ({ kind: 'folder', selected, unreadable: false, mode: 0o755, owner: '', group: '', extra: '' }) as const;

/** The same by the definition in tree/page.ts, page by page. */
const pagesOf = (folder: Path, nodes: ReadonlyMap<string, Node>, into: Map<Path, Buffer>): Folded => {
  const sum = { entries: 0, bytes: 0 };
  const listed = names(nodes).map((name): Listed => {
    const node = nodes.get(name)!;
    sum.entries++;
    if (node.is === 'link') return { name, entry: link(node.target) };
    if (node.is === 'file') {
      sum.bytes += node.size;
      return { name, entry: file(node.size) };
    }
    const below = pagesOf(join(folder, name), node.nodes, into);
    sum.entries += below.entries;
    sum.bytes += below.bytes;
    return { name, entry: { ...emptyFolder(node.selected), ...below } };
  });
  const page = encodePage(listed);
  into.set(folder, page);
  return { ...sum, digest: hasher.hash(page) };
};

/** Names of any bytes but '/' and NUL, up to the longest a file system takes. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'a-b',
    'b',
    '-rf',
    'new\nline',
    '\u00ff\u00fe',
    '"$(x)`',
    '\x1b[2J',
    'x'.repeat(255),
    'y'.repeat(128),
  ),
  fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map(bytes => Buffer.from(bytes.map(byte => (byte === 0 || byte === 47 ? 65 : byte))).toString('latin1'))
    .filter(text => text !== '.' && text !== '..'),
);
const { nodes } = fc.letrec<{ nodes: ReadonlyMap<string, Node>; node: Node }>(tie => ({
  nodes: fc.array(fc.tuple(name, tie('node')), { maxLength: 6 }).map(pairs => new Map(pairs)),
  node: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.record({ is: fc.constant('file' as const), size: fc.maxSafeNat(), inode: fc.nat() }),
    fc.record({ is: fc.constant('link' as const), target: name }),
    fc.record({ is: fc.constant('folder' as const), selected: fc.boolean(), nodes: tie('nodes') }),
  ),
}));

const smallSizes = (tree: ReadonlyMap<string, Node>): boolean =>
  [...tree.values()].every(node =>
    node.is === 'file' ? node.size < 2 ** 45 : node.is === 'link' || smallSizes(node.nodes),
  );

test('every page is the one that its definition gives', () => {
  fc.assert(
    fc.property(nodes.filter(smallSizes), tree => {
      const listing = build(tree);
      const expected = new Map<Path, Buffer>();
      const top = pagesOf('', tree, expected);
      assert.equal(listing.digest, top.digest);
      assert.equal(listing.folders, expected.size);
      for (const [folder, page] of expected) {
        const number = listing.number(folder);
        assert.equal(listing.path(number), folder);
        assert.deepEqual(listing.page(number), page);
      }
    }),
    { numRuns: 200 },
  );
});

test('every path is found with what was seen of it, and no other path is', () => {
  fc.assert(
    fc.property(nodes, tree => {
      const listing = build(tree);
      const visit = (folder: Path, below: ReadonlyMap<string, Node>): void => {
        assert.equal(listing.find(join(folder, 'no such name')), -1);
        for (const [one, node] of below) {
          const row = listing.find(join(folder, one));
          const page = listing.page(listing.number(folder));
          assert.ok(row >= 0, JSON.stringify(join(folder, one)));
          assert.equal(listing.name(page, row), one);
          assert.equal(listing.kind(page, row), node.is);
          assert.deepEqual(
            {
              size: listing.size(row),
              modified: listing.modified(row),
              changed: listing.changed(row),
              inode: listing.inode(row),
            },
            seenOf(node),
          );
          if (node.is === 'folder') visit(join(folder, one), node.nodes);
        }
      };
      visit('', tree);
    }),
    { numRuns: 200 },
  );
});

test('digests of two trees are equal exactly when the trees are', () => {
  const plain = (tree: ReadonlyMap<string, Node>): unknown =>
    names(tree).map(one => {
      const node = tree.get(one)!;
      if (node.is === 'folder') return [one, node.selected, plain(node.nodes)];
      return node.is === 'file' ? [one, node.size] : [one, node.target];
    });
  fc.assert(
    fc.property(nodes, nodes, fc.boolean(), (a, other, same) => {
      const b = same ? new Map([...a].reverse()) : other;
      const equal = JSON.stringify(plain(a)) === JSON.stringify(plain(b));
      assert.equal(build(a).digest === build(b).digest, equal);
    }),
    { numRuns: 300 },
  );
});

test('folders below one are a range of numbers, its children come in the order of its page', () => {
  const listing = build(
    new Map<string, Node>([
      ['a', folder({ x: folder({}), y: folder({ z: folder({}) }) })],
      ['a-b', folder({})],
      ['b', { is: 'file', size: 1, inode: 1 }],
    ]),
  );
  const named = (folders: readonly number[]) => folders.map(listing.path);
  const top = listing.number('');
  assert.deepEqual(named(listing.children(top)), ['a', 'a-b']);
  assert.deepEqual(named(listing.children(listing.number('a'))), ['a/x', 'a/y']);
  const a = listing.number('a');
  const below = Array.from({ length: a - listing.first(a) + 1 }, (_, i) => listing.first(a) + i);
  assert.deepEqual(named(below).sort(comparePaths), ['a', 'a/x', 'a/y', 'a/y/z']);
  assert.equal(listing.first(top), 0);
  assert.equal(listing.number('nowhere'), -1);
});

const folder = (children: Readonly<Record<string, Node>>): Node => ({
  is: 'folder',
  selected: true,
  nodes: new Map(Object.entries(children)),
});

test('a folder that is dropped leaves no trace', () => {
  const builder = makeListing(hasher);
  builder.begin();
  builder.begin();
  assert.equal(builder.added(), 0);
  builder.drop();
  builder.add('f', file(3), { size: 3, modified: 0, changed: 0, inode: 9 });
  assert.deepEqual({ ...builder.end(''), digest: '' }, { entries: 1, bytes: 3, digest: '' });
  const listing = builder.finish();
  assert.equal(listing.folders, 1);
  assert.deepEqual(
    decodePage(listing.page(0)).map(one => one.name),
    ['f'],
  );
});

test('300,000 files take less than 100 bytes each, and one folder may hold 100,000 of them', () => {
  const before = memory();
  const builder = makeListing(hasher);
  let added = 0;
  const fill = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const seen = { size: i, modified: 1_700_000_000_000_000 + i, changed: 1_700_000_000_000_000, inode: i };
      const one = {
        kind: 'file',
        size: i,
        mode: 0o644,
        modified: seen.modified,
        owner: '',
        group: '',
        extra: '',
      } as const;
      builder.add(`file-${String(i).padStart(6, '0')}.txt`, one, seen);
      added++;
    }
  };
  builder.begin();
  const huge = fillFolder('huge', () => fill(100_000));
  builder.addFolder('huge', emptyFolder(true), huge, { size: 0, modified: 0, changed: 0, inode: 1 });
  for (let i = 0; i < 200; i++) {
    const name = `sub-${String(i).padStart(3, '0')}`;
    const small = fillFolder(name, () => fill(1000));
    builder.addFolder(name, emptyFolder(true), small, { size: 0, modified: 0, changed: 0, inode: 2 });
  }
  function fillFolder(path: Path, work: () => void): Folded {
    builder.begin();
    work();
    return builder.end(path);
  }
  builder.end('');
  const listing = builder.finish();
  const each = (memory() - before) / added;
  assert.equal(listing.rows, 300_201);
  assert.equal(listing.size(listing.find('huge/file-077777.txt')), 77_777);
  assert.equal(listing.size(listing.find('sub-199/file-000999.txt')), 999);
  assert.ok(each < 100, `${each.toFixed(1)} bytes an entry`);
});

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

/**
 * What typed arrays and buffers in use hold; strings and small objects are few here. A second collection waits for
 * what the first one frees beside it.
 */
const memory = (): number => {
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
};

test.run();
