// Eight machines with an uplink of 100 Mbit/s each (network namespaces, `tc tbf`): a `route tree` beside eight runs of rsync.
//
// What counts beside the time is what the master's own interface has sent. Also by itself: node test/bench/fleet.mjs
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fillFiles, fillOne } from './data.mjs';

/** The best of each side, `{ sides: { rsync, syncplan } }`, each with seconds and bytes; `{ leftOut }` with why where it cannot be. */
export const measureFleet = async ({ rounds, scale, say }) =>
  withFleet(HOSTS, async ({ base, rsync, syncplan }) => {
    const master = siteOf(base, 40e6 * scale);
    const works = { rsync: () => rsync(master), syncplan: () => syncplan(master, 'tree') };
    // The agent is sent to a machine once; that is no part of a run.
    await works.syncplan();
    const best = {};
    for (let round = 0; round < rounds; round++) {
      for (const [name, work] of Object.entries(works)) {
        const result = await work();
        say(`  ${name}: ${result.seconds.toFixed(2)} s, ${(result.bytes / 1e6).toFixed(1)} MB sent by the master`);
        if (best[name] === undefined || result.seconds < best[name].seconds) best[name] = result;
      }
    }
    return { sides: best };
  });

/** Does something with a master and so many machines, each in a network of its own; `{ leftOut }` with why where there can be none. */
export const withFleet = async (hosts, work) => {
  const { makeNetworks, whyNoNetworks } = await import('../../build/test/support/networks.js');
  const why = whyNoNetworks();
  if (why !== null) return { leftOut: why };
  const base = mkdtempSync(join(tmpdir(), 'syncplan-fleet-bench-'));
  const networks = makeNetworks(hosts + 1, `${RATE_MBIT}mbit`);
  let fleet = null;
  try {
    fleet = await startFleet(hosts, networks);
    return await work({ base, ...sidesOf({ base, networks, fleet }) });
  } finally {
    await fleet?.stop();
    networks.remove();
    rmSync(base, { recursive: true, force: true });
  }
};

/** A new folder with nine tenths in one file and the rest in files of some 100 KB. */
export const siteOf = (base, bytes) => {
  const folder = join(base, `site-${made++}`);
  mkdirSync(folder);
  fillOne(folder, Math.round(bytes * 0.9));
  fillFiles(folder, Math.round(bytes / 1e6), 100_000);
  return folder;
};

const startFleet = async (hosts, networks) => {
  const { makeFleet } = await import('../../build/test/support/fleet.js');
  // The key exchange that servers have by default, for both sides; the tests' own is a faster one.
  const lines = ['KexAlgorithms +curve25519-sha256'];
  return makeFleet(hosts, { networks: networks.machines.slice(1), lines });
};

/** What each side does, on the master's machine, into folders that nobody has used. */
const sidesOf = ({ base, networks, fleet }) => {
  const config = fleet.configFile;
  const state = { XDG_STATE_HOME: join(base, 'state'), XDG_CACHE_HOME: join(base, 'cache'), NO_COLOR: '1' };
  const run = async (...command) => {
    const { on } = await import('../../build/test/support/networks.js');
    const [program, ...args] = on(networks.machines[0], command);
    const options = { stdio: ['ignore', 'pipe', 'pipe'], cwd: base, env: { ...process.env, ...state } };
    const child = spawn(program, args, options);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (output += text));
    const code = await new Promise((done, fail) => child.once('error', fail).once('close', done));
    if (code !== 0) throw new Error(`${command[0]} ended with ${code}:\n${output}`);
  };
  const measure = async work => {
    const [started, sent] = [process.hrtime.bigint(), networks.sentBy(0)];
    await work();
    return { seconds: Number(process.hrtime.bigint() - started) / 1e9, bytes: networks.sentBy(0) - sent, memory: 0 };
  };
  return {
    rsync(master) {
      const into = `folder-${made++}`;
      const shell = `ssh -F ${config} -o BatchMode=yes`;
      const each = fleet.hosts.map(({ alias, roots }) => `${alias}:${roots}/${into}/`);
      return measure(() => Promise.all(each.map(to => run('rsync', '-aH', '-e', shell, `${master}/`, to))));
    },
    syncplan(master, route) {
      const plan = join(base, `fleet-${made++}.sp`);
      writeFileSync(plan, planOf(fleet.hosts.length, master, route));
      const args = ['apply', plan, '--yes', '--ui', 'quiet', '--var', `into=folder-${made++}`, '--ssh-config', config];
      return measure(() => run(process.execPath, resolve('dist/syncplan.js'), ...args));
    },
  };
};

/** Half of them in another region. */
const planOf = (hosts, master, route) => `syncplan 1
input into
fleet {
  host build at local { root site "${master}" }
  root site "~/roots/\${into}"
  region eu { group web { host "w{1..${hosts / 2}}" at "host-{1..${hosts / 2}}" } }
  region us { group web { host "w{${hosts / 2 + 1}..${hosts}}" at "host-{${hosts / 2 + 1}..${hosts}}" } }
}
role master is build
role remote is eu, us
block all { take all in site }
route ${route}
`;

let made = 0;
const HOSTS = 8;
export const RATE_MBIT = 100;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (spawnSync(process.execPath, ['test/support/build.mjs', '--keep'], { stdio: 'inherit' }).status !== 0)
    process.exit(1);
  const { sides, leftOut } = await measureFleet({ rounds: 3, scale: 1, say: console.log });
  if (leftOut !== undefined) console.log(`left out: ${leftOut}`);
  else {
    const { rsync, syncplan } = sides;
    console.log(`time ${(syncplan.seconds / rsync.seconds).toFixed(3)} × rsync (wanted: at most 0.25)`);
    console.log(`the master sends ${(syncplan.bytes / rsync.bytes).toFixed(3)} × (wanted: at most 0.2)`);
  }
}
