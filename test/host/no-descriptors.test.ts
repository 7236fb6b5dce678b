// Where no more files may be open, a program that the agent would start is a fault with a name, and never the agent's end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';

const room = (file: string): string => JSON.stringify(resolve('build/runtime/host', file));

/** Runs in a process of its own that may open few files: all but one are used up before each of these is tried. */
const SCRIPT = `
import { closeSync, openSync } from 'node:fs';
const { holdPath } = await import(${room('local-folder.js')});
const { syncFileSystem } = await import(${room('local-file-system.js')});
const { tryFlock } = await import(${room('lock/flock.js')});
const { makeLocalExtras } = await import(${room('local-extras.js')});
const { openPrograms } = await import(${room('programs.js')});
const folder = holdPath(process.argv[1], true);
const programs = openPrograms({ environment: { PATH: '/usr/bin:/bin' }, home: process.argv[1], system: '/nonexistent' });
const withFew = async (free, work) => {
  const open = [];
  try {
    for (;;) open.push(openSync('/dev/null'));
  } catch {}
  for (let i = 0; i < free; i++) closeSync(open.pop());
  const said = await work().catch(error => ({ code: error.code, message: error.message, help: error.help }));
  for (const descriptor of open) closeSync(descriptor);
  return said;
};
console.log(JSON.stringify({
  sync: await withFew(1, async () => syncFileSystem(folder)),
  lock: await withFew(1, () => tryFlock(folder, 'lock', { mode: 'exclusive', tool: 'flock', where: 'block app' })),
  extras: await withFew(0, () => makeLocalExtras(() => folder).read([{ at: folder, name: 'x', follow: false }], ['xattr'])),
  program: await withFew(1, () => programs.runFor(['true'], { purpose: 'hook', timeout: 5, environment: {} })),
  afterwards: await programs.runFor(['true'], { purpose: 'hook', timeout: 5, environment: {} }),
}));
`;

test('syncs, locks, extended attributes and programs say that too many files are open', () => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-few-'));
  try {
    const args = ['--nofile=512:512', process.execPath, '--input-type=module', '-e', SCRIPT, folder];
    const said = JSON.parse(execFileSync('prlimit', args, { encoding: 'utf8' }));
    assert.equal(said.sync.fault, 'EMFILE');
    assert.match(said.lock.message, /^lock block app: too many open files$/);
    assert.match(said.lock.help, /ulimit -n/);
    assert.match(said.extras.message, /too many open files$/);
    assert.deepEqual([said.program.code, said.program.started], [null, false]);
    assert.match(said.program.output, /cannot be started: EMFILE$/);
    assert.deepEqual([said.afterwards.code, said.afterwards.started], [0, true]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
