// A chain of four machines, each with an uplink of its own: one of them loses its network in the middle of a run.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { makeNetworks, type Networks, on, whyNoNetworks } from '../support/networks.js';
import { type Desk, type Ended, openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { planOfFour } from '../support/site.js';
import { differencesOf, treeOf } from '../support/tree.js';

const why = whyNoNetworks();
const MIB = 2 ** 20;

if (why === null) {
  let networks: Networks;
  let fleet: Fleet;
  let desk: Desk;
  const here = (): string => join(desk.folder, 'site');
  const there = (host: number): string => join(fleet.folder, `host-${host}`, 'roots/site');

  test.before(async () => {
    desk = openDesk();
    networks = makeNetworks(5, '100mbit');
    fleet = await makeFleet(4, { networks: networks.machines.slice(1) });
    mkdirSync(here());
    for (let at = 0; at < 8; at++) writeFileSync(join(here(), `part-${at}`), randomBytes(6 * MIB));
    for (const host of [1, 2, 3, 4]) mkdirSync(there(host));
    writeFileSync(join(desk.folder, 'chain.sp'), planOfFour('route chain'));
  });
  test.after(async () => {
    await fleet?.stop();
    networks?.remove();
    desk?.remove();
  });

  const apply = (): Promise<Ended> => {
    const args = ['apply', 'chain.sp', '--json', '--ssh-config', fleet.configFile];
    const [program, ...rest] = on(networks.machines[0]!, [process.execPath, PROGRAM, ...args]);
    const home = join(desk.folder, '../home');
    return runProcess(program!, rest, { cwd: desk.folder, env: { HOME: home } });
  };
  const summaryOf = ({ out }: Ended) => JSON.parse(out.trimEnd().split('\n').at(-1)!);
  const assertEqual = (hosts: readonly number[]): void => {
    for (const host of hosts) assert.deepEqual(differencesOf(treeOf(there(host)), treeOf(here())), [], `host ${host}`);
  };

  test('the second loses its network after three seconds: the others finish, and the next run converges', async () => {
    const cut = setTimeout(() => networks.plug(2, false), 3_000);
    const ended = await apply();
    clearTimeout(cut);
    assert.equal(ended.code, 5, said(ended.out, ended.err));
    const states = (summaryOf(ended).relations as { host: string; state: string }[]).map(
      ({ host, state }) => `${host} ${state}`,
    );
    assert.deepEqual(states, ['w1 done', 'w2 failed', 'w3 done', 'w4 done']);
    assertEqual([1, 3, 4]);
    networks.plug(2, true);
    const again = await apply();
    assert.equal(again.code, 0, said(again.out, again.err));
    assertEqual([1, 2, 3, 4]);
  });
} else {
  test.skip(`a chain with uplinks of their own is left out: ${why}`, () => {});
  test('why a machine cannot have networks of its own is said', () =>
    assert.match(why, /Linux|root|apt-get install iproute2|namespace/));
}

test.run();
