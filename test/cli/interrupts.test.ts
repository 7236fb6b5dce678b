// A run that is interrupted, politely or not: nothing half-written is left, no process either, and the next run finishes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
let base: string;
const MEBIBYTE = 2 ** 20;
const LARGE = { files: 12, bytes: 2 * MEBIBYTE };

/** Old content stands on the remote; the new one takes more than a second to stage, on whatever machine. */
test.before.each(() => {
  desk ??= openDesk();
  base = mkdtempSync(join(desk.folder, 'case-'));
  for (const folder of ['master/small', 'remote/small']) mkdirSync(join(base, folder), { recursive: true });
  for (let i = 0; i < 200; i++) {
    writeFileSync(join(base, 'master/small', `${i}`), `new ${i}\n`);
    writeFileSync(join(base, 'remote/small', `${i}`), `old ${i}\n`);
  }
  for (let i = 0; i < LARGE.files; i++) {
    const file = join(base, 'master', `large-${i}`);
    writeFileSync(file, Buffer.alloc(LARGE.bytes, i));
  }
  writeFileSync(
    join(base, 'plan.sp'),
    'syncplan 1\nfleet {\n  host build at local { root site "./master" }\n  host copy at local { root site "./remote" }\n}\n' +
      'role master is build\nrole remote is copy\nblock all { take all in site; transfer { limit 20MiB/s } }\n',
  );
});
test.after(() => desk.remove());

/** Starts an apply and sends the signals, each when something has been staged. */
const interrupted = async (...signals: readonly NodeJS.Signals[]): Promise<Ended & { readonly pid: number }> => {
  let pid = 0;
  const running = desk.run(['apply', 'plan.sp', '--ui', 'lines'], {
    cwd: base,
    started: started => {
      pid = started;
    },
  });
  await until(
    () =>
      existsSync(join(base, 'remote/.syncplan/staging')) && sizeOf(join(base, 'remote/.syncplan')) > 2 * LARGE.bytes,
  );
  for (const signal of signals) {
    process.kill(pid, signal);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return { ...(await running), pid };
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let attempt = 0; !holds(); attempt++) {
    if (attempt > 2000) throw new Error('waited in vain for the run to stage something');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    try {
      return sum + lstatSync(join(folder, name)).size;
    } catch {
      return sum;
    }
  }, 0);

/** Every file at its final path is wholly old or wholly new. */
const assertNothingHalfWritten = (): void => {
  for (let i = 0; i < 200; i++) {
    assert.match(readFileSync(join(base, 'remote/small', `${i}`), 'utf8'), new RegExp(`^(old|new) ${i}\\n$`));
  }
  for (let i = 0; i < LARGE.files; i++) {
    const path = join(base, 'remote', `large-${i}`);
    if (existsSync(path)) assert.ok(readFileSync(path).equals(Buffer.alloc(LARGE.bytes, i)), path);
  }
};

/** Agents of this case know its cache folder by their arguments. */
const assertNoProcess = async (): Promise<void> => {
  const list = (): string => execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
  const home = join(desk.folder, '..', 'home');
  await until(() => !list().includes(home));
};

const assertNextRunFinishes = async (): Promise<void> => {
  const next = await desk.run(['apply', 'plan.sp'], { cwd: base });
  assert.equal(next.code, 0, said(next.out, next.err));
  assertSameTree(join(base, 'remote'), join(base, 'master'));
  const again = await desk.run(['plan', 'plan.sp', '--exit-code'], { cwd: base });
  assert.equal(again.code, 0, said(again.out, again.err));
};

/** After a run that came to its end; what was staged before it was interrupted has been used by then. */
const assertNothingStaged = (): void => {
  assert.ok(sizeOf(join(base, 'remote/.syncplan')) < MEBIBYTE, 'staged content was left behind');
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} stops at the next safe point with 130; the next run finishes`, async () => {
    const { code, err, out } = await interrupted(signal);
    assert.equal(code, 130, said(out, err));
    assert.match(err, /stopping at the next safe point/);
    assert.match(out, /copy +skipped +interrupted before anything was switched\n +help: run the same command again/);
    assert.doesNotMatch(out + err, /fault/);
    assertNothingHalfWritten();
    assert.ok(sizeOf(join(base, 'remote/.syncplan')) > MEBIBYTE, 'nothing was kept for the next run');
    await assertNoProcess();
    await assertNextRunFinishes();
    assertNothingStaged();
    rmSync(base, { recursive: true });
  });
}

test('a second signal ends the program at once, and the next run finishes all the same', async () => {
  const { code, err } = await interrupted('SIGINT', 'SIGINT');
  assert.equal(code, 130);
  assert.match(err, /stopped at once; the next run finishes what was begun\n/);
  assertNothingHalfWritten();
  await assertNoProcess();
  await assertNextRunFinishes();
  rmSync(base, { recursive: true });
});

test('killed without a word, it leaves no process, and the next run finishes', async () => {
  const { signal } = await interrupted('SIGKILL');
  assert.equal(signal, 'SIGKILL');
  assertNothingHalfWritten();
  await assertNoProcess();
  await assertNextRunFinishes();
  rmSync(base, { recursive: true });
});

test('a plan changes nothing under any root, not even a time', async () => {
  const stamps = (): string[] =>
    ['master', 'remote'].flatMap(root =>
      ['', ...readdirSync(join(base, root), { recursive: true, encoding: 'utf8' })].sort().map(name => {
        const { mtimeNs, ctimeNs, mode, ino } = lstatSync(join(base, root, name), { bigint: true });
        return `${root}/${name} ${mtimeNs} ${ctimeNs} ${mode} ${ino}`;
      }),
    );
  const before = stamps();
  const plan = await desk.run(['plan', 'plan.sp', '--exit-code'], { cwd: base });
  assert.equal(plan.code, 2, said(plan.err));
  assert.deepEqual(stamps(), before);
});

test.run();
