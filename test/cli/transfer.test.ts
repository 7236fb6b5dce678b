// How content travels over real SSH: compressed by section, limited for all receivers together, from here and from afar.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
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
  fleet = await makeFleet(3);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

type Counts = { readonly host: string } & Readonly<
  Record<'bytesSent' | 'bytesReceived' | 'bytesLiteral' | 'bytesMatched', number>
>;
type Told = Counts & { readonly seconds: number; readonly relations: readonly Counts[] };

/** Applies a plan to empty remotes and to whatever the master holds. */
const apply = async (
  transfer: string,
  roles = 'role master is build\nrole remote is near, abroad\n',
): Promise<Told> => {
  writeFileSync(
    join(desk.folder, 'travel.sp'),
    `syncplan 1
fleet {
  root site "~/roots/site"
  region home { group desk { host build at local { root site "./site" }; host near at "host-1" } }
  region abroad { group web { host far at "host-2"; host farther at "host-3" } }
}
${roles}block app { take all in site }
${transfer}
`,
  );
  const ended = await desk.run(['apply', 'travel.sp', '--json', '--ssh-config', fleet.configFile]);
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  return JSON.parse(ended.out.trimEnd().split('\n').at(-1)!);
};

const clear = (...hosts: readonly string[]): void => {
  for (const host of hosts) empty(there(host));
};

/** All but what syncplan keeps there: a root that lost its marker would be refused. */
const empty = (folder: string): void => {
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (name !== '.syncplan') rmSync(join(folder, name), { recursive: true });
};

const put = (folder: string, files: Readonly<Record<string, Buffer | string>>): void => {
  empty(folder);
  mkdirSync(join(folder, 'd'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
};

const LINES = Array.from({ length: 60_000 }, (_, i) => `${i} the same line over and over again, ${i * 7919}\n`).join(
  '',
);

test('what is far is compressed, what is near is not; all of it arrives', async () => {
  put(here(), {
    'large.txt': LINES,
    'd/noise': randomBytes(MIB),
    'd/holes': Buffer.concat([Buffer.alloc(3 * MIB), Buffer.from('end')]),
    ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`d/${i}.txt`, LINES.slice(i * 100, i * 100 + 4000)])),
  });
  const told = await apply('transfer { compress 6; same-group { compress 0 }; same-region { compress 9 } }');
  for (const host of ['host-1', 'host-2', 'host-3'])
    assert.deepEqual(differencesOf(treeOf(there(host)), treeOf(here())), [], host);
  const of = (host: string): Counts => told.relations.find(one => one.host === host)!;
  const literal = LINES.length + MIB + 200 * 4000;
  for (const host of ['near', 'far', 'farther'])
    assert.ok(of(host).bytesLiteral >= literal && of(host).bytesLiteral < literal + 65_536 * 2, host);
  assert.ok(of('near').bytesSent > literal, `near: ${of('near').bytesSent}`);
  for (const host of ['far', 'farther']) {
    const { bytesSent } = of(host);
    assert.ok(bytesSent > MIB && bytesSent < MIB + (literal - MIB) * 0.4, `${host}: ${bytesSent} of ${literal}`);
  }
  const relations = told.relations.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  assert.ok(told.bytesSent >= relations && told.bytesSent < relations + 2 * MIB);
});

test('a limit is for all receivers of its section together, and for nobody else', async () => {
  clear('host-1', 'host-2', 'host-3');
  put(here(), { 'd/noise': randomBytes(MIB), small: 'x' });
  const started = Date.now();
  const told = await apply('transfer { other-region { limit 1MiB/s } }');
  // Two receivers, a mebibyte each, a mebibyte a second.
  assert.ok(told.seconds >= 2, `${told.seconds} s`);
  for (const host of ['host-1', 'host-2', 'host-3'])
    assert.deepEqual(differencesOf(treeOf(there(host)), treeOf(here())), [], host);
  clear('host-1');
  const free = await apply('transfer { other-region { limit 1KiB/s } }');
  assert.ok(free.seconds < 20, `${free.seconds} s for a near host after ${Date.now() - started} ms`);
  assert.deepEqual(differencesOf(treeOf(there('host-1')), treeOf(here())), []);
});

test('a master elsewhere compresses and limits before anything leaves it', async () => {
  clear('host-1', 'host-3');
  put(there('host-2'), { 'large.txt': LINES, 'd/noise': randomBytes(MIB / 2) });
  const roles = 'role master is far\nrole remote is near, farther\n';
  const told = await apply('transfer { compress 3; limit 1MiB/s }', roles);
  for (const host of ['host-1', 'host-3'])
    assert.deepEqual(differencesOf(treeOf(there(host)), treeOf(there('host-2'))), [], host);
  const travelled = told.bytesReceived;
  assert.ok(travelled < LINES.length, `${travelled} bytes came from the master`);
  assert.ok(told.seconds >= 1, `${told.seconds} s`);
});

test('of a large file that has changed only what is new travels, unless the plan wants it whole', async () => {
  clear('host-1', 'host-2', 'host-3');
  const old = randomBytes(3 * MIB);
  put(here(), { large: old, small: 'x' });
  await apply('');
  for (const host of ['host-1', 'host-2']) utimesSync(join(there(host), 'large'), 1, 1);
  const fresh = Buffer.concat([
    Buffer.from('in front'),
    old.subarray(MIB),
    Buffer.from('inside'),
    old.subarray(0, MIB),
  ]);
  put(here(), { large: fresh, small: 'y' });
  const told = await apply('transfer { same-group { mode whole }; other-region { compress 1 } }');
  for (const host of ['host-1', 'host-2', 'host-3'])
    assert.deepEqual(differencesOf(treeOf(there(host)), treeOf(here())), [], host);
  const of = (host: string): Counts => told.relations.find(one => one.host === host)!;
  assert.ok(of('near').bytesSent > 3 * MIB, `${of('near').bytesSent} bytes whole`);
  for (const host of ['far', 'farther']) {
    const { bytesSent, bytesMatched, bytesLiteral } = of(host);
    assert.ok(bytesSent < 100_000, `${bytesSent} bytes as a delta`);
    assert.ok(bytesMatched > 2.9 * MIB && bytesMatched + bytesLiteral === fresh.length + 1, `${bytesMatched} matched`);
  }
});

test('a delta is held to the limit as whole files are', async () => {
  clear('host-2');
  const old = randomBytes(MIB);
  put(here(), { large: old });
  await apply('');
  const fresh = Buffer.concat([old, randomBytes(160_000)]);
  put(here(), { large: fresh });
  const told = await apply('transfer { mode delta; limit 64KiB/s }', 'role master is build\nrole remote is far\n');
  assert.ok(told.relations[0]!.bytesMatched > 900_000);
  assert.ok(told.seconds >= 1, `${told.seconds} s`);
  assert.deepEqual(differencesOf(treeOf(there('host-2')), treeOf(here())), []);
});

test.run();
