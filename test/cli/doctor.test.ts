// doctor tells of every host how it is driven and why, its tools, clock and limits, and what the plan asks that it cannot promise.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { doctorText } from '../../runtime/cli/doctor-text.js';
import { examineAbout } from '../../runtime/cli/examine-about.js';
import { NO_LIMITS } from '../../runtime/host/about.js';
import type { Host } from '../../runtime/host/host.js';
import { hostPlan } from '../host/host-plan.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { type Desk, type Ended, openDesk, said, unwrapped } from '../support/program.js';
import { type Sshd, startSshd } from '../support/sshd.js';

let desk: Desk;
let fleet: Fleet;
let bare: Sshd;
const at = (name: string): string => join(desk.folder, name);

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1, { lines: ['MaxSessions 3', 'MaxStartups 20:50:60'] });
  bare = await startSshd({
    alias: 'bare',
    env: { SYNCPLAN_NODE: '/nonexistent/node', XDG_CACHE_HOME: at('bare-cache') },
  });
  writeFileSync(at('ssh_config'), `${readFileSync(fleet.configFile, 'utf8')}\n${bare.config}`);
  mkdirSync(at('site'));
  writeFileSync(at('site/file'), 'file\n');
});
test.after(async () => {
  await bare?.stop();
  await fleet?.stop();
  desk?.remove();
});

