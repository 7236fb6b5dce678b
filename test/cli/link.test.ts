// Data links over real SSH: content goes straight from agent to agent, as the plan says, and through here where it cannot.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { differencesOf, treeOf } from '../support/tree.js';

let fleet: Fleet;
let desk: Desk;
const MIB = 2 ** 20;
const here = (): string => join(desk.folder, 'site');
const there = (host: string): string => join(fleet.folder, host, 'roots/site');

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(2);
  mkdirSync(here());
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});
test.before.each(() => {
  for (const host of ['host-1', 'host-2']) {
    rmSync(there(host), { recursive: true, force: true });
    mkdirSync(there(host), { recursive: true });
  }
  for (const name of readdirSync(here())) rmSync(join(here(), name), { recursive: true });
  writeFileSync(join(here(), 'large.bin'), randomBytes(9 * MIB));
  writeFileSync(join(here(), 'text'), 'line of text\n'.repeat(400_000));
  mkdirSync(join(here(), 'many'));
  for (let i = 0; i < 400; i++) writeFileSync(join(here(), 'many', `file-${i}`), randomBytes(i * 20));
});

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

const apply = async (
  transfer: string,
  config = fleet.configFile,
  roles = 'role master is build; role remote is far',
) => {
  const plan = join(desk.folder, 'linked.sp');
  writeFileSync(
    plan,
    `syncplan 1
fleet {
  root site "~/roots/site"
  host build at local { root site "./site" }
  host far at "host-1"
  host farther at "host-2"
}
${roles}
block app { take all in site }
${transfer}
`,
  );
  // Markers stay where they were when a root was emptied for the next test: nobody remembers them.
  const state = join(desk.folder, `state-${runs++}`);
  const ended = await desk.run(['apply', plan, '--json', '--ssh-config', config], { env: { XDG_STATE_HOME: state } });
  const events = ended.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Event);
  return { ...ended, events, links: events.filter(({ type }) => type === 'link'), summary: events.at(-1)! };
};
let runs = 0;

test('from this machine to a remote: over an encrypted link, and all of it arrives', async () => {
  const { code, out, err, links, summary } = await apply('');
  assert.equal(code, 0, said(out, err));
  assert.deepEqual(
    links.map(({ from, host, state, encrypted }) => [from, host, state, encrypted]),
    [['build', 'far', 'open', true]],
  );
  assert.ok(Number(summary.bytesSent) > 14 * MIB, `${summary.bytesSent} bytes sent, those of the link among them`);
  assert.ok(Number(summary.bytesSent) < 17 * MIB, `${summary.bytesSent} bytes sent, each once`);
  assert.deepEqual(differencesOf(treeOf(there('host-1')), treeOf(here())), []);
});

test('compressed, and not encrypted, where the plan says so', async () => {
  const { code, out, err, links, summary } = await apply('transfer { encrypt off; compress 1 }');
  assert.equal(code, 0, said(out, err));
  assert.deepEqual(
    links.map(({ state, encrypted }) => [state, encrypted]),
    [['open', false]],
  );
  assert.ok(Number(summary.bytesSent) < 15 * MIB, `${summary.bytesSent} bytes sent, the text squeezed`);
  assert.deepEqual(differencesOf(treeOf(there('host-1')), treeOf(here())), []);
});

test('a delta, and from one remote machine to another and back to this one', async () => {
  assert.equal((await apply('')).code, 0);
  writeFileSync(join(here(), 'large.bin'), Buffer.concat([randomBytes(5 * MIB), randomBytes(3 * MIB)]));
  const roles = 'role master is far; role remote is build, farther';
  const { code, out, err, links } = await apply('transfer { mode delta }', fleet.configFile, roles);
  assert.equal(code, 0, said(out, err));
  const told = links.map(({ from, host, state }) => `${from} ${host} ${state}`).sort();
  assert.deepEqual(told, ['far build open', 'far farther open']);
  assert.deepEqual(differencesOf(treeOf(there('host-2')), treeOf(there('host-1'))), []);
  assert.deepEqual(differencesOf(treeOf(here()), treeOf(there('host-1'))), []);
});

