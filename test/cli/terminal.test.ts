// On a terminal: the preview, one question, the live screen – and none of it where it is not wanted.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'uvu';
import { type Desk, openDesk, PROGRAM } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
let base: string;

test.before.each(() => {
  desk ??= openDesk();
  base = mkdtempSync(join(desk.folder, 'case-'));
  mkdirSync(join(base, 'master'));
  writeFileSync(join(base, 'master/file'), 'content\n');
  writeFileSync(
    join(base, 'plan.sp'),
    'syncplan 1\nfleet {\n  host build at local { root site "./master" }\n  host copy at local { root site "./copy/site" }\n}\n' +
      'role master is build\nrole remote is copy\nblock all { take all in site }\n',
  );
  mkdirSync(join(base, 'copy'));
});
test.after(() => desk.remove());

type Shown = { readonly code: number | null; readonly screen: string };

/** Runs the program on a pseudo-terminal made by `script`; `answer` is typed when the question stands there, after `asked`. */
const onTerminal = (
  args: readonly string[],
  answer: string,
  env: Readonly<Record<string, string>> = {},
  asked: () => void = () => {},
): Promise<Shown> => {
  const size = env.COLUMNS === '0' ? '' : 'stty cols 100 rows 30; ';
  const command = [process.execPath, PROGRAM, ...args].map(word => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `${size}${command}`, '/dev/null'], {
    cwd: base,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: base, TERM: 'xterm-256color', SHELL: '/bin/sh', LANG: 'C.UTF-8', ...env },
  });
  let screen = '';
  let answered = false;
  child.stdout.setEncoding('utf8').on('data', text => {
    screen += text;
    if (answered || !screen.includes('[y/N]')) return;
    answered = true;
    asked();
    child.stdin.write(answer);
  });
  return new Promise((done, fail) => child.once('error', fail).once('close', code => done({ code, screen })));
};

const ESCAPE = '\u001b';
const applied = (): boolean => existsSync(join(base, 'copy/site/file'));

test('apply shows the preview and asks once; yes applies', async () => {
  const { code, screen } = await onTerminal(['apply', 'plan.sp'], 'y\r');
  assert.equal(code, 0, screen);
  assert.match(stripVTControlCharacters(screen), /create +file[\s\S]*apply this\? \[y\/N\]/);
  assert.ok(screen.includes(ESCAPE), 'there was no live screen');
  assertSameTree(join(base, 'copy/site'), join(base, 'master'));
});

for (const [name, answer] of [
  ['no', 'n\r'],
  ['nothing', '\r'],
  ['the end of input', '\u0004'],
] as const) {
  test(`${name} applies nothing and exits 1`, async () => {
    const { code, screen } = await onTerminal(['apply', 'plan.sp'], answer);
    assert.equal(code, 1, screen);
    assert.match(stripVTControlCharacters(screen), /^You said no: nothing was done\.\r?$/m);
    assert.equal(applied(), false);
  });
}

test('Ctrl-C at the question interrupts: nothing is applied, the exit code is 130', async () => {
  const { code, screen } = await onTerminal(['apply', 'plan.sp'], '\u0003');
  assert.equal(code, 130, screen);
  assert.match(stripVTControlCharacters(screen), /^Interrupted: nothing was done\.\r?$/m);
  assert.equal(applied(), false);
});

for (const [name, edit] of [
  [
    'another root',
    (text: string) => text.replace('./copy/site', './copy/other').replace('in site }', 'in site; delete mirror }'),
  ],
  ['fewer files', (text: string) => text.replace('take all in', 'take all except "file" in')],
  ['nothing that compiles', () => 'syncplan 1\nblock {'],
] as const) {
  test(`a plan that is edited into ${name} while the question stands there changes nothing of the run`, async () => {
    mkdirSync(join(base, 'copy/site'));
    writeFileSync(join(base, 'copy/site/extra'), 'not on the master\n');
    const plan = join(base, 'plan.sp');
    const edited = edit(readFileSync(plan, 'utf8'));
    assert.notEqual(edited, readFileSync(plan, 'utf8'));
    const { code, screen } = await onTerminal(['apply', 'plan.sp'], 'y\r', {}, () => writeFileSync(plan, edited));
    assert.equal(code, 0, screen);
    assert.match(stripVTControlCharacters(screen), /create +file[\s\S]*apply this\? \[y\/N\]/);
    assert.equal(readFileSync(plan, 'utf8'), edited);
    assert.deepEqual(readdirSync(join(base, 'copy')), ['site']);
    assert.deepEqual(readdirSync(join(base, 'copy/site')).sort(), ['.syncplan', 'extra', 'file']);
    assert.equal(readFileSync(join(base, 'copy/site/file'), 'utf8'), 'content\n');
  });
}

test('--yes asks nothing', async () => {
  const { code, screen } = await onTerminal(['apply', 'plan.sp', '--yes'], '');
  assert.equal(code, 0, screen);
  assert.doesNotMatch(screen, /\[y\/N\]/);
  assert.equal(applied(), true);
});

test('nothing to do asks nothing', async () => {
  assert.equal((await onTerminal(['apply', 'plan.sp', '--yes'], '')).code, 0);
  const { code, screen } = await onTerminal(['apply', 'plan.sp'], '');
  assert.equal(code, 0, screen);
  assert.doesNotMatch(screen, /\[y\/N\]/);
});

for (const [name, env] of [
  ['a build server', { CI: 'true' }],
  ['TERM=dumb', { TERM: 'dumb' }],
  ['a terminal without a size', { COLUMNS: '0' }],
] as const) {
  test(`${name} gets lines, not the live screen`, async () => {
    const { code, screen } = await onTerminal(['plan', 'plan.sp'], '', env);
    assert.equal(code, 0, screen);
    assert.match(screen, /connected \(local\)/);
    assert.doesNotMatch(screen, /\u001b\[\d*[A-HJKfhl]|\u001b\[\?/);
  });
}

for (const [name, args, env] of [
  ['an empty CI', [], { CI: '' }],
  ['--ui ink', ['--ui', 'ink'], { CI: 'true' }],
] as const) {
  test(`${name} gets the live screen`, async () => {
    const { code, screen } = await onTerminal(['apply', 'plan.sp', '--yes', ...args], '', env);
    assert.equal(code, 0, screen);
    assert.match(stripVTControlCharacters(screen), /syncplan apply +1 block, 1 host/);
    assert.match(screen, /\u001b\[\d*[A-HJKfhl]|\u001b\[\?/);
  });
}

for (const [name, args, env] of [
  ['--no-color', ['--no-color'], {}],
  ['NO_COLOR', [], { NO_COLOR: '1' }],
] as const) {
  test(`${name} takes the colours away`, async () => {
    const coloured = await onTerminal(['plan', 'plan.sp', '--ui', 'lines'], '');
    assert.match(coloured.screen, /\u001b\[\d+m/);
    const { code, screen } = await onTerminal(['plan', 'plan.sp', '--ui', 'lines', ...args], '', env);
    assert.equal(code, 0, screen);
    assert.doesNotMatch(screen, /\u001b\[/);
  });
}

test.run();