const doctor = (remotes: string, block: string, ...args: string[]): Promise<Ended> => {
  const root = (name: string): string => join(fleet.hosts[0]!.roots, name);
  writeFileSync(
    at('plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host web at "host-1" { root site "${root('web')}" }
  host pinned at "host-1" { root site "${root('pinned')}"; agent node }
  host plain at "host-1" { root site "${root('plain')}"; agent shell }
  host bare at "bare" { root site "${root('bare')}" }
  host pushed at "bare" { root site "${root('pushed-by')}"; agent push-runtime }
  host shop at "sftp://host-1" { root site "${root('shop')}" }
}
role master is build
role remote is ${remotes}
block app { take all in site; ${block} }
`,
  );
  return desk.run(['doctor', 'plan.sp', '--ssh-config', at('ssh_config'), ...args]);
};

/** What is said of one host. */
const of = (text: string, host: string): string =>
  unwrapped(text.split('\n\n').find(part => part.startsWith(`${host}: `)) ?? '');

/** Its line of the table. */
const row = (text: string, host: string): string =>
  new RegExp(`^[=!x] ${host} .*$`, 'm').exec(text)?.[0].replace(/ +/g, ' ') ?? '';

test('it tells how and why, tools, clock, and the limits of the server', async () => {
  const { code, out, err } = await doctor('web, pinned, plain, bare, shop', '');
  assert.equal(code, 0, said(out, err));
  assert.match(of(out, 'build'), /driven by +its own agent, without ssh; its address is `local`/);
  assert.match(of(out, 'build'), /clock +this machine’s own\n/);
  const web = of(out, 'web');
  assert.match(web, /driven by +agent over ssh; Node\.js \d+\.\d+\.\d+ was found there/);
  assert.match(web, /Node\.js +\d+\.\d+\.\d+, \/\S+\n/);
  assert.match(web, /tools +\/\S*\/flock · \/\S*\/sync/);
  assert.match(web, /locks +by flock \(\/\S*\/flock\), and a claim beside it for runs that have no flock/);
  assert.match(web, /clock +(as here, to within 0\.\d\d s|0\.\d\d s (ahead of|behind) here, to within 0\.\d\d s)\n/);
  assert.match(web, /limits +[\d,]+ files open at once; its sshd: MaxSessions 3 \(1 is needed\), MaxStartups 20:50:60/);
  assert.match(of(out, 'pinned'), /driven by .*; the plan says `agent node`/);
  const plain = of(out, 'plain');
  assert.match(plain, /driven by .*; the plan says `agent shell`/);
  assert.match(plain, /tools +(\S* · )*\/\S*\/find · .*\/flock/);
  assert.match(plain, /clock +(as here, to within 0\.\d\d s|0\.\d\d s (ahead of|behind) here, to within 0\.\d\d s)\n/);
  assert.match(plain, /limits +[\d,]+ files open at once\n/);
  assert.match(of(out, 'bare'), /driven by .*; no Node\.js that fits was found there: install Node\.js 18 or later/);
  assert.match(of(out, 'shop'), /driven by .*; its address begins with sftp:/);
  assert.match(web, /checksums +made there: xxh128 /);
  assert.match(
    plain,
    /checksums +made there: .*sha256.*; made here, of content that is read back .*once for each change/,
  );
  assert.match(
    of(out, 'shop'),
    /checksums +none is made there; made here, of content that is read back .*in every run/,
  );
  assert.match(
    of(out, 'shop'),
    /! plan asks +`compare checksum xxh128` \(block app\): .*read back over the network, in every run\n +help: leave it, if .* `compare quick` goes by/,
  );
  assert.match(of(out, 'shop'), /clock +only a file that is written would tell it/);
  // SFTP keeps every hard link as a file of its own, and the plan means to keep them.
  assert.match(of(out, 'shop'), /! plan asks +hard links \(block app\): names of one file.*\n +help: .*agent auto/);
  assert.doesNotMatch(web, /asked/);
});

test('an error that says what a kind of host cannot do keeps no host from being reached, and plan and apply refuse it', async () => {
  const { code, out, err } = await doctor('plain, web', 'hook after run ["true"] on remote');
  assert.equal(code, 3, said(out, err));
  assert.match(err, /error\[SP5018\]: `hook after … on remote` cannot be done on `plain`/);
  assert.match(err, /the plan has 1 error, told above: plan and apply refuse it/);
  assert.equal(row(out, 'plain'), 'x plain shell fails a hook (block app): it runs no programs');
  assert.match(of(out, 'plain'), /x plan asks +a hook \(block app\): it runs no programs/);
  assert.equal(row(out, 'web'), '= web agent ready');
  assert.match(of(out, 'web'), /driven by +agent over ssh/);
  const planned = await desk.run(['plan', 'plan.sp', '--ssh-config', at('ssh_config')]);
  assert.equal(planned.code, 3, said(planned.out, planned.err));
  const broken = await doctor('plain, web', 'hook after run ["true"] on remote; order nothing');
  assert.equal(broken.code, 3);
  assert.equal(broken.out, '', 'any other error still keeps the plan back');
});

test('a lock that may become necessary, and a shell would not hold, is a warning there and none for a shell that is read', async () => {
  const block = 'consistency verify { rounds 2 every 1s; then lock { by permissions } }';
  const { code, out, err } = await doctor('bare, web', block);
  assert.equal(code, 0, said(out, err));
  assert.match(of(out, 'bare'), /! plan asks +`then lock` by permissions \(block app\): its shell holds advisory/);
  assert.doesNotMatch(of(out, 'web'), /asked/);
});

test('what the plan asks and a host cannot do is trouble there, with what to do; the same as JSON', async () => {
  const block = `consistency lock { by permissions }; attributes mode, modified, acl; hook after run ["true"] on remote; transfer { mode delta }`;
  const { code, out, err } = await doctor('bare, web', block);
  assert.equal(code, 5, said(out, err));
  assert.match(
    row(out, 'bare'),
    /^x bare shell fails `consistency lock` by permissions \(block app\): its shell holds /,
  );
  assert.match(
    of(out, 'bare'),
    /x plan asks +`consistency lock` by permissions \(block app\): its shell holds advisory locks only\n +help: .*push-runtime/,
  );
  assert.match(of(out, 'bare'), /x plan asks +a hook \(block app\): it runs no programs\n +help: .*on server/);
  assert.match(of(out, 'bare'), /x plan asks +attributes acl \(block app\): they are not carried/);
  assert.match(of(out, 'bare'), /! plan asks +`mode delta` \(block app\): files that have changed are sent whole/);
  assert.doesNotMatch(of(out, 'web'), /consistency lock|a hook/);
  const json = await doctor('bare, web', block, '--json');
  const lines = json.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const { unkept } = lines.find(({ host }) => host === 'bare');
  const failing = unkept.filter(({ fails }: { fails: boolean }) => fails);
  assert.deepEqual(
    failing.map(({ asks }: { asks: string }) => asks),
    ['`consistency lock` by permissions', 'a hook', 'attributes acl'],
  );
  const { about, why } = lines.find(({ host }) => host === 'web');
  assert.match(why, /was found there/);
  assert.equal(about.server.maxSessions, 3);
  assert.ok(Math.abs(about.clock.ahead) < 1000 && about.clock.within < 1000, JSON.stringify(about.clock));
  assert.ok(about.openFiles > 0 && about.tools.some(({ name }: { name: string }) => name === 'flock'));
});

test('plan says the same of what is asked in vain, in its preview and in its stream', async () => {
  const block = `links { hard keep }; transfer { mode delta }; attributes mode, modified, xattr`;
  const { out } = await doctor('bare, web', block);
  const said = [...of(out, 'bare').matchAll(/^[!x] plan asks +(.*)\n +help: (.*)/gm)].map(([, text, help]) => [
    text,
    help,
  ]);
  assert.ok(said.length >= 2, out);
  const planned = await desk.run(['plan', 'plan.sp', '--ssh-config', at('ssh_config')]);
  const [, part = ''] = /^asked of bare, and not promised there\n([\s\S]*?)\n\n/m.exec(planned.out) ?? [];
  const shown = [...part.replace(/\n {4,}(?!help)/g, ' ').matchAll(/^ {2}[!x] (.*)\n +help: (.*)/gm)].map(
    ([, text, help]) => [text, help],
  );
  const flat = (words: (string | undefined)[][]): string => JSON.stringify(words).replace(/\s+/g, ' ');
  assert.equal(flat(shown), flat(said), part);
  const streamed = await desk.run(['plan', 'plan.sp', '--json', '--ssh-config', at('ssh_config')]);
  const events = streamed.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
    .filter(({ type, state }) => type === 'host' && state === 'connected');
  const { unkept } = events.find(({ host }) => host === 'bare');
  assert.deepEqual(
    unkept
      // Who has xxhsum makes that one there.
      .filter(({ asks }: { asks: string }) => !asks.includes('checksum'))
      .map(({ blocks, asks, fails }: { blocks: string[]; asks: string; fails: boolean }) => [blocks, asks, fails]),
    [
      [['app'], 'attributes xattr', true],
      [['app'], '`mode delta`', false],
    ],
  );
  assert.ok(!('unkept' in events.find(({ host }) => host === 'web')));
});

test('Node.js that a run would copy is told with its size, and not copied; one that is there is told', async () => {
  const before = await doctor('pushed', 'consistency lock { by permissions }; hook after run ["true"] on remote');
  assert.equal(before.code, 0, said(before.out, before.err));
  assert.match(
    row(before.out, 'pushed'),
    /^= pushed agent ready plan and apply copy Node\.js there first \([\d.]+ MiB\)$/,
  );
  const told = of(before.out, 'pushed');
  assert.match(
    told,
    /Node\.js +none that fits; plan and apply copy this machine’s \(\d+\.\d+\.\d+, [\d.]+ MiB\) into ~\/\.cache/,
  );
  assert.match(told, /driven by +agent over ssh; the plan says `agent push-runtime`/);
  assert.match(told, /root +site \(remote\) .*missing; apply will make it/);
  assert.doesNotMatch(told, /asked|weaker/);
  const cache = at('bare-cache/syncplan');
  const copies = (): string[] => (existsSync(cache) ? readdirSync(cache).filter(name => name.startsWith('node-')) : []);
  assert.deepEqual(copies(), []);
  const applied = await desk.run(['apply', 'plan.sp', '--yes', '--ssh-config', at('ssh_config')]);
  assert.equal(applied.code, 0, said(applied.out, applied.err));
  assert.equal(copies().length, 1);
  const after = await doctor('pushed', '');
  assert.match(
    of(after.out, 'pushed'),
    /Node\.js +\d+\.\d+\.\d+, \S*\/syncplan\/node-[0-9a-f]{64}: this machine’s, copied/,
  );
  assert.match(row(after.out, 'pushed'), /^= pushed agent ready$/);
});

test('a clock that is far off is told with how far, how surely, and the command that sets it', async () => {
  const memory = makeMemoryHost(makeMemoryPlace().disk);
  const about = { clockStep: 1, openFiles: 64, tools: [{ name: 'flock', path: '' }], server: NO_LIMITS };
  const host: Host = { ...memory, kind: 'agent', about: async () => ({ ...about, clock: Date.now() - 3_600_000 }) };
  const found = await examineAbout(host);
  const { kind, facts } = host;
  const text = doctorText(
    [
      {
        found: { host: 'web', kind, facts, locks: true, programs: true, about: found, roots: [] },
        host: hostPlan('web', { kind: 'ssh', host: 'web', base: '' }),
      },
    ],
    { colour: false, width: 120, unicode: false },
  );
  assert.match(row(text, 'web'), /^! web agent ready but weaker its clock is 3,600 s behind here$/);
  assert.match(text, /! clock +3,600 s behind here, to within 0\.0\d s\n +help: set it: sudo timedatectl set-ntp true/);
  assert.match(text, /! limits +64 files open at once\n +help: allow more to that account: ulimit -n 1024/);
  assert.match(text, /tools +no flock\n/);
  assert.match(text, /locks +by claims, folders in its state folder: flock is neither in PATH nor in \/usr\/bin, /);
  await memory.close();
});

test.run();
