// What the program says about itself, and how it answers a command line it does not understand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { type Desk, openDesk } from '../support/program.js';

let desk: Desk;
test.before(() => {
  desk = openDesk();
});
test.after(() => desk.remove());

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  for (const args of [['--version'], ['-V'], ['plan', '--version']]) {
    assert.deepEqual(await desk.run(args), { code: 0, signal: null, out: `syncplan ${version}\n`, err: '' });
  }
});

test('every command has its place in the usage text and a text of its own', async () => {
  const all = await desk.run(['--help']);
  assert.equal(all.code, 0);
  for (const command of [
    'init',
    'check',
    'fmt',
    'compile',
    'explain',
    'plan',
    'apply',
    'doctor',
    'unlock',
    'restore',
  ]) {
    assert.match(all.out, new RegExp(`^ {2}${command}\\b`, 'm'));
    const one = await desk.run(['help', command]);
    assert.deepEqual([one.code, one.err], [0, '']);
    assert.ok(one.out.startsWith(`usage: syncplan ${command}`));
    assert.equal((await desk.run([command, '--help'])).out, one.out);
  }
});

test('the exit codes stand in the usage text', async () => {
  const { out } = await desk.run(['help']);
  for (const code of [0, 1, 2, 3, 4, 5, 6, 64, 130]) assert.match(out, new RegExp(`\\b${code} [a-z]`));
});

const complaints: readonly (readonly [args: string[], words: RegExp])[] = [
  [[], /a command is missing/],
  [['aply', 'x.sp'], /no command "aply"; did you mean apply\?/],
  [['frobnicate'], /no command "frobnicate"/],
  [['help', 'pln'], /no command "pln"; did you mean plan\?/],
  [['plan'], /plan needs FILE\|SAVED/],
  [['plan', 'a.sp', 'b.sp'], /plan takes FILE\|SAVED, but was given "a.sp" "b.sp"/],
  [['plan', 'a.sp', '--out', 'b.json'], /no option --out; did you mean --output\?/],
  [['apply', 'a.sp', '--allow'], /no option --allow; did you mean --allow-delete\?/],
  [['plan', 'a.sp', '--exitcode'], /no option --exitcode; did you mean --exit-code\?/],
  [['plan', 'a.sp', '-x'], /no option -x/],
  [['plan', 'a.sp', '--yes'], /plan has no option --yes \(it belongs to apply, restore\)/],
  [['plan', 'a.sp', '--ui', 'jsn'], /--ui is ink, lines, json, quiet, not "jsn"; did you mean json\?/],
  [['plan', 'a.sp', '--ui', 'ink', '--ui', 'json'], /--ui is given 2 times/],
  [['unlock', 'a.sp'], /unlock needs --run ID/],
  [['plan', 'a.sp', '-o'], /-o needs a value: -o FILE/],
  [['plan', 'a.sp', '--json', '--ui', 'lines'], /--json and --ui lines contradict each other/],
  [['restore', 'a.sp', 'file', '--yes'], /restore --yes needs --run ID/],
  [['restore', 'a.sp', '--run', 'x', '../file'], /"..\/file" is no path below a root/],
  [['plan', 'a.sp', '--resume'], /plan has no option --resume \(it belongs to apply\)/],
  [['plan', 'a.sp', '--only'], /--only needs a value: --only NAME/],
  [['plan', 'a.sp', '--only='], /--only needs a value: --only NAME/],
  [['plan', 'a.sp', '--parallel', 'many'], /--parallel/],
  [['plan', 'a.sp', '--parallel', '0'], /--parallel/],
  [['plan', 'a.sp', '--var', 'novalue'], /--var wants NAME=VALUE, not "novalue"/],
  [['plan', ''], /empty name/],
  [['plan', 'a.sp', '--no-fix'], /no option --no-fix/],
  [['explain'], /explain needs CODE/],
];

for (const [args, words] of complaints) {
  test(`\`syncplan ${args.join(' ')}\` is answered on standard error with exit 64`, async () => {
    const { code, out, err } = await desk.run(args);
    assert.deepEqual([code, out], [64, '']);
    assert.match(err, words);
    assert.match(err, /^usage: syncplan /m);
  });
}

test('after -- everything is an operand', async () => {
  const { code, err } = await desk.run(['fmt', '--', '--check']);
  assert.equal(code, 1);
  assert.match(err, /--check/);
  assert.doesNotMatch(err, /usage:/);
});

test('what was typed is shown without the control characters in it', async () => {
  const { err } = await desk.run(['\u001b[31mred\u202e']);
  assert.doesNotMatch(err, /[\u001b\u202e]/);
});

test.run();
