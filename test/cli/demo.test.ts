// `npm run demo`: shows what it says in a few screens even where lines are written, and fails where that is not so.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Ended, runProcess, said } from '../support/program.js';

let folder: string;

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'syncplan-try-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const demo = (path = ''): Promise<Ended> =>
  runProcess(process.execPath, ['test/support/demo.mjs', '--built'], {
    env: { TMPDIR: folder, HOME: folder, PATH: `${path}${process.env.PATH}` },
  });

test('it shows a preview, an apply, a second one with nothing to do, and what a dry run finds; no listing is long', async () => {
  const { code, out, err } = await demo();
  assert.equal(code, 0, said(out, err));
  assert.match(out, /~ replace +README\.md/);
  assert.match(out, /Done: every host holds what the plan says\./);
  assert.match(err, /\d+ files and folders of the master are the same on/);
  assert.match(err, /Nothing was to do, says the history: \d+ unchanged/);
  assert.match(out, /! drift {2}README\.md was changed by somebody else/);
  assert.match(err, /is as the master again; what was written there by hand is kept in/);
  const listed = out.split('\n');
  assert.ok(listed.length < 70, `${listed.length} lines of results`);
});

test('it fails where the program does not do what it shows', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ssh'), '#!/bin/sh\nexit 255\n', { mode: 0o755 });
  const { code, out, err } = await demo(`${bin}:`);
  assert.equal(code, 1, said(out, err));
  assert.match(err, /The demo failed: plan ended with 1, not with 2\nThe demo ended early; what it made is in/);
});

test.run();
