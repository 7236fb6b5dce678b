// Extended attributes as one byte string, and access lists that mean the same on machines with other numbers.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { openDigests } from '../../runtime/bytes/digest.js';
import { WireError } from '../../runtime/bytes/wire.js';
import { type Naming, type Numbering, portable, readPortable, stored, TAG } from '../../runtime/tree/access-list.js';
import {
  ACCESS_LIST,
  CAPABILITY,
  changeExtras,
  DEFAULT_LIST,
  decodeExtras,
  digestExtras,
  encodeExtras,
  managesExtra,
} from '../../runtime/tree/extra.js';

const text = (min: number, from = 0) =>
  fc
    .array(fc.integer({ min: from, max: 255 }), { minLength: min, maxLength: 30 })
    .map(codes => String.fromCharCode(...codes));
const extras = fc.uniqueArray(
  fc.tuple(text(1, 1), text(0)).map(([name, value]) => ({ name: `user.${name}`, value })),
  {
    selector: ({ name }) => name,
  },
);

test('extras are read as they were written, in one order', () => {
  fc.assert(
    fc.property(extras, all => {
      const sorted = [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(decodeExtras(encodeExtras(all)), sorted);
      assert.equal(encodeExtras([...all].reverse()), encodeExtras(all));
    }),
    { numRuns: 300 },
  );
});

test('no damage is taken for extras', () => {
  const good = encodeExtras([
    { name: 'user.a', value: '1' },
    { name: 'user.b', value: '2' },
  ]);
  for (let cut = 1; cut < good.length; cut++) {
    if (cut !== good.length / 2) assert.throws(() => decodeExtras(good.slice(0, cut)), WireError, String(cut));
  }
  for (const [name, value] of [
    ['nospace', ''],
    ['', ''],
    ['user.\0', ''],
  ] as const) {
    assert.throws(() => decodeExtras(encodeExtras([{ name, value }])), WireError, name);
  }
  const twice = encodeExtras([{ name: 'user.a', value: '1' }]).repeat(2);
  assert.throws(() => decodeExtras(twice), WireError);
});

test('no extras have no digest, others one of sixteen bytes', async () => {
  const hasher = await openDigests('xxh128');
  assert.equal(digestExtras('', hasher), '');
  assert.equal(digestExtras(encodeExtras([{ name: 'user.a', value: '' }]), hasher).length, 16);
});

test('the attributes of a block say which names it manages', () => {
  const names = ['user.x', ACCESS_LIST, DEFAULT_LIST, CAPABILITY, 'trusted.x', 'security.selinux', 'system.other'];
  const managed = (...attributes: Parameters<typeof managesExtra>[0][number][]) =>
    names.filter(managesExtra(attributes) ?? (() => false));
  assert.equal(managesExtra(['mode', 'modified', 'special']), null);
  assert.deepEqual(managed('xattr'), ['user.x']);
  assert.deepEqual(managed('acl'), [ACCESS_LIST, DEFAULT_LIST]);
  assert.deepEqual(managed('acl', 'special'), [ACCESS_LIST, DEFAULT_LIST]);
  assert.deepEqual(managed('xattr', 'special'), ['user.x', CAPABILITY, 'trusted.x']);
});

test('what is set and removed makes one of the other, and trusted names are never removed', () => {
  fc.assert(
    fc.property(extras, extras, (has, wanted) => {
      const { set, remove } = changeExtras(has, wanted);
      const after = new Map(has.map(({ name, value }) => [name, value]));
      for (const name of remove) after.delete(name);
      for (const { name, value } of set) after.set(name, value);
      assert.equal(encodeExtras([...after].map(([name, value]) => ({ name, value }))), encodeExtras(wanted));
    }),
    { numRuns: 200 },
  );
  assert.deepEqual(changeExtras([{ name: 'trusted.x', value: '1' }], []), { set: [], remove: [] });
});

/** A list as Linux keeps it. */
const kept = (...entries: [tag: number, perm: number, id?: number][]): string => {
  const bytes = Buffer.alloc(4 + 8 * entries.length);
  bytes.writeUInt32LE(2, 0);
  entries.forEach(([tag, perm, id = 0xffffffff], i) => {
    bytes.writeUInt16LE(tag, 4 + 8 * i);
    bytes.writeUInt16LE(perm, 6 + 8 * i);
    bytes.writeUInt32LE(id, 8 + 8 * i);
  });
  return bytes.toString('latin1');
};

const here: Naming = { user: id => ({ 7: 'zoe', 9: 'ada' })[id] ?? String(id), group: id => `g${id}` };
const there: Numbering = {
  user: who => ({ zoe: 3, ada: 4 })[who] ?? (/^\d+$/.test(who) ? Number(who) : null),
  group: who => Number(who.slice(1)) + 100,
};

test('an access list goes by names, and takes from the mode what the mode says', () => {
  const list = kept(
    [TAG.owner, 6],
    [TAG.user, 7, 7],
    [TAG.user, 4, 9],
    [TAG.owningGroup, 5],
    [TAG.mask, 7],
    [TAG.others, 1],
  );
  const carried = portable(list, 'access', here)!;
  assert.deepEqual(readPortable(carried), [
    { tag: TAG.user, perm: 4, who: 'ada' },
    { tag: TAG.user, perm: 7, who: 'zoe' },
    { tag: TAG.owningGroup, perm: 5, who: '' },
  ]);
  assert.deepEqual(stored(carried, 'access', 0o640, there), {
    value: kept(
      [TAG.owner, 6],
      [TAG.user, 7, 3],
      [TAG.user, 4, 4],
      [TAG.owningGroup, 5],
      [TAG.mask, 4],
      [TAG.others, 0],
    ),
  });
});

test('a default list keeps every entry, whatever the mode', () => {
  const list = kept([TAG.owner, 7], [TAG.owningGroup, 5], [TAG.group, 6, 50], [TAG.mask, 6], [TAG.others, 0]);
  const carried = portable(list, 'default', here)!;
  assert.deepEqual(stored(carried, 'default', 0, there), {
    value: kept([TAG.owner, 7], [TAG.owningGroup, 5], [TAG.group, 6, 150], [TAG.mask, 6], [TAG.others, 0]),
  });
});

test('a name that is not known there is told, and numbers do without', () => {
  const carried = portable(kept([TAG.user, 1, 9], [TAG.user, 1, 1234]), 'access', here)!;
  const nobody: Numbering = { user: who => (/^\d+$/.test(who) ? Number(who) : null), group: () => null };
  assert.deepEqual(stored(carried, 'access', 0o600, nobody), { unknown: 'ada', kind: 'user' });
  assert.ok('value' in stored(portable(kept([TAG.user, 1, 1234]), 'access', here)!, 'access', 0o600, nobody));
});

test('what is no access list is not understood', () => {
  for (const damage of ['', 'x', kept([3, 1]), kept([TAG.owner, 9]), `${kept([TAG.owner, 7])}x`, '\x01\0\0\0'])
    assert.equal(portable(damage, 'access', here), null, JSON.stringify(damage));
  for (const damage of ['\x03\x01\0', '\x01\x09\0', '\x01']) assert.throws(() => readPortable(damage), WireError);
});

test.run();
