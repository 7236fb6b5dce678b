// Saved plans as a user handles them: written, read, applied exactly and once, and refused whenever the world has moved on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, said } from '../support/program.js';
import { assertSameTree, treeOf } from '../support/tree.js';

let desk: Desk;
let base: string;

const PLAN = `syncplan 1
fleet {
  host build at local { root site "./master" }
  host one at local { root site "./one" }
  host two at local { root site "./two" }
}
role master is build
role remote is one, two
block pages { take all in site; delete mirror { max 100% } }
`;

let restore: () => void;

/** What everything begins with is run once: an apply, and a plan of what has changed since, `saved`. */
test.before(async () => {
  desk = openDesk();
  base = desk.folder;
  mkdirSync(join(base, 'master/folder'), { recursive: true });
  writeFileSync(join(base, 'plan.sp'), PLAN);
  writeFileSync(join(base, 'master/index.html'), 'old\n');
  writeFileSync(join(base, 'master/folder/data'), 'data\n');
  writeFileSync(join(base, 'master/gone'), 'gone\n');
  const { code, err } = await run('apply', 'plan.sp');
  assert.equal(code, 0, said(err));
  writeFileSync(join(base, 'master/index.html'), 'newer\n');
  writeFileSync(join(base, 'master/added'), 'added\n');
  rmSync(join(base, 'master/gone'));
  await save();
  restore = desk.keep();
});
test.before.each(() => restore());
test.after(() => desk.remove());

const run = (...args: string[]) => desk.run(args, { cwd: base });
const save = async (...args: string[]) => {
  const { code, err } = await run('plan', 'plan.sp', '-o', 'saved', ...args);
  assert.equal(code, 0, said(err));
};
/** The result of `plan SAVED`: what it is about without what differs each time, and its preview. */
const headed = (out: string): [string, string] => {
  const at = out.indexOf('\n\n') + 2;
  return [out.slice(0, at).replace(/run \S+ at \S+ from \S+/, 'run at from'), out.slice(at)];
};
const HEAD = 'saved by run at from\n\n';
/** Every byte and attribute of the remotes, syncplan's own folder included. */
const remotes = (): unknown => ['one', 'two'].map(name => [treeOf(join(base, name)), stateOf(join(base, name))]);
const stateOf = (root: string): string[] =>
  readdirSync(join(root, '.syncplan'), { recursive: true, encoding: 'utf8' }).sort();
const refused = async (words: RegExp): Promise<void> => {
  const before = remotes();
  const { code, out, err } = await run('apply', 'saved');
  assert.equal(code, 4, said(out, err));
  assert.match(out + err, words);
  assert.deepEqual(remotes(), before);
};

test('a saved plan is written for its owner alone, says what its preview says, and contacts nobody to say it', async () => {
  const plain = await run('plan', 'plan.sp');
  assert.equal(statSync(join(base, 'saved')).mode & 0o777, 0o600);
  const shown = await desk.run(['plan', 'saved', '--exit-code'], { cwd: base, env: { PATH: '/nowhere' } });
  assert.equal(shown.code, 2);
  assert.deepEqual(headed(shown.out), [HEAD, plain.out]);
  assert.equal(shown.err, '');
  const stream = (await run('plan', 'saved', '--json')).out.trimEnd().split('\n');
  const { planned, states, created } = JSON.parse(stream[stream.length - 1]!);
  assert.deepEqual([planned, states, created], [true, { compared: 2 }, 2]);
});

test('what its preview says beside the changes is kept with it', async () => {
  writeFileSync(join(base, 'master/large'), 'x'.repeat(5_000));
  utimesSync(join(base, 'master/large'), 1_600_000_000, 1_600_000_000);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  renameSync(join(base, 'master/large'), join(base, 'master/larger'));
  chmodSync(join(base, 'master/larger'), 0o4755);
  const plain = await run('plan', 'plan.sp');
  await save();
  const shown = await run('plan', 'saved');
  assert.equal(headed(shown.out)[1], plain.out);
  assert.match(shown.out, /^ {2}! left out {2}setuid, setgid or sticky of 1 file or folder;/m);
  assert.match(shown.out, /^ {4}1 new file of 4\.9 KiB look/m);
  assert.equal((await run('apply', 'saved')).code, 0);
});

test('it is applied exactly, and once', async () => {
  const { code, out, err } = await run('apply', 'saved');
  assert.equal(code, 0, said(out, err));
  for (const name of ['one', 'two']) assertSameTree(join(base, name), join(base, 'master'));
  await refused(/this saved plan was used by run \S+ at \S+, and each is used once/);
  assert.match((await run('plan', 'saved')).out, /^ {2}! used by run/m);
});

