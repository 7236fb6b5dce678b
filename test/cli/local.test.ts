// Plans between folders of this machine, run as a user runs them: output, streams, exit codes, restrictions, inputs.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, type Ended, openDesk, said, unwrapped } from '../support/program.js';
import { assertSameTree, differencesOf, treeOf } from '../support/tree.js';

let desk: Desk;
/** A folder with a plan, a master with two files, and remotes that do not exist yet: each costs a process. */
let base: string;

const planFor = (...hosts: string[]): string => `syncplan 1
input shelf default "shelf"
fleet {
  host build at local { root site "./master" }
  group a {
${hosts.map(host => `    host ${host} at local { root site "./\${shelf}/${host}" }`).join('\n')}
  }
}
role master is build
role remote is a
block pages { take "*.html" in site }
block rest after pages { take all except "*.html" in site; delete mirror { max 1 files } }
`;
const PLAN = planFor('one');
const BOTH = planFor('one', 'two');

test.before.each(() => {
  desk ??= openDesk();
  base = mkdtempSync(join(desk.folder, 'case-'));
  mkdirSync(join(base, 'master/folder'), { recursive: true });
  mkdirSync(join(base, 'shelf'));
  writeFileSync(join(base, 'plan.sp'), PLAN);
  writeFileSync(join(base, 'master/index.html'), '<p>\n');
  writeFileSync(join(base, 'master/folder/data'), 'data\n');
});
test.after(() => desk.remove());

/** Nobody looks at it on a terminal, so nothing that is said holds an escape code. */
const run = async (...args: string[]): Promise<Ended> => {
  const ended = await desk.run(args, { cwd: base });
  assert.doesNotMatch(ended.out + ended.err, /\u001b/, args.join(' '));
  return ended;
};
const read = (path: string): string => readFileSync(join(base, path), 'utf8');

test('plan previews on standard output and writes nothing, as apply --dry-run does; --exit-code says 2', async () => {
  const plain = await run('plan', 'plan.sp');
  assert.equal(plain.code, 0, said(plain.err));
  assert.match(plain.out, /create/);
  assert.match(plain.out, /index\.html/);
  assert.deepEqual(readdirSync(join(base, 'shelf')), []);
  const dry = await run('apply', 'plan.sp', '--dry-run');
  assert.deepEqual([dry.code, dry.out], [0, plain.out], said(dry.err));
  assert.deepEqual(readdirSync(join(base, 'shelf')), []);
  assert.equal((await run('plan', 'plan.sp', '--exit-code')).code, 2);
});

test('apply without a terminal applies, and a second apply has nothing to do', async () => {
  writeFileSync(join(base, 'plan.sp'), BOTH);
  const first = await run('apply', 'plan.sp');
  assert.equal(first.code, 0, said(first.err));
  for (const host of ['one', 'two']) assertSameTree(join(base, 'shelf', host), join(base, 'master'));
  const second = await run('apply', 'plan.sp', '--json');
  const summary = JSON.parse(second.out.trimEnd().split('\n').at(-1)!);
  assert.deepEqual([second.code, summary.created, summary.replaced, summary.unchanged], [0, 0, 0, 6]);
  assert.equal((await run('plan', 'plan.sp', '--exit-code')).code, 0);
});

test('without a terminal there are no escape codes anywhere, even where a screen is asked for', async () => {
  for (const args of [
    ['apply', 'plan.sp', '--ui', 'ink'],
    ['check', 'plan.sp'],
  ])
    assert.equal((await run(...args)).code, 0);
});

test('the stream begins with version, ends with summary, and every event has a time', async () => {
  const { out, err, code } = await run('apply', 'plan.sp', '--ui', 'json');
  assert.equal(code, 0, said(err));
  const events = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual([events[0].type, events[0].stream, events.at(-1).type], ['version', 1, 'summary']);
  assert.ok(events.every(event => typeof event.time === 'number'));
  const hosts = events.filter(event => event.type === 'host' && event.state === 'connected');
  assert.deepEqual(
    hosts.map(event => event.kind),
    ['local', 'local'],
  );
  assert.ok(events.some(event => event.type === 'change' && event.path === 'folder/data' && event.change === 'create'));
});

