// The shell host's ground: quoting, records, the session and the verbs, tried against a real sh, dash, bash and BusyBox.
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isFault, type Named } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { deedFaults, faultAmong, faultOf } from '../../runtime/host/shell/complaints.js';
import { FIND_FORMAT, parseFound } from '../../runtime/host/shell/found.js';
import { checkTools, parseTools, probeTools } from '../../runtime/host/shell/probe.js';
import { quoteWord } from '../../runtime/host/shell/quote.js';
import { parseDate, parseLooked, parseTime } from '../../runtime/host/shell/records.js';
import { openSession, type ShellSession } from '../../runtime/host/shell/session.js';
import { busyBoxShell, MARK, makeBusyBox, startShell } from './far-shell.js';

const test = suite('shell');
const busyBox = makeBusyBox();
const SHELLS = [
  { name: 'sh', start: {} },
  { name: 'bash', start: { shell: ['bash'] } },
  { name: 'BusyBox', start: busyBoxShell(busyBox.path) },
];
test.after(() => busyBox.remove());

/** A shell of each kind, for as long as `work` takes, with a folder that is removed afterwards. */
const withShells = async (
  work: (session: ShellSession, folder: string, name: string) => Promise<void>,
): Promise<void> => {
  for (const { name, start } of SHELLS) {
    const far = startShell(start);
    const folder = mkdtempSync(join(tmpdir(), 'syncplan-shell-'));
    try {
      await work(far.session, folder, name);
    } finally {
      await far.stop();
      rmSync(folder, { recursive: true });
    }
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

test('every byte and every hostile word reaches a verb as it was, in a line and behind it', async () => {
  const groups = Array.from({ length: 17 }, (_, at) => EVERY_BYTE.slice(at * 15, at * 15 + 15).join("'"));
  const words = [...groups, EVERY_BYTE.join(''), ...HOSTILE, ...HOSTILE.map(word => `${word}\n`)];
  await withShells(async (session, folder, name) => {
    const single = words
      .slice(0, 40)
      .map((word, index) => session.ask('perform', [folder, 'link', `./${index}`, word]));
    const rest = words.slice(20).flatMap((word, index) => ['link', `./${index + 20}`, word]);
    const answers = [...(await Promise.all(single)), await session.ask('perform', [folder, ...rest])];
    assert.equal(
      answers.map(({ status }) => status),
      answers.map(() => 0),
    );
    const targets = await Promise.all(words.map((_, index) => session.ask('target', [folder, `./${index}`])));
    assert.equal(
      targets.map(({ output }) => output.toString('latin1')),
      words,
      name,
    );
  });
  assert.throws(() => quoteWord('a\0b'), /NUL/);
});

test('a verb that refuses its data does not disturb the next request, and data arrives byte for byte', async () => {
  const data = [Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256)), Buffer.from('exit 9\n')];
  await withShells(async (session, folder, name) => {
    const [refused, made, put, got, missing] = await Promise.all([
      session.ask('append', [folder, './file'], { data }),
      session.ask('create', [folder, './file']),
      session.ask('append', [folder, './file'], { data }),
      session.ask('piece', [folder, './file', '1048576', '0']),
      session.ask('enter', [`${folder}/nothing`]),
    ]);
    assert.equal(
      [refused, made, put, got, missing].map(({ status }) => status),
      [90, 0, 0, 0, 90],
      name,
    );
    assert.ok(got.output.equals(Buffer.concat(data)));
  });
});

