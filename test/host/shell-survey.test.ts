// One listing of a whole tree: what is in each folder of it, however the answer is cut, and nothing of one that holds anything else.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShellSession } from '../../runtime/host/shell/session.js';
import { openSurvey } from '../../runtime/host/shell/survey.js';
import { MARK, startShell } from './far-shell.js';

const test = suite('a survey of a shell');

test('every folder with something in it is told with its names and links, and no other', async () => {
  const far = startShell();
  const top = mkdtempSync(join(tmpdir(), 'syncplan-survey-'));
  try {
    for (const folder of ['a/b', 'a c', 'empty']) mkdirSync(join(top, folder), { recursive: true });
    for (const file of ['z', 'a/1', 'a/b/2', 'a/3', 'a c/line\nend']) writeFileSync(join(top, file), file);
    symlinkSync('no\nwhere', join(top, 'a/link'));
    // More than fits into one piece of the connection.
    mkdirSync(join(top, 'many'));
    for (let i = 0; i < 3_000; i++) writeFileSync(join(top, 'many', `a name of some length ${i}`), '');
    const survey = openSurvey(far.session, top);
    const names = async (path: string) => (await survey.list(join(top, path)))?.map(({ name }) => name).sort() ?? null;
    assert.equal(await names(''), ['a', 'a c', 'empty', 'many', 'z']);
    assert.equal(await names('a'), ['1', '3', 'b', 'link']);
    assert.equal(await names('a/b'), ['2']);
    assert.equal(await names('a c'), ['line\nend']);
    assert.is((await names('many'))!.length, 3_000);
    assert.is(await names('empty'), null);
    assert.is(await survey.list('/'), null);
    assert.is(await survey.knows(join(top, 'a')), true);
    assert.is(await survey.knows(join(top, 'empty')), false);
    assert.is(await survey.target(join(top, 'a'), 'link'), 'no\nwhere');
    assert.is(await survey.target(join(top, 'a'), '1'), null);
    const file = (await survey.list(join(top, 'a/b')))![0]!.stat;
    assert.equal([file.kind, file.size, file.names], ['file', 5, 1]);
  } finally {
    await far.stop();
    rmSync(top, { recursive: true });
  }
});

/** In place of dd: it knows what the probe asks of it, and has this to do with whatever is longer than that. */
const ddThat = (does: string): string => `#!/bin/sh
case "$*" in *count=*) exec "$DD" "$@";; esac
${does}
`;

test('a listing of which something was lost on its way counts for nothing, and no dd is needed for one', async () => {
  const top = mkdtempSync(join(tmpdir(), 'syncplan-survey-'));
  const tools = mkdtempSync(join(tmpdir(), 'syncplan-tools-'));
  const dd = execFileSync('sh', ['-c', 'command -v dd'], { encoding: 'utf8' }).trim();
  const seen = async (text: string): Promise<number | null> => {
    writeFileSync(join(tools, 'dd'), text, { mode: 0o755 });
    const far = startShell({ environment: { PATH: `${tools}:${process.env.PATH}`, DD: dd } });
    try {
      return (await openSurvey(far.session, top).list(top))?.length ?? null;
    } finally {
      await far.stop();
    }
  };
  try {
    for (let i = 0; i < 1_000; i++) writeFileSync(join(top, `a name of some length ${i}`), '');
    assert.is(await seen(ddThat('exec "$DD" "$@"')), 1_000);
    assert.is(await seen('#!/bin/sh\nexit 1\n'), 1_000, 'as it comes from find');
    for (const does of ['exit 1', 'head -c 8192; exit 1', 'head -z -n 200; exit 1', 'head -z -n 200; kill -9 $$'])
      assert.is(await seen(ddThat(does)), null, does);
  } finally {
    rmSync(top, { recursive: true });
    rmSync(tools, { recursive: true });
  }
});

/** A far side that answers with this text, of which so many characters come at a time. */
const saying = (text: string, size: number): ShellSession => ({
  mark: MARK,
  traffic: () => ({ sent: 0, received: 0 }),
  close: () => {},
  async ask(_verb, _words, { take } = {}) {
    let rest = '';
    for (let at = 0; at < text.length; at += size) {
      rest += text.slice(at, at + size);
      rest = rest.slice(take?.(Buffer.from(rest, 'latin1')) ?? 0);
    }
    return { status: 0, output: Buffer.from(rest, 'latin1') };
  },
});

const record = (path: string): string => `f 1 644 1.5 2.25 3 4 1 0 0 ${path}\0\0`;

test('what comes in pieces is put together, and what is no record spoils all of it', async () => {
  const good = `${record('a')}${record('f/a')}${record('b')}${record('f/\xff b')}${record('c')}`;
  for (const size of [1, 3, 40, 1_000]) {
    const survey = openSurvey(saying(`${good}\0`, size), '/top');
    const listed = async (path: string) => (await survey.list(path))?.map(({ name }) => name) ?? null;
    assert.equal(await listed('/top'), ['a', 'b', 'c'], `in pieces of ${size}`);
    assert.equal(await listed('/top/f'), ['a', '\xff b'], `in pieces of ${size}`);
    const endless = `f 1 644 1.5 2.25 3 4 1 0 0 ${'x'.repeat(100_000)}`;
    assert.is(await openSurvey(saying(`${good}${endless}\0\0\0`, 30_000), '/top').list('/top'), null);
    const bad = [`x${good}\0`, `${good}${record('/etc')}\0`, `${good}${record('d/')}\0`, `${good}f 1 644\0`, good];
    for (const text of [...bad, `${good}\0find: './f': Input/output error`]) {
      assert.is(await openSurvey(saying(text, size), '/top').list('/top'), null, JSON.stringify(text.slice(-40)));
    }
    const forbidden = openSurvey(saying(`${good}\0find: './g': Permission denied`, size), '/top');
    assert.is((await forbidden.list('/top'))?.length, 3);
  }
});

test.run();
