// A restricted key over a real server: `restrict,command="syncplan agent --root …"` serves that root and nothing else.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
let fleet: Fleet;
const at = (name: string): string => join(desk.folder, name);
const there = (name: string): string => join(fleet.hosts[0]!.roots, name);

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1, { lines: ['Subsystem sftp internal-sftp'] });
  for (const folder of ['served', 'other']) mkdirSync(there(folder));
  mkdirSync(at('site/folder'), { recursive: true });
  for (let i = 0; i < 20; i++) writeFileSync(at(`site/folder/${i}`), `${i}\n`);
  restrict(`--root ${there('served')}`);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

/** The key that the fleet's configuration logs in with, from now on. */
const restrict = (words: string): void => {
  const { identityFile, folder } = fleet.hosts[0]!;
  const command = `${process.execPath} ${PROGRAM} agent ${words}`;
  writeFileSync(join(folder, 'authorized'), `restrict,command="${command}" ${readFileSync(`${identityFile}.pub`)}`);
};

const run = (command: string, plan: string, ...args: string[]): Promise<Ended> => {
  writeFileSync(at('plan.sp'), plan);
  return desk.run([command, 'plan.sp', '--ssh-config', fleet.configFile, ...args]);
};

const planOf = (root: string, { block = '', host = '' } = {}): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  host web at "host-1" { root site "${root}"; ${host} }
}
role master is build
role remote is web
block all { take all in site; delete mirror { max 100% }; ${block} }
`;

test('the root is served by a plan that knows nothing of it, and folders below it are', async () => {
  const first = await run('apply', planOf(there('served')), '--json');
  assert.equal(first.code, 0, said(first.out, first.err));
  assert.match(first.out, /"kind":"agent"/);
  assertSameTree(there('served'), at('site'));
  const second = await run('plan', planOf(there('served')), '--exit-code');
  assert.equal(second.code, 0, said(second.out, second.err));
  assert.match(second.out, /weaker on web[\s\S]*serves only \S+\/served[\s\S]*no hooks/);
  const below = await run('apply', planOf(there('served/below')));
  assert.equal(below.code, 0, said(below.out, below.err));
  assertSameTree(there('served/below'), at('site'));
  rmSync(there('served/below'), { recursive: true });
});

test('another root is refused by name with exit 4, be it there, missing, above, or led to by a link', async () => {
  symlinkSync('../other', there('served/way-out'));
  for (const name of ['other', 'missing', 'missing/deep', '', 'served/way-out']) {
    const { code, out, err } = await run('apply', planOf(there(name)));
    assert.equal(code, 4, `${name}: ${said(out, err)}`);
    assert.match(out + err, /the key that this machine is reached by serves only \S+\/served/);
  }
  const state = await run('apply', planOf(there('served')).replace('/served"', `/served" state "${there('state')}"`));
  assert.equal(state.code, 4, said(state.out, state.err));
  assert.match(state.out + state.err, /the state folder \S+\/state cannot be used: the key/);
  assert.equal(existsSync(there('other/.syncplan')) || existsSync(there('state')), false);
  rmSync(there('served/way-out'));
});

test('any other command is refused in words, and nothing of it runs', async () => {
  const ssh = (...words: string[]) =>
    runProcess('ssh', ['-F', fleet.configFile, '-o', 'BatchMode=yes', 'host-1', ...words]);
  for (const words of [[`touch ${there('served/touched')}`], ['/bin/sh'], []]) {
    const { code, out, err } = await ssh(...words);
    assert.equal(code, 1, said(out, err));
    assert.equal(out, '');
    assert.match(err, /this key serves syncplan and nothing else|for a key in authorized_keys/);
  }
  assert.equal(existsSync(there('served/touched')), false);
  const sftp = await runProcess('sftp', ['-F', fleet.configFile, '-b', '-', 'host-1'], { input: 'ls\n' });
  assert.notEqual(sftp.code, 0);
  assert.match(sftp.err, /Connection closed/);
  const byHand = await desk.run(['agent', '--root', there('served')]);
  assert.equal(byHand.code, 1);
  assert.match(byHand.err, /restrict,command="syncplan agent --root PATH"/);
  assert.equal((await desk.run(['agent'])).code, 64);
});

