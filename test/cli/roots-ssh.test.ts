// Roots over a real SSH server: brought back from the trash, unmounted for real on either side, with a mount inside.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { putSite, type Site } from '../support/site.js';
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
let site: Site;
const mounts: string[] = [];

test.before(async () => {
  fleet = await makeFleet(1);
});
test.before.each(() => {
  desk = openDesk();
  site = putSite(desk, fleet, 'delete mirror { max 100% }');
  mkdirSync(site.remote, { recursive: true });
});
test.after.each(() => {
  for (const folder of mounts.splice(0).reverse()) spawnSync('umount', [folder]);
  desk.remove();
  rmSync(site.remote, { recursive: true });
});
test.after(() => fleet?.stop());

const put = (...names: string[]): void => {
  for (const name of names) writeFileSync(join(site.master, name), `${name}\n`);
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
  const ended = await site.run('apply');
  assert.equal(ended.code, code, said(ended.out, ended.err));
  return ended.out + ended.err;
};

test('restore brings back what a run removed or replaced: single paths, then all of it', async () => {
  put('kept', 'gone', 'changed');
  await apply(0);
  rmSync(join(site.master, 'gone'));
  writeFileSync(join(site.remote, 'changed'), 'by somebody else\n');
  put('new');
  const ended = await site.run('apply', ['--json']);
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  assertSameTree(site.remote, site.master);
  const { run } = JSON.parse(ended.out.slice(0, ended.out.indexOf('\n')));

  const one = await site.run('restore', ['--run', run, 'gone', '--yes']);
  assert.equal(one.code, 0, said(one.out, one.err));
  assert.equal(readFileSync(join(site.remote, 'gone'), 'utf8'), 'gone\n');
  assert.equal(readFileSync(join(site.remote, 'changed'), 'utf8'), 'changed\n');

  const all = await site.run('restore', ['--run', run, '--yes']);
  assert.equal(all.code, 0, said(all.out, all.err));
  assert.equal(readFileSync(join(site.remote, 'changed'), 'utf8'), 'by somebody else\n');
  const unknown = await site.run('restore', ['--run', '20200101T000000-00000000', '--yes']);
  assert.notEqual(unknown.code, 0, said(unknown.out, unknown.err));

  await apply(0);
  assertSameTree(site.remote, site.master);
});

mounting('a remote root that is unmounted is refused with 4, and nothing is written below it', async () => {
  mount(site.remote, '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs');
  put('a', 'b');
  await apply(0);
  assertSameTree(site.remote, site.master);
  unmount(site.remote);
  assert.match(await apply(4), /--accept-root web/);
  assert.deepEqual(readdirSync(site.remote), []);
});

mounting('a master root that is unmounted is refused with 4, and the remote keeps all it has', async () => {
  mount(site.master, '-t', 'tmpfs', 'tmpfs');
  put('a', 'b');
  await apply(0);
  const before = treeOf(site.remote);
  unmount(site.master);
  await apply(4);
  assert.deepEqual(treeOf(site.remote), before);
  // Something small lies in the folder that was mounted over: still not what the remote is to become.
  put('a');
  await apply(4);
  assert.deepEqual(treeOf(site.remote), before);
});

mounting('a folder mounted inside a remote root is not written through, and nothing in it is lost', async () => {
  put('plain');
  mkdirSync(join(site.master, 'inner'));
  put('inner/file');
  await apply(0);
  const elsewhere = join(desk.folder, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'precious'), 'precious\n');
  mount(join(site.remote, 'inner'), '--bind', elsewhere);
  writeFileSync(join(site.master, 'inner/file'), 'changed\n');
  writeFileSync(join(site.master, 'plain'), 'changed as well\n');
  await apply(5);
  assert.deepEqual(readdirSync(elsewhere), ['precious']);
  assert.equal(readFileSync(join(elsewhere, 'precious'), 'utf8'), 'precious\n');
  assert.equal(readFileSync(join(site.remote, 'plain'), 'utf8'), 'changed as well\n');
  unmount(join(site.remote, 'inner'));
  await apply(0);
  assertSameTree(site.remote, site.master);
});

test.run();
