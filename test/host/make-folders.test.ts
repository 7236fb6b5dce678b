// Folders are made one by one, and where none can be made that is an answer.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeFolders } from '../../runtime/host/make-folders.js';

let base: string;
test.before(() => {
  base = mkdtempSync(join(tmpdir(), 'syncplan-folders-'));
});
test.after(() => rmSync(base, { recursive: true }));

test('a folder is made with those above it, all with the mode asked for', () => {
  makeFolders(join(base, 'a/b/c'), 0o700);
  for (const name of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(base, name)).mode & 0o777, 0o700);
});

test('one that is there is left as it is', () => {
  makeFolders(join(base, 'there'), 0o750);
  makeFolders(join(base, 'there'), 0o700);
  makeFolders(`${base}/there/`);
  makeFolders('.');
  makeFolders('/');
  assert.equal(statSync(join(base, 'there')).mode & 0o777, 0o750);
});

test('a file in the way is an error of the system', () => {
  writeFileSync(join(base, 'file'), '');
  assert.throws(() => makeFolders(join(base, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolders(join(base, 'file/below')), { code: 'ENOTDIR' });
});

test('where the system makes no folders, it ends', () => {
  if (!existsSync('/proc/self')) return;
  assert.throws(() => makeFolders('/proc/syncplan-x/y'), { code: 'ENOENT' });
});

test.run();
