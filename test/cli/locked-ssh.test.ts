// Locks, hooks and saved plans over a real SSH server, under `commit together` and strategy `lock`.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { assertSameTree, treeOf } from '../support/tree.js';

let fleet: Fleet;
let desk: Desk;
const HOSTS = ['host-1', 'host-2'];

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(2);
  const note = join(desk.folder, 'note');
  writeFileSync(note, '#!/bin/sh\necho "$SYNCPLAN_HOST $1" >> "$HOME/notes"\n', { mode: 0o755 });
  mkdirSync(join(desk.folder, 'site'));
  writeFileSync(join(desk.folder, 'site/index.html'), 'first\n');
  writeFileSync(
    join(desk.folder, 'rollout.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  group web {
    root site "~/roots/site"
${HOSTS.map(host => `    host ${host} at "${host}"`).join('\n')}
  }
}
role master is build
role remote is web
block app {
  take all in site
  consistency lock { wait 5s; hold 30s }
  commit together
  delete mirror { max 100% }
  hook before run ["${note}", "before"] on remote
  hook after run ["${note}", "after"] on remote
}
`,
  );
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const syncplan = (...args: string[]) => desk.run([...args, '--ssh-config', fleet.configFile]);
const notes = (host: string): string => readFileSync(join(fleet.folder, host, 'notes'), 'utf8');
const root = (host: string): string => join(fleet.folder, host, 'roots/site');

test('hooks run around the switch on each host, once, and locks are let go', async () => {
  const { code, out, err } = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(code, 0, said(out, err));
  const events = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  for (const host of HOSTS) {
    assertSameTree(root(host), join(desk.folder, 'site'));
    assert.equal(notes(host), `${host} before\n${host} after\n`);
    const locks = events.filter(({ type, on }) => type === 'lock' && on === host).map(({ state }) => state);
    assert.deepEqual(locks, ['held', 'released'], 'nobody waits for a lock that is free');
  }
  const again = await syncplan('apply', 'rollout.sp');
  assert.equal(again.code, 0, said(again.out, again.err));
  assert.equal(notes('host-1'), 'host-1 before\nhost-1 after\n');
});

test('a saved plan is applied under the locks, once, and a stale one leaves every host alone', async () => {
  writeFileSync(join(desk.folder, 'site/second'), 'second\n');
  const saved = await syncplan('plan', 'rollout.sp', '-o', 'saved');
  assert.equal(saved.code, 0, said(saved.out, saved.err));
  const hooks =
    /^ {2}2 hosts: same 1 change .*\n.*second.*\n {4}hook before {3}\S+ before on remote\n {4}hook after {4}\S+ after on remote\n/m;
  assert.match(saved.out, hooks);
  assert.match((await syncplan('plan', 'saved')).out, hooks);
  const stream = (await syncplan('plan', 'saved', '--json')).out;
  assert.equal(stream.match(/"when":"before","on":"host-2",.*"state":"planned"/g)?.length, 1);
  writeFileSync(join(root('host-2'), 'index.html'), 'by somebody else\n');
  const stale = await syncplan('apply', 'saved');
  assert.equal(stale.code, 4, said(stale.out, stale.err));
  assert.match(stale.out, /no longer fits host-2: index\.html: expected nothing to do, found/);
  assert.deepEqual(readdirSync(root('host-1')).sort(), ['.syncplan', 'index.html']);
  writeFileSync(join(desk.folder, 'site/index.html'), 'second\n');
  assert.equal((await syncplan('apply', 'rollout.sp')).code, 0);
  writeFileSync(join(desk.folder, 'site/third'), 'third\n');
  assert.equal((await syncplan('plan', 'rollout.sp', '-o', 'saved')).code, 0);
  const { code, out, err } = await syncplan('apply', 'saved');
  assert.equal(code, 0, said(out, err));
  for (const host of HOSTS) assertSameTree(root(host), join(desk.folder, 'site'));
  assert.equal((await syncplan('apply', 'saved')).code, 4);
});

test('where one of the hosts that switch together cannot be reached, no other one waits for a lock or takes one', async () => {
  const before = treeOf(root('host-1'));
  writeFileSync(join(desk.folder, 'site/fourth'), 'fourth\n');
  await fleet.hosts[1]!.stop();
  const { code, out, err } = await syncplan('apply', 'rollout.sp', '--json');
  assert.notEqual(code, 0, said(out, err));
  const events = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual(
    events.filter(({ type }) => type === 'lock'),
    [],
  );
  const told = events.find(({ type, host, state }) => type === 'block' && host === 'host-1' && state === 'skipped');
  assert.match(told?.message, /another host of this block did not get ready/);
  assert.deepEqual(treeOf(root('host-1')), before);
});

test.run();
