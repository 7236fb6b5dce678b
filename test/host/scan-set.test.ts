// What the plan fixes (`set`), in scans of both sides: a remote that holds what the plan says has equal pages.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'uvu';
import type { SetPlan } from '../../compiler/plan.js';
import type { Stat } from '../../runtime/host/file-verbs.js';
import type { Selection } from '../../runtime/host/host.js';
import { makeManaged } from '../../runtime/host/managed.js';
import { inPlace, listed, scanOf, selection } from './scanning.js';

const NONE: SetPlan = { owner: null, group: null, files: null, folders: null };

test('fixed modes are the same pages on a master with any modes and a remote that has them', () =>
  inPlace({ 'm/d/x': 'x', 'm/d/e': null, 'r/d/x': 'x', 'r/d/e': null }, async ({ path }) => {
    const set = { ...NONE, files: 0o640, folders: 0o750 };
    chmodSync(`${path}/m/d/x`, 0o777);
    for (const folder of ['d', 'd/e']) chmodSync(`${path}/r/${folder}`, 0o750);
    chmodSync(`${path}/r/d/x`, 0o640);
    for (const attributes of [['modified'], ['mode', 'modified']] as const) {
      const master = await scanOf(`${path}/m`, { set, attributes });
      const remote = await scanOf(`${path}/r`, { set, attributes, side: 'remote' });
      assert.equal(master.summary.digest, remote.summary.digest);
      chmodSync(`${path}/r/d/x`, 0o600);
      const other = await scanOf(`${path}/r`, { set, attributes, side: 'remote' });
      assert.notEqual(other.summary.digest, master.summary.digest);
      chmodSync(`${path}/r/d/x`, 0o640);
    }
    const [d] = await (await scanOf(`${path}/m`, { set, attributes: ['modified'] })).lookup(['d']);
    assert.ok(d !== undefined && 'mode' in d && d.mode === 0o750);
  }));

test('fixing the mode of files leaves that of folders unmanaged', () =>
  inPlace({ 'd/x': 'x' }, async ({ path }) => {
    const found = await listed(await scanOf(path, { set: { ...NONE, files: 0o600 }, attributes: [] }));
    const modes = [...found].map(([at, entry]) => [at, 'mode' in entry && entry.mode]);
    assert.deepEqual(modes, [
      ['d', 0],
      ['d/x', 0o600],
    ]);
  }));

test('fixed owners are the name that was fixed, and a number is met by whoever has it', () => {
  const names = { user: (id: number) => ({ 7: 'zoe' })[id] ?? null, group: () => null };
  const stat = (owner: number): Stat => ({ owner, group: 5 }) as Stat;
  const managed = (side: 'master' | 'remote', owner: string) =>
    makeManaged(selection({ side, set: { ...NONE, owner }, attributes: [] }), names);
  assert.equal(managed('master', 'zoe').owner(stat(1)), 'zoe');
  assert.deepEqual(
    [1, 7].map(id => managed('remote', 'zoe').owner(stat(id))),
    ['1', 'zoe'],
  );
  assert.deepEqual(
    [1, 7].map(id => managed('remote', '7').owner(stat(id))),
    ['1', '7'],
  );
  assert.equal(managed('remote', '7').group(stat(1)), '');
});

test('a remote lists users and groups by number where the master has no name for that number', () => {
  const names = { user: (id: number) => ({ 7: 'zoe', 8: 'yan' })[id] ?? null, group: () => 'staff' };
  const of = (numbers: Selection['numbers']) => {
    const managed = makeManaged(selection({ side: 'remote', attributes: ['owner', 'group'], numbers }), names);
    return [7, 8, 9].map(id => `${managed.owner({ owner: id } as Stat)}:${managed.group({ group: id } as Stat)}`);
  };
  assert.deepEqual(of(undefined), ['zoe:staff', 'yan:staff', '9:staff']);
  assert.deepEqual(of({ owners: ['7', '9'], groups: ['8'] }), ['7:staff', 'yan:8', '9:staff']);
});

test.run();
