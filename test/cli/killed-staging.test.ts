// A run that is killed or interrupted while it sends: the same command uses again what had arrived, over a real SSH server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { isRunning, processesBelow } from '../support/processes.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { putSite, type Site } from '../support/site.js';
import { assertSameTree } from '../support/tree.js';

let fleet: Fleet;
let desk: Desk;
let site: Site;
const FILES = 60;
const SIZE = 1_000_000;

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
  site = putSite(desk, fleet);
  mkdirSync(join(site.master, 'deep'));
  for (let i = 0; i < FILES; i++) writeFileSync(fileAt(i), randomBytes(SIZE));
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const fileAt = (i: number): string => join(site.master, i % 2 === 0 ? '' : 'deep', `file-${i}`);

const apply = (started?: (pid: number) => void): Promise<Ended> =>
  site.run('apply', ['--json'], started === undefined ? {} : { started });

test('what had arrived when the client was killed is used again, and only the rest is sent', async () => {
  const killed = await apply(pid => void killWhenStaged(pid, (FILES * SIZE) / 3));
  assert.equal(killed.signal, 'SIGKILL', said(killed.out, killed.err));
  await untilNothingRuns();
  const staged = stagedBytes();
  assert.ok(staged > 10 * SIZE, `only ${staged} bytes were staged`);
  // Same size and time as what was staged of it: only its digest tells that it is another.
  const { mtime } = statSync(fileAt(0));
  writeFileSync(fileAt(0), randomBytes(SIZE));
  utimesSync(fileAt(0), mtime, mtime);

  const again = await apply();
  assert.equal(again.code, 0, said(again.out, again.err));
  assertSameTree(site.remote, site.master);
  const summary = JSON.parse(again.out.trimEnd().split('\n').at(-1)!);
  assert.equal(summary.created, FILES + 1);
  assert.equal(summary.bytesLiteral + summary.bytesMatched, FILES * SIZE);
  assert.ok(
    summary.bytesLiteral < FILES * SIZE - staged + 4 * SIZE,
    `${summary.bytesLiteral} bytes were sent although ${staged} had been staged`,
  );
  assert.ok(summary.bytesLiteral >= SIZE, 'what had changed was not sent');
  assert.deepEqual(readdirSync(join(site.remote, '.syncplan/staging')), []);
});

test('what had arrived when the run was interrupted is kept, and used by the next one', async () => {
  for (let i = 0; i < FILES; i++) writeFileSync(fileAt(i), randomBytes(SIZE));
  const stopped = await apply(pid => void killWhenStaged(pid, (FILES * SIZE) / 3, 'SIGINT'));
  assert.equal(stopped.code, 130, said(stopped.out, stopped.err));
  await untilNothingRuns();
  const staged = stagedBytes();
  assert.ok(staged > 10 * SIZE, `only ${staged} bytes are left in staging`);

  const again = await apply();
  assert.equal(again.code, 0, said(again.out, again.err));
  assertSameTree(site.remote, site.master);
  const { bytesLiteral } = JSON.parse(again.out.trimEnd().split('\n').at(-1)!);
  assert.ok(
    bytesLiteral < FILES * SIZE - staged + 4 * SIZE,
    `${bytesLiteral} bytes were sent, ${staged} had been staged`,
  );
  assert.deepEqual(readdirSync(join(site.remote, '.syncplan/staging')), []);
});

/** Waits until that much has arrived, then signals the program, and nothing but it. */
const killWhenStaged = async (pid: number, bytes: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  const end = Date.now() + 60_000;
  while (stagedBytes() < bytes && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 2));
  process.kill(pid, signal);
};

const stagedBytes = (): number => {
  const sizes = (folder: string): number[] => {
    try {
      return readdirSync(folder, { withFileTypes: true }).map(entry =>
        entry.isDirectory()
          ? sizes(join(folder, entry.name)).reduce((sum, size) => sum + size, 0)
          : statSync(join(folder, entry.name)).size,
      );
    } catch {
      return [];
    }
  };
  return sizes(join(site.remote, '.syncplan/staging')).reduce((sum, size) => sum + size, 0);
};

const untilNothingRuns = async (): Promise<void> => {
  const pids = processesBelow(fleet.hosts[0]!.pid).map(({ pid }) => pid);
  const end = Date.now() + 20_000;
  while (pids.some(isRunning) && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 20));
  assert.deepEqual(pids.filter(isRunning), []);
};

test.run();
