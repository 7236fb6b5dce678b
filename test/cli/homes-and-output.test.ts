// What a run finds around it: a HOME that is none, and standard output on a disk that is full.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { noPlace } from '../../runtime/cli/own-place.js';
import { whyNoAccounts } from '../support/accounts.js';
import { type Desk, type Ended, openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

const PLAN = `syncplan 1
fleet {
  host build at local { root site "./master" }
  host copy at local { root site "./copy" }
}
role master is build
role remote is copy
block all { take all in site; delete mirror { max 9 files } }
`;

let desk: Desk;
let base: string;
test.before.each(() => {
  desk ??= openDesk();
  base = mkdtempSync(join(desk.folder, 'case-'));
  mkdirSync(join(base, 'master'));
  writeFileSync(join(base, 'plan.sp'), PLAN);
  writeFileSync(join(base, 'master/index.html'), '<p>\n');
});
test.after(() => desk.remove());

/** Its own list of users says that everybody is at home in `home`, so that no user's own folder is written. */
const runAtHome = (home: string, HOME: string): Promise<Ended> => {
  writeFileSync(join(desk.folder, 'passwd'), `root:x:0:0::${home}:/bin/sh\n`);
  const script = `mount --bind ${join(desk.folder, 'passwd')} /etc/passwd && exec "$0" "$@"`;
  const args = ['--mount', '/bin/sh', '-c', script, process.execPath, PROGRAM, 'apply', 'plan.sp'];
  return runProcess('unshare', args, { cwd: base, env: { HOME } });
};

const inItsPlace = whyNoAccounts() === null ? test : test.skip;
inItsPlace(
  'a HOME that is no whole path counts as none: nothing is written where the run is, nor under a root',
  async () => {
    const home = mkdtempSync(join(desk.folder, 'home-'));
    for (const HOME of ['', 'rel', './rel']) {
      const { code, out, err } = await runAtHome(home, HOME);
      assert.equal(code, 0, said(out, err));
      assert.deepEqual(readdirSync(join(base, 'master')), ['index.html'], HOME);
      assertSameTree(join(base, 'copy'), join(base, 'master'));
      assert.deepEqual(readdirSync(base).sort(), ['copy', 'master', 'plan.sp'], HOME);
    }
    assert.ok(existsSync(join(home, '.local/state/syncplan/history.jsonl')));
  },
);

test('no home at all, and a working folder that is gone, are told without a trace', async () => {
  const lost = join(base, 'lost');
  mkdirSync(lost);
  const script = `cd ${lost} && rmdir ${lost} && exec "$0" "$@"`;
  const gone = await runProcess('/bin/sh', ['-c', script, process.execPath, PROGRAM, 'check', 'plan.sp']);
  assert.deepEqual([gone.code, gone.err.split('\n').length], [1, 3], gone.err);
  assert.match(gone.err, /^syncplan: the folder you are in is not there any more, .*\n {2}cd into another one\n$/);
  const homeless = noPlace(undefined, () => {
    throw new Error('uv_os_homedir returned ENOENT');
  });
  assert.match(String(homeless), /^syncplan: HOME is not set, .* has no home for \d+\n {2}set HOME to a folder .*\n$/);
});

/** Where every write fails as on a disk without room. */
const intoFull = (stream: '>' | '2>', ...args: string[]): Promise<Ended> =>
  runProcess('/bin/sh', ['-c', `exec "$0" "$@" ${stream}/dev/full`, process.execPath, PROGRAM, ...args], {
    cwd: base,
    env: { HOME: base },
  });

test('a result that could not be written is a failure that names it, of every command', async () => {
  for (const args of [
    ['--version'],
    ['help'],
    ['explain', 'SP2001'],
    ['check', 'plan.sp', '--format', 'sarif'],
    ['compile', 'plan.sp'],
    ['plan', 'plan.sp', '--exit-code'],
  ]) {
    const { code, err } = await intoFull('>', ...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, /standard output cannot be written: no space left on the device\n {2}make room/, args.join(' '));
    assert.doesNotMatch(err, /at .*node:/, args.join(' '));
  }
});

test('a run whose words find no room goes on to its end', async () => {
  const mute = await intoFull('>', 'apply', 'plan.sp', '--json');
  assert.equal(mute.code, 1, mute.err);
  assertSameTree(join(base, 'copy'), join(base, 'master'));
  writeFileSync(join(base, 'master/more.html'), '<p>\n');
  const { code, out } = await intoFull('2>', 'apply', 'plan.sp');
  assert.equal(code, 0, out);
  assert.ok(existsSync(join(base, 'copy/more.html')));
});

test('a home that cannot be written is told by name, with what to do, and holds up no run but that of a saved plan', async () => {
  const home = '/proc';
  const run = (...args: string[]): Promise<Ended> => desk.run(args, { cwd: base, env: { HOME: home } });
  assert.equal((await desk.run(['plan', 'plan.sp', '-o', 'saved.json'], { cwd: base })).code, 0);
  const saved = await run('apply', 'saved.json');
  assert.equal(saved.code, 1, said(saved.out, saved.err));
  const where = /cannot make the folder "\/proc\/\.local": its file system makes no folders there/;
  const words = saved.err.replaceAll(/\s+/g, ' ');
  assert.match(words, /this saved plan is applied once, and that it was cannot be remembered: cannot make the folder/);
  assert.match(words, /nothing was done; make that folder writable, or name another one by XDG_STATE_HOME/);
  assert.equal(existsSync(join(base, 'copy/index.html')), false);
  const plain = await run('apply', 'plan.sp');
  assert.equal(plain.code, 0, said(plain.out, plain.err));
  for (const told of [
    'the journal could not be written',
    'this machine cannot remember the root',
    'the history of runs',
  ]) {
    const line = plain.err.split('\n').find(one => one.includes(told)) ?? '';
    assert.match(line, where, told);
    assert.doesNotMatch(line, /ENO|ERO/, told);
  }
});

test('a file that cannot be read or written is named', async () => {
  const folder = await desk.run(['plan', 'plan.sp', '--var-file', '.'], { cwd: base });
  assert.deepEqual([folder.code, folder.err], [1, 'syncplan plan plan.sp: cannot read ".": it is a folder\n']);
  assert.equal((await desk.run(['compile', 'plan.sp', '-o', 'plan.json'], { cwd: base })).code, 0);
  const compiled = await desk.run(['plan', 'plan.json'], { cwd: base });
  assert.equal(compiled.code, 3);
  assert.match(compiled.err, /plan\.json: the saved plan cannot be read: it was made by `syncplan compile`/);
});

test.run();
