// The local host conforms for a user without privileges too, to whom permissions mean something.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';

const NOBODY = 65_534;
const BUNDLED = ['--bundle', '--platform=node', '--format=esm', '--target=node20', '--log-level=error'];

test('the whole suite passes as a user who may not read everything', () => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-unprivileged-'));
  try {
    // One file in a folder that everybody may enter: the checkout may lie where this user may not.
    const outfile = join(folder, 'suite.mjs');
    const entry = 'build/test/host/conformance-local.test.js';
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
    const [, total = '0'] = /Total:\s+(\d+)/.exec(stdout) ?? [];
    const [, passed = '0'] = /Passed:\s+(\d+)/.exec(stdout) ?? [];
    assert.ok(Number(total) > 40, stdout);
    assert.equal(passed, total);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
