// A page is read as it was written, and a damaged or hostile one is refused.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { WireError } from '../../runtime/bytes/wire.js';
import {
  compareNameAt,
  decodeContentPage,
  decodePage,
  encodePage,
  kindAt,
  type Listed,
  nameAt,
  type PagedEntry,
} from '../../runtime/tree/page.js';

const bytes = (length: { minLength?: number; maxLength: number }) =>
  fc.uint8Array(length).map(some => Buffer.from(some).toString('latin1'));
const name = fc.oneof(
  bytes({ minLength: 1, maxLength: 20 }).filter(one => !/[/\0]/.test(one) && one !== '.' && one !== '..'),
  fc.constantFrom('x'.repeat(127), 'x'.repeat(128), '\xff'.repeat(255)),
);
const owner = fc.constantFrom('', 'root', '1000');
const mode = fc.nat(0o7777);
const modified = fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 });
const extra = fc.oneof(fc.constant(''), bytes({ minLength: 16, maxLength: 16 }));
const entry: fc.Arbitrary<PagedEntry> = fc.oneof(
  fc.record({ kind: fc.constant('file' as const), size: fc.maxSafeNat(), mode, modified, owner, group: owner, extra }),
  fc.record({
    kind: fc.constant('folder' as const),
    selected: fc.boolean(),
    unreadable: fc.boolean(),
    mode,
    owner,
    group: owner,
    extra,
    entries: fc.nat(),
    bytes: fc.maxSafeNat(),
    digest: bytes({ minLength: 16, maxLength: 16 }),
  }),
  fc.record({ kind: fc.constant('link' as const), target: bytes({ maxLength: 300 }), modified, owner, group: owner }),
  fc.record({ kind: fc.constant('hard' as const), leader: bytes({ maxLength: 300 }) }),
);
const page = fc
  .uniqueArray(
    fc.record({ name, entry: entry.map(one => ({ ...one })) }).map(one => ({ ...one })),
    { selector: one => one.name, maxLength: 12 },
  )
  .map(listed => listed.sort((a, b) => (a.name < b.name ? -1 : 1)));

test('a page is read as it was written', () => {
  fc.assert(
    fc.property(page, listed => {
      assert.deepEqual(decodePage(encodePage(listed)), listed);
    }),
    { numRuns: 300 },
  );
});

test('kind and name are told without decoding the entry', () => {
  fc.assert(
    fc.property(page, name, (listed, other) => {
      let offset = 0;
      const encoded = encodePage(listed);
      for (const one of listed) {
        assert.equal(kindAt(encoded, offset), one.entry.kind);
        assert.equal(nameAt(encoded, offset), one.name);
        const order = one.name < other ? -1 : one.name > other ? 1 : 0;
        assert.equal(Math.sign(compareNameAt(encoded, offset, other)), order);
        offset += encodePage([one]).length;
      }
    }),
    { numRuns: 300 },
  );
});

test('names that are no names, or stand out of order, are refused', () => {
  const entryOf = { kind: 'hard', leader: 'x' } as const;
  const encoded = (...names: string[]): Buffer =>
    encodePage(names.map((one): Listed => ({ name: one, entry: entryOf })));
  for (const bad of [[''], ['.'], ['..'], ['a/b'], ['a\0'], ['x'.repeat(256)], ['b', 'a'], ['a', 'a']]) {
    assert.throws(() => decodePage(encoded(...bad)), WireError, JSON.stringify(bad).slice(0, 20));
  }
});

test('whatever a peer sends is read or refused', () => {
  fc.assert(
    fc.property(page, fc.nat(), fc.nat(255), (listed, at, byte) => {
      const damaged = encodePage(listed);
      if (damaged.length > 0) damaged[at % damaged.length] = byte;
      for (const source of [damaged, damaged.subarray(0, at % (damaged.length + 1))]) {
        try {
          decodePage(source);
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('a content page must have exactly the length that its page gives it', () => {
  const listed: Listed[] = [
    { name: 'f', entry: { kind: 'file', size: 1, mode: 0, modified: 0, owner: '', group: '', extra: '' } },
    { name: 'h', entry: { kind: 'hard', leader: 'f' } },
  ];
  assert.deepEqual(decodeContentPage(listed, Buffer.from([2, 65, 66])), ['AB', null]);
  assert.deepEqual(decodeContentPage(listed, Buffer.from([0])), ['', null]);
  assert.throws(() => decodeContentPage(listed, Buffer.from([2, 65])), WireError);
  assert.throws(() => decodeContentPage(listed, Buffer.from([1, 65, 66])), WireError);
});

test.run();
