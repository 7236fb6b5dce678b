// Routes over real SSH: content goes from remote to remote, and around one whose agent is killed in the middle.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { processesBelow } from '../support/processes.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { planOfFour } from '../support/site.js';
import { differencesOf, treeOf } from '../support/tree.js';

let fleet: Fleet;
let desk: Desk;
const MIB = 2 ** 20;
const HOSTS = ['host-1', 'host-2', 'host-3', 'host-4'];
const here = (): string => join(desk.folder, 'site');
const there = (host: string): string => join(fleet.folder, host, 'roots/site');

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(4);
  mkdirSync(here());
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});
test.before.each(() => {
  for (const host of HOSTS) {
    rmSync(there(host), { recursive: true, force: true });
    mkdirSync(there(host), { recursive: true });
  }
  for (const name of readdirSync(here())) rmSync(join(here(), name), { recursive: true });
  writeFileSync(join(here(), 'large.bin'), randomBytes(9 * MIB));
  mkdirSync(join(here(), 'many'));
  for (let i = 0; i < 400; i++) writeFileSync(join(here(), 'many', `file-${i}`), randomBytes(i * 20));
});

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;
type Relation = { readonly host: string; readonly state: string };

const apply = async (route: string, args: readonly string[] = [], started?: (pid: number) => void) => {
  const plan = join(desk.folder, 'routed.sp');
  writeFileSync(plan, planOfFour(route));
  // Markers stay where they were when a root was emptied for the next test: nobody remembers them.
  const state = join(desk.folder, `state-${runs++}`);
  const ended = await desk.run(['apply', plan, '--json', '--ssh-config', fleet.configFile, ...args], {
    env: { XDG_STATE_HOME: state },
    ...(started === undefined ? {} : { started }),
  });
  const events = ended.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Event);
  const links = events.flatMap(({ type, from, host, state: is }) => (type === 'link' ? [`${from}→${host} ${is}`] : []));
  return { ...ended, events, links, summary: events.at(-1)! };
};
let runs = 0;

const assertEqual = (hosts: readonly string[]): void => {
  for (const host of hosts) assert.deepEqual(differencesOf(treeOf(there(host)), treeOf(here())), [], host);
};

for (const route of ['route chain', 'route tree', 'route { build -> w1; w1 -> w2; w2 -> w3; w3 -> w4 }']) {
  test(`${route}: four hosts get the same tree, and the master sends it once`, async () => {
    const { code, out, err, links, summary } = await apply(route);
    assert.equal(code, 0, said(out, err));
    assertEqual(HOSTS);
    assert.deepEqual(links.sort(), ['build→w1 open', 'w1→w2 open', 'w2→w3 open', 'w3→w4 open']);
    const relayed = Number(summary.bytesRelayed);
    const bySelf = Number(summary.bytesSent) - relayed;
    const content = 9 * MIB + 400 * 399 * 10;
    assert.ok(relayed > 3 * content && relayed < 3.2 * content, `${relayed} bytes by relays`);
    assert.ok(bySelf > content && bySelf < 1.4 * content, `${bySelf} bytes by the master and from here`);
  });
}

test('a relay whose agent is killed in the middle: the others finish, the exit is 5, and the next run converges', async () => {
  const staged = (): number => {
    const folder = join(there('host-2'), '.syncplan/staging');
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
        (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
        0,
      );
    } catch {
      return 0;
    }
  };
  const killOnceStaged = async (): Promise<void> => {
    for (const end = Date.now() + 30_000; staged() < 3 * MIB && Date.now() < end; )
      await new Promise(resolve => setTimeout(resolve, 5));
    const [agent] = processesBelow(fleet.hosts[1]!.pid).filter(({ command }) => /node .*agent/.test(command));
    if (agent !== undefined) process.kill(agent.pid, 'SIGKILL');
  };
  const route = 'route chain\ntransfer { limit 4MiB/s }';
  const { code, out, err, links, summary } = await apply(route, [], () => void killOnceStaged());
  assert.equal(code, 5, said(out, err));
  const states = (summary.relations as readonly Relation[]).map(({ host, state }) => `${host} ${state}`);
  assert.deepEqual(states, ['w1 done', 'w2 failed', 'w3 done', 'w4 done']);
  assertEqual(['host-1', 'host-3', 'host-4']);
  assert.ok(links.includes('w2→w3 lost') && links.includes('w1→w3 open'), links.join(', '));
  assert.ok(!links.includes('build→w3 open'), links.join(', '));
  const again = await apply('route chain');
  assert.equal(again.code, 0, said(again.out, again.err));
  assertEqual(HOSTS);
});

test.run();
