// Runs beside a run over SFTP: another plan's leaves it alone, one of the same block is kept out, and what it was killed in is finished.
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

const PLAN = (root: string): string =>
  planFor(`at "sftp://host-1" { root site "${root}" }`, 'slow', '"*.slow"').replace(
    'in site }',
    'in site; consistency lock { wait 1s; by advisory } }',
  );

/** A run over SFTP to a new root, and one more of the same plan by somebody else. */
const setUp = () => {
  const base = mkdtempSync(join(desk.folder, 'case-'));
  const root = join(fleet.hosts[0]!.roots, basename(base));
  mkdirSync(join(base, 'master'));
  for (let n = 0; n < FILES; n++) writeFileSync(join(base, `master/${n}.slow`), `${n}\n`);
  writeFileSync(join(base, 'slow.sp'), PLAN(root));
  mkdirSync(root);
  const run = (who: string, started?: (pid: number) => void): Promise<Ended> =>
    desk.run(['apply', 'slow.sp', '--ssh-config', fleet.configFile], {
      cwd: base,
      env: { XDG_STATE_HOME: join(base, `state-of-${who}`) },
      ...(started === undefined ? {} : { started }),
    });
  const namesIn = (folder: string): string[] => {
    try {
      return readdirSync(join(root, '.syncplan', folder)).filter(name => !name.endsWith('.new'));
    } catch {
      return [];
    }
  };
  /** Begins a run; it has come so far when something is in that folder. */
  const begin = async (until: string) => {
    let over = false;
    let pid = 0;
    const ended = run('one', id => {
      pid = id;
    }).finally(() => {
      over = true;
    });
    while (!over && namesIn(until).length === 0) await new Promise(setImmediate);
    return { pid, ended };
  };
  return { root, run, namesIn, begin };
};

test('a second run of the same block is kept out, and says who is at work', async () => {
  const { root, run, namesIn, begin } = setUp();
  const first = await begin('staging');
  process.kill(first.pid, 'SIGSTOP');
  const second = await run('another');
  process.kill(first.pid, 'SIGCONT');
  const ended = await first.ended;
  assert.equal(second.code, 6, said(second.err, second.out));
  assert.match(second.out + second.err, /block slow in the root .* is locked by run \S+ of \S+@\S+, process \d+/);
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.equal(readdirSync(root).length, FILES + 1);
  assert.deepEqual(namesIn('lock/slow.held'), []);
});

test('what a run was killed in is finished by the next one, which waits for nothing', async () => {
  const { root, run, namesIn, begin } = setUp();
  const first = await begin('intent');
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  assert.equal(namesIn('lock/slow.held').length, 1, 'its claim is left');
  const second = await run('another');
  assert.equal(second.code, 0, said(second.err, second.out));
  assert.equal(readdirSync(root).length, FILES + 1);
  assert.deepEqual([namesIn('lock/slow.held'), namesIn('intent').filter(name => !name.endsWith('.done'))], [[], []]);
});

test.run();
