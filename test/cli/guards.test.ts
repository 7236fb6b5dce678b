// What protects data, seen from outside: exit 4, and every remote unchanged by a byte.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, said, unwrapped } from '../support/program.js';
import { assertSameTree, treeOf } from '../support/tree.js';

let desk: Desk;
let base: string;

const PLAN = `syncplan 1
fleet {
  host build at local { root site "./master" }
  host one at local { root site "./one" }
}
role master is build
role remote is one
block pages { take all in site; delete mirror }
`;

let restore: () => void;

/** What everything begins with is run once. */
test.before(async () => {
  desk = openDesk();
  base = desk.folder;
  mkdirSync(join(base, 'master/folder'), { recursive: true });
  writeFileSync(join(base, 'plan.sp'), PLAN);
  for (let i = 0; i < 40; i++) writeFileSync(join(base, `master/folder/${i}`), `${i}\n`);
  const { code, err } = await run('apply', 'plan.sp');
  assert.equal(code, 0, said(err));
  restore = desk.keep();
});
test.before.each(() => restore());
test.after(() => desk.remove());

const run = (...args: string[]) => desk.run(args, { cwd: base });
const at = (...names: string[]): string => join(base, ...names);

const refused = async (words: RegExp): Promise<void> => {
  const look = (): unknown => [treeOf(at('one')), readdirSync(at('one'), { recursive: true, encoding: 'utf8' }).sort()];
  const before = look();
  for (const command of ['apply', 'plan']) {
    const { code, out, err } = await run(command, 'plan.sp');
    assert.equal(code, 4, said(out, err));
    assert.match(out + err, words);
    assert.deepEqual(look(), before, command);
  }
};

test('a master that lost more than half is refused until the operator allows it', async () => {
  for (let i = 0; i < 25; i++) rmSync(at('master/folder', String(i)));
  await refused(/help: .*--allow-delete/);
  assert.equal((await run('apply', 'plan.sp', '--allow-delete')).code, 0);
  assertSameTree(at('one'), at('master'));
});

test('an emptied master is refused', async () => {
  rmSync(at('master/folder'), { recursive: true });
  await refused(/guard|refused/);
});

test('so is one of several whose root was emptied, however much the others hold', async () => {
  mkdirSync(at('more'));
  writeFileSync(at('more/file'), 'more\n');
  const two = PLAN.replace('"./master"', '"./master"; root more "./more"')
    .replace('"./one"', '"./one"; root more "./two"')
    .replace('take all in site; delete mirror', 'take all in site; take all in more; delete mirror { max 100 files }');
  writeFileSync(at('plan.sp'), two);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  rmSync(at('more/file'));
  await refused(/the master has nothing in \S+\/more, and 1 of 1 entries would be deleted/);
  assert.deepEqual(readdirSync(at('two')).sort(), ['.syncplan', 'file']);
  assert.equal((await run('apply', 'plan.sp', '--allow-delete')).code, 0);
  assert.deepEqual(readdirSync(at('two')), ['.syncplan']);
});

test('what is protected is told from the folder taken, and stays', async () => {
  const taking = PLAN.replace(
    'take all in site; delete mirror',
    'take all in site "folder"; delete mirror { protect "up/**" }',
  );
  writeFileSync(at('plan.sp'), taking);
  for (const folder of ['up', 'other']) {
    mkdirSync(at('one/folder', folder));
    writeFileSync(at('one/folder', folder, 'theirs'), 'theirs\n');
  }
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  assert.deepEqual(
    readdirSync(at('one/folder')).filter(name => !/^\d+$/.test(name)),
    ['up'],
  );
  assert.deepEqual(readdirSync(at('one/folder/up')), ['theirs']);
});

