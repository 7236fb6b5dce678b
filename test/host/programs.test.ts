// Programs of a plan: how they are started, how they end, what is left of them, and what an operator's policy forbids.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { HostError } from '../../runtime/host/host-error.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { openPolicy } from '../../runtime/host/policy.js';
import { openPrograms } from '../../runtime/host/programs.js';
import { fromText } from '../../runtime/tree/path.js';
import { isRunning } from '../support/processes.js';

const top = mkdtempSync(join(tmpdir(), 'syncplan-programs-'));
const at = (name: string): string => join(top, name);
const places = (policy?: unknown, system = at('none.json')) => {
  const file = at('policy.json');
  if (policy === undefined) rmSync(file, { force: true });
  else writeFileSync(file, typeof policy === 'string' ? policy : JSON.stringify(policy));
  return { environment: { ...process.env, SYNCPLAN_POLICY: policy === undefined ? '' : file }, home: top, system };
};
const plain = { timeout: 20, environment: {} };
const sh = (script: string): string[] => ['/bin/sh', '-c', script];

test('a program gets its arguments as they are, no input, and what is added to the environment', async () => {
  const { run } = openPrograms(places());
  const { code, output } = await run(['printf', '%s|', 'a b', '$HOME', '*', '; true', ''], plain);
  assert.deepEqual([code, output], [0, 'a b|$HOME|*|; true||']);
  assert.deepEqual(await run(['cat'], plain), { code: 0, output: '' });
  const added = await run(sh('pwd; echo $SYNCPLAN_RUN'), { timeout: 20, environment: { SYNCPLAN_RUN: 'r-1' } });
  assert.deepEqual(added, { code: 0, output: '/\nr-1' });
});

test('the code is the program’s, and of what it said the end is kept, both streams in order', async () => {
  const { run } = openPrograms(places());
  assert.deepEqual(await run(sh('echo one; echo two >&2; exit 7'), plain), { code: 7, output: 'one\ntwo' });
  const { output } = await run(sh('seq 1 100000'), plain);
  assert.ok(output.endsWith('\n99999\n100000'));
  assert.ok(output.length <= 4096 && output.length > 4000);
});

test('what cannot be started has no code and says why', async () => {
  const { run } = openPrograms(places());
  writeFileSync(at('plain'), 'echo no');
  for (const [command, why] of [
    [['no-such-program-at-all'], /no such program in PATH/],
    [['/nonexistent/program'], /no such program/],
    [[at('plain')], /no such program/],
    [[top], /no such program/],
    [[''], /no such program/],
  ] as const) {
    const { code, output } = await run(command, plain);
    assert.equal(code, null);
    assert.match(output, why);
  }
});

test('when its time is over the whole group ends, also what ignores being asked', async () => {
  const { run } = openPrograms(places());
  const began = Date.now();
  const script = `trap '' TERM; sleep 300 & echo $! > ${at('child')}; echo begun; wait; sleep 300`;
  const { code, output } = await run(sh(script), { timeout: 0.3, environment: {} });
  assert.equal(code, null);
  assert.equal(output, 'begun\nit was ended after 0.3 s');
  assert.ok(Date.now() - began < 8_000);
  assert.ok(!isRunning(Number(readFileSync(at('child'), 'utf8'))));
});

test('a program ended by a signal says so', async () => {
  const { run } = openPrograms(places());
  assert.deepEqual(await run(sh('kill -9 $$'), plain), { code: null, output: 'it was ended by SIGKILL' });
});

test('what a program leaves running is not waited for, though it holds the output', async () => {
  const { run } = openPrograms(places());
  const began = Date.now();
  const { code, output } = await run(sh(`sleep 30 & echo $! > ${at('left')}; echo started`), plain);
  assert.deepEqual([code, output], [0, 'started']);
  assert.ok(Date.now() - began < 5_000);
  const left = Number(readFileSync(at('left'), 'utf8'));
  assert.ok(isRunning(left), 'a daemon that was started stays');
  process.kill(left, 'SIGKILL');
});

test('with its connection a program ends, and none is started any more', async () => {
  const programs = openPrograms(places());
  const running = programs.run(sh('sleep 300'), { timeout: 300, environment: {} });
  setTimeout(programs.close, 100);
  assert.deepEqual(await running, { code: null, output: 'it was ended with the connection' });
  assert.equal((await programs.run(['true'], plain)).code, null);
});

test('a policy forbids hooks, or lock commands, or all but some programs', async () => {
  const ends = async (policy: unknown, command: readonly string[], purpose: 'hook' | 'lock command' = 'hook') =>
    openPrograms(places(policy)).runFor(command, { ...plain, purpose });
  const forbidden = await ends({ policy: 1, hooks: false }, ['true']);
  assert.equal(forbidden.code, null);
  assert.equal(forbidden.output, `the policy ${at('policy.json')} of this machine forbids hooks`);
  assert.equal((await ends({ policy: 1, hooks: false }, ['true'], 'lock command')).code, 0);
  assert.match(
    (await ends({ policy: 1, lockCommands: false }, ['true'], 'lock command')).output,
    /forbids lock commands/,
  );
  const some = { policy: 1, programs: ['/usr/bin/tru?', '/bin/tru?', `${top}/tools/*`] };
  assert.equal((await ends(some, ['true'])).code, 0);
  assert.match((await ends(some, ['/bin/sh', '-c', 'true'])).output, /does not allow the program \/bin\/sh/);
  mkdirSync(at('tools'));
  symlinkSync('/bin/false', at('tools/tool'));
  assert.equal((await ends(some, [at('tools/tool')])).code, 1);
  assert.match((await ends(some, [at('tools/../../../bin/sh'), '-c', 'true'])).output, /does not allow|no such/);
});

