// How content travels: of all that a plan says of it, for each pair of master and remote the innermost section wins.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import { codesIn, planOf } from './compiled.js';

const FLEET = `fleet {
  root www "/srv/www"
  region eu {
    group web { host build at local { root www "./dist" }; host near at "10.0.1.1" }
    group db { host beside at "10.0.2.1" }
  }
  region us { group web { host far at "10.1.1.1"; host farther at "10.1.1.2" } }
}
role master is build
role remote is beside, near, us
`;
const blocksOf = async (ofFile: string, ...bodies: readonly string[]): Promise<readonly BlockPlan[]> =>
  (await planOf(textOf(ofFile, ...bodies))).blocks;
const textOf = (ofFile: string, ...bodies: readonly string[]): string =>
  `${FLEET}${ofFile}\n${bodies.map((body, at) => `block b${at} {\ntake "${at}/**" in www\n${body}\n}\n`).join('')}`;
const codes = (ofFile: string, body = ''): Promise<readonly string[]> => codesIn(textOf(ofFile, body));
const PLAIN = { mode: 'auto', compress: 0, encrypt: true, limit: null };
const MIB = 2 ** 20;

/** What holds between the master and each remote. */
const betweenOf = ({ remotes, transfer, transferOf }: BlockPlan) =>
  Object.fromEntries(remotes.map(id => [id, transferOf[id] ?? transfer]));

test('nothing is compressed or limited that does not say so', async () => {
  const [block] = await blocksOf('', '');
  assert.deepEqual(block?.transfer, PLAIN);
  assert.deepEqual({ ...block?.transferOf }, {});
  const [empty] = await blocksOf('transfer { same-group { } }', 'transfer { }');
  assert.deepEqual([empty?.transfer, { ...empty?.transferOf }], [PLAIN, {}]);
});

test('a pair of hosts has the section of its groups and regions, and no other', async () => {
  const [block] = await blocksOf(
    'transfer { compress 3; same-group { compress 0 }; same-region { compress 1 }; other-region { compress 9 } }',
    '',
  );
  assert.deepEqual(block?.transfer, { mode: 'auto', compress: 3, encrypt: true, limit: null });
  assert.deepEqual(betweenOf(block!), {
    near: PLAIN,
    beside: { mode: 'auto', compress: 1, encrypt: true, limit: null },
    far: { mode: 'auto', compress: 9, encrypt: true, limit: null },
    farther: { mode: 'auto', compress: 9, encrypt: true, limit: null },
  });
});

test('only remotes that differ are listed', async () => {
  const [block] = await blocksOf(
    'transfer { compress 3; other-region { compress 3 } }',
    'for far { transfer { compress 3 } }',
  );
  assert.deepEqual({ ...block?.transferOf }, {});
});

test('block over file, section over what surrounds it, `for` over all, value by value', async () => {
  const [own, other] = await blocksOf(
    'transfer { compress 1; limit 8MiB/s; other-region { compress 2; limit 1MiB/s } }',
    'transfer { compress 5; same-region { compress 6 } }\nfor far { transfer { limit 2MiB/s; other-region { compress 7 } } }',
    '',
  );
  const ofFile = { rate: 8 * MIB, shared: 'file' };
  const abroad = { rate: MIB, shared: 'file other-region' };
  assert.deepEqual(betweenOf(own!), {
    near: { mode: 'auto', compress: 5, encrypt: true, limit: ofFile },
    beside: { mode: 'auto', compress: 6, encrypt: true, limit: ofFile },
    // The block's own word stands nearer than the file's section.
    farther: { mode: 'auto', compress: 5, encrypt: true, limit: abroad },
    far: { mode: 'auto', compress: 7, encrypt: true, limit: { rate: 2 * MIB, shared: 'block b0 for 1' } },
  });
  assert.deepEqual(betweenOf(other!), {
    near: { mode: 'auto', compress: 1, encrypt: true, limit: ofFile },
    beside: { mode: 'auto', compress: 1, encrypt: true, limit: ofFile },
    far: { mode: 'auto', compress: 2, encrypt: true, limit: abroad },
    farther: { mode: 'auto', compress: 2, encrypt: true, limit: abroad },
  });
});

test('values may be declared; what is out of bounds, or misplaced, is told at its place', async () => {
  const [block] = await blocksOf('let level = 4\nlet pace = 20MB/s\ntransfer { compress level; limit pace }', '');
  assert.deepEqual(block?.transfer, {
    mode: 'auto',
    compress: 4,
    encrypt: true,
    limit: { rate: 20e6, shared: 'file' },
  });
  assert.deepEqual(await codes('transfer { compress 10; same-group { limit 10B/s } }'), ['SP3009 10', 'SP3009 10B/s']);
  assert.deepEqual(await codes('transfer { limit 20MiB }'), ['SP3008 20MiB']);
  assert.deepEqual(await codes('transfer { same-group { parallel 3 } }'), ['SP3002 parallel']);
  assert.deepEqual(await codes('', 'transfer { parallel 3 }'), ['SP3002 parallel']);
  assert.deepEqual(await codes('', 'for far { transfer { durability none; parallel 3 } }'), [
    'SP3002 durability',
    'SP3002 parallel',
  ]);
  assert.deepEqual(await codes('', 'for far { transfer { compress 1 } }\nfor us { consistency none }'), ['SP5014 us']);
});

test('links are encrypted but where the nearest word says otherwise', async () => {
  const encrypted = (block: BlockPlan) =>
    Object.fromEntries(Object.entries(betweenOf(block)).map(([id, { encrypt }]) => [id, encrypt]));
  const [block, own] = await blocksOf(
    'transfer { same-group { encrypt off } }',
    '',
    'transfer { encrypt off; other-region { encrypt on } }\nfor farther { transfer { encrypt off } }',
  );
  assert.deepEqual(encrypted(block!), { near: false, beside: true, far: true, farther: true });
  assert.deepEqual(encrypted(own!), { near: false, beside: false, far: true, farther: false });
  assert.deepEqual(await codes('transfer { encrypt maybe }'), ['SP3007 maybe']);
  assert.deepEqual(await codes('transfer { encrypt off; same-group { encrypt off } }'), ['SP3023 encrypt off']);
});

test.run();
