// The measure of these tests themselves: some deliberately broken variants of the program, and each of them is caught.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';

test('every variant in the list is still one of this program', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/proof/mutants.mjs', '--fit'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test('variants of the program that are broken where something goes wrong are caught', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/proof/mutants.mjs', '--quick'], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  const [, caught = '0', all = '1'] = /^(\d+) of (\d+) mutants caught$/m.exec(stdout) ?? [];
  assert.ok(Number(all) >= 5, stdout);
  assert.equal(caught, all);
});

test.run();
