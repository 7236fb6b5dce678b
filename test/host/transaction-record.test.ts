// Records: what is read is what was written, and no damage is ever taken for content.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { makeReader, makeWriter } from '../../runtime/bytes/wire.js';
import { readColumns, writeColumns } from '../../runtime/host/transaction/columns.js';
import { decodeIntent, encodeIntent, INTENT, type Intent } from '../../runtime/host/transaction/intent.js';
import type { IntentStep } from '../../runtime/host/transaction/intent-step.js';
import { isDamage, sealRecord, unsealRecord } from '../../runtime/host/transaction/record.js';
import { adjust, file, folder, hard, link, remove, removeFolder } from './session.js';

const seen = {
  kind: 'file',
  size: 7,
  modified: 1_600_000_000_123_456,
  changed: 1_700_000_000_000_001,
  inode: 4711,
} as const;

const step = (action: IntentStep['action'], more: Partial<IntentStep> = {}): IntentStep => ({
  part: 0,
  action,
  seen: null,
  leader: null,
  staged: null,
  linked: false,
  digest: '',
  ...more,
});

const INTENT_SAMPLE: Intent = {
  run: 'run-1',
  block: 'app',
  owed: 'two hooks',
  strict: true,
  remembers: true,
  locked: false,
  trash: 604_800,
  parts: [
    {
      root: '/srv/www',
      device: 2049,
      inode: 12,
      elsewhere: null,
      base: '',
      staging: 'run-1-app',
      bin: 'app.1',
      attributes: ['mode', 'special'],
      algorithm: 'blake3',
      exists: true,
    },
    {
      root: '/srv/\xff',
      device: 1,
      inode: 2 ** 52,
      elsewhere: '/var/state',
      base: 'conf/app',
      staging: 'run-1-app',
      bin: '',
      attributes: [],
      algorithm: 'xxh128',
      exists: false,
    },
  ],
  steps: [
    null,
    step(folder('d', true, 0o1777), { staged: 99 }),
    step({ ...folder('e'), owner: 'root', group: '33', extra: 'x\0y' } as never),
    null,
    null,
    step(file('d/a', 2 ** 40, { modified: -5 }), { digest: 'd'.repeat(32) }),
    step(file('d/a.b', 0, { expect: 'seen', keep: true }), { seen, staged: 100, linked: true }),
    step(file('d/\xe9', 1, { modified: null }), { staged: 1, part: 1 }),
    step(link('l', '../x', { expect: 'seen' }), { seen: { ...seen, kind: 'link' }, staged: 5 }),
    step(hard('h', 'd/a', 'seen'), { seen, leader: { ...seen, inode: 8 } }),
    step(hard('i', 'd/a')),
    step(adjust('m', 0o600, 1), { seen }),
    step({ ...adjust('n', null), owner: 'o', group: 'g', extra: '' } as never),
    step(remove('r'), { seen, linked: true }),
    step(removeFolder('s')),
  ],
};

/** Owners of files and links are set in staging, so the record does not hold them. */
const sealed = await sealRecord(INTENT, encodeIntent(INTENT_SAMPLE));

test('an intent record is read as it was written', async () => {
  assert.deepEqual(await unsealRecord(INTENT, sealed, decodeIntent), INTENT_SAMPLE);
});

test('every cut and every flipped bit of a record is damage, and so is another version', async () => {
  for (let length = 0; length < sealed.length; length++) {
    assert.ok(isDamage(await unsealRecord(INTENT, sealed.subarray(0, length), decodeIntent)), `cut to ${length}`);
  }
  for (let at = 0; at < sealed.length; at++) {
    const flipped = Buffer.from(sealed);
    flipped[at]! ^= 1 << (at % 8);
    assert.ok(isDamage(await unsealRecord(INTENT, flipped, decodeIntent)), `flipped at ${at}`);
  }
  assert.ok(isDamage(await unsealRecord(INTENT, Buffer.concat([sealed, sealed]), decodeIntent)));
  const other = await sealRecord({ ...INTENT, version: 2 }, Buffer.alloc(3));
  assert.deepEqual(await unsealRecord(INTENT, other, decodeIntent), {
    damage: 'it is of version 2, and this program reads version 1',
  });
});

test('a record whose checksum is right and whose content is not is damage, never a crash', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(), async (bytes, at) => {
      const body = Buffer.from(encodeIntent(INTENT_SAMPLE));
      Buffer.from(bytes).copy(body, at % body.length);
      const read = await unsealRecord(INTENT, await sealRecord(INTENT, body), decodeIntent);
      assert.ok(isDamage(read) || Array.isArray(read.steps));
    }),
    { numRuns: 300 },
  );
});

test('paths that leave the root are damage', async () => {
  for (const path of ['../x', '/x', 'a//b', '']) {
    const body = encodeIntent({ ...INTENT_SAMPLE, steps: [step(remove(path), { seen })] });
    assert.ok(isDamage(await unsealRecord(INTENT, await sealRecord(INTENT, body), decodeIntent)), path);
  }
});

test('columns give back every path and number, however far apart', () => {
  const number = fc.oneof(
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -1, 2 ** 51, -(2 ** 51), 2 ** 53, 2 ** 60, 1 - 2 ** 51),
  );
  const path = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\xff'), maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.tuple(path, number, number), { maxLength: 40 }), rows => {
      const writer = makeWriter();
      const columns = writeColumns(writer);
      for (const [name, size, inode] of rows) {
        columns.path(name);
        columns.number('size', size);
        columns.number('inode', inode);
      }
      const read = readColumns(makeReader(writer.copy()));
      assert.deepEqual(
        rows.map(() => [read.path(), read.number('size') + 0, read.number('inode') + 0]),
        rows.map(([name, size, inode]) => [name, size + 0, inode + 0]),
      );
    }),
    { numRuns: 300 },
  );
});

test('a file that a whole folder brings costs no more than 60 bytes of intent', () => {
  const steps = Array.from({ length: 1000 }, (_, i) =>
    step(
      file(`assets/images/folder-${i >> 6}/picture-${i}.jpeg`, 3000 + i, {
        modified: 1_600_000_000_000_000 + i * 977_131,
      }),
      {
        digest: 'd'.repeat(16),
      },
    ),
  );
  const size = encodeIntent({ ...INTENT_SAMPLE, steps }).length / steps.length;
  assert.ok(size <= 60, `${size} bytes`);
});

test.run();