test('a master that has moved on is refused with path, expected, found and the next command', async () => {
  writeFileSync(join(base, 'master/added'), 'other content\n');
  await refused(/added: expected .*6 bytes.*found .*14 bytes.*\n.*help: look again: syncplan plan \/\S*plan\.sp; then/);
});

test('content that changed under the same size and time is seen', async () => {
  const file = join(base, 'master/added');
  const { atime, mtime } = statSync(file);
  writeFileSync(file, 'ADDED\n');
  utimesSync(file, atime, mtime);
  await refused(/added: expected .* with content [0-9a-f]{16}/);
});

test('where only a time is another one, it is said, also of a link', async () => {
  symlinkSync('index.html', join(base, 'master/latest'));
  lutimesSync(join(base, 'master/latest'), 1_600_000_000, 1_600_000_000);
  await save();
  lutimesSync(join(base, 'master/latest'), 1_600_000_000, 1_600_000_000.25);
  const link = 'a link to index\\.html \\(modified 2020-09-13T12:26:40';
  await refused(
    new RegExp(`latest: expected nothing there and ${link}\\.000Z\\) to create, found .*${link}\\.250Z\\) to create`),
  );
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  lutimesSync(join(base, 'master/latest'), 1_600_000_000, 1_600_000_001);
  await save();
  lutimesSync(join(base, 'master/latest'), 1_600_000_000, 1_600_000_002);
  await refused(
    new RegExp(
      `expected ${link}\\.250Z\\) to become ${link.replace('40', '41')}\\.000Z\\), found .*${link.replace('40', '42')}`,
    ),
  );
});

test('one host that has moved on keeps every host as it is', async () => {
  chmodSync(join(base, 'two/folder/data'), 0o600);
  await refused(/no longer fits two: folder\/data: expected nothing to do, found/);
});

test('what somebody else changed is refused by a saved plan that knew of it, too', async () => {
  rmSync(join(base, 'saved'));
  writeFileSync(join(base, 'one/folder/data'), 'mine\n');
  const { code, err } = await run('plan', 'plan.sp', '-o', 'saved');
  assert.equal(code, 0, said(err));
  assert.match(err, /saved to be read, not to be applied: one was changed by somebody else, and apply refuses/);
  assert.match(err, /in the trash: syncplan apply \/\S*plan\.sp\n/);
  assert.doesNotMatch(err, /to do exactly this/);
  await refused(/folder\/data: expected what syncplan put there, found that somebody else has changed it/);
});

test('the command that looks again is given what the saved plan was given, so that it is about the same', async () => {
  rmSync(join(base, 'saved'));
  mkdirSync(join(base, 'a folder'));
  const text = PLAN.replace('syncplan 1', 'syncplan 1\ninput release default "master"').replace(
    './master',
    './${release}',
  );
  writeFileSync(join(base, 'a folder/plan.sp'), text.replaceAll('"./', '"../'));
  const given = ['--var', 'release=master', '--only', 'one', '--allow-delete', '--ssh-config', 'my ssh'];
  const { code, err } = await run('plan', 'a folder/plan.sp', '-o', 'saved', ...given);
  assert.equal(code, 0, said(err));
  assert.match(err, /saved; to do exactly this, once: syncplan apply saved --ssh-config 'my ssh'\n/);
  writeFileSync(join(base, 'master/added'), 'other content\n');
  await refused(
    /help: look again: syncplan plan '\S+\/a\s+folder\/plan\.sp'\s+--var\s+'release=master'\s+--only\s+one\s+--allow-delete; then/,
  );
});

test('only what was asked for is saved, and nothing can be added when it is applied', async () => {
  rmSync(join(base, 'saved'));
  await save('--only', 'one');
  const before = treeOf(join(base, 'two'));
  for (const extra of [['--allow-delete'], ['--only', 'one'], ['--var', 'a=b'], ['--resume']]) {
    const { code, err } = await run('apply', 'saved', ...extra);
    assert.deepEqual([code, /cannot be given with a saved plan/.test(err)], [64, true], extra.join(' '));
  }
  assert.equal((await run('apply', 'saved')).code, 0);
  assertSameTree(join(base, 'one'), join(base, 'master'));
  assert.deepEqual(treeOf(join(base, 'two')), before);
});

