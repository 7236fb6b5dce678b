// `npm run demo`: a small fleet on this machine with real content, then plan and apply of plans/demo.sp, and where to look.
//
// The master holds one release of a published package; one of three machines still holds an older one. The machines are
// real SSH servers on loopback where sshd is installed, else folders. Everything is in one new folder under the system's
// temporary folder; nothing of the user's is read or written.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MACHINES = ['eu-01', 'eu-02', 'us-01'];
const FOLDERS = ['folder-01', 'folder-02', 'folder-03'];
const say = text => process.stderr.write(`${text}\n`);

let interrupted = false;
let stopping = () => {};
// The child in the foreground hears Ctrl-C by itself and stops at a safe point; this script only tidies up after it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    interrupted = true;
    stopping(name);
  });
}

const built = spawnSync(process.execPath, ['test/support/build.mjs', '--keep'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'syncplan-demo-'));
const fleet = await startFleet();
let code = 1;
try {
  code = await show(fleet);
} finally {
  await Promise.all(fleet.servers.map(server => server.stop()));
}
if (interrupted || code !== 0) say(`The demo ended early; what it made is in ${folder}`);
process.exit(interrupted ? 130 : code);

async function show({ names, options }) {
  mkdirSync(join(folder, 'build'));
  for (const name of names) mkdirSync(join(folder, name));
  cpSync('node_modules/sample-new', join(folder, 'build/site'), { recursive: true, preserveTimestamps: true });
  cpSync('node_modules/sample-old', join(folder, names[1], 'site'), { recursive: true, preserveTimestamps: true });

  say(`A master and three machines in ${folder}; ${names[1]} holds an older release.\n`);
  const plan = await syncplan('What would change', ['plan', 'plans/demo.sp', ...options]);
  if (plan !== 0 || interrupted) return plan;
  const apply = await syncplan('Making it so', ['apply', 'plans/demo.sp', '--yes', ...options]);
  if (apply !== 0 || interrupted) return apply;
  const again = await syncplan('And once more: nothing is left to do', ['apply', 'plans/demo.sp', '--yes', ...options]);
  if (again !== 0 || interrupted) return again;
  say(`\nLook around:`);
  say(`  the plan      plans/demo.sp`);
  say(`  the master    ${join(folder, 'build/site')}`);
  for (const name of names) say(`  ${name.padEnd(12)}  ${join(folder, name, 'site')}`);
  say(`  the history   ${join(folder, 'state/syncplan/history.jsonl')}`);
  say(`The servers are stopped; remove the folder when you have seen enough:  rm -r ${folder}`);
  return 0;
}

/** Runs the program as a user would, in the foreground. */
function syncplan(title, args) {
  say(`\n── ${title}: syncplan ${args.slice(0, 2).join(' ')} ──\n`);
  const child = spawn(process.execPath, ['dist/syncplan.js', ...args], {
    stdio: 'inherit',
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') },
  });
  stopping = name => {
    // A terminal has told the child as well; a second word would end it at once.
    if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name);
  };
  return new Promise(resolve => child.once('close', (status, signal) => resolve(status ?? (signal ? 130 : 1))));
}

/** Three SSH servers with throwaway keys; folders where that cannot be. */
async function startFleet() {
  const variables = ['--var', `fleet=${folder}`];
  const fallback = { names: FOLDERS, servers: [], options: [...variables, '--remote', FOLDERS.join(',')] };
  if (!['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/sbin/sshd'].some(existsSync)) {
    say('sshd is not installed: the machines of this demo are folders (on Debian: apt-get install openssh-server).');
    return fallback;
  }
  const { startSshd } = await import('../../build/test/support/sshd.js');
  const started = await Promise.allSettled(
    MACHINES.map(name => {
      const home = join(folder, `${name}-home`);
      mkdirSync(home);
      return startSshd({ alias: `syncplan-demo-${name}`, env: { HOME: home, XDG_CACHE_HOME: join(home, '.cache') } });
    }),
  );
  const servers = started.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(servers.map(server => server.stop()));
    say(
      `sshd is installed but does not start here (${failed.reason.message.trim()}): the machines of this demo are folders.`,
    );
    return fallback;
  }
  const config = join(folder, 'ssh_config');
  writeFileSync(config, servers.map(server => server.config).join('\n'));
  return { names: MACHINES, servers, options: [...variables, '--ssh-config', config] };
}
