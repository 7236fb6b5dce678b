// A large file whose way breaks in the middle, over a real SSH server: the next run, or the same one, sends only the rest.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { isRunning, processesBelow } from '../support/processes.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

const MIB = 2 ** 20;
const SIZE = 64 * MIB;

let fleet: Fleet;
let desk: Desk;
const master = (): string => join(desk.folder, 'site');
const remote = (folder: string): string => join(fleet.hosts[0]!.roots, folder);

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
  mkdirSync(join(master(), 'deep'), { recursive: true });
  writeFileSync(join(master(), 'deep/large.bin'), randomBytes(SIZE));
  writeFileSync(join(master(), 'small'), 'small');
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const apply = (folder: string, started?: (pid: number) => void): Promise<Ended> => {
  const plan = join(desk.folder, `${folder}.sp`);
  writeFileSync(
    plan,
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host far at "host-1" { root site "~/roots/${folder}" }
}
role master is build
role remote is far
block app { take all in site }
transfer { limit 30MiB/s }
`,
  );
  const args = ['apply', plan, '--json', '--ssh-config', fleet.configFile];
  return desk.run(args, started === undefined ? {} : { started });
};

const summaryOf = ({ out }: Ended) => JSON.parse(out.trimEnd().split('\n').at(-1)!);

const stagedBytes = (folder: string): number => {
  const below = (at: string): number => {
    try {
      return readdirSync(at, { withFileTypes: true })
        .map(entry => (entry.isDirectory() ? below(join(at, entry.name)) : statSync(join(at, entry.name)).size))
        .reduce((sum, size) => sum + size, 0);
    } catch {
      return 0;
    }
  };
  return below(join(remote(folder), '.syncplan/staging'));
};

const untilStaged = async (folder: string): Promise<void> => {
  const end = Date.now() + 60_000;
  while (stagedBytes(folder) < SIZE / 2 && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 5));
};

/** Both processes of every session there, and all that they have started. */
const killSessions = (): void => {
  for (const { pid } of processesBelow(fleet.hosts[0]!.pid)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
};

const untilNothingRuns = async (): Promise<void> => {
  const end = Date.now() + 20_000;
  const left = () => processesBelow(fleet.hosts[0]!.pid).filter(({ pid }) => isRunning(pid));
  while (left().length > 0 && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 20));
  assert.deepEqual(left(), []);
};

/** Breaks the first run in the middle; returns what had been staged by then. */
const broken = async (folder: string, how: (pid: number) => void): Promise<number> => {
  mkdirSync(remote(folder));
  const first = await apply(folder, pid => void untilStaged(folder).then(() => how(pid)));
  assert.notEqual(first.code, 0, said(first.out, first.err));
  await untilNothingRuns();
  const staged = stagedBytes(folder);
  assert.ok(staged > SIZE / 3 && staged < SIZE, `${staged} bytes were staged`);
  return staged;
};

const assertRestOnly = (ended: Ended, staged: number): void => {
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  const { bytesLiteral, bytesMatched, bytesSent } = summaryOf(ended);
  assert.ok(bytesLiteral <= SIZE - staged + MIB, `${bytesLiteral} bytes were sent although ${staged} were there`);
  assert.ok(bytesSent < SIZE - staged + 4 * MIB, `${bytesSent} bytes on all connections`);
  assert.equal(bytesLiteral + bytesMatched, SIZE + 5);
};

const assertArrived = (folder: string): void => {
  assertSameTree(remote(folder), master());
  assert.deepEqual(readdirSync(join(remote(folder), '.syncplan/staging')), []);
};

test('its connection is killed, and the agent there with it: the next run sends what was missing', async () => {
  const staged = await broken('cut', killSessions);
  const again = await apply('cut');
  assertRestOnly(again, staged);
  assertArrived('cut');
});

test('the program here is killed: the agent there keeps what had come, and the next run goes on from it', async () => {
  const staged = await broken('killed', pid => process.kill(pid, 'SIGKILL'));
  const again = await apply('killed');
  assertRestOnly(again, staged);
  assertArrived('killed');
});

test('what had come is not the beginning of the file any more: all of it is sent, and is right', async () => {
  await broken('changed', killSessions);
  const path = join(master(), 'deep/large.bin');
  const { mtime, size } = lstatSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, randomBytes(100), 0, 100, 5 * MIB);
  closeSync(file);
  utimesSync(path, mtime, mtime);
  assert.equal(lstatSync(path).size, size);
  const again = await apply('changed');
  assert.equal(again.code, 0, said(again.out, again.err));
  assert.ok(summaryOf(again).bytesLiteral >= SIZE, 'what differs was not sent');
  assertArrived('changed');
});

test.run();