test('a folder is entered by its real path only: what leads to it through a link is refused', async () => {
  await withShells(async (session, folder, name) => {
    mkdirSync(join(folder, 'real/below'), { recursive: true });
    symlinkSync('real', join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    const said = await Promise.all(
      ['real/below', 'link', 'link/below', 'file', 'file/x', 'none'].map(async path => {
        const { status, output } = await session.ask('enter', [join(folder, path)]);
        return status === 0 ? 'there' : faultOf(output.toString('latin1')).fault;
      }),
    );
    assert.equal(said, ['there', 'ELOOP', 'ELOOP', 'ENOTDIR', 'ENOTDIR', 'ENOENT'], name);
  });
});

test('records of find and stat say what the kernel says, for hostile names of every kind', async () => {
  await withShells(async (session, folder, name) => {
    for (const one of HOSTILE) writeFileSync(Buffer.from(`${folder}/${one}`, 'latin1'), one);
    mkdirSync(`${folder}/folder`, 0o2750);
    symlinkSync('nowhere', `${folder}/link`);
    linkSync(`${folder}/-rf`, `${folder}/second`);
    const verbs = makeLocalVerbs({ home: '/' });
    const opened = await verbs.open(folder);
    if (isFault(opened)) throw new Error(opened.message);
    const listed = await verbs.list(opened.folder);
    await verbs.release(opened.folder);
    if (isFault(listed)) throw new Error(listed.message);
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    // Read as a number, a time is right to a quarter of a microsecond: about half of one it may be rounded the other way.
    const nearest = (nanos: bigint): number => Number((nanos + 500n) / 1000n);
    const exactly = ({ name: one, stat }: Named): Named => {
      const { mtimeNs, ctimeNs } = lstatSync(Buffer.from(`${folder}/${one}`, 'latin1'), { bigint: true });
      return { name: one, stat: { ...stat, modified: nearest(mtimeNs), changed: nearest(ctimeNs) } };
    };
    const wanted = listed.map(exactly).sort(byName);
    const words = wanted.map(one => `./${one.name}`);
    const [text = ''] = (await session.ask('look', [folder, ...words])).output.toString('latin1').split('\0');
    const looked = parseLooked(text, MARK)!.map(({ name, stat }) => ({ name: name.slice(2), stat }));
    assert.equal(looked.sort(byName), wanted, name);
    if (name === 'BusyBox') return;
    const { output } = await session.ask('list', [folder, 'printf', FIND_FORMAT]);
    const found = parseFound(output.toString('latin1', 0, output.lastIndexOf(0)))!;
    assert.equal(found.map(({ name, stat }) => ({ name, stat })).sort(byName), wanted, name);
    assert.is(found.find(one => one.name === 'link')?.target, 'nowhere');
  });
  assert.throws(() => lstatSync('pwned'));
});

test('text that is not records is not believed', () => {
  const good = 'f 1 644 1.5 2 3 4 1 0 0 name\0\0';
  assert.is(parseFound(good)?.length, 1);
  const names = [' name', ' /name', ' name/'];
  const others = [
    good.replace('f 1', 'f -1'),
    good.replace('f', 'x'),
    ...['', ...names.slice(1)].map(to => good.replace(names[0]!, to)),
  ];
  for (const bad of ['x', good.slice(0, -1), `${good}\0`, ...others]) {
    assert.is(parseFound(bad), null, JSON.stringify(bad));
  }
  const looked = `${MARK} 81a4 1 2 3 1 0 0|2001-02-03 04:05:06.5 +0000|2001-02-03 04:05:06|./a\n`;
  assert.is(parseLooked(`${looked}${looked}`, MARK)?.length, 2);
  for (const bad of [
    'x',
    `x${looked}`,
    looked.slice(0, -1),
    looked.replace('|./a', ''),
    looked.replace('+0000', '+0100'),
  ]) {
    assert.is(parseLooked(bad, MARK), null, JSON.stringify(bad));
  }
});

test('times are the nearest whole microsecond on both sides of 1970', () => {
  assert.is(parseTime('1700000000.1234564999'), 1_700_000_000_123_456);
  assert.is(parseTime('12'), 12_000_000);
  assert.is(parseTime('-1.5000000000'), -1_500_000);
  assert.is(parseTime('1700000000.1234567'), 1_700_000_000_123_457);
  assert.is(parseTime('-0.0000009'), -1);
  assert.is(parseTime('1e9'), null);
  assert.is(parseDate('2023-11-14 22:13:20.123456789 +0000'), 1_700_000_000_123_457);
  assert.is(parseDate('1969-12-31 23:59:58.500000000 +0000'), -1_500_000);
  assert.is(parseDate('2128-06-11 08:53:20'), 5_000_000_000_000_000);
  assert.is(parseDate('2023-11-14'), null);
});

test('what tools complain of is told by the words of the C library, whatever a name holds', () => {
  for (const [said, fault] of [
    ["mv: cannot overwrite directory './b' with non-directory", 'EISDIR'],
    ["mv: can't rename 'd': Not a directory\n", 'ENOTDIR'],
    ["rm: cannot remove './No such file or directory': Permission denied", 'EACCES'],
    ['sh: 1: cannot create ./x: Directory nonexistent', 'ENOENT'],
    ['dd: error writing: No space left on device', 'ENOSPC'],
    ['ELOOP', 'ELOOP'],
    ['something else', 'EIO'],
  ]) {
    assert.is(faultOf(said!).fault, fault, said);
  }
  assert.is(faultAmong("stat: can't stat './a\nb': No such file or directory\n"), null);
  assert.is(faultAmong("find: './a': No such file or directory\nfind: './b': Input/output error\n")?.fault, 'EIO');
  assert.is(faultAmong('find: something else\n')?.fault, 'EIO');
  const answer = { status: 0, output: Buffer.from('\0' + '0\0rm: x: Permission denied\0' + '1\0', 'latin1') };
  assert.equal(
    deedFaults(answer, 3).map(one => one?.fault ?? null),
    [null, 'EACCES', 'EIO'],
  );
});

/** A far side that says what it is told to. */
const script = (options: { readonly patience?: number } = {}) => {
  const input = new PassThrough();
  const output = new PassThrough();
  let cuts = 0;
  const session = openSession(
    { input, output },
    {
      label: 'there',
      mark: MARK,
      cut: () => {
        cuts++;
      },
      ...options,
    },
  );
  return {
    session,
    say: (text: string) => input.write(Buffer.from(text, 'latin1')),
    end: () => input.end(),
    cuts: () => cuts,
  };
};

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof HostError ? error.code : String(error)),
  );

