// Commands that work on texts alone: init, check, fmt, compile, explain – their output, files and exit codes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, said } from '../support/program.js';

let desk: Desk;
let folder: string;
test.before.each(() => {
  desk ??= openDesk();
  folder = mkdtempSync(join(desk.folder, 'case-'));
});
test.after(() => desk.remove());

const run = (...args: string[]) => desk.run(args, { cwd: folder });
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

const TIDY = `syncplan 1
fleet {
  host a at local { root r "./a" }
  host b at local { root r "./b" }
}
role master is a
role remote is b
block all { take all in r }
`;
const UNTIDY = TIDY.replace('role master is a\n', 'role   master    is a   # who has the files\n');
const BROKEN = `${TIDY}block {{{\n`;

test('init writes a plan that checks clean and is laid out as fmt would', async () => {
  const first = await run('init', 'new');
  assert.deepEqual([first.code, first.out], [0, 'new/rollout.sp\n']);
  const checked = await run('check', 'new/rollout.sp', '--format', 'json');
  assert.deepEqual([checked.code, checked.out], [0, '']);
  assert.equal((await run('fmt', '--check', 'new/rollout.sp')).code, 0);
});

test('init ends where no folder can be made, and says so', async () => {
  const { code, err } = await run('init', '/proc/syncplan-x/y');
  assert.equal(code, 1);
  assert.match(err, /cannot make the folder "\/proc\/syncplan-x": (its file system makes no folders there|.*denied)/);
});

test('init never overwrites', async () => {
  await run('init');
  write('rollout.sp', 'mine\n');
  const again = await run('init');
  assert.equal(again.code, 1);
  assert.match(again.err, /exists already/);
  assert.equal(read('rollout.sp'), 'mine\n');
});

test('check of a good plan exits 0 and says so on standard error only', async () => {
  const { code, out } = await run('check', write('a.sp', TIDY));
  assert.deepEqual([code, out], [0, '']);
});

test('check tells every finding of several files at once and exits 3', async () => {
  write('a.sp', `${TIDY}blok x {}\nrole remote is nobody\n`);
  write('b.sp', `${TIDY}clas y where size > 1\n`);
  const { code, out } = await run('check', 'a.sp', 'b.sp', '--format', 'json');
  assert.equal(code, 3);
  const findings = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual([...new Set(findings.map(finding => finding.file))].sort(), ['a.sp', 'b.sp']);
  for (const { code: name, severity, message, start, end, labels } of findings) {
    assert.match(name, /^SP\d{4}$/);
    assert.ok(['error', 'warning'].includes(severity) && message.length > 5 && Array.isArray(labels));
    assert.ok(start.line >= 1 && start.column >= 1 && end.offset >= start.offset);
  }
  assert.ok(
    findings.some(finding => finding.file === 'a.sp' && finding.start.line === 9 && finding.start.column === 1),
  );
});

test('a finding of an imported file is told once, however many plans import it', async () => {
  write('shared.sp', `syncplan 1\nblok x {}\n`);
  write('a.sp', TIDY.replace('syncplan 1\n', 'syncplan 1\nimport "./shared.sp"\n'));
  write('b.sp', TIDY.replace('syncplan 1\n', 'syncplan 1\nimport "./shared.sp"\n'));
  const countIn = async (...files: string[]): Promise<number> => {
    const { out } = await run('check', ...files, '--format', 'json');
    return out.split('\n').filter(line => line !== '' && JSON.parse(line).file === 'shared.sp').length;
  };
  assert.ok((await countIn('a.sp')) >= 1);
  assert.equal(await countIn('a.sp', 'b.sp'), await countIn('a.sp'));
});

test('check speaks GitHub and SARIF', async () => {
  write('a.sp', `${TIDY}blok x {}\n`);
  const github = await run('check', 'a.sp', '--format', 'github');
  assert.equal(github.code, 3);
  assert.match(github.out, /^::error file=a\.sp,line=9,/m);
  const sarif = await run('check', 'a.sp', '--format', 'sarif');
  assert.equal(sarif.code, 3);
  const { version, runs } = JSON.parse(sarif.out);
  assert.equal(version, '2.1.0');
  assert.equal(runs[0].results[0].locations[0].physicalLocation.region.startLine, 9);
});

