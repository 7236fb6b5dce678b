// Compiled code is kept between runs, taken only as it was kept and from nobody else, and never needed.
import { strict as assert } from 'node:assert';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { runCompiled } from '../../runtime/cli/compiled.js';

const test = suite('cli/compiled');

let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'syncplan-compiled-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPT = `exports.double = n => 2 * n; exports.path = require('node:path').sep;`;

const place = (name = 'one-A.cjs', text = SCRIPT): string => {
  const script = join(folder, name);
  writeFileSync(script, text);
  return script;
};
const start = (script: string, use = 'apply') => {
  const { exports, keep } = runCompiled(script, join(folder, 'cache'), use);
  return {
    keep,
    ...(exports as { double: (n: number) => number; path: string }),
  };
};
const kept = (): string[] => readdirSync(join(folder, 'cache/code')).sort();
const only = (): string => join(folder, 'cache/code', kept()[0]!);
/** A file of its own each time that is written anew. */
const inode = (): number => statSync(only()).ino;

test('the code of the first run serves the second, which keeps nothing again', () => {
  const script = place();
  const first = start(script);
  assert.equal(first.double(21), 42);
  first.keep();
  assert.equal(kept().length, 1);
  assert.equal(statSync(only()).mode & 0o777, 0o600);
  const before = inode();
  const second = start(script);
  assert.deepEqual([second.double(4), second.path], [8, '/']);
  second.keep();
  assert.equal(inode(), before);
});

test('a use of its own has a file of its own', () => {
  const script = place();
  start(script, 'plan').keep();
  start(script, 'apply').keep();
  assert.equal(kept().length, 2);
});

test('damaged code is not run, and is kept anew', () => {
  const script = place();
  start(script).keep();
  const whole = readFileSync(only());
  for (const damage of [0, 40, whole.length - 1, -1]) {
    const bytes = Buffer.from(whole);
    if (damage >= 0) bytes[damage]! ^= 0x40;
    writeFileSync(only(), damage < 0 ? bytes.subarray(0, bytes.length / 2) : bytes);
    const before = inode();
    const again = start(script);
    assert.equal(again.double(3), 6);
    again.keep();
    assert.notEqual(inode(), before);
  }
});

test('code that others may write, or that belongs to somebody else, is not run', () => {
  const script = place();
  start(script).keep();
  for (const open of [
    () => chmodSync(only(), 0o620),
    () => chmodSync(only(), 0o602),
    () => chownSync(only(), 65_534, 0),
  ]) {
    open();
    const before = inode();
    start(script).keep();
    assert.notEqual(inode(), before);
  }
});

test('where nothing can be kept, it runs all the same', () => {
  const script = place();
  writeFileSync(join(folder, 'cache'), 'a file stands here');
  const first = start(script);
  first.keep();
  assert.equal(first.double(5), 10);
});

test('what another version left goes after a month', () => {
  mkdirSync(join(folder, 'cache/code'), { recursive: true });
  for (const [name, days] of [
    ['one-Z.cjs.v18.0.0-x64.apply', 40],
    ['one-Y.cjs.v18.0.0-x64.apply', 10],
  ] as const) {
    const path = join(folder, 'cache/code', name);
    writeFileSync(path, 'old');
    const then = Date.now() / 1000 - days * 86_400;
    utimesSync(path, then, then);
  }
  start(place()).keep();
  assert.deepEqual(
    kept().map(name => name.slice(0, 9)),
    ['one-A.cjs', 'one-Y.cjs'],
  );
});

test.run();
