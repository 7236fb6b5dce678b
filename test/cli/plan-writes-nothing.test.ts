// A plan makes no system call that would write below a root: seen by strace over the program and the agents of both sides.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { canInject } from '../proof/strace.js';
import { type Desk, openDesk, PROGRAM, runProcess, said } from '../support/program.js';

const CHANGING = [
  'mkdir mkdirat mknod mknodat rename renameat renameat2 unlink unlinkat rmdir link linkat symlink symlinkat',
  'chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat truncate ftruncate fallocate',
  'setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr',
].flatMap(line => line.split(' '));
const OPENING = ['open', 'openat', 'openat2', 'creat'];

let desk: Desk;
let base: string;
const traced = canInject() ? test : test.skip;

test.before(() => {
  desk = openDesk();
});
test.after(() => desk.remove());
test.before.each(() => {
  base = mkdtempSync(join(desk.folder, 'case-'));
  for (const root of ['master', 'remote']) mkdirSync(join(base, root, 'folder'), { recursive: true });
  put('master/new');
  put('master/folder/differs', 'one\n');
  put('remote/folder/differs', 'two\n');
  put('remote/gone');
  writeFileSync(
    join(base, 'plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./master" }
  host copy at local { root site "./remote" }
}
role master is build
role remote is copy
block all { take all in site; delete mirror { max 100% } }
`,
  );
});

const put = (path: string, content = `${path}\n`): void => writeFileSync(join(base, path), content);

/** What the program and all it starts did that writes below a root, and how many calls were looked at. */
const writesOf = async (root: string, ...args: string[]): Promise<{ writes: string[]; opened: number }> => {
  const trace = join(base, 'trace');
  const options = ['-f', '--seccomp-bpf', '-y', '-qqq', '-e', 'signal=none', '-o', trace];
  // Not every kernel and strace knows all of them, which is what the question mark is for.
  const calls = `trace=${[...OPENING, ...CHANGING].map(name => `?${name}`).join(',')}`;
  const command = [...options, '-e', calls, process.execPath, PROGRAM, ...args];
  const { code, out, err } = await runProcess('strace', command, {
    cwd: base,
    // Calls that go through a ring are not seen.
    env: { HOME: join(desk.folder, '../home'), UV_USE_IO_URING: '0' },
  });
  assert.equal(code, 0, said(out, err));
  const made = callsOf(readFileSync(trace, 'utf8'));
  const below = made.filter(({ paths }) => paths.some(path => `${path}/`.startsWith(`${join(base, root)}/`)));
  return { writes: below.filter(({ writes }) => writes).map(({ text }) => text), opened: below.length };
};

type Call = { readonly text: string; readonly paths: readonly string[]; readonly writes: boolean };

/** Calls in the order in which they ended, each whole, with the paths that it names. */
const callsOf = (trace: string): Call[] => {
  const begun = new Map<string, string>();
  // What a thread opened: an agent opens folders and works below them, all in its one thread.
  const descriptors = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of trace.trimEnd().split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const cut = / <unfinished \.\.\.>$/.exec(rest);
    if (cut !== null) {
      begun.set(thread, rest.slice(0, cut.index));
      continue;
    }
    const text = rest.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(thread) ?? '');
    const name = /^\w+/.exec(text)?.[0] ?? '';
    const paths = pathsOf(text, descriptor => descriptors.get(`${thread} ${descriptor}`));
    const opened = / = (\d+)<(.*)>$/.exec(text);
    if (opened !== null) descriptors.set(`${thread} ${opened[1]}`, opened[2]!);
    const writes = OPENING.includes(name) ? /^creat|O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE/.test(text) : true;
    calls.push({ text, paths: opened === null ? paths : [...paths, opened[2]!], writes });
  }
  return calls;
};

/** Names that are relative begin at the descriptor before them; those below one of our own, at what it is. */
const pathsOf = (text: string, openAs: (descriptor: string) => string | undefined): string[] => {
  const paths = [...text.matchAll(/(?:<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)].map(([, folder = base, name = '']) => {
    const held = /^\/proc\/self\/fd\/(\d+)(.*)$/.exec(name);
    if (held !== null) return `${openAs(held[1]!) ?? assert.fail(`who opened it? ${text}`)}${held[2]}`;
    return name.startsWith('/') ? name : join(folder, name);
  });
  const descriptor = /^\w+\(\d+<([^>]*)>/.exec(text);
  return descriptor === null ? paths : [...paths, descriptor[1]!];
};

const assertWritesNothing = async (...args: string[]): Promise<void> => {
  for (const root of ['master', 'remote']) {
    const { writes, opened } = await writesOf(root, ...args);
    assert.deepEqual(writes, [], `${args.join(' ')} below ${root}`);
    assert.ok(opened > 0, `${args.join(' ')}: nothing was seen of ${root}`);
  }
};

traced('plan, plan -o and apply --dry-run write nothing below a root that syncplan has never met', async () => {
  await assertWritesNothing('plan', 'plan.sp');
  await assertWritesNothing('plan', 'plan.sp', '-o', 'saved');
  await assertWritesNothing('apply', 'plan.sp', '--dry-run');
});

traced('nor below one that holds its state; an apply is seen to write there, and not below the master', async () => {
  assert.ok((await writesOf('remote', 'apply', 'plan.sp')).writes.length > 5);
  put('master/new', 'changed\n');
  put('remote/folder/differs', 'drifted\n');
  await assertWritesNothing('plan', 'plan.sp');
  await assertWritesNothing('plan', 'plan.sp', '-o', 'saved');
  assert.deepEqual((await writesOf('master', 'apply', 'plan.sp')).writes, []);
});

test.run();
