// The tools of a BSD as the tests present them: what they take, refuse, print and complain of, as FreeBSD's own programs do.
import { execFileSync, spawnSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeBsdTools } from '../support/bsd-tools.js';

const test = suite('bsd-tools');
const tools = makeBsdTools();
const folder = mkdtempSync(join(tmpdir(), 'syncplan-bsd-tools-'));
test.after(() => {
  tools.remove();
  rmSync(folder, { recursive: true });
});
test.before.each(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(join(folder, 'folder'), { recursive: true });
  writeFileSync(join(folder, 'file'), 'file');
  writeFileSync(join(folder, 'other'), 'other');
  symlinkSync('folder', join(folder, 'to-folder'));
  symlinkSync('nowhere', join(folder, 'astray'));
  symlinkSync('circle', join(folder, 'circle'));
});

type Said = { readonly code: number | null; readonly out: string; readonly err: string };
const run = (program: string, ...args: string[]): Said => {
  const { status, stdout, stderr } = spawnSync(join(tools.path, program), args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...tools.environment, LC_ALL: 'C', TZ: 'UTC0' },
  });
  return { code: status, out: stdout, err: stderr };
};
const ok = (program: string, ...args: string[]): string => {
  const { code, out, err } = run(program, ...args);
  assert.is(code, 0, `${program} ${args.join(' ')}: ${err}`);
  return out;
};
/** It fails, and its last line ends so. */
const fails = (end: string, program: string, ...args: string[]): void => {
  const { code, err } = run(program, ...args);
  assert.ok(code !== 0 && err.trimEnd().endsWith(end), `${program} ${args.join(' ')}: ${code} ${err}`);
};

const RECORD = '%Xp %z %i %d %l %u %g|%Fm|%N%n';

test('stat prints what it is asked for in its own words, one line for each whatever the name', () => {
  writeFileSync(join(folder, 'ends\n'), 'x');
  ok('touch', '-h', '-m', '-d', '1969-12-31T23:59:58.25Z', '--', './file');
  ok('touch', '-h', '-m', '-d', '2023-11-14T22:13:20Z', '--', './astray');
  const of = (name: string): string => {
    const { size, ino, dev, nlink, uid, gid } = lstatSync(join(folder, name));
    return `${size} ${ino} ${dev} ${nlink} ${uid} ${gid}`;
  };
  assert.is(
    ok('stat', '-f', RECORD, '--', './file', './astray'),
    `81a4 ${of('file')}|-2.250000000|./file\na1ff ${of('astray')}|1700000000.000000000|./astray\n`,
  );
  assert.match(ok('stat', '-f', '%z %N%n', '--', './ends\n'), /^1 \.\/ends\n\n$/);
  assert.is(ok('stat', '-f', '%d:%i', './file'), `${lstatSync(folder).dev}:${lstatSync(join(folder, 'file')).ino}\n`);
});

test('stat follows links with -L, and tells of the link where it leads nowhere', () => {
  assert.match(ok('stat', '-L', '-f', '%Xp', './to-folder'), /^4/);
  assert.match(ok('stat', '-L', '-f', '%Xp', './astray'), /^a1ff/);
  fails('stat: ./circle: stat: Too many levels of symbolic links', 'stat', '-L', '-f', '%Xp', './circle');
  const { code, out, err } = run('stat', '-f', '%z', './none', './file');
  assert.equal([code, out, err], [1, '4\n', 'stat: ./none: stat: No such file or directory\n']);
});

test('no option of GNU is known, and none behind the first operand', () => {
  for (const words of [
    ['stat', '-c', '%f', './file'],
    ['mv', '-T', './file', './there'],
    ['mv', '-t', './folder', './file'],
    ['ln', '-T', './file', './there'],
    ['touch', '-h', '-d', '@1', './file'],
    ['find', '.', '-printf', '%p'],
  ]) {
    assert.is.not(run(words[0]!, ...words.slice(1)).code, 0, words.join(' '));
  }
  fails('-L: stat: No such file or directory', 'stat', '-f', '%z', './file', '-L');
  fails("chown: cannot access '--': No such file or directory", 'chown', String(process.getuid?.()), '--', './file');
  assert.equal(readdirSync(folder).sort(), ['astray', 'circle', 'file', 'folder', 'other', 'to-folder']);
});

test('mv -h replaces a link, whatever it leads to, goes into a folder, and leaves two names of one file', () => {
  ok('mv', '-f', '-h', '--', './file', './to-folder');
  assert.ok(lstatSync(join(folder, 'to-folder')).isFile());
  ok('mv', '-f', '-h', '--', './to-folder', './circle');
  ok('mv', '-f', '-h', '--', './circle', './folder');
  assert.equal(readdirSync(join(folder, 'folder')), ['circle']);
  linkSync(join(folder, 'other'), join(folder, 'again'));
  ok('mv', '-f', '-h', '--', './other', './again');
  assert.ok(readdirSync(folder).includes('other'));
  fails('Not a directory', 'mv', '-f', '-h', '--', './folder', './other');
  fails('No such file or directory', 'mv', '-f', '-h', '--', './none', './there');
});

test('ln -h makes no link in the folder that a link leads to, and -P one to a link itself', () => {
  fails('ln: ./to-folder: File exists', 'ln', '-s', '-h', '--', 'target', './to-folder');
  fails('ln: ./other: File exists', 'ln', '-P', '-h', '--', './file', './other');
  fails('ln: ./folder: Is a directory', 'ln', '-P', '-h', '--', './folder', './there');
  ok('ln', '-P', '-h', '--', './astray', './again');
  assert.ok(lstatSync(join(folder, 'again')).isSymbolicLink());
  ok('ln', '-s', '-h', '--', '-rf', './-rf');
  ok('ln', '-s', '-h', '--', 'target', './folder');
  assert.equal(readdirSync(join(folder, 'folder')), ['target']);
});

test('touch takes a date of UTC with a fraction, sets a link itself, makes nothing, and refuses what is no date', () => {
  ok('touch', '-h', '-c', '-m', '-d', '2001-09-09T01:46:40.000001Z', '--', './astray');
  assert.is(lstatSync(join(folder, 'astray'), { bigint: true }).mtimeNs, 1_000_000_000_000_001_000n);
  ok('touch', '-h', '-c', '-m', '-d', '2001-09-09T01:46:40Z', '--', './none');
  assert.not(readdirSync(folder).includes('none'));
  for (const time of ['2001-09-09', '01:46', '2001-09-09T01:46:40.Z', '2001-09-09T01:46:40+02:00', 'yesterday']) {
    fails('illegal time specification: YYYY-MM-DDThh:mm:SS[.frac][tz]', 'touch', '-h', '-d', time, './file');
  }
});

test('fsync takes files and folders, and sync heeds no operands', () => {
  ok('fsync', './file', '.');
  fails('No such file or directory', 'fsync', './none');
  if ((process.env.SYNCPLAN_TEST_BSD_TOOLS ?? '') === '') {
    assert.match(execFileSync('cat', [join(tools.path, 'sync')], { encoding: 'utf8' }), /exec \S+sync\n$/);
  }
});

test.run();
