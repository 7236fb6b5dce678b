// doctor looks at a state folder that a plan puts beside its root: whether it is there, could be made, and could be used.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, type Ended, openDesk, said, unwrapped } from '../support/program.js';

let desk: Desk;
test.before(() => {
  desk = openDesk();
  for (const folder of ['site', 'www']) mkdirSync(join(desk.folder, folder));
  writeFileSync(join(desk.folder, 'site/file'), 'file\n');
});
test.after(() => desk.remove());

const SHARED_MEMORY = '/dev/shm';

const syncplan = (command: string, state: string, ...args: string[]): Promise<Ended> => {
  writeFileSync(
    join(desk.folder, 'plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host copy at local { root site "./www/copy" state "${state}" }
}
role master is build
role remote is copy
block all { take all in site }
`,
  );
  return desk.run([command, 'plan.sp', ...args]);
};

test('one that apply will make is told, and one that it has made', async () => {
  const before = await syncplan('doctor', './kept');
  assert.equal(before.code, 0, said(before.out, before.err));
  assert.match(unwrapped(before.out), /^ +state +\/.*\/kept: missing; apply will make it, may be written to$/m);
  const applied = await syncplan('apply', './kept');
  assert.equal(applied.code, 0, said(applied.out, applied.err));
  assert.ok(existsSync(join(desk.folder, 'kept/marker')));
  const after = await syncplan('doctor', './kept', '--json');
  const [root] = JSON.parse(after.out.trimEnd().split('\n').at(-1)!).roots;
  assert.deepEqual(root.stateFolder, { path: join(desk.folder, 'kept'), state: 'there', writable: true });
});

test('one whose own folder is missing, or that others may write to, is trouble with what to do', async () => {
  const missing = await syncplan('doctor', './not/there');
  assert.equal(missing.code, 5, said(missing.out, missing.err));
  assert.match(
    unwrapped(missing.out),
    /the state folder \S+\/not\/there cannot be made: \S+\/not does not exist\n +help: make /,
  );
  chmodSync(join(desk.folder, 'kept'), 0o777);
  const open = await syncplan('doctor', './kept');
  assert.equal(open.code, 5, said(open.out, open.err));
  assert.match(unwrapped(open.out), /others may write to it\n +help: /);
  chmodSync(join(desk.folder, 'kept'), 0o711);
});

const hasAnotherDisk = existsSync(SHARED_MEMORY) && statSync(SHARED_MEMORY).dev !== statSync(tmpdir()).dev;

(hasAnotherDisk ? test : test.skip)('one on another file system is trouble, before it is made and after', async () => {
  const there = mkdtempSync(join(SHARED_MEMORY, 'syncplan-state-'));
  try {
    for (const state of [join(there, 'kept'), there]) {
      const ended = await syncplan('doctor', state);
      assert.equal(ended.code, 5, said(ended.out, ended.err));
      assert.match(
        unwrapped(ended.out),
        /on another file system than the root\n +help: choose a folder on the file system/,
      );
    }
    const applied = await syncplan('apply', join(there, 'kept'));
    assert.notEqual(applied.code, 0, said(applied.out, applied.err));
  } finally {
    rmSync(there, { recursive: true });
  }
});

test.run();
