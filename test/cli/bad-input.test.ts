// What goes wrong outside: hosts, keys, roots, rights and names. Named with what to do; the rest goes on; the code says so.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, PROGRAM, said } from '../support/program.js';
import { freePort, makeKey } from '../support/sshd.js';
import { assertSameTree, treeOf } from '../support/tree.js';
import { bytes, HARD_NAMES, putHardNames } from './content.js';

let fleet: Fleet;
let desk: Desk;

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(3);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

/** A plan with its master beside it; each case has a root of its own, so that no case sees another's. */
const prepare = (
  name: string,
  hosts: readonly string[],
  block = 'take all in site',
): { file: string; master: string; remote: (host: string) => string } => {
  const folder = join(desk.folder, name);
  mkdirSync(join(folder, 'site'), { recursive: true });
  writeFileSync(join(folder, 'site/first'), 'first\n');
  writeFileSync(join(folder, 'site/second'), 'second\n');
  const file = join(folder, 'plan.sp');
  writeFileSync(
    file,
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  group web {
    root site "~/roots/${name}"
${hosts.map(host => `    host ${host} at "${host}"`).join('\n')}
  }
}
role master is build
role remote is web
block all { ${block} }
`,
  );
  return { file, master: join(folder, 'site'), remote: host => join(fleet.folder, host, 'roots', name) };
};

/** A configuration for ssh: the fleet's, with lines for some hosts before it (the first setting wins). */
const configWith = (name: string, lines: string): string => {
  const path = join(desk.folder, `${name}.ssh_config`);
  writeFileSync(path, `${lines}\n${readFileSync(fleet.configFile, 'utf8')}`);
  return path;
};

const apply = (file: string, config = fleet.configFile, ...more: string[]): Promise<Ended> =>
  desk.run(['apply', file, '--ssh-config', config, ...more]);

const summaryOf = ({ out }: Ended) => JSON.parse(out.trimEnd().split('\n').at(-1)!);

test('an unreachable host is named; the others are done; the exit code is 5', async () => {
  const { file, master, remote } = prepare('unreachable', ['host-1', 'host-2', 'host-3']);
  const config = configWith('unreachable', `Host host-2\n  Port ${await freePort()}\n`);
  const { code, out, err } = await apply(file, config);
  assert.equal(code, 5, said(out, err));
  assert.match(out + err, /host-2.*refused/);
  for (const host of ['host-1', 'host-3']) assertSameTree(remote(host), master);
  assert.equal(existsSync(remote('host-2')), false);
  const doctor = await desk.run(['doctor', file, '--ssh-config', config]);
  assert.equal(doctor.code, 5, said(doctor.out, doctor.err));
  assert.match(doctor.out, /^= host-1 +agent +ready$[\s\S]*^host-1: ssh host-1/m);
  assert.match(doctor.out, /driven by +agent over ssh/);
  assert.match(doctor.out, /^x host-2 +- +fails +[\s\S]*^x failed [\s\S]*refused[\s\S]*help: /m);
  const alone = await apply(file, config, '--only', 'host-2');
  assert.equal(alone.code, 1, said(alone.out, alone.err));
});

test('a refused key is said to be that, and what to do', async () => {
  const { file } = prepare('refused-key', ['host-1']);
  const key = makeKey(join(desk.folder, 'stranger'));
  const config = configWith('refused-key', `Host host-1\n  IdentityFile ${key}\n`);
  // Both identities would be offered: take the good one out.
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^ {2}IdentityFile .*syncplan-sshd-.*$/gm, ''));
  const { code, out, err } = await apply(file, config);
  assert.equal(code, 1, said(out, err));
  assert.match(out + err, /key/);
  assert.match(out + err, /help|ssh/);
});

test('a changed host key is refused with 4, whatever the flags', async () => {
  const { file, remote } = prepare('changed-key', ['host-1']);
  const other = readFileSync(`${makeKey(join(desk.folder, 'other-host'))}.pub`, 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
  const known = join(desk.folder, 'known-changed');
  writeFileSync(known, `[127.0.0.1]:${fleet.hosts[0]!.port} ${other}\n`);
  const config = configWith('changed-key', `Host host-1\n  UserKnownHostsFile ${known}\n`);
  for (const flags of [[], ['--accept-new-keys']]) {
    const { code, out, err } = await apply(file, config, ...flags);
    assert.equal(code, 4, said(out, err));
    const words = (out + err).replaceAll(/\s+/g, ' ');
    assert.match(words, /it offers SHA256:\S{43}, while line 1 of \S+\/known-changed has SHA256:\S{43}/);
  }
  assert.equal(existsSync(remote('host-1')), false);
});

test('an unknown host key is refused with 4; --accept-new-keys takes it', async () => {
  const { file, master, remote } = prepare('unknown-key', ['host-1']);
  const known = join(desk.folder, 'known-empty');
  writeFileSync(known, '');
  const config = configWith('unknown-key', `Host host-1\n  UserKnownHostsFile ${known}\n`);
  const refused = await apply(file, config);
  assert.equal(refused.code, 4, said(refused.out, refused.err));
  assert.match(refused.out + refused.err, /--accept-new-keys/);
  const accepted = await apply(file, config, '--accept-new-keys');
  assert.equal(accepted.code, 0, said(accepted.out, accepted.err));
  assertSameTree(remote('host-1'), master);
});

test('a remote whose folder cannot even be made is named; the others are done', async () => {
  const { file, master, remote } = prepare('no-parent', ['host-1', 'host-2']);
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      'host host-2 at "host-2"',
      'host host-2 at "host-2" { root site "~/not/there/site" }',
    ),
  );
  const { code, out, err } = await apply(file);
  assert.equal(code, 5, said(out, err));
  assert.match(out + err, /host-2/);
  assertSameTree(remote('host-1'), master);
});

test('hard names travel byte for byte, 120 folders deep, and reach no terminal raw', async () => {
  const { file, master, remote } = prepare('hard-names', ['host-1'], 'take all in site; delete mirror');
  putHardNames(master);
  const plan = await desk.run(['plan', file, '--ssh-config', fleet.configFile]);
  assert.equal(plan.code, 0, said(plan.err));
  const streamed = await apply(file, fleet.configFile, '--json');
  assert.equal(streamed.code, 0, said(streamed.out, streamed.err));
  assertSameTree(remote('host-1'), master);
  assert.equal(treeOf(master).length, 2 + HARD_NAMES.length + 2 + 121);
  for (const text of [plan.out, plan.err, streamed.out, streamed.err]) {
    // No control character but the line end, no bidi control, nothing invisible.
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
  }
  const events = streamed.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const odd = events.find(
    event => event.type === 'change' && event.pathBytes !== undefined && event.path.startsWith('latin'),
  );
  assert.equal(Buffer.from(odd.pathBytes, 'base64').toString('latin1'), 'latin\xe9\xff');
  for (const name of HARD_NAMES) rmSync(bytes(master, name), { force: true });
  const shrunk = await apply(file, fleet.configFile, '--allow-delete');
  assert.equal(shrunk.code, 0, said(shrunk.out, shrunk.err));
  assertSameTree(remote('host-1'), master);
  assert.equal(existsSync(join(desk.folder, 'pwned')), false);
});

test('a FIFO is skipped and counted; one in the way is a problem of that path alone', async () => {
  const { file, master, remote } = prepare('fifo', ['host-1']);
  execFileSync('mkfifo', [join(master, 'pipe')]);
  const first = await apply(file, fleet.configFile, '--json');
  assert.equal(first.code, 0, said(first.err));
  assert.equal(summaryOf(first).skipped, 1);
  assert.equal(existsSync(join(remote('host-1'), 'pipe')), false);
  rmSync(join(remote('host-1'), 'first'));
  execFileSync('mkfifo', [join(remote('host-1'), 'first')]);
  writeFileSync(join(master, 'second'), 'another second\n');
  const second = await apply(file);
  assert.equal(second.code, 5, said(second.out, second.err));
  assert.match(second.out + second.err, /first/);
  assert.equal(readFileSync(join(remote('host-1'), 'second'), 'utf8'), 'another second\n');
});

test('an unreadable folder is a named problem: the rest is done, and nothing below it is deleted', async () => {
  // Root may read everything, so this runs as somebody else.
  const base = mkdtempSync(join(tmpdir(), 'syncplan-unreadable-'));
  const nobody = process.getuid?.() === 0 ? 65534 : process.getuid!();
  try {
    for (const folder of ['site/closed', 'copy', 'home']) mkdirSync(join(base, folder), { recursive: true });
    writeFileSync(join(base, 'site/open'), 'open\n');
    writeFileSync(join(base, 'site/closed/inside'), 'inside\n');
    writeFileSync(
      join(base, 'plan.sp'),
      'syncplan 1\nfleet {\n  host build at local { root site "./site" }\n  host copy at local { root site "./copy/site" }\n}\n' +
        'role master is build\nrole remote is copy\nblock all { take all in site; delete mirror }\n',
    );
    for (const name of ['', 'site', 'site/closed', 'site/open', 'site/closed/inside', 'copy', 'home', 'plan.sp']) {
      if (process.getuid?.() === 0) chownSync(join(base, name), nobody, nobody);
    }
    const run = () => {
      const args = [PROGRAM, 'apply', join(base, 'plan.sp'), '--allow-delete'];
      const options = {
        uid: nobody,
        cwd: base,
        env: { PATH: process.env.PATH, HOME: join(base, 'home') },
        encoding: 'utf8',
      } as const;
      try {
        return { code: 0, out: execFileSync(process.execPath, args, { ...options, stdio: 'pipe' }) };
      } catch (error) {
        const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
        return { code: status, out: stdout + stderr };
      }
    };
    assert.equal(run().code, 0);
    assert.equal(readFileSync(join(base, 'copy/site/closed/inside'), 'utf8'), 'inside\n');
    chmodSync(join(base, 'site/closed'), 0);
    writeFileSync(join(base, 'site/open'), 'opened\n');
    const { code, out } = run();
    assert.equal(code, 5, said(out));
    assert.match(out, /closed/);
    assert.equal(readFileSync(join(base, 'copy/site/open'), 'utf8'), 'opened\n');
    assert.equal(readFileSync(join(base, 'copy/site/closed/inside'), 'utf8'), 'inside\n');
  } finally {
    execFileSync('chmod', ['-R', 'u+rwX', base]);
    rmSync(base, { recursive: true, force: true });
  }
});

test.run();
