// A quota that is used up on one of two hosts: said so, the other one is done, and with room again the same command converges.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { canInject } from '../proof/strace.js';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree, treeOf } from '../support/tree.js';

let desk: Desk;
let fleet: Fleet;
const at = (name: string): string => join(desk.folder, name);
const remote = (host: 'host-1' | 'host-2'): string => join(fleet.folder, host, 'roots/site');

/** The agent of the first host is started by a program of ours, which may put a saboteur between it and the kernel. */
test.before(async () => {
  desk = openDesk();
  const launcher = `#!/bin/sh
case "$HOME" in */host-1) [ -e '${at('used-up')}' ] && exec ${SABOTEUR} '${process.execPath}' "$@" ;; esac
exec '${process.execPath}' "$@"
`;
  writeFileSync(at('node'), launcher, { mode: 0o755 });
  fleet = await makeFleet(2, { env: { SYNCPLAN_NODE: at('node') } });
  writeFileSync(
    at('rollout.sp'),
    `syncplan 1
fleet {
  root site "~/roots/site"
  host build at local { root site "./site" }
  group web { host "host-{1..2}" at "host-{1..2}" }
}
role master is build
role remote is web
block app { take all in site; delete mirror }
`,
  );
});
test.before.each(() => {
  mkdirSync(at('site/folder'), { recursive: true });
  put('first');
});
test.after.each(() => {
  for (const name of ['site', 'used-up']) rmSync(at(name), { recursive: true, force: true });
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const put = (content: string): void => {
  for (let i = 0; i < 20; i++) writeFileSync(at(`site/folder/${i}`), `${content} ${i}\n`);
};

const apply = async (code: number, ...args: string[]): Promise<Ended> => {
  const ended = await desk.run(['apply', 'rollout.sp', '--ssh-config', fleet.configFile, ...args]);
  assert.equal(ended.code, code, said(ended.out, ended.err));
  return ended;
};

/** More than fits: the first host says so, keeps what it has, and gets it all when there is room again. */
const checkUsedUp = async (moreRoom: () => void): Promise<void> => {
  const before = treeOf(remote('host-1'));
  const { out, err } = await apply(5);
  assert.match(out + err, /host-1[\s\S]*the disk quota is used up[\s\S]*raise the quota/);
  assert.deepEqual(treeOf(remote('host-1')), before);
  assertSameTree(remote('host-2'), at('site'));
  moreRoom();
  await apply(0);
  for (const host of ['host-1', 'host-2'] as const) assertSameTree(remote(host), at('site'));
};

/** Every write of content fails as the kernel lets it fail; the agent's answers go another way. */
const SABOTEUR = 'strace -f --seccomp-bpf -qqq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:error=EDQUOT';

(canInject() ? test : test.skip)('a quota that the agent runs into at its first write', async () => {
  await apply(0);
  put('second');
  writeFileSync(at('used-up'), '');
  await checkUsedUp(() => rmSync(at('used-up')));
});

/** Btrfs holds everybody to its quota, root too. */
const canLimit = ((): boolean => {
  if (process.getuid?.() !== 0 || spawnSync('mkfs.btrfs', ['--version']).status !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-quota-'));
  const may = mountLimited(folder, '2M');
  spawnSync('umount', [join(folder, 'disk')]);
  rmSync(folder, { recursive: true });
  return may;
})();

function mountLimited(folder: string, limit: string): boolean {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  return [
    ['truncate', '-s', '200M', join(folder, 'image')],
    ['mkfs.btrfs', '-q', join(folder, 'image')],
    ['mount', '-o', 'loop', join(folder, 'image'), disk],
    ['btrfs', 'quota', 'enable', disk],
    ['btrfs', 'qgroup', 'limit', limit, disk],
  ].every(([program, ...args]) => spawnSync(program!, args).status === 0);
}

(canLimit ? test : test.skip)('a real quota in the middle of a large file', async () => {
  const disk = at('disk');
  assert.ok(mountLimited(desk.folder, '4M'));
  try {
    rmSync(join(fleet.folder, 'host-1/roots'), { recursive: true });
    symlinkSync(disk, join(fleet.folder, 'host-1/roots'));
    await apply(0, '--accept-root', 'host-1', '--allow-delete');
    put('second');
    writeFileSync(at('site/large'), randomBytes(8_000_000));
    await checkUsedUp(() => execFileSync('btrfs', ['qgroup', 'limit', '60M', disk]));
  } finally {
    execFileSync('umount', [disk]);
  }
});

test.run();