test('warnings alone exit 0', async () => {
  const { code, out } = await run('check', write('a.sp', UNTIDY), '--format', 'json');
  assert.equal(code, 0);
  assert.ok(
    out
      .trimEnd()
      .split('\n')
      .every(line => JSON.parse(line).severity === 'warning'),
  );
});

test('check --fix makes the safe fixes in the files that have them, and tells what is left', async () => {
  write('a.sp', TIDY.replace('take all in r', 'take all in r; compare: quick'));
  const before = await run('check', 'a.sp', '--format', 'json');
  assert.match(before.out, /"fix":/);
  const fixed = await run('check', 'a.sp', '--fix', '--format', 'json');
  assert.equal(fixed.code, 0, said(fixed.out));
  assert.match(read('a.sp'), /compare quick/);
  assert.doesNotMatch((await run('check', 'a.sp', '--format', 'json')).out, /"severity":"error"/);
});

test('a file that is not there is named; so is one that is no text', async () => {
  const missing = await run('check', 'nowhere.sp');
  assert.equal(missing.code, 3);
  assert.match(missing.out, /nowhere\.sp.*\n[\s\S]*help: the path is relative to the folder you are in/);
  writeFileSync(join(folder, 'binary.sp'), Buffer.from([0x73, 0xff, 0xfe]));
  const binary = await run('check', 'binary.sp');
  assert.equal(binary.code, 3);
  assert.match(binary.out, /UTF-8/);
});

test('what is no plan is told what would be one: a folder, standard input, a plan that was saved or compiled', async () => {
  write('plan.sp', TIDY);
  const folderGiven = await run('check', '.');
  assert.equal(folderGiven.code, 3);
  assert.match(folderGiven.out, /`\.` cannot be read: it is a folder\n[\s\S]*help: name the file of the plan in it/);
  const dash = await run('compile', '-');
  assert.equal(dash.code, 3);
  assert.match(dash.err, /help: a plan is a file, .* only `syncplan fmt`\s+reads standard input/s);
  assert.equal((await run('compile', 'plan.sp', '-o', 'plan.json')).code, 0);
  for (const args of [['check'], ['check', '--fix'], ['fmt'], ['fmt', '--check'], ['compile']]) {
    const [command = '', ...rest] = args;
    const { code, out, err } = await run(command, 'plan.json', ...rest);
    assert.deepEqual([code, out], [64, ''], args.join(' '));
    assert.match(
      err,
      /^syncplan: plan\.json holds JSON, not a plan's text\n {2}give the \.sp file itself/,
      args.join(' '),
    );
  }
  // The others are looked at all the same.
  write('b.sp', UNTIDY);
  assert.equal((await run('fmt', 'plan.json', 'b.sp')).code, 64);
  assert.equal(read('b.sp'), TIDY.replace('role master is a\n', 'role master is a # who has the files\n'));
});

