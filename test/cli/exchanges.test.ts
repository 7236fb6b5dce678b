// A software release for telephone exchanges, standby program and all: six machines over real SSH, parallel roots, every strategy.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

const EXCHANGES = ['x-01', 'x-02', 'x-03', 'y-01', 'y-02'] as const;
let fleet: Fleet;
let desk: Desk;
const homeOf = (host: string): string => fleet.hosts[['bench', ...EXCHANGES].indexOf(host)]!.home;
const built = (path: string): string => join(homeOf('bench'), 'build/2026.11', path);

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1 + EXCHANGES.length);
  const standby = join(desk.folder, 'standby');
  writeFileSync(standby, STANDBY, { mode: 0o755 });
  writeFileSync(join(desk.folder, 'exchanges.sp'), planFor(standby));
  put('data/schema/lines.ddl', 'lines');
  put('data/schema/lines.ver', '1');
  put('data/routes.tbl', 'routes');
  put('software/bin/switchd', '#!/bin/sh\n', 0o755);
  put('software/lib/route.so', 'route');
  put('software/VERSION', '2026.11');
  put('software/notes.txt', 'of no class');
  for (const host of EXCHANGES) {
    for (const folder of ['a/software', 'b/software', 'data/local'])
      mkdirSync(join(homeOf(host), 'exchange', folder), { recursive: true });
    writeFileSync(join(homeOf(host), 'exchange/data/local/own.tbl'), `of ${host}`);
  }
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

/** The plan as it is written for the exchanges, on machines of loopback: other addresses, folders and user. */
const planFor = (standby: string): string => {
  const text = readFileSync('test/compiler/samples/later/exchanges.sp', 'utf8');
  const given: readonly (readonly [string, string])[] = [
    ['user sync; key "~/.ssh/sync_ed25519"', `user ${userInfo().username}`],
    ['bench.lab.example.net', 'host-1'],
    ['x{01..03}.north.example.net', 'host-{2..4}'],
    ['y{01..02}.south.example.net', 'host-{5..6}'],
    ['"/opt/exchange/bin/standby"', JSON.stringify(standby)],
    ['"/opt/exchange/', '"~/exchange/'],
    ['"/build/', '"~/build/'],
  ];
  const copy = given.reduce((plan, [from, to]) => {
    assert.ok(plan.includes(from), from);
    return plan.replaceAll(from, to);
  }, text);
  return copy.replace(/^transfer .*\n/m, '');
};

const put = (path: string, content: string, mode = 0o644): void => {
  mkdirSync(dirname(built(path)), { recursive: true });
  writeFileSync(built(path), content);
  chmodSync(built(path), mode);
};

const syncplan = (...args: string[]) => desk.run([...args, '--ssh-config', fleet.configFile]);
const standbys = (host: string): string[] => {
  const path = join(homeOf(host), 'standby-log');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
};

const assertReleased = (): void => {
  for (const host of EXCHANGES) {
    const at = (path: string): string => join(homeOf(host), 'exchange', path);
    assertSameTree(at('a/software'), at('b/software'));
    assert.equal(readFileSync(at('a/software/VERSION'), 'utf8'), readFileSync(built('software/VERSION'), 'utf8'));
    assert.equal(readFileSync(at('b/software/lib/route.so'), 'utf8'), 'route');
    assert.ok(existsSync(at('a/software/bin/switchd')));
    assert.ok(!existsSync(at('a/software/notes.txt')));
    assertSameTree(at('data/schema'), built('data/schema'));
    assert.equal(readFileSync(at('data/routes.tbl'), 'utf8'), 'routes');
    assert.equal(readFileSync(at('data/local/own.tbl'), 'utf8'), `of ${host}`);
  }
};

test('every exchange is on standby once for the block, on both of its file systems, and then holds the release', async () => {
  const { code, out, err } = await syncplan('apply', 'exchanges.sp');
  assert.equal(code, 0, said(out, err));
  assertReleased();
  for (const host of ['bench', ...EXCHANGES])
    assert.deepEqual(standbys(host), ['hold programs', 'resume programs'], host);
});

test('a second run has nothing to do, and leaves every exchange in service', async () => {
  const { code, out, err } = await syncplan('apply', 'exchanges.sp');
  assert.equal(code, 0, said(out, err));
  for (const host of EXCHANGES) assert.equal(standbys(host).length, 2, host);
});

test('an exchange that cannot go on standby keeps the whole block from all, and the next run finishes it', async () => {
  put('software/VERSION', '2026.12');
  writeFileSync(join(homeOf('y-02'), 'busy'), '');
  const refused = await syncplan('apply', 'exchanges.sp');
  assert.notEqual(refused.code, 0, said(refused.out, refused.err));
  assert.match(refused.out + refused.err, /calls are being switched/);
  for (const host of EXCHANGES) {
    assert.equal(readFileSync(join(homeOf(host), 'exchange/a/software/VERSION'), 'utf8'), '2026.11');
    assert.equal(standbys(host).at(-1), host === 'y-02' ? 'busy programs' : 'resume programs', host);
  }
  writeFileSync(join(homeOf('y-02'), 'busy'), 'no more');
  const { code, out, err } = await syncplan('apply', 'exchanges.sp');
  assert.equal(code, 0, said(out, err));
  assertReleased();
});

/** Says when it goes on standby and back into service; refuses while calls are being switched. */
const STANDBY = `#!/bin/sh
if [ "$1" = hold ] && [ -e "$HOME/busy" ] && [ ! -s "$HOME/busy" ]; then
  echo "busy $SYNCPLAN_BLOCK" >> "$HOME/standby-log"
  echo "calls are being switched"
  exit 1
fi
echo "$1 $SYNCPLAN_BLOCK" >> "$HOME/standby-log"
`;

test.run();
