// Bad disks on real hosts: full, without inodes, read-only, mounted inside a root, files that may not be changed.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { figure } from './bounds.js';
import { hold, proving } from './invariants.js';
import { placeAt, withUpgrade } from './real.js';
import { sightsOn } from './sights.js';

const allowed = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const canMount = ((): boolean => {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-mount-'));
  const mounted = allowed('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
  if (mounted) allowed('umount', folder);
  rmSync(folder, { recursive: true });
  return mounted;
})();

const canFreeze = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-frozen-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const frozen = allowed('chattr', '+i', file);
  if (frozen) allowed('chattr', '-i', file);
  rmSync(folder, { recursive: true });
  return frozen;
})();

const mounting = canMount ? test : test.skip;
const freezing = canFreeze ? test : test.skip;
/** Moves what is in a folder onto a small file system that is mounted over it. */
const mountOver = (folder: string, options: string): void => {
  const aside = `${folder}.aside`;
  execFileSync('cp', ['-a', `${folder}/.`, aside]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  execFileSync('cp', ['-a', `${aside}/.`, folder]);
  rmSync(aside, { recursive: true });
};

mounting(
  proving(
    'a full disk on one of two hosts: the other is done, that one is unchanged, and with space again it converges',
    'exit 0 exactly when every host was verified',
    'every read of a final path is old or new',
    'a second run does nothing',
  ),
  () =>
    withUpgrade(['copy', 'other'], async upgrade => {
      const folder = upgrade.remote('copy');
      mountOver(folder, 'size=256k,nr_inodes=200,mode=0755');
      try {
        writeFileSync(join(upgrade.master, 'too-large'), Buffer.alloc(400_000, 'x'));
        const before = sightsOn(folder);
        const full = await upgrade.apply('a full disk');
        assert.equal(full.code, 5, full.said);
        assert.deepEqual(statesOf(full), { copy: 'refused', other: 'done' }, full.said);
        assert.match(full.said, /space|free/);
        assert.deepEqual(sightsOn(folder), before);
        execFileSync('mount', ['-o', 'remount,size=8m', folder]);
        const again = await upgrade.apply('with space again');
        assert.equal(again.code, 0, again.said);
        assert.deepEqual(sightsOn(folder), sightsOn(upgrade.master));
        figure('faults', 1);
      } finally {
        execFileSync('umount', [folder]);
      }
    }),
);

mounting(
  proving(
    'a disk without inodes, then a read-only one, on one of two hosts: the other is done, and then it converges',
    'exit 0 exactly when every host was verified',
    'every read of a final path is old or new',
    'what we overwrote or deleted was baseline content or is kept',
  ),
  () =>
    withUpgrade(['copy', 'other'], async upgrade => {
      const folder = upgrade.remote('copy');
      mountOver(folder, 'size=8m,mode=0755');
      try {
        for (const [how, options] of [
          ['no inodes', 'remount,nr_inodes=40'],
          ['read-only', 'remount,nr_inodes=4000,ro'],
        ] as const) {
          const taken = Number(execFileSync('df', ['--output=iused', folder], { encoding: 'utf8' }).split('\n')[1]);
          execFileSync('mount', ['-o', options.replace('=40', `=${taken + 3}`), folder]);
          const stuck = await upgrade.apply(how);
          assert.equal(stuck.code, 5, `${how}: ${stuck.said}`);
          assert.equal(statesOf(stuck).other, 'done', how);
          assert.notEqual(statesOf(stuck).copy, 'done', how);
          assert.deepEqual(sightsOn(folder), upgrade.old, how);
        }
        execFileSync('mount', ['-o', 'remount,rw', folder]);
        await upgrade.converges('writable again');
        figure('faults', 2);
      } finally {
        execFileSync('umount', [folder]);
      }
    }),
);

mounting(
  proving(
    'what is mounted inside a root, on either side, is neither entered nor deleted',
    'nothing outside the roots changes',
    'unreadable is not absent',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      const [there, here] = [join(upgrade.remote('copy'), 'app/mounted'), join(upgrade.master, 'fresh')];
      mkdirSync(there);
      placeAt(upgrade.remote('copy')).put({
        'fresh/theirs': { file: 'stays: nobody can tell what the master has here' },
      });
      for (const folder of [there, here]) {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
        writeFileSync(join(folder, 'mounted-file'), 'on another disk');
      }
      try {
        const before = sightsOn(upgrade.remote('copy'));
        const applied = await upgrade.apply('mounts inside');
        assert.ok(applied.code === 0 || applied.code === 5, applied.said);
        const now = sightsOn(upgrade.remote('copy'));
        assert.equal(readFileSync(join(there, 'mounted-file'), 'utf8'), 'on another disk');
        hold('nothing outside the roots changes', 'the mounted folder', {
          before: below(before, 'app/mounted/'),
          now: below(now, 'app/mounted/'),
        });
        hold('unreadable is not absent', 'the folder mounted on the master', { unreadable: ['fresh'], before, now });
        assert.equal(existsSync(join(upgrade.remote('copy'), 'fresh/mounted-file')), false);
        figure('faults', 2);
      } finally {
        for (const folder of [there, here]) execFileSync('umount', [folder]);
      }
    }),
);

freezing(
  proving(
    'a file that may not be changed is named, stays, and once it may be changed the same command converges',
    'every read of a final path is old or new',
    'a second run does nothing',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      const frozen = join(upgrade.remote('copy'), 'large');
      execFileSync('chattr', ['+i', frozen]);
      try {
        const stuck = await upgrade.apply('an immutable file');
        assert.ok(stuck.code === 5 || stuck.code === 1, stuck.said);
        assert.match(stuck.said, /large/);
        upgrade.check('an immutable file', stuck);
      } finally {
        execFileSync('chattr', ['-i', frozen]);
      }
      await upgrade.converges('mutable again');
      figure('faults', 1);
    }),
);

const statesOf = ({
  relations,
}: {
  readonly relations: readonly { readonly host: string; readonly state: string }[] | null;
}): Record<string, string> => Object.fromEntries((relations ?? []).map(({ host, state }) => [host, state]));

const below = (seen: ReturnType<typeof sightsOn>, prefix: string): ReturnType<typeof sightsOn> =>
  new Map([...seen].filter(([path]) => path.startsWith(prefix)));

test.run();