test('fmt rewrites only what is untidy, keeps comments, mode and links, and leaves no file behind', async () => {
  write('a.sp', TIDY);
  write('b.sp', UNTIDY);
  chmodSync(join(folder, 'b.sp'), 0o640);
  symlinkSync('b.sp', join(folder, 'link.sp'));
  const untouched = statSync(join(folder, 'a.sp')).ino;
  const { code, out } = await run('fmt', 'a.sp', 'link.sp');
  assert.deepEqual([code, out], [0, '']);
  assert.equal(statSync(join(folder, 'a.sp')).ino, untouched);
  assert.match(read('b.sp'), /^role master is a +# who has the files$/m);
  assert.equal(statSync(join(folder, 'b.sp')).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(folder).sort(), ['a.sp', 'b.sp', 'link.sp']);
  assert.equal((await run('fmt', '--check', 'a.sp', 'b.sp')).code, 0);
});

test('fmt --check names what is untidy, exits 3 and writes nothing', async () => {
  write('a.sp', TIDY);
  write('b.sp', UNTIDY);
  const { code, out } = await run('fmt', '--check', 'a.sp', 'b.sp');
  assert.deepEqual([code, out], [3, 'b.sp\n']);
  assert.equal(read('b.sp'), UNTIDY);
});

test('fmt --diff prints a diff that patch can apply', async () => {
  write('b.sp', UNTIDY);
  const { code, out } = await run('fmt', '--diff', 'b.sp');
  assert.equal(code, 0);
  assert.equal(read('b.sp'), UNTIDY);
  execFileSync('git', ['apply', '-p0', '-'], { cwd: folder, input: out.replace('+++ b.sp (formatted)', '+++ b.sp') });
  assert.equal((await run('fmt', '--check', 'b.sp')).code, 0);
});

test('fmt - is a filter', async () => {
  const good = await desk.run(['fmt', '-'], { input: UNTIDY });
  assert.equal(good.code, 0);
  assert.match(good.out, /^role master is a +# who has the files$/m);
  const bad = await desk.run(['fmt', '-'], { input: BROKEN });
  assert.deepEqual([bad.code, bad.out], [3, '']);
  assert.match(bad.err, /SP1\d{3}/);
});

test('fmt refuses a broken file, formats the others, and exits 3', async () => {
  write('broken.sp', BROKEN);
  write('b.sp', UNTIDY);
  const { code, err } = await run('fmt', 'broken.sp', 'b.sp');
  assert.equal(code, 3);
  assert.match(err, /broken\.sp/);
  assert.equal(read('broken.sp'), BROKEN);
  assert.notEqual(read('b.sp'), UNTIDY);
});

test('fmt refuses what check calls a statement that ends too early, writes nothing, and check does not send there', async () => {
  for (const text of [
    'block\n',
    'syncplan 1\nblock\n',
    'syncplan 1\nblock',
    'syncplan 1\nblock a { delete never { trash 7d } }\n',
  ]) {
    write('a.sp', text);
    for (const options of [['--check'], ['--diff'], []]) {
      const { code, out, err } = await run('fmt', ...options, 'a.sp');
      assert.deepEqual([code, out], [3, ''], said(text, err));
      assert.match(err, /SP30(?:06|10)/);
    }
    assert.equal(read('a.sp'), text);
    const { code, out } = await run('check', 'a.sp');
    assert.equal(code, 3);
    assert.doesNotMatch(out, /SP3021/, out);
  }
  // What other files may declare is none of its business.
  write(
    'a.sp',
    'import "./nowhere.sp"\nfleet {\n  ssh { port shop }\n}\nblock a { take page in www; delete mirror { trash days } }\n',
  );
  const { code, err } = await run('fmt', 'a.sp');
  assert.equal(code, 0, said(err));
});

test('compile prints the same bytes under another folder, locale and time zone', async () => {
  write('a.sp', TIDY);
  const here = await run('compile', 'a.sp');
  assert.equal(here.code, 0, said(here.err));
  mkdirSync(join(folder, 'elsewhere/deep'), { recursive: true });
  writeFileSync(join(folder, 'elsewhere/deep/a.sp'), TIDY);
  const there = await desk.run(['compile', 'elsewhere/deep/a.sp'], {
    cwd: folder,
    env: { LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' },
  });
  assert.equal(there.out, here.out);
  assert.equal(JSON.parse(here.out).plan, 1);
  assert.equal((await run('compile', 'a.sp', '-o', 'a.json')).code, 0);
  assert.equal(read('a.json'), here.out);
  const refused = await run('plan', 'a.json');
  assert.equal(refused.code, 3);
  assert.match(refused.err, /the saved plan cannot be read: it was made by `syncplan compile`/);
});

test('explain tells of every code that check can print, and helps with one that is none', async () => {
  const { out } = await run('check', write('a.sp', `${TIDY}blok x {}\n`), '--format', 'json');
  const { code } = JSON.parse(out.split('\n')[0]!);
  const told = await run('explain', code.toLowerCase());
  assert.equal(told.code, 0);
  assert.ok(told.out.includes(code) && told.out.includes('for example:'));
  const none = await run('explain', 'SP0000');
  assert.deepEqual([none.code, none.out], [64, '']);
  assert.match(none.err, /no finding "SP0000"/);
});

test('the example of the README is a whole plan without errors, laid out as fmt would', async () => {
  const [, example = ''] = /```\n(syncplan 1\n[\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];
  write('readme.sp', example);
  write('fleet.sp', 'syncplan 1\n');
  const { code, out } = await run('check', 'readme.sp');
  assert.deepEqual([code, out], [0, '']);
});

test('every plan of the project compiles without a finding', async () => {
  const plans = readdirSync('plans').filter(name => name.endsWith('.sp'));
  assert.ok(plans.includes('demo.sp'));
  for (const name of plans) {
    const { code, out } = await run('check', join(process.cwd(), 'plans', name));
    assert.deepEqual([code, out], [0, ''], name);
  }
});

test.run();
