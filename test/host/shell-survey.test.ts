// One listing of a whole tree: what is in each folder of it, however the answer is cut, and nothing of one that holds anything else.
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