test('little content goes through this machine without a word of a link', async () => {
  rmSync(join(here(), 'large.bin'));
  rmSync(join(here(), 'text'));
  const { code, out, err, links } = await apply('');
  assert.equal(code, 0, said(out, err));
  assert.deepEqual(links, []);
  assert.deepEqual(differencesOf(treeOf(there('host-1')), treeOf(here())), []);
});

/** A host whose Node.js starts behind a script: with another environment, or with code of a test's own before ours. */
const withNode = async (lines: readonly string[], use: (config: string, folder: string) => Promise<void>) => {
  const node = join(desk.folder, `node-${runs}`);
  writeFileSync(node, ['#!/bin/sh', ...lines, `exec ${process.execPath} "$@"`, ''].join('\n'), { mode: 0o755 });
  const other = await makeFleet(1, { env: { SYNCPLAN_NODE: node } });
  try {
    mkdirSync(join(other.hosts[0]!.roots, 'site'));
    await use(other.configFile, join(other.hosts[0]!.roots, 'site'));
  } finally {
    await other.stop();
  }
};

test('where no link can be opened, content goes through this machine, and it is said once', async () => {
  // An address that is nobody's: nothing can listen there.
  await withNode(['export SSH_CONNECTION="203.0.113.8 5000 203.0.113.9 22"'], async (config, folder) => {
    const { code, out, err, links } = await apply('', config);
    assert.equal(code, 0, said(out, err));
    assert.deepEqual(
      links.map(({ from, host, state }) => [from, host, state]),
      [['build', 'far', 'refused']],
    );
    assert.match(String(links[0]!.message), /cannot be listened for/);
    assert.deepEqual(differencesOf(treeOf(folder), treeOf(here())), []);
    const lines = await desk.run(['plan', 'linked.sp', '--ui', 'lines', '--ssh-config', config]);
    assert.equal(lines.code, 0, said(lines.out, lines.err));
  });
});

/** Code that closes a link when so much has come over it. */
const breakAfter = (bytes: number): string => {
  const breaker = join(desk.folder, `breaker-${bytes}.cjs`);
  writeFileSync(
    breaker,
    `const { Server } = require('node:net');
const { emit } = Server.prototype;
Server.prototype.emit = function (name, socket, ...rest) {
  if (name === 'connection') {
    const look = setInterval(() => socket.bytesRead > ${bytes} && socket.destroy(), 5);
    socket.once('close', () => clearInterval(look));
  }
  return emit.call(this, name, socket, ...rest);
};
`,
  );
  return `export NODE_OPTIONS=--require=${breaker}`;
};

const OPEN_THEN_LOST = [
  ['build', 'far', 'open'],
  ['build', 'far', 'lost'],
];

test('a link that breaks in the middle is given up, and what it did not bring goes through this machine', async () => {
  await withNode([breakAfter(3 * MIB)], async (config, folder) => {
    const { code, out, err, links, summary } = await apply('transfer { limit 20MiB/s }', config);
    assert.equal(code, 0, said(out, err));
    assert.deepEqual(
      links.map(({ from, host, state }) => [from, host, state]),
      OPEN_THEN_LOST,
    );
    assert.equal(summary.created, 403);
    assert.deepEqual(differencesOf(treeOf(folder), treeOf(here())), []);
  });
});

test('of a large file that a link was bringing when it broke, only the rest goes through this machine', async () => {
  for (const name of readdirSync(here())) rmSync(join(here(), name), { recursive: true });
  writeFileSync(join(here(), 'large.bin'), randomBytes(40 * MIB));
  await withNode([breakAfter(20 * MIB)], async (config, folder) => {
    const { code, out, err, links, summary } = await apply('transfer { limit 40MiB/s }', config);
    assert.equal(code, 0, said(out, err));
    assert.deepEqual(
      links.map(({ from, host, state }) => [from, host, state]),
      OPEN_THEN_LOST,
    );
    assert.ok(Number(summary.bytesMatched) > 10 * MIB, `${summary.bytesMatched} bytes had come already`);
    // What was on its way when the link broke is sent once more; all of it would be 20 MiB.
    assert.ok(Number(summary.bytesSent) < 50 * MIB, `${summary.bytesSent} bytes on all connections`);
    assert.deepEqual(differencesOf(treeOf(folder), treeOf(here())), []);
  });
});

test.run();
