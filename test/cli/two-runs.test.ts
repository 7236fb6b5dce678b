// Two runs at once, a killed holder, hooks that are owed, --resume, unlock: what happens when runs meet or end early.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, PROGRAM, said, unwrapped } from '../support/program.js';
import { assertSameTree, treeOf } from '../support/tree.js';

let desk: Desk;
let base: string;

const plan = (block: string, remotes = 'one'): string => `syncplan 1
fleet {
  host build at local { root site "./master" }
  host one at local { root site "./one" }
  host two at local { root site "./two" }
}
role master is build
role remote is ${remotes}
block pages { take all in site; delete mirror { max 100% }; ${block} }
`;

test.before.each(() => {
  desk ??= openDesk();
  base = mkdtempSync(join(desk.folder, 'case-'));
  mkdirSync(join(base, 'master'));
  writeFileSync(join(base, 'master/index.html'), 'first\n');
});
test.after(() => desk.remove());

const run = (...args: string[]) => desk.run(args, { cwd: base });
const write = (text: string): void => writeFileSync(join(base, 'plan.sp'), text);
const script = (name: string, body: string): string => {
  const path = join(base, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
};
const until = async (what: () => boolean): Promise<void> => {
  const end = Date.now() + 20_000;
  while (!what()) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await new Promise(resolve => setTimeout(resolve, 25));
  }
};
const lines = (name: string): string[] =>
  existsSync(join(base, name)) ? readFileSync(join(base, name), 'utf8').trimEnd().split('\n') : [];

