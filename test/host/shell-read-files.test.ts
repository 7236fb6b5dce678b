// Checksums that no program there makes: content is read many files at a time, and what changed meanwhile is not believed.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openDigests } from '../../runtime/bytes/digest.js';
import { type Digested, type Fault, isFault } from '../../runtime/host/file-verbs.js';
import { holdPath } from '../../runtime/host/shell/folder.js';
import { openShellHost } from '../../runtime/host/shell/host.js';
import { digestByReading } from '../../runtime/host/shell/read-files.js';
import { parseLooked } from '../../runtime/host/shell/records.js';
import type { Verb } from '../../runtime/host/shell/scripts.js';
import type { Answer, ShellSession } from '../../runtime/host/shell/session.js';
import { busyBoxShell, MARK, makeBusyBox, startShell } from './far-shell.js';
import { selection } from './scanning.js';

const test = suite('shell-read-files');
const busyBox = makeBusyBox();
test.after(() => busyBox.remove());

const NAMES = ['-rf', 'a\nb', ' ', '\xff\xfe', 'empty', 'mark', ...Array.from({ length: 30 }, (_, i) => `f${i}`)];
const contentOf = (name: string): Buffer =>
  name === 'empty'
    ? Buffer.alloc(0)
    : Buffer.from(name === 'mark' ? `\0${MARK}\0\0${MARK}:0\n`.slice(0, 20) : `of ${name}\0`);

const fill = (folder: string): void => {
  for (const name of NAMES) writeFileSync(Buffer.from(`${folder}/${name}`, 'latin1'), contentOf(name));
  writeFileSync(join(folder, 'large'), Buffer.alloc(1_500_000, 'large '));
  mkdirSync(join(folder, 'folder'));
  symlinkSync('f1', join(folder, 'link'));
};

/** Counts what is asked for; `meanwhile` happens before a verb goes out. */
const counting = (session: ShellSession, meanwhile: (verb: Verb) => void = () => {}) => {
  const asked = new Map<Verb, number>();
  const counted: ShellSession = {
    ...session,
    ask(verb, words, asking): Promise<Answer> {
      asked.set(verb, (asked.get(verb) ?? 0) + 1);
      meanwhile(verb);
      return session.ask(verb, words, asking);
    },
  };
  return { counted, of: (verb: Verb): number => asked.get(verb) ?? 0 };
};

const digestIn = (session: ShellSession, folder: string, names: readonly string[]): Promise<(Digested | Fault)[]> => {
  const at = holdPath(folder);
  const look = async (some: readonly string[]) => {
    const { output } = await session.ask('look', [folder, ...some.map(name => `./${name}`)]);
    const looked = parseLooked(output.toString('latin1').split('\0')[0]!, MARK) ?? [];
    const stats = new Map(looked.map(({ name, stat }) => [name, stat]));
    return some.map(name => stats.get(`./${name}`) ?? { fault: 'ENOENT', message: 'it is not there' });
  };
  return digestByReading({ session, algorithm: 'xxh128', at, follow: false, look }, names);
};

const withShell = async (
  start: Parameters<typeof startShell>[0],
  work: (session: ShellSession, folder: string) => Promise<void>,
): Promise<void> => {
  const far = startShell(start);
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-shell-'));
  try {
    fill(folder);
    await work(far.session, folder);
  } finally {
    await far.stop();
    rmSync(folder, { recursive: true });
  }
};

for (const [name, start] of [
  ['sh', {}],
  ['BusyBox', busyBoxShell(busyBox.path)],
] as const) {
  test(`small files are read in one request and large ones alone, each with its own answer: ${name}`, () =>
    withShell(start, async (session, folder) => {
      const { hash } = await openDigests('xxh128');
      const { counted, of } = counting(session);
      const answers = await digestIn(counted, folder, [...NAMES, 'large', 'folder', 'link', 'none']);
      for (const [i, one] of NAMES.entries()) {
        const answer = answers[i]!;
        assert.ok(!isFault(answer) && answer.digest === hash(contentOf(one)), JSON.stringify(one));
      }
      const [large, ...others] = answers.slice(NAMES.length);
      assert.ok(large !== undefined && !isFault(large) && large.digest === hash(Buffer.alloc(1_500_000, 'large ')));
      assert.equal(
        others.map(answer => (isFault(answer) ? answer.fault : '')),
        ['EISDIR', 'ELOOP', 'ENOENT'],
      );
      assert.equal([of('contents'), of('start')], [1, 1]);
    }));
}

test('where a file grew, became a link or vanished since it was looked at, each is read by itself', () =>
  withShell({}, async (session, folder) => {
    const { hash } = await openDigests('xxh128');
    const vanish = (): void => rmSync(join(folder, 'f1'));
    for (const [change, fault] of [
      [() => writeFileSync(join(folder, 'f1'), Buffer.alloc(5_000_000)), null],
      [vanish, 'ENOENT'],
      [
        () => {
          vanish();
          symlinkSync('f2', join(folder, 'f1'));
        },
        'ELOOP',
      ],
    ] as const) {
      writeFileSync(join(folder, 'f1'), 'as it was');
      const { counted, of } = counting(session, verb => {
        if (verb === 'contents') change();
      });
      const [first, second] = await digestIn(counted, folder, ['f1', 'f2']);
      assert.ok(second !== undefined && !isFault(second) && second.digest === hash(contentOf('f2')));
      assert.is(isFault(first) ? first.fault : null, fault);
      assert.equal([of('contents'), of('start')], [1, 2]);
    }
  }));

test('what was read once is not read again while it stays as it is, on whatever connection', async () => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-shell-'));
  fill(folder);
  /** Files that are read while all below the root is digested. */
  const run = async (): Promise<number> => {
    const far = startShell();
    let read = 0;
    const session: ShellSession = {
      ...far.session,
      async ask(verb, words, asking) {
        if (verb === 'contents') read += words.length - 2;
        if (verb === 'start') read++;
        const answer = await far.session.ask(verb, words, asking);
        // What has changed just now is not remembered: the clock there is an hour ahead of what was written.
        const later = (_: string, clock: string): string => `\nclock ${Number(clock) + 3600}\n`;
        const text = answer.output.toString('latin1').replace(/\nclock (\d+)\n/, later);
        return verb === 'probe' ? { ...answer, output: Buffer.from(text, 'latin1') } : answer;
      },
    };
    const host = await openShellHost({ label: 'far', session, close: far.stop, cacheFolder });
    const root = await host.openRoot(folder, { create: false, state: null });
    const scan = await root.scan(selection({ algorithm: 'xxh128' }));
    for await (const { page } of scan.contents([''])) assert.ok(page.length > 0);
    await scan.close();
    await host.close();
    return read;
  };
  const first = await run();
  writeFileSync(join(folder, 'f3'), 'another');
  // An empty file needs no reading.
  assert.equal([first, await run(), await run()], [NAMES.length, 1, 0]);
  rmSync(folder, { recursive: true });
  rmSync(cacheFolder, { recursive: true });
});

test.run();
