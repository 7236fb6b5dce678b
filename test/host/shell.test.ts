// The shell host's ground: quoting, records and the session, tried against a real sh.
import { spawn } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isFault } from '../../runtime/host/file-verbs.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { parseTools, probeTools } from '../../runtime/host/shell/probe.js';
import { quoteWord, quoteWords } from '../../runtime/host/shell/quote.js';
import { FIND_FORMAT, parseRecords, parseTime } from '../../runtime/host/shell/records.js';
import { openSession, SHELL_LOOP, type ShellSession } from '../../runtime/host/shell/session.js';

const test = suite('shell');
const MARK = '0123456789abcdef0123456789abcdef';

/** A shell of this machine for as long as `work` takes. */
const withShell = async (work: (session: ShellSession, kill: () => void) => Promise<void>): Promise<void> => {
  const child = spawn('sh', ['-c', SHELL_LOOP], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  const ended = new Promise(resolve => child.once('close', resolve));
  const session = openSession({ input: child.stdout, output: child.stdin }, 'here', MARK);
  try {
    await work(session, () => child.kill('SIGKILL'));
  } finally {
    session.close();
    await ended;
  }
};

const EVERY_BYTE = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1));
const HOSTILE = [
  '-rf',
  '$(touch pwned)',
  '`id`',
  "it's",
  '"',
  'a\nb',
  '\n',
  ' ',
  '*',
  '~',
  '\\',
  '\xff\xfe',
  'x'.repeat(255),
];
const PRINT_ARGUMENTS = `eval "set -- $(cat)"; for word do printf '%s\\0' "$word"; done`;

test('every byte and every hostile word reaches a script as it was', async () => {
  const words = [...EVERY_BYTE, EVERY_BYTE.join(''), ...EVERY_BYTE.map(byte => `a${byte}'${byte}`), ...HOSTILE, ''];
  await withShell(async session => {
    const { status, output } = await session.run(PRINT_ARGUMENTS, quoteWords(words));
    assert.is(status, 0);
    assert.equal(output.toString('latin1').split('\0').slice(0, -1), words);
  });
  assert.throws(() => quoteWord('a\0b'), /NUL/);
});

test('a script that leaves its data unread does not disturb the next one', async () => {
  await withShell(async session => {
    const data = Buffer.alloc(300_000, 'exit 9\n');
    const answers = await Promise.all([
      session.run('exit 3', data),
      session.run('cat', data),
      session.run('cat; printf end'),
      session.run('exit 4'),
    ]);
    assert.equal(
      answers.map(({ status }) => status),
      [3, 0, 0, 4],
    );
    assert.ok(answers[1]!.output.equals(data));
    assert.is(answers[2]!.output.toString(), 'end');
  });
});

test('what a script prints comes back byte for byte, with NULs and line ends', async () => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
  await withShell(async session => assert.ok((await session.run('cat', bytes)).output.equals(bytes)));
});

test('a shell that ends is told of to all that wait, and to who asks later', async () => {
  await withShell(async (session, kill) => {
    const waiting = session.run('sleep 1');
    kill();
    for (const answer of [waiting, waiting.catch(() => session.run('true'))]) {
      const error = await answer.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      assert.match(String(error), /here: the shell there ended/);
    }
  });
});

test('records of the find of this machine say what its kernel says, for hostile names of every kind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-shell-'));
  try {
    for (const name of HOSTILE) writeFileSync(Buffer.from(`${folder}/${name}`, 'latin1'), name);
    mkdirSync(`${folder}/folder`, 0o2750);
    symlinkSync('nowhere', `${folder}/link`);
    linkSync(`${folder}/-rf`, `${folder}/second`);
    const verbs = makeLocalVerbs({ home: '/' });
    const opened = await verbs.open(folder);
    if (isFault(opened)) throw new Error(opened.message);
    const listed = await verbs.list(opened.folder);
    await verbs.release(opened.folder);
    if (isFault(listed)) throw new Error(listed.message);
    await withShell(async session => {
      const script = `eval "set -- $(cat)"; cd -P -- "$1" && find . -mindepth 1 -maxdepth 1 -printf '${FIND_FORMAT}'`;
      const { output } = await session.run(script, quoteWords([folder]));
      const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
      assert.equal([...parseRecords(output.toString('latin1'))!].sort(byName), [...listed].sort(byName));
    });
    assert.throws(() => lstatSync(`${folder}/pwned`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('text that is not records is not believed', () => {
  const good = 'f 1 644 1.5 2 3 4 1 0 0 name\0';
  assert.is(parseRecords(good)?.length, 1);
  for (const bad of ['x', good.slice(0, -1), `${good}\0`, good.replace(' name', ''), good.replace('f 1', 'f -1')]) {
    assert.is(parseRecords(bad), null, JSON.stringify(bad));
  }
});

test('times are the nearest whole microsecond on both sides of 1970', () => {
  assert.is(parseTime('1700000000.1234564999'), 1_700_000_000_123_456);
  assert.is(parseTime('12'), 12_000_000);
  assert.is(parseTime('-1.5000000000'), -1_500_000);
  assert.is(parseTime('1700000000.1234567'), 1_700_000_000_123_457);
  assert.is(parseTime('-0.0000009'), -1);
  assert.is(parseTime('1e9'), null);
});

test('the probe finds the tools of this machine, and nothing where nothing answers', async () => {
  await withShell(async session => {
    const tools = await probeTools(session);
    assert.is(tools.find, 'printf');
    assert.is(tools.stat, 'c');
    assert.ok(tools.digests.includes('sha256sum'));
    assert.ok(tools.exactMove && tools.fineTouch && tools.syncOne);
  });
  assert.equal(parseTools(''), {
    system: '',
    find: 'plain',
    stat: null,
    digests: [],
    flock: false,
    syncOne: false,
    exactMove: false,
    fineTouch: false,
  });
});

test.run();