test('a plan that wants a shell there, another account or SFTP is told that the key is restricted', async () => {
  for (const [host, code, message] of [
    [
      'agent shell',
      1,
      /x web +failed +the key that it is reached by is restricted there: it serves an agent, not a shell/,
    ],
    ['become nobody', 1, /restricted there: it serves an agent of its own account/],
    ['agent sftp', 1, /x web +failed .*SFTP/],
    ['agent push-runtime', 0, /every host holds/],
    ['agent node', 0, /every host holds/],
  ] as const) {
    const { code: ended, out, err } = await run('apply', planOf(there('served'), { host }));
    assert.equal(ended, code, `${host}: ${said(out, err)}`);
    assert.match(out + err, message, host);
  }
});

test('a hook is refused by name, and one that a policy file there allows by name runs', async () => {
  const hooked = planOf(there('served'), {
    block: `hook before run ["/bin/sh", "-c", "echo ran > ${there('ran')}"] on remote`,
  });
  writeFileSync(at('site/more'), 'more\n');
  const refused = await run('apply', hooked);
  assert.equal(refused.code, 1, said(refused.out, refused.err));
  assert.match(refused.out + refused.err, /hook before \/bin\/sh .* on web cannot run: that host cannot run programs/);
  assert.equal(existsSync(there('ran')), false);
  const config = join(fleet.hosts[0]!.home, '.config/syncplan');
  mkdirSync(config, { recursive: true });
  const allow = (policy: unknown): void => writeFileSync(join(config, 'policy.json'), JSON.stringify(policy));
  // Saying nothing allows it to plans, but not to a restricted key.
  allow({ policy: 1, programs: ['/bin/*'] });
  assert.equal((await run('apply', hooked)).code, 1);
  assert.equal(existsSync(there('ran')), false);
  allow({ policy: 1, hooks: true });
  const ran = await run('apply', hooked);
  assert.equal(ran.code, 0, said(ran.out, ran.err));
  assert.equal(readFileSync(there('ran'), 'utf8'), 'ran\n');
  const locking = planOf(there('served'), {
    block: 'consistency lock { by command ["/bin/true"] release ["/bin/true"] }',
  });
  writeFileSync(at('site/again'), 'again\n');
  const locked = await run('apply', locking);
  assert.equal(locked.code, 1, said(locked.out, locked.err));
  assert.match(locked.out + locked.err, /runs no program as a lock command/);
  allow({ policy: 1, hooks: true, lockCommands: true });
  const held = await run('apply', locking);
  assert.equal(held.code, 0, said(held.out, held.err));
  assertSameTree(there('served'), at('site'));
});

test('as a master it gives nothing that lies outside, even where the plan follows links', async () => {
  writeFileSync(there('other/secret'), 'a secret\n');
  symlinkSync('../other/secret', there('served/leak'));
  symlinkSync('../other', there('served/leaks'));
  symlinkSync('more', there('served/fine'));
  const plan = `syncplan 1
fleet {
  host web at "host-1" { root site "${there('served')}" }
  host here at local { root site "./copy" }
}
role master is web
role remote is here
block all { take all in site; links { symbolic follow } }
`;
  const { code, out, err } = await run('apply', plan);
  assert.equal(code, 5, said(out, err));
  assert.match(out + err, /leak/);
  assert.equal(readFileSync(at('copy/fine'), 'utf8'), 'more\n');
  for (const name of ['leak', 'leaks']) assert.equal(existsSync(at(`copy/${name}`)), false);
});

test('a root that would free its key is served to nobody, and the reason is told', async () => {
  restrict(`--root ${fleet.hosts[0]!.home}`);
  const { code, out, err } = await run('plan', planOf(there('served')));
  assert.equal(code, 1, said(out, err));
  assert.match(out + err, /web: its key cannot serve \S+: it holds [\s\S]*authorized_keys/);
  restrict('--root /etc');
  const policy = await run('plan', planOf('/etc/web'));
  assert.equal(policy.code, 1, said(policy.out, policy.err));
  assert.match(policy.out + policy.err, /web: its key cannot serve \/etc: it holds \/etc\/syncplan\/policy\.json/);
});

test.run();
