// A firewall that lets SSH in and drops everything else without a word: content goes through this machine, soon, and it is said.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { makeNetworks, type Networks, on, whyNoNetworks } from '../support/networks.js';
import { type Desk, openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { differencesOf, treeOf } from '../support/tree.js';

const why = whyNoNetworks();
const MIB = 2 ** 20;

if (why === null) {
  let networks: Networks;
  let fleet: Fleet;
  let desk: Desk;

  test.before(async () => {
    desk = openDesk();
    networks = makeNetworks(2, '1000mbit');
    fleet = await makeFleet(1, { networks: networks.machines.slice(1) });
    mkdirSync(join(desk.folder, 'site'));
    mkdirSync(join(fleet.hosts[0]!.roots, 'site'));
    for (let at = 0; at < 3; at++) writeFileSync(join(desk.folder, `site/large-${at}`), randomBytes(9 * MIB));
    writeFileSync(
      join(desk.folder, 'walled.sp'),
      `syncplan 1
fleet {
  root site "~/roots/site"
  host build at local { root site "./site" }
  host far at "host-1"
}
role master is build
role remote is far
block first { take "large-0", "large-1" in site }
block then after first { take "large-2" in site }
`,
    );
  });
  test.after(async () => {
    await fleet?.stop();
    networks?.remove();
    desk?.remove();
  });

  test('a port whose packets are dropped costs seconds, once, and the event says that there is no link', async () => {
    networks.onlyPort(1, fleet.hosts[0]!.port);
    const args = ['apply', 'walled.sp', '--json', '--ssh-config', fleet.configFile];
    const [program, ...rest] = on(networks.machines[0]!, [process.execPath, PROGRAM, ...args]);
    const options = { cwd: desk.folder, env: { HOME: join(desk.folder, '../home') } };
    const started = Date.now();
    const { code, out, err } = await runProcess(program!, rest, options);
    const seconds = (Date.now() - started) / 1000;
    assert.equal(code, 0, said(out, err));
    const events = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const links = events.filter(({ type }) => type === 'link');
    assert.deepEqual(
      links.map(({ from, host, state }) => [from, host, state]),
      [['build', 'far', 'refused']],
    );
    assert.match(String(links[0]!.message), /could not be opened in 1\.5 s/);
    assert.ok(seconds < 25, `${seconds} s`);
    assert.deepEqual(differencesOf(treeOf(join(fleet.hosts[0]!.roots, 'site')), treeOf(join(desk.folder, 'site'))), []);
  });
} else {
  test.skip(`a firewall in a network of its own is left out: ${why}`, () => {});
  test('why a machine cannot have networks of its own is said', () =>
    assert.match(why, /Linux|root|apt-get install iproute2|namespace/));
}

test.run();