test('a file that was cut, edited or is something else is refused as what it is', async () => {
  const text = readFileSync(join(base, 'saved'), 'utf8');
  for (const [bad, words] of [
    [text.slice(0, -40), /it is no JSON/],
    [text.replace('"added"', '"adder"'), /cut short or changed after it was saved/],
    [text.replace('"saved": 1', '"saved": 2'), /version 2/],
    ['{"__proto__": {"saved": 1}}', /does not say its version/],
  ] as const) {
    writeFileSync(join(base, 'saved'), bad);
    const { code, err } = await run('apply', 'saved');
    assert.equal(code, 3, said(err));
    assert.match(err, words);
  }
  const over = await run('plan', 'plan.sp', '-o', 'plan.sp');
  assert.equal(over.code, 64);
  assert.equal(readFileSync(join(base, 'plan.sp'), 'utf8'), PLAN);
});

test('a plan that could not be saved is refused before anybody is contacted, and nothing is left or harmed', async () => {
  writeFileSync(join(base, 'file'), '{ "a": "file" }\n');
  mkdirSync(join(base, 'folder/saved'), { recursive: true });
  execFileSync('mkfifo', [join(base, 'pipe')]);
  const held = treeOf(base);
  for (const [output, words] of [
    [
      'no/such/saved',
      /cannot write no\/such\/saved: the folder no\/such does not exist\n {2}make it .*mkdir -p no\/such\)/,
    ],
    [
      'file/saved',
      /cannot write file\/saved: no file can be made in file: a part of the path is not a folder\n {2}.*name another file/,
    ],
    ['folder/saved', /cannot write folder\/saved: it is a folder\n {2}name a file in it/],
    ['pipe', /cannot write pipe: it is no ordinary file/],
    ['/proc/saved', /cannot write \/proc\/saved: no file can be made in \/proc: /],
  ] as const) {
    for (const command of ['plan', 'compile']) {
      const { code, out, err } = await run(command, 'plan.sp', '-o', output);
      assert.deepEqual([code, out], [1, ''], `${command} -o ${output}\n${said(err)}`);
      assert.match(err, words);
      assert.doesNotMatch(err, /connect/);
    }
  }
  assert.deepEqual(treeOf(base), held);
});

test('a file that is there is replaced as ever, also through a link and where it may not be written to', async () => {
  const before = readFileSync(join(base, 'saved'));
  chmodSync(join(base, 'saved'), 0o400);
  symlinkSync('saved', join(base, 'link'));
  const { code, err } = await run('plan', 'plan.sp', '-o', 'link');
  assert.equal(code, 0, said(err));
  assert.notDeepEqual(readFileSync(join(base, 'saved')), before);
  assert.ok(lstatSync(join(base, 'link')).isSymbolicLink());
  assert.deepEqual(
    readdirSync(base).filter(name => name.startsWith('.saved')),
    [],
  );
});

test('nothing is saved where something was refused', async () => {
  rmSync(join(base, 'saved'));
  rmSync(join(base, 'master'), { recursive: true });
  const { code, err } = await run('plan', 'plan.sp', '-o', 'saved');
  assert.equal(code, 4, said(err));
  assert.match(
    err,
    /the plan was not saved: something was refused on one and two\n {2}mend that, then save it anew: nothing/,
  );
  assert.deepEqual(readdirSync(base).includes('saved'), false);
});

test('where a host is amiss, it is named, and the command that leaves it out saves the rest', async () => {
  rmSync(join(base, 'saved'));
  rmSync(join(base, 'two/.syncplan/marker'));
  const { code, err } = await run('plan', 'plan.sp', '-o', 'saved', '--allow-delete');
  assert.equal(code, 4, said(err));
  assert.match(err, /the plan was not saved: something was refused on two\n/);
  const [, words = ''] = /or leave it out: syncplan (plan \S+ --allow-delete -o saved --except two)\n/.exec(err) ?? [];
  const rest = await run(...words.split(' '));
  assert.equal(rest.code, 0, said(err, rest.err));
  assert.equal((await run('apply', 'saved')).code, 0);
});

test('where a block hands on what another one brings first, nothing of a saved plan is done', async () => {
  const [head] = PLAN.split('role master');
  writeFileSync(
    join(base, 'plan.sp'),
    `${head}role master is build
role first is one
role last is two
block pages { from master to first; take all in site; delete mirror { max 100% } }
block on after pages { from first to last; take all in site; delete mirror { max 100% } }
`,
  );
  await save();
  await refused(/block on hands on what block pages brings first/);
  assert.equal((await run('apply', 'plan.sp', '--only', 'pages')).code, 0);
  await save();
  const { code, out, err } = await run('apply', 'saved');
  assert.equal(code, 0, said(out, err));
  assertSameTree(join(base, 'two'), join(base, 'master'));
});

test.run();
