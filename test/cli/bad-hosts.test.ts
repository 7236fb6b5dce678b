// Hosts that cannot be worked with: without Node.js, or with an agent that lies. Named, the other one is done, nothing is lost.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { assertSameTree, differencesOf, treeOf } from '../support/tree.js';

let desk: Desk;
let fleet: Fleet;
let odd: Sshd;
const at = (name: string): string => join(desk.folder, name);
const ODD_HOME = 'odd-home';
const good = (): string => join(fleet.hosts[0]!.roots, 'site');
const bad = (): string => at(`${ODD_HOME}/roots/site`);

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
  mkdirSync(at(`${ODD_HOME}/roots`), { recursive: true });
  mkdirSync(at('site/folder'), { recursive: true });
  for (let i = 0; i < 50; i++) writeFileSync(at(`site/folder/${i}`), `${i}\n`);
  writeFileSync(at('node'), LAUNCHER, { mode: 0o755 });
  writeFileSync(at('lies.cjs'), LIES);
  odd = await startSshd({ alias: 'odd', env: { HOME: at(ODD_HOME), SYNCPLAN_NODE: at('node') } });
  writeFileSync(at('ssh_config'), `${readFileSync(fleet.configFile, 'utf8')}\n${odd.config}`);
  writeFileSync(
    at('plan.sp'),
    `syncplan 1
fleet {
  root site "~/roots/site"
  host build at local { root site "./site" }
  host good at "host-1"
  host bad at "odd" { agent node }
}
role master is build
role remote is good, bad
block all { take all in site; delete mirror { max 100% } }
`,
  );
});
test.after(async () => {
  await odd?.stop();
  await fleet?.stop();
  desk?.remove();
});

const run = (command: string, ...args: string[]): Promise<Ended> =>
  desk.run([command, 'plan.sp', '--ssh-config', at('ssh_config'), ...args]);

test('a host without Node.js is named with what to install; the other one is done', async () => {
  writeFileSync(at('mood'), 'absent');
  const { code, out, err } = await run('apply');
  assert.equal(code, 5, said(out, err));
  assert.match(out + err, /bad[\s\S]*Node\.js was not found there[\s\S]*Install Node\.js 18/);
  assertSameTree(good(), at('site'));
  assert.equal(existsSync(bad()), false);
  const doctor = await run('doctor');
  assert.equal(doctor.code, 5);
  assert.match(doctor.out, /^x bad +- +fails +[\s\S]*^x failed +Node\.js was not found there[^:]*\n +help: Install/m);
  const alone = await run('apply', '--only', 'bad');
  assert.equal(alone.code, 1, said(alone.out, alone.err));
});

test('an agent whose answers are spoiled on their way is not believed, wherever that begins', async () => {
  writeFileSync(at('mood'), 'honest');
  assert.equal((await run('apply')).code, 0);
  for (const from of [300, 1100, 1900]) {
    rmSync(at(`site/folder/${from / 100}`));
    writeFileSync(at('site/folder/1'), `changed for ${from}\n`);
    const before = treeOf(bad());
    writeFileSync(at('mood'), `${from}`);
    const { code, out, err } = await run('apply', '--json');
    assert.equal(code, 5, `from ${from}: ${said(out, err)}`);
    const { relations } = JSON.parse(out.trimEnd().split('\n').at(-1)!);
    const states = relations.map(({ host, state }: { host: string; state: string }) => `${host} ${state}`);
    assert.deepEqual(states.sort(), ['bad failed', 'good done'], said(out));
    assert.match(out, /"host":"bad"/);
    assertSameTree(good(), at('site'));
    // What it was told to do before that it may have done; but all of it, or nothing.
    const now = treeOf(bad());
    if (differencesOf(now, treeOf(at('site'))).length > 0) assert.deepEqual(now, before, `from ${from}`);
    writeFileSync(at('mood'), 'honest');
    assert.equal((await run('apply')).code, 0);
    assertSameTree(bad(), at('site'));
  }
});

/** Node.js as the odd host has it: not at all, as it is, or with answers that are spoiled from some byte on. */
const LAUNCHER = `#!/bin/sh
here=$(dirname "$0")
mood=$(cat "$here/mood")
case "$mood" in
  absent) exit 127 ;;
  honest) exec '${process.execPath}' "$@" ;;
esac
[ "$1" = -v ] && exec '${process.execPath}' -v
'${process.execPath}' "$@" | '${process.execPath}' "$here/lies.cjs" "$mood"
`;

/** Turns one bit in every seventh byte that it passes on, from the byte on that it is told. */
const LIES = `let at = 0;
const from = Number(process.argv[2]);
process.stdin.on('data', chunk => {
  for (let i = 0; i < chunk.length; i++, at++) if (at >= from && at % 7 === 0) chunk[i] ^= 16;
  process.stdout.write(chunk);
});
process.stdout.on('error', () => process.exit());
`;

test.run();
