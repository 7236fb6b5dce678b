// A host conforms for a user without privileges too, to whom permissions mean something: this machine, and one driven by its shell.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';

const NOBODY = 65_534;
const BUNDLED = ['--bundle', '--platform=node', '--format=esm', '--target=node20', '--log-level=error'];

test('the whole suite passes as a user who may not read everything', () => {
  const { total, passed } = runAsNobody('conformance-local');
  assert.ok(total > 40, `${total} tests`);
  assert.equal(passed, total);
});

test('attributes are given by a user who is not root, but for what only root may give', () => {
  const { total, passed } = runAsNobody('give-attributes');
  assert.ok(total >= 5, `${total} tests`);
  assert.equal(passed, total);
});

test('files come with their modes on a machine that is driven by its shell, too', () => {
  const { total, passed } = runAsNobody('shell-write-many');
  assert.ok(total >= 5, `${total} tests`);
  assert.equal(passed, total);
});

const runAsNobody = (file: string): { readonly total: number; readonly passed: number } => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-unprivileged-'));
  try {
    // One file in a folder that everybody may enter: the checkout may lie where this user may not.
    const outfile = join(folder, 'suite.mjs');
    const entry = `build/test/host/${file}.test.js`;
    const bundled = spawnSync('node_modules/.bin/esbuild', [entry, `--outfile=${outfile}`, ...BUNDLED], {
      encoding: 'utf8',
    });
    assert.equal(bundled.status, 0, bundled.stderr);
    chmodSync(folder, 0o1777);
    const as = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], {
      ...as,
      cwd: folder,
      env: { ...process.env, HOME: folder, TMPDIR: folder, NO_COLOR: '1' },
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    const count = (what: string): number => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(stdout)?.[1] ?? '0');
    return { total: count('Total'), passed: count('Passed') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

test.run();