test('quiet says nothing, and its exit code says it all', async () => {
  assert.deepEqual(await run('apply', 'plan.sp', '--ui', 'quiet'), { code: 0, signal: null, out: '', err: '' });
  assert.deepEqual(await run('plan', 'plan.sp', '--ui', 'quiet', '--exit-code'), {
    code: 0,
    signal: null,
    out: '',
    err: '',
  });
});

test('quiet keeps warnings about the plan to itself as well, but for its errors', async () => {
  const [warned, faulty] = [PLAN.replace('max 1 files', 'max 100%'), PLAN.replace('take "*.html"', 'take page')];
  writeFileSync(join(base, 'plan.sp'), warned);
  assert.match((await run('plan', 'plan.sp')).err, /warning\[SP5008\]/);
  assert.deepEqual(await run('apply', 'plan.sp', '--ui', 'quiet'), { code: 0, signal: null, out: '', err: '' });
  writeFileSync(join(base, 'plan.sp'), faulty);
  const { code, err } = await run('apply', 'plan.sp', '--ui', 'quiet');
  assert.equal(code, 3);
  assert.match(err, /error\[/);
});

test('--only and --except restrict by host, group and block', async () => {
  writeFileSync(join(base, 'plan.sp'), BOTH);
  assert.equal((await run('apply', 'plan.sp', '--only', 'one', '--only', 'pages')).code, 0);
  assert.deepEqual(treeOf(join(base, 'shelf/one')).length, 1);
  assert.deepEqual(readdirSync(join(base, 'shelf')), ['one']);
  assert.equal((await run('apply', 'plan.sp', '--except', 'block:rest', '--only', 'a')).code, 0);
  assert.deepEqual(readdirSync(join(base, 'shelf')), ['one', 'two']);
  const none = await run('apply', 'plan.sp', '--only', 'three');
  assert.equal(none.code, 64);
  assert.match(none.err, /"three" is no host, region, group or block/);
});

test('what a host or block that is left out could not do is no fault of the run, and of what is left it still is', async () => {
  const shop = '    host shop at "sftp://192.0.2.1" { root site "shop" }\n    host two at';
  const faulty = BOTH.replace('    host two at', shop)
    .replace('block pages {', 'block pages { consistency lock { by command ["true"] release ["true"] }')
    .replace('block rest after pages {', 'block rest after pages { hook after run ["true"] on remote;');
  writeFileSync(join(base, 'plan.sp'), faulty);
  const all = await run('plan', 'plan.sp');
  assert.deepEqual([all.code, all.err.match(/SP5018/g)?.length], [3, 2], said(all.err));
  for (const left of [
    ['--only', 'one'],
    ['--except', 'shop'],
  ]) {
    const { code, out, err } = await run('plan', 'plan.sp', ...left);
    assert.equal(code, 0, said(err));
    assert.doesNotMatch(err, /SP5018|shop/);
    assert.match(out, /index\.html/);
  }
  const block = await run('plan', 'plan.sp', '--only', 'rest');
  assert.equal(block.code, 3);
  assert.deepEqual(block.err.match(/`[^`]*` cannot be done on `shop`/g), [
    '`hook after … on remote` cannot be done on `shop`',
  ]);
  const doctor = await run('doctor', 'plan.sp', '--only', 'one');
  assert.equal(doctor.code, 0, said(doctor.out, doctor.err));
});

test('inputs come from --var over --var-file over the environment over the default', async () => {
  const shelf = async (args: string[], env: Record<string, string> = {}): Promise<string> => {
    const { out, err, code } = await desk.run(['compile', 'plan.sp', ...args], { cwd: base, env });
    assert.equal(code, 0, said(err));
    return JSON.parse(out).inputs.shelf;
  };
  writeFileSync(join(base, 'vars.json'), '{"shelf": "from-json"}');
  writeFileSync(join(base, 'vars.env'), '# a comment\n\nshelf=from=lines\n');
  assert.equal(await shelf([]), 'shelf');
  assert.equal(
    await shelf([], { SYNCPLAN_VAR_shelf: 'from-environment', SYNCPLAN_VAR_other: 'of another plan' }),
    'from-environment',
  );
  assert.equal(await shelf(['--var-file', 'vars.json'], { SYNCPLAN_VAR_shelf: 'x' }), 'from-json');
  assert.equal(await shelf(['--var-file', 'vars.env']), 'from=lines');
  assert.equal(await shelf(['--var', 'shelf=from-command-line', '--var-file', 'vars.json']), 'from-command-line');
  const typo = await run('compile', 'plan.sp', '--var', 'shelv=x');
  assert.notEqual(typo.code, 0);
  assert.match(typo.err, /given for `shelv`[\s\S]*--> --var shelv$/m);
  for (const option of ['--master', '--remote']) {
    const unknown = await run('compile', 'plan.sp', option, 'nosuch');
    assert.equal(unknown.code, 3);
    assert.match(unknown.err, new RegExp(`is called \`nosuch\`\\n *--> ${option} nosuch$`, 'm'));
    assert.doesNotMatch(unknown.err, /plan\.sp/);
  }
});

