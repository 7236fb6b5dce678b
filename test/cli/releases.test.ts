// Two releases of a real package to three machines over real SSH: preview, apply, again, upgrade, repair; rsync is the oracle.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { processesBelow } from '../support/processes.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree, differencesOf, treeOf } from '../support/tree.js';
import { alterQuietly, putNewRelease, putOldRelease } from './content.js';

let fleet: Fleet;
let desk: Desk;
const HOSTS = ['host-1', 'host-2', 'host-3'];
const remote = (host: string): string => join(fleet.folder, host, 'roots/site');
const master = (): string => join(desk.folder, 'site');
const oracle = (): string => join(desk.folder, 'oracle');

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(3);
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
class page where ext in [html, md]
class manifest where path is "package.json"
block app {
  take all except manifest in site
  order all, page
  delete mirror { max 20% }
}
block release after app { take manifest in site }
`,
  );
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const syncplan = (...args: string[]): Promise<Ended> => desk.run([...args, '--ssh-config', fleet.configFile]);

/** The last line of the stream. */
const summaryOf = ({ out }: Ended): Record<string, unknown> & { relations: Record<string, unknown>[] } => {
  const events = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.equal(events[0].type, 'version');
  assert.equal(events.at(-1).type, 'summary');
  return events.at(-1);
};

const counts = (summary: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    ['created', 'replaced', 'attributes', 'linked', 'deleted', 'inconsistent', 'failed'].map(key => [
      key,
      summary[key],
    ]),
  );

const NOTHING = { created: 0, replaced: 0, attributes: 0, linked: 0, deleted: 0, inconsistent: 0, failed: 0 };

const assertAllEqual = (): void => {
  const expected = treeOf(master());
  assert.ok(expected.length > 2000, `the master has only ${expected.length} entries`);
  for (const host of HOSTS) assert.deepEqual(differencesOf(treeOf(remote(host)), expected), [], host);
};

/** The same step by rsync into a folder of its own: what it leaves is what there should be. Both releases hold files of
 * the same size and time, which only `-I` makes it look into. */
const assertLikeRsync = (): void => {
  execFileSync('rsync', ['-aHOI', '--delete', `${master()}/`, `${oracle()}/`]);
  const expected = treeOf(oracle());
  for (const host of HOSTS) assert.deepEqual(differencesOf(treeOf(remote(host)), expected), [], host);
};

test('a preview of the first release says 2 with --exit-code and writes nothing', async () => {
  putOldRelease(master());
  const ended = await syncplan('plan', 'rollout.sp', '--exit-code');
  assert.equal(ended.code, 2, said(ended.err));
  assert.ok(/^ {2}3 hosts: same [\d,]+ changes +\(host-1, host-2, host-3\)$/m.test(ended.out), said(ended.out));
  assert.ok(
    /create +\S+\/host-1\/roots\/site +\(the root itself; on others \S+\/host-2\//.test(ended.out),
    said(ended.out),
  );
  for (const host of HOSTS) assert.equal(existsSync(remote(host)), false);
});

test('the first apply makes three trees identical to the master', async () => {
  const ended = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(ended.code, 0, said(ended.err));
  const summary = summaryOf(ended);
  assert.equal(summary.exitCode, 0);
  assert.equal(summary.failed, 0);
  assert.equal(summary.relations.length, 6);
  assert.ok((summary.bytesSent as number) > 1_000_000);
  assertAllEqual();
  assertLikeRsync();
});

test('a second apply changes nothing and sends next to nothing', async () => {
  const before = HOSTS.map(host => treeOf(remote(host)));
  const ended = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(ended.code, 0, said(ended.err));
  const summary = summaryOf(ended);
  assert.deepEqual(counts(summary), NOTHING);
  assert.ok((summary.bytesSent as number) < 200_000, `sent ${summary.bytesSent} bytes`);
  HOSTS.forEach((host, index) => {
    assert.deepEqual(differencesOf(treeOf(remote(host)), before[index]!), [], host);
  });
  assert.equal((await syncplan('plan', 'rollout.sp', '--exit-code')).code, 0);
});

test('the preview of an upgrade names what is created, replaced and deleted, and is exactly what apply does', async () => {
  putNewRelease(master());
  const shown = await syncplan('plan', 'rollout.sp');
  assert.ok(/^ {2}3 hosts: same [\d,]+ changes {2}\(host-1, host-2, host-3\)$/m.test(shown.out), said(shown.out));
  const plan = await syncplan('plan', 'rollout.sp', '--exit-code', '--json');
  assert.equal(plan.code, 2, said(plan.err));
  const preview = summaryOf(plan);
  assert.equal(preview.exitCode, 2);
  const apply = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(apply.code, 0, said(apply.err));
  const summary = summaryOf(apply);
  assert.deepEqual(counts(summary), counts(preview));
  for (const key of ['created', 'replaced', 'deleted', 'attributes', 'linked']) {
    assert.ok((summary[key] as number) >= 3, `${key}: ${summary[key]}`);
  }
  assertAllEqual();
  assertLikeRsync();
});

test('a file altered at equal size and time is found by its checksum and repaired, on that host alone', async () => {
  const path = join(remote('host-2'), 'index.js');
  const good = readFileSync(path);
  alterQuietly(path);
  assert.notDeepEqual(readFileSync(path), good);
  const ended = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(ended.code, 0, said(ended.err));
  assert.deepEqual(counts(summaryOf(ended)), { ...NOTHING, replaced: 1 });
  assert.deepEqual(readFileSync(path), good);
  assertAllEqual();
});

test('what only a remote has is deleted by mirror, and what is in the way is replaced', async () => {
  const folder = remote('host-3');
  mkdirSync(join(folder, 'stray/deep'), { recursive: true });
  writeFileSync(join(folder, 'stray/deep/file'), 'stray\n');
  rmSync(join(folder, 'index.js'));
  mkdirSync(join(folder, 'index.js'));
  writeFileSync(join(folder, 'index.js/inside'), 'in the way\n');
  rmSync(join(folder, 'bin'), { recursive: true });
  symlinkSync('..', join(folder, 'bin'));
  const ended = await syncplan('apply', 'rollout.sp', '--json');
  assert.equal(ended.code, 0, said(ended.err));
  assertAllEqual();
});

test('a deletion beyond the budget is refused with 4 before anything is written; --allow-delete lifts it', async () => {
  const before = HOSTS.map(host => treeOf(remote(host)));
  for (const folder of ['modules', 'internals', 'full']) rmSync(join(master(), folder), { recursive: true });
  writeFileSync(join(master(), 'index.js'), 'changed as well\n');
  const refused = await syncplan('apply', 'rollout.sp', '--only', 'app');
  assert.equal(refused.code, 4, said(refused.err));
  assert.match(`${refused.out}${refused.err}`, /--allow-delete/);
  HOSTS.forEach((host, index) => {
    assert.deepEqual(differencesOf(treeOf(remote(host)), before[index]!), [], host);
  });
  const allowed = await syncplan('apply', 'rollout.sp', '--allow-delete');
  assert.equal(allowed.code, 0, said(allowed.err));
  assertAllEqual();
});

test('another machine can be the master, for this run', async () => {
  writeFileSync(join(remote('host-1'), 'index.js'), 'host-1 says\n');
  const ended = await syncplan('apply', 'rollout.sp', '--master', 'host-1', '--remote', 'host-2,host-3');
  assert.equal(ended.code, 0, said(ended.err));
  for (const host of ['host-2', 'host-3']) assertSameTree(remote(host), remote('host-1'));
  assert.notEqual(readFileSync(join(master(), 'index.js'), 'utf8'), 'host-1 says\n');
});

test('nothing of a run is left on a machine but its state folder, and no process', async () => {
  for (const host of HOSTS) {
    const stray = execFileSync(
      'find',
      [remote(host), '-path', '*/.syncplan', '-prune', '-o', '-name', '*syncplan*', '-print'],
      { encoding: 'utf8' },
    );
    assert.equal(stray, '');
  }
  const running = (): string[] =>
    fleet.hosts.flatMap(({ pid }) => processesBelow(pid).map(({ command }) => command.slice(0, 100)));
  // sshd says farewell to a session a moment after it has ended.
  for (const end = Date.now() + 10_000; running().length > 0 && Date.now() < end; )
    await new Promise(resolve => setTimeout(resolve, 50));
  assert.deepEqual(running(), []);
});

test.run();