/** A run that stops inside its block, in a hook that waits for `go`; ended with all its agents by `kill`. */
const holdBlock = async (remotes = 'one') => {
  const wait = script(
    'wait',
    `echo x >> ${join(base, 'inside')}\nwhile [ ! -e ${join(base, 'go')} ]; do sleep 0.05; done`,
  );
  write(plan(`consistency lock { wait 1s }; hook before run ["${wait}"] on remote timeout 60s`, remotes));
  const child = spawn(process.execPath, [PROGRAM, 'apply', 'plan.sp', '--ui', 'lines'], {
    cwd: base,
    env: { PATH: process.env.PATH, HOME: join(desk.folder, '../home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', chunk => {
    text += chunk;
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  await until(() => lines('inside').length === remotes.split(',').length);
  const id = /run (\S+):/.exec(text)?.[1] ?? '';
  return {
    id,
    ended,
    said: () => text,
    kill: () => child.kill('SIGKILL'),
    go: () => writeFileSync(join(base, 'go'), ''),
  };
};

test('a second run is refused with exit 6 while the first holds the block, and writes nothing', async () => {
  const first = await holdBlock();
  const before = treeOf(join(base, 'one'));
  const { code, out, err } = await run('apply', 'plan.sp');
  assert.equal(code, 6, said(out, err));
  assert.match(out, new RegExp(first.id));
  assert.match(out, /Locked by another run: nothing was done/);
  assert.deepEqual(treeOf(join(base, 'one')), before);
  const taken = await run('unlock', 'plan.sp', '--run', first.id);
  assert.equal(taken.code, 6, said(taken.out, taken.err));
  assert.match(taken.out, /held: run \S+, or what is left of it there, holds the lock/);
  first.go();
  assert.equal(await first.ended, 0);
  assertSameTree(join(base, 'one'), join(base, 'master'));
});

test('who waits for a lock is told who holds it, and only where there is a `wait` to be made longer, of that', async () => {
  const first = await holdBlock();
  write(plan('consistency lock { wait 2s }'));
  const locked = await run('apply', 'plan.sp');
  assert.equal(locked.code, 6, said(locked.out, locked.err));
  const waiting = locked.err.match(/^.*waiting for the lock of .*$/gm) ?? [];
  assert.equal(waiting.length, 1, said(locked.err));
  assert.match(waiting[0]!, new RegExp(`waiting for the lock of one: block pages .* is locked by run ${first.id} of `));
  const help = 'Wait until that run has ended, then run the same command again.';
  const more = ' Or let it wait longer: `lock { wait … }` in its consistency.';
  assert.ok(
    unwrapped(locked.out)
      .replace(/\s+/g, ' ')
      .includes(help + more),
    said(locked.out),
  );
  first.go();
  assert.equal(await first.ended, 0);
});

test("a killed holder's lock is free without help", async () => {
  const first = await holdBlock();
  first.kill();
  await first.ended;
  first.go();
  const { code, out, err } = await run('apply', 'plan.sp');
  assert.equal(code, 0, said(out, err));
  assertSameTree(join(base, 'one'), join(base, 'master'));
  const none = await run('unlock', 'plan.sp', '--run', first.id, '--json');
  assert.equal(none.code, 0, said(none.err));
  const summary = JSON.parse(none.out.trimEnd().split('\n').at(-1)!);
  assert.deepEqual([summary.type, summary.exitCode, summary.held], ['summary', 0, 0]);
});

test('a lock file that is removed by hand stops that host before it switches; the other one is done', async () => {
  const first = await holdBlock('one, two');
  rmSync(join(base, 'one/.syncplan/lock/pages'));
  first.go();
  assert.equal(await first.ended, 5);
  assert.match(first.said(), /the lock of block pages in the root \S+\/one on one was lost: its lock file was removed/);
  assert.deepEqual(treeOf(join(base, 'one')), []);
  assertSameTree(join(base, 'two'), join(base, 'master'));
  const { code, out, err } = await run('apply', 'plan.sp');
  assert.equal(code, 0, said(out, err));
  assertSameTree(join(base, 'one'), join(base, 'master'));
});

test('a hook that was owed when its run was killed runs in the next one, once', async () => {
  // The first time it kills the program that waits for it: its parent's parent is `syncplan`.
  const hook = script(
    'hook',
    [
      `echo "$SYNCPLAN_BLOCK $SYNCPLAN_HOST" >> ${join(base, 'ran')}`,
      `[ -e ${join(base, 'killed')} ] && exit 0`,
      `touch ${join(base, 'killed')}`,
      "kill -9 $(awk '{print $4}' /proc/$PPID/stat)",
      'exit 1',
    ].join('\n'),
  );
  write(plan(`hook after run ["${hook}"] on remote timeout 20s`));
  const killed = await run('apply', 'plan.sp');
  assert.equal(killed.signal, 'SIGKILL', said(killed.err));
  assertSameTree(join(base, 'one'), join(base, 'master'));
  const doctor = await run('doctor', 'plan.sp');
  assert.match(
    unwrapped(doctor.out),
    /! hooks of block pages are owed since run \S+: the next apply runs them$/m,
    said(doctor.out),
  );
  const next = await run('apply', 'plan.sp');
  assert.equal(next.code, 0, said(next.out, next.err));
  assert.deepEqual(lines('ran'), ['pages one', 'pages one']);
  assert.match(next.out, /one +done +nothing to change; 1 owed hook run\n\nDone: every host/);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  assert.equal(lines('ran').length, 2);
});

test('a hook that failed is shown by plan, and once it is mended in the plan it runs as it stands there', async () => {
  write(plan(`hook after run ["${script('bad', 'exit 7')}", "two words"] on remote`));
  const first = await run('apply', 'plan.sp');
  assert.equal(first.code, 5, said(first.out, first.err));
  assert.match(
    unwrapped(first.out),
    /! hook {2}\(block pages on one\)\n +hook after \S+bad 'two words' on one ended with 7\n/,
  );
  const shown = await run('plan', 'plan.sp', '--exit-code');
  assert.equal(shown.code, 2, said(shown.out, shown.err));
  assert.match(shown.out, /! owed {2}hook after \S+bad 'two words' on remote, of an earlier run/);
  assert.match(shown.out, /Nothing to change, and 1 hook to run\./);
  write(plan(`hook after run ["${script('good', `echo ran >> ${join(base, 'ran')}`)}"] on remote`));
  const mended = await run('apply', 'plan.sp');
  assert.equal(mended.code, 0, said(mended.out, mended.err));
  assert.deepEqual(lines('ran'), ['ran']);
  assert.match(mended.out, /^Done: every host holds what the plan says\.\n1 hook run, 1 unchanged$/m);
  assert.equal((await run('plan', 'plan.sp', '--exit-code')).code, 0);
});

test('a hook that several runs owe runs once and settles what all of them owe; where it fails, all stay owed', async () => {
  const [well, ran] = [join(base, 'well'), join(base, 'ran')];
  const reload = script('reload', `echo reload >> ${ran}; [ -e ${well} ]`);
  const note = script('note', `echo note >> ${ran}`);
  const hooks = `hook after run ["${reload}"] on remote; hook after run ["${note}"] on remote`;
  const owing = async (): Promise<number> =>
    unwrapped((await run('doctor', 'plan.sp')).out).match(/hooks of block pages are owed since run/g)?.length ?? 0;
  const change = (text: string): void => writeFileSync(join(base, 'master/index.html'), text);
  write(plan(`hook after run ["${reload}"] on remote`));
  assert.equal((await run('apply', 'plan.sp')).code, 5);
  write(plan(hooks));
  change('second, and longer\n');
  const second = await run('apply', 'plan.sp');
  assert.equal(second.code, 5, said(second.out, second.err));
  assert.equal(second.err.match(/reload on one ended with 1/g)?.length, 1, said(second.err));
  assert.deepEqual([lines('ran'), await owing()], [['reload', 'reload'], 2]);
  writeFileSync(well, '');
  change('third, and longer still\n');
  const third = await run('apply', 'plan.sp');
  assert.equal(third.code, 0, said(third.out, third.err));
  assert.deepEqual([lines('ran').slice(2), await owing()], [['reload', 'note'], 0]);
});

test('a hook that is owed and was taken out of the plan is told once', async () => {
  write(plan(`hook after run ["${script('bad', 'exit 7')}"] on remote`));
  assert.equal((await run('apply', 'plan.sp')).code, 5);
  write(plan(''));
  const told = await run('apply', 'plan.sp');
  assert.equal(told.code, 5, said(told.out, told.err));
  assert.match(told.err, /the plan has it no more/);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
});

test('what another plan owes on the same root is left to that plan', async () => {
  const bad = script('bad', `echo ran >> ${join(base, 'ran')}; [ -e ${join(base, 'well')} ]`);
  write(plan(`hook after run ["${bad}"] on remote`));
  assert.equal((await run('apply', 'plan.sp')).code, 5);
  writeFileSync(join(base, 'well'), '');
  const other = plan('').replace('block pages', 'block others');
  writeFileSync(join(base, 'other.sp'), other);
  const elsewhere = await run('apply', 'other.sp');
  assert.equal(elsewhere.code, 0, said(elsewhere.out, elsewhere.err));
  assert.deepEqual(lines('ran'), ['ran']);
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  assert.deepEqual(lines('ran'), ['ran', 'ran']);
});

test('what a block owes that was renamed is told by doctor, with the file that settles it', async () => {
  for (const [root, state] of [
    ['one', ''],
    ['other', ` state "${join(base, 'state')}"`],
  ] as const) {
    const bad = plan(`hook after run ["${script('bad', 'exit 7')}"] on remote`);
    const both = `${bad.replace('"./one"', `"./${root}"${state}`).replace('take all', 'take all except "no"')}block rest { take "no" in site }\n`;
    write(both);
    assert.equal((await run('apply', 'plan.sp')).code, 5);
    for (const known of [[], ['--except', 'pages']]) {
      const { out } = await run('doctor', 'plan.sp', ...known);
      assert.match(unwrapped(out), /! hooks of block pages are owed since run/, said(out));
      assert.doesNotMatch(out, /no such block/);
    }
    write(both.replace('block pages', 'block sheets'));
    assert.equal((await run('apply', 'plan.sp')).code, 0);
    const told = await run('doctor', 'plan.sp');
    assert.equal(told.code, 0, said(told.out, told.err));
    const [, run1, file = ''] =
      /! owed +hooks of block pages, since run (\S+): this plan has no such block there.* rm (\S+)/s.exec(
        unwrapped(told.out),
      ) ?? assert.fail(said(told.out));
    const folder = state === '' ? join(base, root, '.syncplan') : join(base, 'state');
    assert.equal(file, join(folder, `intent/${run1}-pages.done`));
    const asJson = JSON.parse((await run('doctor', 'plan.sp', '--json', '--only', 'one')).out.split('\n').at(-2)!);
    assert.deepEqual(asJson.roots[0].owed, [{ run: run1, block: 'pages', record: { path: file } }]);
    rmSync(file);
    assert.doesNotMatch((await run('doctor', 'plan.sp')).out, /owed/);
  }
});

test('where the hosts of a block switch together and one cannot, nothing is run, sent or locked on the others', async () => {
  const hook = script('hook', `echo ran >> ${join(base, 'ran')}`);
  writeFileSync(join(base, 'two'), 'a file where a root should be\n');
  for (const strategy of ['verify', 'lock { wait 5s }']) {
    write(plan(`consistency ${strategy}; commit together; hook before run ["${hook}"] on remote`, 'one, two'));
    const { code, out, err } = await run('apply', 'plan.sp', '--json');
    assert.equal(code, 4, said(out, err));
    assert.match(out, /another host of this block did not get ready/);
    assert.equal(out.match(/"type":"lock"/g), null, strategy);
    assert.deepEqual([lines('ran'), existsSync(join(base, 'one'))], [[], false]);
  }
});

test('--resume does only what the last run did not get done', async () => {
  write(plan('', 'one, two'));
  const none = await run('apply', 'plan.sp', '--resume');
  assert.equal(none.code, 1);
  assert.match(none.err, /no earlier run of this plan on this machine/);
  writeFileSync(join(base, 'two'), 'a file where a root should be\n');
  const half = await run('apply', 'plan.sp');
  assert.equal(half.code, 5, said(half.out, half.err));
  rmSync(join(base, 'two'));
  const rest = await run('apply', 'plan.sp', '--resume', '--json');
  assert.equal(rest.code, 0, said(rest.err));
  const { relations } = JSON.parse(rest.out.trimEnd().split('\n').at(-1)!);
  assert.deepEqual(
    relations.map(({ host, state }: { host: string; state: string }) => [host, state]),
    [['two', 'done']],
  );
  assertSameTree(join(base, 'two'), join(base, 'master'));
  assert.match((await run('apply', 'plan.sp', '--resume')).err, /left nothing undone/);
  write(`${plan('', 'one, two')}# another text\n`);
  const changed = await run('apply', 'plan.sp', '--resume');
  assert.equal(changed.code, 1);
  assert.match(changed.err, /has changed since run/);
});

test('restore brings back what a run deleted and replaced, and can itself be restored', async () => {
  write(plan(''));
  writeFileSync(join(base, 'master/extra'), 'extra\n');
  assert.equal((await run('apply', 'plan.sp')).code, 0);
  rmSync(join(base, 'master/extra'));
  writeFileSync(join(base, 'master/index.html'), 'ours\n');
  writeFileSync(join(base, 'one/index.html'), 'somebody else\n');
  const { code, out, err } = await run('apply', 'plan.sp', '--json');
  assert.equal(code, 0, said(out, err));
  const { run: id } = JSON.parse(out.trimEnd().split('\n').at(-1)!);
  assert.equal(existsSync(join(base, 'one/extra')), false);
  const one = await run('restore', 'plan.sp', '--run', id, 'extra');
  assert.equal(one.code, 0, said(one.out, one.err));
  assert.match(one.err, /\+ restore {2}extra {2}\(deleted, 6 B\)/);
  assert.equal(readFileSync(join(base, 'one/extra'), 'utf8'), 'extra\n');
  assert.equal(readFileSync(join(base, 'one/index.html'), 'utf8'), 'ours\n');
  const all = await run('restore', 'plan.sp', '--run', id, '--json');
  assert.equal(all.code, 0, said(all.out, all.err));
  assert.equal(readFileSync(join(base, 'one/index.html'), 'utf8'), 'somebody else\n');
  const { run: back } = JSON.parse(all.out.trimEnd().split('\n').at(-1)!);
  assert.equal((await run('restore', 'plan.sp', '--run', back, 'index.html')).code, 0);
  assert.equal(readFileSync(join(base, 'one/index.html'), 'utf8'), 'ours\n');
  const none = await run('restore', 'plan.sp', '--run', 'never');
  assert.equal(none.code, 1);
  assert.match(none.err, /nothing in the trash of run never/);
  assert.deepEqual(readdirSync(join(base, 'one')).sort(), ['.syncplan', 'extra', 'index.html']);
});

test.run();