test('answers are told apart wherever the pieces they come in are cut', async () => {
  const whole = `first\0${MARK.slice(0, 5)}\0${MARK}:0\n\0${MARK}:3\nthird\n\0${MARK}:90\n`;
  for (const size of [1, 2, 7, 33, 40, whole.length]) {
    const { session, say, end } = script();
    const asked = [session.ask('may', ['/']), session.ask('may', ['/']), session.ask('may', ['/'])];
    for (let at = 0; at < whole.length; at += size) say(whole.slice(at, at + size));
    const answers = await Promise.all(asked);
    assert.equal(
      answers.map(({ status, output }) => `${status} ${output.toString('latin1')}`),
      [`0 first\0${MARK.slice(0, 5)}`, '3 ', '90 third\n'],
      `in pieces of ${size}`,
    );
    end();
  }
});

test('an answer is taken while it comes, wherever it is cut, and what is not taken is the answer', async () => {
  const all = `one;two;th\0${MARK.slice(0, 9)}ree;rest`;
  const whole = `${all}\0${MARK}:0\nnext\0${MARK}:0\n`;
  for (const size of [1, 2, 7, 33, whole.length]) {
    const { session, say, end } = script();
    let taken = '';
    const take = (bytes: Buffer): number => {
      const words = bytes.toString('latin1', 0, bytes.lastIndexOf(';') + 1);
      taken += words;
      return words.length;
    };
    const asked = [session.ask('may', ['/'], { take }), session.ask('may', ['/'])];
    for (let at = 0; at < whole.length; at += size) say(whole.slice(at, at + size));
    const [first, second] = await Promise.all(asked);
    assert.is(taken + first!.output.toString('latin1'), all, `in pieces of ${size}`);
    if (size < 30) assert.is(first!.output.toString('latin1'), 'rest', `in pieces of ${size}`);
    assert.is(second!.output.toString('latin1'), 'next');
    end();
  }
  const { session, say, cuts } = script();
  const endless = session.ask('may', ['/'], { most: 1000, take: bytes => bytes.length });
  for (let piece = 0; piece < 20; piece++) say('x'.repeat(100));
  assert.is(await codeOf(endless), 'protocol');
  assert.is(cuts(), 1);
});

test('a far side that says too much, what was not asked, or nothing, is given up, and all that wait are told', async () => {
  const chatty = script();
  const asked = [chatty.session.ask('may', ['/'], { most: 100 }), chatty.session.ask('may', ['/'])];
  chatty.say('x'.repeat(200));
  assert.equal(await Promise.all(asked.map(codeOf)), ['protocol', 'protocol']);
  assert.is(await codeOf(chatty.session.ask('may', ['/'])), 'protocol');
  assert.is(chatty.cuts(), 1);

  const eager = script();
  eager.say(`\0${MARK}:0\n`);
  await new Promise(setImmediate);
  assert.is(await codeOf(eager.session.ask('may', ['/'])), 'protocol');

  const silent = script({ patience: 100 });
  // The session's own watch keeps nobody alive.
  const alive = setInterval(() => undefined, 1000);
  assert.is(await codeOf(silent.session.ask('may', ['/'])), 'silent');
  clearInterval(alive);

  const gone = script();
  const waiting = gone.session.ask('may', ['/']);
  gone.end();
  assert.is(await codeOf(waiting), 'lost');
});

test('a shell that is killed is told of to all that wait, and to who asks later', async () => {
  const far = startShell();
  const waiting = far.session.ask('perform', ['/', 'sync-folder']);
  far.kill();
  assert.is(await codeOf(waiting), 'lost');
  assert.is(await codeOf(far.session.ask('may', ['/'])), 'lost');
  await far.stop();
});

test('the probe finds what this machine has, and what BusyBox has', async () => {
  await withShells(async (session, _, name) => {
    const tools = await probeTools(session);
    const box = name === 'BusyBox';
    checkTools('here', tools, null);
    assert.equal([tools.find, tools.fineTouch], box ? ['exec', false] : ['printf', true], name);
    assert.ok(tools.stat && tools.exactMove && tools.exactLink && tools.touch && tools.syncOne && tools.syncFile);
    assert.ok(tools.tar && tools.digests.get('sha256') === 'sha256sum' && tools.digests.has('md5'), name);
    assert.is(tools.userId, process.getuid?.());
    assert.ok(Math.abs(tools.clock! * 1000 - Date.now()) < 60_000);
    assert.is(existsSync(tools.home), true);
  });
});

test('a machine without the tools is refused, and each is named with where it was looked for', async () => {
  const far = startShell({ shell: ['/bin/sh'], environment: { PATH: '' } });
  const tools = await probeTools(far.session);
  await far.stop();
  assert.throws(() => checkTools('box', tools, null), /no find, no stat, .*no id/);
  const some = parseTools('find exec\nstat -c\nmissing touch\nmv -T\nln -T\npath /usr/bin');
  assert.throws(() => checkTools('box', some, null), /box: it cannot be driven by its shell: there is no touch$/);
});

test.run();