test('a deletion beyond the budget is refused with 4, names what it saw, and changes nothing', async () => {
  mkdirSync(join(base, 'shelf/one'));
  for (const name of ['x', 'y', 'z']) writeFileSync(join(base, 'shelf/one', name), name);
  const before = treeOf(join(base, 'shelf'));
  const { code, out, err } = await run('apply', 'plan.sp', '--only', 'one,rest');
  assert.equal(code, 4, said(out, err));
  assert.match(out + err, /--allow-delete/);
  assert.deepEqual(differencesOf(treeOf(join(base, 'shelf')), before), []);
  assert.equal((await run('apply', 'plan.sp', '--allow-delete')).code, 0);
  assertSameTree(join(base, 'shelf/one'), join(base, 'master'));
});

test('a master whose root is missing is refused with 4 and nothing is deleted', async () => {
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  rmSync(join(base, 'master'), { recursive: true });
  const before = treeOf(join(base, 'shelf'));
  const { code, out, err } = await run('apply', 'plan.sp');
  assert.equal(code, 4, said(out, err));
  assert.match(out + err, /master/);
  assert.deepEqual(differencesOf(treeOf(join(base, 'shelf')), before), []);
});

test('a block that hands on from a root which the same run makes says to run again, and that does it', async () => {
  const plan = planFor('one', 'two')
    .replace(/^role remote.*$/m, 'role first is one\nrole second is two')
    .replace(/^block pages[\s\S]*$/m, 'block a { from master to first; take all in site }\n')
    .concat('block b after a { from first to second; take all in site }\n');
  writeFileSync(join(base, 'plan.sp'), plan);
  const first = await run('apply', 'plan.sp');
  assert.equal(first.code, 5, said(first.out, first.err));
  assert.match(first.out.replaceAll(/\s+/g, ' '), /if block a makes it, run the same command again when it has/);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  assertSameTree(join(base, 'shelf/two'), join(base, 'master'));
});

test('a faulty plan is answered with all its findings and 3, and nothing is touched', async () => {
  writeFileSync(join(base, 'plan.sp'), `${PLAN}block odd { take nothing in site }\nblok x {}\nrole remote is one\n`);
  for (const command of ['plan', 'apply', 'doctor', 'compile', 'check']) {
    const { code, out, err } = await run(command, 'plan.sp');
    assert.equal(code, 3, command);
    const said = command === 'check' ? out : err;
    assert.ok((said.match(/SP\d{4}/g) ?? []).length >= 3, `${command}: ${said}`);
  }
  assert.deepEqual(readdirSync(join(base, 'shelf')), []);
});

test('how a plan is laid out is told by check and compile, and not by every run once more', async () => {
  const [first, ...rest] = PLAN.split('\n');
  writeFileSync(join(base, 'plan.sp'), [first, ...rest.map(line => `  ${line}`)].join('\n'));
  const untidy = /SP3021/;
  assert.match((await run('check', 'plan.sp')).out, untidy);
  assert.match((await run('compile', 'plan.sp')).err, untidy);
  for (const command of ['plan', 'apply', 'doctor']) {
    const { code, out, err } = await run(command, 'plan.sp');
    assert.equal(code, 0, said(out, err));
    assert.doesNotMatch(out + err, untidy, command);
  }
  // What may do harm is told each time.
  writeFileSync(join(base, 'plan.sp'), PLAN.replace('max 1 files', 'max 100%'));
  assert.match((await run('plan', 'plan.sp')).err, /SP5008/);
});