test('both files count: what one forbids the other cannot allow', async () => {
  const system = at('system.json');
  writeFileSync(system, JSON.stringify({ policy: 1, hooks: false }));
  const { run } = openPrograms(places({ policy: 1, hooks: true }, system));
  assert.match((await run(['true'], plain)).output, /system\.json of this machine forbids hooks/);
});

test('a policy that cannot be understood forbids everything, by name', async () => {
  for (const [policy, why] of [
    ['{', /is not JSON/],
    ['', /is not JSON/],
    [{}, /malformed at policy/],
    [{ policy: 2 }, /malformed at policy/],
    [{ policy: 1, hook: false }, /malformed at its top: unknown hook/],
    [{ policy: 1, hooks: 'no' }, /malformed at hooks/],
    [{ policy: 1, programs: ['systemctl'] }, /malformed at programs\.0/],
    [{ policy: 1, roots: ['/srv/[z-a]'] }, /malformed at roots\.0/],
    [[], /malformed at its top/],
  ] as const) {
    const asked = places(policy);
    const { code, output } = await openPrograms(asked).run(['true'], plain);
    assert.equal(code, null, JSON.stringify(policy));
    assert.match(output, why);
    assert.throws(() => openPolicy(asked).checkFolder('the root', '/srv'), isBadRoot(why));
  }
  rmSync(at('policy.json'));
  mkdirSync(at('policy.json'));
  assert.match((await openPrograms(folderPolicy()).run(['true'], plain)).output, /cannot be read \(EISDIR\)/);
  rmSync(at('policy.json'), { recursive: true });
});

test('a policy caps roots and state folders, wherever links lead', async () => {
  mkdirSync(at('srv/www/deep'), { recursive: true });
  mkdirSync(at('secret'));
  symlinkSync(at('secret'), at('srv/www/link'));
  symlinkSync(at('srv/www'), at('outside'));
  const { environment } = places({ policy: 1, roots: [at('srv')] });
  const host = await openLocalHost({
    label: 'here',
    cacheFolder: at('cache'),
    breathe: () => new Promise(setImmediate),
    environment,
  });
  const open = (path: string, state: string | null = null) => host.openRoot(path, { create: true, state });
  for (const path of ['srv', 'srv/www', 'srv/www/deep', 'srv/www/new', 'outside', 'outside/deep']) await open(at(path));
  await open(at('srv/www'), at('srv/state'));
  const why = /policy\.json of this machine does not allow this folder/;
  for (const path of ['', 'secret', 'srv2', 'srv/www/link', 'srv/www/link/new', 'outside/link']) {
    await assert.rejects(open(at(path)), isBadRoot(why), path);
  }
  await assert.rejects(open(at('srv/www'), at('state')), isBadRoot(/the state folder .*\/state cannot be used/));
  await assert.rejects(open(at('srv/www'), at('srv/www/link/state')), isBadRoot(why));
  assert.ok(!existsSync(at('srv/www/new')));
  await host.close();
});

test('one component in a policy means that folder below /, not its name anywhere', () => {
  const policy = openPolicy(places({ policy: 1, roots: ['/data'] }));
  policy.checkFolder('the root', '/data/x');
  assert.throws(() => policy.checkFolder('the root', '/other/data'), isBadRoot(/does not allow/));
});

test('a policy that SYNCPLAN_POLICY names has to be there, by an absolute path: else it forbids all', async () => {
  const withPolicy = (file: string) =>
    openPrograms({ ...places(), environment: { ...process.env, SYNCPLAN_POLICY: file } });
  for (const [file, why] of [
    [at('gone.json'), /gone\.json, which SYNCPLAN_POLICY names, does not exist/],
    ['policy.json', /the policy policy\.json, which SYNCPLAN_POLICY names, is no absolute path/],
  ] as const) {
    const { code, output } = await withPolicy(file).run(['true'], plain);
    assert.equal(code, null, file);
    assert.match(output, why);
    const policy = openPolicy({ environment: { SYNCPLAN_POLICY: file }, home: top, system: at('none.json') });
    assert.throws(() => policy.checkFolder('the root', fromText(top)), isBadRoot(why));
  }
});

test('afterwards nothing is left', () => {
  rmSync(top, { recursive: true });
  assert.ok(!existsSync(top));
});

const folderPolicy = () => ({
  environment: { ...process.env, SYNCPLAN_POLICY: at('policy.json') },
  home: top,
  system: at('none.json'),
});

const isBadRoot =
  (message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HostError && error.code === 'bad-root' && message.test(error.message);

test.run();
