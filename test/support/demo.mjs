// `npm run demo`: a small fleet on this machine with real content, then plans/demo.sp at work in a screen or two, and where to look.
//
// The master holds one release of a published package; one of three machines still holds an older one. The machines are
// real SSH servers on loopback where sshd is installed, else folders. Everything is in one new folder under the system's
// temporary folder; nothing of the user's is read or written. What is claimed is looked at: where it does not hold, the demo fails.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

// The tests have built everything, and use it.
if (!process.argv.includes('--built')) {
  const built = spawnSync(process.execPath, ['test/support/build.mjs', '--keep'], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'syncplan-demo-'));
const fleet = await startFleet();
const { differencesOf, treeOf } = await import('../../build/test/support/tree.js');
let code = 1;
try {
  await show(fleet);
  code = 0;
} catch (error) {
  if (!interrupted) say(`\nThe demo failed: ${error.message}`);
} finally {
  await Promise.all(fleet.servers.map(server => server.stop()));
}
if (interrupted || code !== 0) say(`The demo ended early; what it made is in ${folder}`);
process.exit(interrupted ? 130 : code);

async function show({ names, options }) {
  const [, old, edited] = names;
  mkdirSync(join(folder, 'build'));
  for (const name of names) mkdirSync(join(folder, name));
  const master = join(folder, 'build/site');
  cpSync('node_modules/sample-new', master, { recursive: true, preserveTimestamps: true });
  cpSync('node_modules/sample-old', site(old), { recursive: true, preserveTimestamps: true });
  const equal = machines => {
    for (const name of machines) claim(differing(name, master).length === 0, `${name} holds all that the master holds`);
  };
  const run = (...args) => syncplan([...args, ...options]);

  say(`A master and three machines in ${folder}; ${old} holds an older release.`);
  claim(differing(old, master).length > 0, `${old} differs from the master`);
  title(`A preview changes nothing: here of one block on one machine; without --only, of all`);
  await run('plan', 'plans/demo.sp', '--only', `release,${old}`, '--exit-code').exits(2);

  title('Both blocks on all three machines: staged, verified, then switched');
  await run('apply', 'plans/demo.sp', '--yes').exits(0);
  equal(names);
  say(
    `\nCompared by the demo: ${treeOf(master).length} files and folders of the master are the same on ${names.join(', ')}.`,
  );

  title('Once more, saying nothing as long as all is well');
  await run('apply', 'plans/demo.sp', '--yes', '--ui', 'quiet').exits(0);
  const { summary } = lastRun();
  const done = ['created', 'replaced', 'attributes', 'linked', 'moved', 'deleted'].reduce(
    (sum, of) => sum + summary[of],
    0,
  );
  claim(done === 0 && summary.unchanged > 0, 'a second apply finds nothing to do');
  say(
    `Nothing was to do, says the history: ${summary.unchanged} unchanged, ${summary.bytesSent} bytes sent, ${summary.seconds} s.`,
  );

  title(`Somebody edits README.md on ${edited} and removes index.js there; what would apply do?`);
  appendFileSync(join(site(edited), 'README.md'), 'edited by hand\n');
  rmSync(join(site(edited), 'index.js'));
  const before = treeOf(site(edited));
  await run('apply', 'plans/demo.sp', '--dry-run', '--only', edited).exits(0);
  claim(differencesOf(treeOf(site(edited)), before).length === 0, 'a dry run changes nothing');

  title('And it does it');
  await run('apply', 'plans/demo.sp', '--yes', '--ui', 'quiet', '--only', edited).exits(0);
  equal(names);
  const trash = join(site(edited), '.syncplan/trash', lastRun().run);
  claim(existsSync(join(trash, 'release/README.md')), 'what somebody else wrote is kept in the trash');
  say(`${edited} is as the master again; what was written there by hand is kept in ${trash}`);

  say(`\nLook around:`);
  say(`  the plan      plans/demo.sp`);
  say(`  the master    ${master}`);
  for (const name of names) say(`  ${name.padEnd(12)}  ${site(name)}`);
  say(`  the history   ${history()}`);
  say(`The servers are stopped; remove the folder when you have seen enough:  rm -r ${folder}`);
}

function site(name) {
  return join(folder, name, 'site');
}

/** Where a machine lacks something of the master, or holds it otherwise. What only it has, the plan removes from one block alone. */
function differing(name, master) {
  const wanted = treeOf(master);
  const paths = new Set(wanted.map(pathOf));
  const there = existsSync(site(name)) ? treeOf(site(name)) : [];
  return differencesOf(
    there.filter(line => paths.has(pathOf(line))),
    wanted,
  );
}

function pathOf(line) {
  return /^"(?:[^"\\]|\\.)*"/.exec(line)[0];
}

function history() {
  return join(folder, 'state/syncplan/history.jsonl');
}

function lastRun() {
  return JSON.parse(readFileSync(history(), 'utf8').trimEnd().split('\n').at(-1));
}

function title(text) {
  say(`\n── ${text}`);
}

function claim(holds, text) {
  if (!holds) throw new Error(`it was to be seen that ${text}, and it is not so`);
}

/** Runs the program as a user would, in the foreground. */
function syncplan(args) {
  say(
    `   syncplan ${args.filter(word => word !== '--var' && !word.includes(folder) && word !== '--ssh-config').join(' ')}\n`,
  );
  const child = spawn(process.execPath, ['dist/syncplan.js', ...args], {
    stdio: 'inherit',
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') },
  });
  stopping = name => {
    // A terminal has told the child as well; a second word would end it at once.
    if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name);
  };
  const ended = new Promise(resolve => child.once('close', (status, signal) => resolve(status ?? signal)));
  return {
    async exits(wanted) {
      const how = await ended;
      if (interrupted || how !== wanted) throw new Error(`${args[0]} ended with ${how}, not with ${wanted}`);
    },
  };
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
