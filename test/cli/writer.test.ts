// Somebody writes a file of the master 20 times a second meanwhile: redo, a lock for the one relation that may take it, nothing mixed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

/** What one look at the changing file at a final path found: the lines that differ from each other, and how many there are. */
type Look = { readonly versions: readonly string[]; readonly size: number };
type Event = { readonly type: string; readonly host: string; readonly on: string; readonly state: string };

const HOSTS = { patient: 'host-1', locking: 'host-2' } as const;
const LINE = '00000000\n';
const SIZE = 50_000 * LINE.length;
/** Each way of what goes over the wire. A look at the master and the next are a round trip apart: several writes. */
const DELAY_MS = 100;

let fleet: Fleet;
let desk: Desk;
const master = (): string => join(desk.folder, 'site');
const remote = (host: keyof typeof HOSTS): string => join(fleet.folder, HOSTS[host], 'roots/site');

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(2);
  mkdirSync(master());
  writeFileSync(join(master(), 'changing'), LINE.repeat(SIZE / LINE.length));
  writeFileSync(join(master(), 'steady'), 'steady\n');
  writeFileSync(join(desk.folder, 'delay.cjs'), DELAYING);
  writeFileSync(join(desk.folder, 'writer'), WRITER, { mode: 0o755 });
  const delayed = `Host host-*\n  ProxyCommand ${process.execPath} ${join(desk.folder, 'delay.cjs')} %h %p\n`;
  writeFileSync(join(desk.folder, 'far'), delayed + readFileSync(fleet.configFile, 'utf8'));
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const apply = (consistency: string, sshConfig: string, ...args: string[]): Promise<Ended> => {
  const hosts = Object.entries(HOSTS).map(
    ([name, address]) => `  host ${name} at "${address}" { root site "~/roots/site" }`,
  );
  const fleetText = `fleet {\n  host build at local { root site "./site" }\n${hosts.join('\n')}\n}`;
  const roles = `role master is build\nrole remote is ${Object.keys(HOSTS).join(', ')}`;
  const text = `syncplan 1\n${fleetText}\n${roles}\nblock app {\n  take all in site\n${consistency}\n}\n`;
  writeFileSync(join(desk.folder, 'plan.sp'), text);
  return desk.run(['apply', 'plan.sp', '--ssh-config', sshConfig, ...args]);
};

/** The writer, until it meets the lock or is stopped; answers with the number of versions that it wrote. */
const startWriter = (): (() => Promise<number>) => {
  const child = spawn(join(desk.folder, 'writer'), [], {
    cwd: desk.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-100);
  });
  const ended = new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
  return async () => {
    writeFileSync(join(desk.folder, 'stop'), '');
    await ended;
    return Number(written.trim().split('\n').at(-1));
  };
};

const wholes = new Map<string, Buffer>();
const versionOf = (line: string): Buffer => {
  const whole = wholes.get(line) ?? Buffer.from(`${line}\n`.repeat(SIZE / LINE.length), 'latin1');
  wholes.set(line, whole);
  return whole;
};
const linesOf = (bytes: Buffer): string[] => [...new Set(bytes.toString('latin1').trimEnd().split('\n'))];

/** Looks at the changing file at a final path all the time. */
const startLooking = (host: keyof typeof HOSTS): (() => readonly Look[]) => {
  const looks = new Map<string, Look>();
  const look = (): void => {
    const bytes = readFileSync(join(remote(host), 'changing'));
    const first = bytes.toString('latin1', 0, LINE.length - 1);
    // Line by line only where it is not the same line throughout: that takes longer than the time to the next look.
    const versions = bytes.equals(versionOf(first)) ? [first] : linesOf(bytes);
    looks.set(versions.join(), { versions, size: bytes.length });
  };
  const timer = setInterval(look, 10);
  return () => {
    clearInterval(timer);
    look();
    return [...looks.values()];
  };
};

test('one relation redoes and gives up, the other takes a lock that stops the writer, and no reader sees a mixed file', async () => {
  const calm = await apply('  consistency lock { wait 10s }', fleet.configFile);
  assert.equal(calm.code, 0, said(calm.out, calm.err));
  assert.ok(existsSync(join(master(), '.syncplan/lock/app')), 'there is no lock file for the writer to honour');

  const looked = { patient: startLooking('patient'), locking: startLooking('locking') };
  const stopWriter = startWriter();
  const strategies = `  consistency verify { rounds 2 every 100ms; then fail }
  for locking { consistency verify { rounds 4 every 400ms; then lock { wait 20s } } }`;
  let written = 0;
  const { code, out, err } = await apply(strategies, join(desk.folder, 'far'), '--json').finally(async () => {
    written = await stopWriter();
  });
  assert.equal(code, 5, said(out, err));
  assert.ok(existsSync(join(desk.folder, 'met-lock')), 'the lock on the master did not stop the writer');
  assert.ok(written > 10, `the writer wrote ${written} versions only`);

  const events: Event[] = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const of = (type: string, host: string): Event[] =>
    events.filter(event => event.type === type && event.host === host);
  for (const host of ['patient', 'locking'])
    assert.ok(of('inconsistent', host).length > 0, `${host} saw nothing change`);
  assert.equal(of('redo', 'patient').length, 2);
  assert.ok(of('redo', 'locking').length >= 4, said(out));
  // The master is locked once, for the one relation; a remote is always locked against other runs.
  const masterLocks = events.filter(({ type, on }) => type === 'lock' && on === 'build');
  assert.deepEqual(
    masterLocks.map(({ host, state }) => `${host} ${state}`),
    ['locking held', 'locking released'],
  );
  const states = { patient: of('block', 'patient').at(-1)?.state, locking: of('block', 'locking').at(-1)?.state };
  assert.deepEqual(states, { patient: 'failed', locking: 'done' });

  // Under the lock it got what the master then had: the writer wrote nothing after that.
  assertSameTree(remote('locking'), master());
  const version = String(written).padStart(8, '0');
  assert.deepEqual(looked.patient(), [{ versions: ['00000000'], size: SIZE }]);
  assert.deepEqual(looked.locking(), [
    { versions: ['00000000'], size: SIZE },
    { versions: [version], size: SIZE },
  ]);

  const next = await apply(strategies, fleet.configFile);
  assert.equal(next.code, 0, said(next.out, next.err));
  for (const host of ['patient', 'locking'] as const) assertSameTree(remote(host), master());
});

/** Its number in all of the file, by rename, 20 times a second under the lock; ends for good where the lock is held, and in any case. */
const WRITER = `#!/bin/sh
n=0
while [ ! -e stop ] && [ $n -lt 1000 ]; do
  n=$((n + 1))
  version=$(printf %08d $n)
  yes $version | head -c ${SIZE} > changing.new
  if flock -n site/.syncplan/lock/app mv changing.new site/changing; then
    echo $n
  else
    touch met-lock
    exit
  fi
  sleep 0.04
done
`;

/** A wire that is long: what comes in on either side goes out a while later, in order. */
const DELAYING = `const wire = require('node:net').connect(Number(process.argv[3]), process.argv[2]);
const late = (from, to) =>
  from
    .on('data', chunk => setTimeout(() => to.write(chunk), ${DELAY_MS}))
    .on('end', () => setTimeout(() => to.end(), ${DELAY_MS}));
late(process.stdin, wire);
late(wire, process.stdout);
for (const stream of [wire, process.stdin, process.stdout]) stream.on('error', () => process.exit(1));
wire.on('close', () => setTimeout(() => process.exit(), ${2 * DELAY_MS}));
`;

test.run();