test('a host that is refused beside one that has nothing to do is 4: nothing was done', async () => {
  writeFileSync(join(base, 'plan.sp'), BOTH);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  rmSync(join(base, 'shelf/two'), { recursive: true });
  mkdirSync(join(base, 'shelf/two'));
  const { code, out, err } = await run('apply', 'plan.sp');
  assert.equal(code, 4, said(out, err));
  assert.match(out, /^Refused, to protect data: nothing was done\.$/m);
  assert.deepEqual(readdirSync(join(base, 'shelf/two')), []);
  writeFileSync(join(base, 'master/index.html'), '<p>new\n');
  assert.equal((await run('apply', 'plan.sp')).code, 5);
  assert.equal(read('shelf/one/index.html'), '<p>new\n');
});

test('every run leaves one line in the history of this machine', async () => {
  const state = join(base, 'state');
  const env = { XDG_STATE_HOME: state };
  await desk.run(['plan', 'plan.sp'], { cwd: base, env });
  await desk.run(['apply', 'plan.sp'], { cwd: base, env });
  const lines = readFileSync(join(state, 'syncplan/history.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual(
    lines.map(line => [line.history, line.command, line.summary.exitCode]),
    [
      [1, 'plan', 0],
      [1, 'apply', 0],
    ],
  );
  // A plan's counts are of what would be done, and it says so.
  assert.deepEqual(
    lines.map(({ summary }) => [summary.planned, summary.created, summary.states]),
    [
      [true, 3, { compared: 2 }],
      [undefined, 3, { done: 2 }],
    ],
  );
  assert.equal(lines[1].file, join(base, 'plan.sp'));
  assert.notEqual(lines[0].run, lines[1].run);
});

test('a reader that goes away is no fault of the program', async () => {
  const { runProcess, PROGRAM } = await import('../support/program.js');
  const script = `"${process.execPath}" "${PROGRAM}" compile plan.sp | head -c 1 > /dev/null; echo "\${PIPESTATUS[0]}"`;
  const { out, err } = await runProcess('bash', ['--norc', '-c', script], { cwd: base });
  assert.deepEqual([out, err], ['0\n', '']);
});

test('doctor says how each machine is driven and what its roots are', async () => {
  writeFileSync(join(base, 'plan.sp'), BOTH);
  const { code, out, err } = await run('doctor', 'plan.sp');
  assert.equal(code, 0, said(out, err));
  for (const host of ['build', 'one', 'two']) assert.match(out, new RegExp(`^= ${host} +local +ready$`, 'm'));
  assert.match(out, /^ {2}Node\.js +\d+\.\d+\.\d+, \//m);
  assert.match(unwrapped(out), /missing; apply will make it.*, may be written to$/m);
  assert.match(unwrapped(out), /root .*master: there, .*, may be written to/);
  const lines = (await run('doctor', 'plan.sp', '--json')).out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual(
    lines.map(line => line.host),
    ['build', 'one', 'two'],
  );
  assert.ok(lines.every(line => line.facts.algorithms.includes('xxh128')));
  rmSync(join(base, 'master'), { recursive: true });
  const sick = await run('doctor', 'plan.sp');
  assert.equal(sick.code, 5);
  assert.match(sick.out, /^x build +local +fails +\S/m);
  const [, trouble] = /root +\S+ \(master\) +(.*)/.exec(sick.out) ?? [];
  assert.ok(trouble !== undefined && !trouble.includes(' on build'), sick.out);
});

test('the plan file and what it writes stand where the user says', async () => {
  const ended = await desk.run(['apply', join(base, 'plan.sp')], { cwd: '/' });
  assert.equal(ended.code, 0, said(ended.err));
  assert.equal(read('shelf/one/folder/data'), 'data\n');
});

test.run();