test('what syncplan keeps in a root that lies in another plan’s is neither deleted there nor taken from there', async () => {
  const inner = PLAN.replace('"./master"', '"./master/folder"').replace('"./one"', '"./one/folder"');
  writeFileSync(at('inner.sp'), inner);
  rmSync(at('master/folder/1'));
  assert.equal((await run('apply', 'inner.sp')).code, 0);
  const own = (): string[] => readdirSync(at('one/folder/.syncplan'), { recursive: true, encoding: 'utf8' }).sort();
  const before = own();
  assert.ok(before.some(path => path.endsWith('/1')));
  for (const command of ['plan', 'apply']) {
    const { code, out, err } = await run(command, 'plan.sp');
    assert.equal(code, 0, said(out, err));
    assert.match(out, /Nothing to (?:change|do)/);
  }
  assert.deepEqual(own(), before);
  assert.equal((await run('apply', 'inner.sp')).code, 0);
  const from = PLAN.replace('"./master"', '"./one"').replace('"./one" }\n}', '"./copy" }\n}');
  writeFileSync(at('plan.sp'), from);
  const { code, out, err } = await run('apply', 'plan.sp');
  assert.equal(code, 0, said(out, err));
  assert.deepEqual(readdirSync(at('copy/folder')).sort(), readdirSync(at('master/folder')).sort());
});

test('a missing master is refused', async () => {
  renameSync(at('master'), at('elsewhere'));
  await refused(/refused/);
});

test('a remote root that lost its marker is an empty mount point until the operator says otherwise', async () => {
  renameSync(at('one'), at('unmounted'));
  mkdirSync(at('one'));
  await refused(/had syncplan's marker and has none now.*\n.*--accept-root one/);
  assert.deepEqual(readdirSync(at('one')), []);
  const words =
    /^x root +site \(remote\) {2}\S+\/one: .*had syncplan's marker and has none now.*\n +help: .*--accept-root one/m;
  for (const doubt of ['empty', 'gone']) {
    const doctor = await run('doctor', 'plan.sp');
    assert.equal(doctor.code, 5, said(doctor.out));
    assert.match(unwrapped(doctor.out), words, doubt);
    rmSync(at('one'), { recursive: true, force: true });
  }
  const strange = await run('apply', 'plan.sp', '--accept-root', 'web');
  assert.equal(strange.code, 64);
  assert.match((await run('plan', 'plan.sp', '--accept-root', 'one,web')).err, /--accept-root: "web" is no host/);
  const { code, out, err } = await run('apply', 'plan.sp', '--accept-root', 'one,build');
  assert.equal(code, 0, said(out, err));
  assertSameTree(at('one'), at('master'));
  assert.equal((await run('apply', 'plan.sp')).code, 0);
});

test('a remote root with another marker is refused until the operator has accepted it, once', async () => {
  writeFileSync(at('plan.sp'), PLAN.replace('"./one"', '"./two"'));
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  writeFileSync(at('plan.sp'), PLAN);
  copyFileSync(at('two/.syncplan/marker'), at('one/.syncplan/marker'));
  writeFileSync(at('master/folder/more'), 'more\n');
  await refused(/had syncplan's marker and has another one now.*\n.*run once with --accept-root one/);
  const { code, out, err } = await run('apply', 'plan.sp', '--accept-root', 'one');
  assert.equal(code, 0, said(out, err));
  assertSameTree(at('one'), at('master'));
  for (const command of ['plan', 'apply']) assert.equal((await run(command, 'plan.sp')).code, 0);
});

test('another plan may call the same host by another name, and still its root is known', async () => {
  writeFileSync(at('plan.sp'), PLAN.replaceAll('one at', 'copy at').replace('is one', 'is copy'));
  renameSync(at('one'), at('unmounted'));
  mkdirSync(at('one'));
  await refused(/had syncplan's marker/);
});

test('a remote root that another block hands on from is missed when it lost its marker', async () => {
  const handing = `syncplan 1
fleet {
  host build at local { root site "./master" }
  host one at local { root site "./one" }
  host two at local { root site "./two" }
}
role master is build
role edge is one
role last is two
block pages { from master to edge; take all in site }
block further after pages { from edge to last; take all in site }
`;
  mkdirSync(at('two'));
  writeFileSync(at('plan.sp'), handing);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  renameSync(at('one'), at('unmounted'));
  mkdirSync(at('one'));
  await refused(/had syncplan's marker and has none now/);
});

test.run();
