// A run without locks, over SFTP, is at work when another plan's run comes to the same root: that one leaves it alone.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';

let desk: Desk;
let fleet: Fleet;

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const planFor = (host: string, block: string, take: string): string => `syncplan 1
fleet {
  host build at local { root site "./master" }
  host web ${host}
}
role master is build
role remote is web
block ${block} { take ${take} in site }
`;

/** Enough of them that its commit lasts. */
const FILES = 1000;

for (const kind of ['node', 'shell']) {
  test(`what a run over SFTP is putting in place is not finished by a run of another plan (agent ${kind})`, async () => {
    const base = mkdtempSync(join(desk.folder, 'case-'));
    const root = join(fleet.hosts[0]!.roots, basename(base));
    mkdirSync(join(base, 'master'));
    for (let n = 0; n < FILES; n++) writeFileSync(join(base, `master/${n}.slow`), `${n}\n`);
    writeFileSync(join(base, 'master/other.quick'), 'other\n');
    writeFileSync(join(base, 'slow.sp'), planFor(`at "sftp://host-1" { root site "${root}" }`, 'slow', '"*.slow"'));
    writeFileSync(
      join(base, 'quick.sp'),
      planFor(`at "host-1" { root site "${root}"; agent ${kind} }`, 'quick', '"*.quick"'),
    );
    const run = (plan: string, started?: (pid: number) => void): Promise<Ended> =>
      desk.run(['apply', plan, '--ssh-config', fleet.configFile], {
        cwd: base,
        env: { XDG_STATE_HOME: join(base, `state-${plan}`) },
        ...(started === undefined ? {} : { started }),
      });
    mkdirSync(root);
    let pid = 0;
    let over = false;
    const slow = run('slow.sp', id => {
      pid = id;
    }).finally(() => {
      over = true;
    });
    const intents = (): string[] => {
      try {
        return readdirSync(join(root, '.syncplan/intent')).filter(name => !name.endsWith('.new'));
      } catch {
        return [];
      }
    };
    while (!over && intents().length === 0) await new Promise(setImmediate);
    process.kill(pid, 'SIGSTOP');
    const before = intents();
    const quick = await run('quick.sp');
    const after = intents();
    process.kill(pid, 'SIGCONT');
    const ended = await slow;
    assert.equal(before.length, 1, `it was in mid-commit: ${said(ended.err, ended.out)}`);
    assert.deepEqual(after, before, `what it is about to do is still written down: ${said(quick.err, quick.out)}`);
    for (const { code, out, err } of [quick, ended]) assert.equal(code, 0, said(err, out));
    assert.equal(readdirSync(root).length, FILES + 2);
  });
}

test.run();
