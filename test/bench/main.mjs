// `npm run bench [-- options] [names…]`: this program beside rsync, or OpenSSH's sftp, over the same real SSH, whole processes, best of N.
//
//   --json          rows as JSON instead of a table
//   --scale 0.1     a tenth of the files and bytes, for a quick look
//   --rounds 3      each side runs so often, in turns; the best counts
//   --same-cipher   rsync's ssh also prefers aes128-gcm (syncplan asks for it by itself)
//   names           start idle-quick idle-checksum small large sftp-small sftp-large fleet; all if none is given
//
// Every round writes into a folder that was never used: after a big removal file systems are slow for everybody. Memory is
// the peak resident size of the process that was started and of its children here that are not ssh.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fillFiles, fillOne } from './data.mjs';
import { measureFleet } from './fleet.mjs';
import { tableOf } from './table.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    'same-cipher': { type: 'boolean', default: false },
  },
});
const scale = Number(values.scale);
const rounds = Number(values.rounds);
if (!(scale > 0 && scale <= 10 && Number.isInteger(rounds) && rounds > 0)) {
  console.error('--scale is a number above 0, --rounds a whole number from 1 on');
  process.exit(64);
}

const CASES = {
  start,
  'idle-quick': idleQuick,
  'idle-checksum': idleChecksum,
  small,
  large,
  'sftp-small': sftpSmall,
  'sftp-large': sftpLarge,
  fleet: fleetOfEight,
};
const unknown = positionals.find(name => !Object.hasOwn(CASES, name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; there are ${Object.keys(CASES).join(', ')}`);
  process.exit(64);
}

if (spawnSync(process.execPath, ['test/support/build.mjs', '--keep'], { stdio: 'inherit' }).status !== 0)
  process.exit(1);
const { makeFleet } = await import('../../build/test/support/fleet.js');
const program = resolve('dist/syncplan.js');
const base = mkdtempSync(join(tmpdir(), 'syncplan-bench-'));
// The key exchange that servers have by default, for both sides; the tests' own is a faster one.
const fleet = await makeFleet(1, { lines: ['KexAlgorithms +curve25519-sha256'] });
const [{ roots }] = fleet.hosts;
const rows = [];
const say = text => process.stderr.write(`${text}\n`);
process.once('SIGINT', () => void tidy().then(() => process.exit(130)));
let made = 0;
try {
  const { bavail, bsize } = statfsSync(base);
  if (bavail * bsize < scale * 12e9)
    throw new Error(`${base} has too little room: this wants ${Math.ceil(scale * 12)} GB; try --scale 0.1`);
  for (const name of Object.keys(CASES))
    if (positionals.length === 0 || positionals.includes(name)) await CASES[name]();
} finally {
  await tidy();
}
console.log(values.json ? JSON.stringify(rows, null, 2) : tableOf(rows));

async function start() {
  const best = await bestOf('start to usage text', { syncplan: () => measure(process.execPath, [program, '--help']) });
  rows.push({ name: 'start to usage text', limit: '150 ms', ...best });
}

async function idleQuick() {
  const tree = many();
  const plan = planFor(tree, 'compare quick');
  await expectDone(await syncplan(plan, tree.remote));
  await add(`nothing to do, ${tree.title}, size and time`, '1.0 × rsync', {
    rsync: () => rsync(['-aH'], tree.master, tree.remote),
    syncplan: () => syncplan(plan, tree.remote),
  });
}

async function idleChecksum() {
  const tree = many();
  const plan = planFor(tree, 'compare checksum xxh128');
  // The first run digests every file; from then on an unchanged file is not read again. rsync -c reads all, every time.
  await expectDone(await syncplan(plan, tree.remote));
  await add(`nothing to do, ${tree.title}, checksums`, '1.0 × rsync -c', {
    rsync: () => rsync(['-aHc'], tree.master, tree.remote),
    syncplan: () => syncplan(plan, tree.remote),
  });
}

async function small() {
  const count = Math.round(50_000 * scale);
  const master = fresh();
  fillFiles(master, count, 3_000);
  const plan = planFor({ master }, 'compare checksum xxh128');
  await add(`${count.toLocaleString('en')} small files, new`, '1.3 × rsync', {
    rsync: () => rsync(['-aH'], master, unused()),
    'rsync --fsync': () => rsync(['-aH', '--fsync'], master, unused()),
    syncplan: () => syncplan(plan, unused()),
  });
}

async function large() {
  const size = Math.round(600e6 * scale);
  const master = fresh();
  fillOne(master, size);
  const plan = planFor({ master }, 'compare checksum xxh128');
  await add(`one file of ${Math.round(size / 1e6)} MB, new`, '1.3 × rsync', {
    rsync: () => rsync(['-aH'], master, unused()),
    'rsync --fsync': () => rsync(['-aH', '--fsync'], master, unused()),
    syncplan: () => syncplan(plan, unused()),
  });
}

/** Each file by a `put` of its own, as a batch is written by hand, and whole folders at once. */
async function sftpSmall() {
  const count = Math.round(5_000 * scale);
  const master = fresh();
  fillFiles(master, count, 3_000);
  const plan = planFor({ master, at: 'sftp://host-1' }, 'compare quick');
  await add(`${count.toLocaleString('en')} small files, new, by SFTP`, '0.2 × sftp -b', {
    sftp: () => sftp(master, unused(), '-p'),
    'sftp, fsync': () => sftp(master, unused(), '-pf'),
    syncplan: () => syncplan(plan, unused()),
  });
}

async function sftpLarge() {
  const size = Math.round(600e6 * scale);
  const master = fresh();
  fillOne(master, size);
  const plan = planFor({ master, at: 'sftp://host-1' }, 'compare quick');
  await add(`one file of ${Math.round(size / 1e6)} MB, new, by SFTP`, '1.4 × sftp', {
    sftp: () => sftp(master, unused(), '-p'),
    'sftp, fsync': () => sftp(master, unused(), '-pf'),
    syncplan: () => syncplan(plan, unused()),
  });
}

/** Bytes are those that the master sends; memory is not looked at. */
async function fleetOfEight() {
  const megabytes = Math.round(40 * scale);
  const name = `${megabytes} MB to eight machines of 100 Mbit/s, route tree`;
  say(`${name} …`);
  const sides = await measureFleet({ rounds, scale, say });
  if (sides !== null) rows.push({ name, limit: '0.25 × rsync, 0.2 of its bytes', sides });
}

/** 200,000 files here and, equal, on the other side; made once. */
function many() {
  if (many.tree !== undefined) return many.tree;
  const count = Math.round(200_000 * scale);
  const title = `${count.toLocaleString('en')} files`;
  say(`making ${title} …`);
  const master = fresh();
  const remote = unused();
  fillFiles(master, count, 100);
  cpSync(master, remote, { recursive: true, preserveTimestamps: true });
  // cpSync rounds times to milliseconds; rsync puts them right, as it would have made them.
  spawnSync('rsync', ['-a', `${master}/`, `${remote}/`], { stdio: 'inherit' });
  many.tree = { master, remote, title };
  return many.tree;
}

async function add(name, limit, sides) {
  say(`${name} …`);
  rows.push({ name, limit, ...(await bestOf(name, sides)) });
}

/** Runs the sides in turns, so that a slow moment of the machine hits all of them. */
async function bestOf(name, sides) {
  const best = {};
  for (let round = 0; round < rounds; round++) {
    for (const [side, run] of Object.entries(sides)) {
      const result = await run();
      await expectDone(result, `${name}, ${side}`);
      if (best[side] === undefined || result.seconds < best[side].seconds) best[side] = { ...best[side], ...result };
      best[side].memory = Math.max(best[side].memory, result.memory);
    }
  }
  return {
    sides: Object.fromEntries(Object.entries(best).map(([side, { output, code, ...figures }]) => [side, figures])),
  };
}

async function rsync(options, from, to) {
  const cipher = values['same-cipher'] ? ' -o Ciphers=^aes128-gcm@openssh.com' : '';
  const shell = `ssh -F ${fleet.configFile} -o BatchMode=yes${cipher}`;
  // The other program keeps its folder in the root; it is not part of the content.
  const result = await measure('rsync', [
    ...options,
    '--exclude=/.syncplan',
    '--stats',
    '-e',
    shell,
    `${from}/`,
    `host-1:${to}/`,
  ]);
  const total = label =>
    Number(new RegExp(`${label}: ([\\d,]+)`).exec(result.output)?.[1].replaceAll(',', '') ?? Number.NaN);
  return { ...result, bytes: total('Total bytes sent') + total('Total bytes received') };
}

function sftp(from, to, options) {
  const batch = join(base, `batch-${made++}`);
  const names = readdirSync(from, { recursive: true, withFileTypes: true });
  const below = entry => relative(from, join(entry.parentPath, entry.name));
  const folders = names.filter(entry => entry.isDirectory()).map(below);
  const files = names.filter(entry => entry.isFile()).map(below);
  const lines = [
    ...[to, ...folders.sort().map(folder => join(to, folder))].map(folder => `mkdir ${folder}`),
    ...files.map(file => `put ${options} ${join(from, file)} ${join(to, file)}`),
  ];
  writeFileSync(batch, `${lines.join('\n')}\n`);
  return measure('sftp', ['-q', '-F', fleet.configFile, '-b', batch, 'host-1']);
}

async function syncplan(plan, into) {
  const args = [
    program,
    'apply',
    plan,
    '--yes',
    '--ui',
    'quiet',
    '--var',
    `into=${into}`,
    '--ssh-config',
    fleet.configFile,
  ];
  const result = await measure(process.execPath, args);
  const last = readFileSync(join(base, 'state/syncplan/history.jsonl'), 'utf8').trimEnd().split('\n').at(-1);
  const { bytesSent, bytesReceived } = JSON.parse(last).summary;
  return { ...result, bytes: bytesSent + bytesReceived };
}

function planFor({ master, at = 'host-1' }, compare) {
  const file = join(base, `plan-${made++}.sp`);
  writeFileSync(
    file,
    `syncplan 1
input into
fleet {
  host here at local { root data "${master}" }
  host there at "${at}" { root data "\${into}" }
}
role master is here
role remote is there
block all { take all in data; ${compare} }
`,
  );
  return file;
}

/** One process from start to end: seconds, peak memory in bytes, what it said. */
function measure(command, args) {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_STATE_HOME: join(base, 'state'), XDG_CACHE_HOME: join(base, 'cache'), NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (output += text));
  const peaks = new Map();
  const look = () => peak(child.pid, peaks);
  const timer = setInterval(look, 25);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', code => {
      clearInterval(timer);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      done({ code, seconds, memory: [...peaks.values()].reduce((sum, value) => sum + value, 0), output });
    });
  });
}

/** The high-water marks of a process and of its children here, as the kernel keeps them. */
function peak(pid, peaks) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (/^Name:\s+ssh$/m.test(status)) return;
    // A process that has ended and is not yet collected has no figure any more.
    peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024));
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean))
      peak(Number(child), peaks);
  } catch {
    // It has ended, or this is no Linux: what was seen so far counts.
  }
}

function fresh() {
  const folder = join(base, `folder-${made++}`);
  mkdirSync(folder);
  return folder;
}

/** A folder on the other side that nobody has used; its parent is there. */
function unused() {
  return join(roots, `folder-${made++}`);
}

async function expectDone({ code, output }, what = 'preparing') {
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${output}`);
}

async function tidy() {
  await fleet.stop();
  rmSync(base, { recursive: true, force: true });
}
