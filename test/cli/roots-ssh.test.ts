// Roots over a real SSH server: brought back from the trash, unmounted for real on either side, with a mount inside.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree, treeOf } from '../support/tree.js';

const mayMount = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status === 0;
  if (mounted) execFileSync('umount', [folder]);
  rmdirSync(folder);
  return mounted;
};

const mounting = mayMount() ? test : test.skip;
let fleet: Fleet;
let desk: Desk;
const mounts: string[] = [];
const master = (): string => join(desk.folder, 'site');
const remote = (): string => join(fleet.folder, 'host-1/roots/site');

test.before(async () => {
  fleet = await makeFleet(1);
});
test.before.each(() => {
  desk = openDesk();
  mkdirSync(master());
  mkdirSync(remote(), { recursive: true });
  writeFileSync(
    join(desk.folder, 'rollout.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host web at "host-1" { root site "~/roots/site" }
}
role master is build
role remote is web
block app { take all in site; delete mirror { max 100% } }
`,
  );
});
test.after.each(() => {
  for (const folder of mounts.splice(0).reverse()) spawnSync('umount', [folder]);
  desk.remove();
  rmSync(remote(), { recursive: true });
});
test.after(() => fleet?.stop());

const syncplan = (...args: string[]): Promise<Ended> => desk.run([...args, '--ssh-config', fleet.configFile]);
const put = (...names: string[]): void => {
  for (const name of names) writeFileSync(join(master(), name), `${name}\n`);
};
const mount = (folder: string, ...args: string[]): void => {
  execFileSync('mount', [...args, folder]);
  mounts.push(folder);
};
const unmount = (folder: string): void => {
  execFileSync('umount', [folder]);
  mounts.splice(mounts.indexOf(folder), 1);
};

const apply = async (code: number): Promise<string> => {
  const ended = await syncplan('apply', 'rollout.sp');
  assert.equal(ended.code, code, said(ended.out, ended.err));
  return ended.out + ended.err;
};

test('restore brings back what a run removed or replaced: single paths, then all of it', async () => {
  put('kept', 'gone', 'changed');
  await apply(0);
  rmSync(join(master(), 'gone'));
  writeFileSync(join(remote(), 'changed'), 'by somebody else\n');
  put('new');
  const ended = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  assertSameTree(remote(), master());
  const { run } = JSON.parse(ended.out.slice(0, ended.out.indexOf('\n')));

  const one = await syncplan('restore', 'rollout.sp', '--run', run, 'gone', '--yes');
  assert.equal(one.code, 0, said(one.out, one.err));
  assert.equal(readFileSync(join(remote(), 'gone'), 'utf8'), 'gone\n');
  assert.equal(readFileSync(join(remote(), 'changed'), 'utf8'), 'changed\n');

  const all = await syncplan('restore', 'rollout.sp', '--run', run, '--yes');
  assert.equal(all.code, 0, said(all.out, all.err));
  assert.equal(readFileSync(join(remote(), 'changed'), 'utf8'), 'by somebody else\n');
  const unknown = await syncplan('restore', 'rollout.sp', '--run', '20200101T000000-00000000', '--yes');
  assert.notEqual(unknown.code, 0, said(unknown.out, unknown.err));

  await apply(0);
  assertSameTree(remote(), master());
});

mounting('a remote root that is unmounted is refused with 4, and nothing is written below it', async () => {
  mount(remote(), '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs');
  put('a', 'b');
  await apply(0);
  assertSameTree(remote(), master());
  unmount(remote());
  assert.match(await apply(4), /--accept-root web/);
  assert.deepEqual(readdirSync(remote()), []);
});

mounting('a master root that is unmounted is refused with 4, and the remote keeps all it has', async () => {
  mount(master(), '-t', 'tmpfs', 'tmpfs');
  put('a', 'b');
  await apply(0);
  const before = treeOf(remote());
  unmount(master());
  await apply(4);
  assert.deepEqual(treeOf(remote()), before);
  // Something small lies in the folder that was mounted over: still not what the remote is to become.
  put('a');
  await apply(4);
  assert.deepEqual(treeOf(remote()), before);
});

mounting('a folder mounted inside a remote root is not written through, and nothing in it is lost', async () => {
  put('plain');
  mkdirSync(join(master(), 'inner'));
  put('inner/file');
  await apply(0);
  const elsewhere = join(desk.folder, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'precious'), 'precious\n');
  mount(join(remote(), 'inner'), '--bind', elsewhere);
  writeFileSync(join(master(), 'inner/file'), 'changed\n');
  writeFileSync(join(master(), 'plain'), 'changed as well\n');
  await apply(5);
  assert.deepEqual(readdirSync(elsewhere), ['precious']);
  assert.equal(readFileSync(join(elsewhere, 'precious'), 'utf8'), 'precious\n');
  assert.equal(readFileSync(join(remote(), 'plain'), 'utf8'), 'changed as well\n');
  unmount(join(remote(), 'inner'));
  await apply(0);
  assertSameTree(remote(), master());
});

test.run();
