// What every case of the benchmark is given: hosts, folders nobody has used, the programs to compare, and where rows go.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { measure } from './measure.mjs';
import { settle } from './settle.mjs';
import { bytesText } from './targets.mjs';

/** The key exchange that servers have by default, for both sides; the tests' own is a faster one. */
const LINES = ['KexAlgorithms +curve25519-sha256'];

export const makeBench = async ({ scale, rounds, sameCipher }) => {
  const { makeFleet } = await import('../../build/test/support/fleet.js');
  const program = resolve('dist/syncplan.js');
  const base = mkdtempSync(join(tmpdir(), 'syncplan-bench-'));
  const fleet = await makeFleet(1, { lines: LINES });
  const fleets = [fleet];
  const rows = [];
  let made = 0;

  /** Where digests and agents are kept. */
  const caches = { here: join(base, 'cache'), there: join(fleet.hosts[0].home, '.cache') };
  const say = text => process.stderr.write(`${text}\n`);
  const env = {
    ...process.env,
    XDG_STATE_HOME: join(base, 'state'),
    XDG_CACHE_HOME: join(base, 'cache'),
    NO_COLOR: '1',
  };
  const run = (command, args) => measure(command, args, { env });
  const rounded = count => Math.round(count * scale);

  /** All that were given out, for `removeSince`. */
  const folders = [];
  const newIn = parent => {
    const folder = join(parent, `folder-${made++}`);
    folders.push(folder);
    return folder;
  };

  /** A new folder here. */
  const fresh = () => {
    const folder = newIn(base);
    mkdirSync(folder);
    return folder;
  };

  /** A folder on the other side that nobody has used; its parent is there. */
  const unused = () => newIn(fleet.hosts[0].roots);

  const writePlan = text => {
    const file = join(base, `plan-${made++}.sp`);
    writeFileSync(file, text);
    return file;
  };

  const planFor = ({ master, at = 'host-1', host = '' }, settings) => writePlan(planOf(master, { at, host }, settings));

  /** Bytes are those of all its connections, both ways. */
  const syncplan = async (plan, into, { command = ['apply', '--yes'], configFile = fleet.configFile } = {}) => {
    const [name, ...more] = command;
    const args = [name, plan, ...more, '--ui', 'quiet', '--var', `into=${into}`, '--ssh-config', configFile];
    const result = await run(process.execPath, [program, ...args]);
    const last = readFileSync(join(base, 'state/syncplan/history.jsonl'), 'utf8').trimEnd().split('\n').at(-1);
    const { bytesSent, bytesReceived } = JSON.parse(last).summary;
    return { ...result, bytes: bytesSent + bytesReceived };
  };

  const rsync = async (options, from, to, { configFile = fleet.configFile, alias = 'host-1' } = {}) => {
    const cipher = sameCipher ? ' -o Ciphers=^aes128-gcm@openssh.com' : '';
    const shell = `ssh -F ${configFile} -o BatchMode=yes${cipher}`;
    // The other program keeps its folder in the root; it is not part of the content.
    const args = [...options, '--exclude=/.syncplan', '--stats', '-e', shell, `${from}/`, `${alias}:${to}/`];
    const result = await run('rsync', args);
    return { ...result, bytes: bytesOf(result.output) };
  };

  const sftp = (from, to, options) => {
    const batch = join(base, `batch-${made++}`);
    writeFileSync(batch, batchOf(from, to, options));
    return run('sftp', ['-q', '-F', fleet.configFile, '-b', batch, 'host-1']);
  };

  /** Runs the sides in turns, so that a slow moment of the machine hits all of them. */
  const bestOf = async (name, sides) => {
    const best = {};
    for (let round = 0; round < rounds; round++) {
      for (const [side, work] of Object.entries(sides)) {
        const made = await work.before?.();
        settle();
        const result = await work(made);
        expectDone(result, `${name}, ${side}`);
        if (best[side] === undefined || result.seconds < best[side].seconds) best[side] = { ...best[side], ...result };
        best[side].memory = Math.max(best[side].memory, result.memory);
      }
    }
    const figuresOf = ([side, { output, code, ownMemory, ...figures }]) => [side, figures];
    return Object.fromEntries(Object.entries(best).map(figuresOf));
  };

  /** A row of the table, measured now. `limit` is a text, or bounds that are checked (targets.mjs). */
  const add = async (name, limit, sides) => {
    say(`${name} …`);
    const best = await bestOf(name, sides);
    rows.push({ name, limit, sides: best });
    return best;
  };

  /** Says so in a row of its own where the disk has too little room for what a case makes at this scale; it is left out then. */
  const lacks = (name, wanted) => {
    const why = lackOf(base, wanted);
    if (why === null) return false;
    say(`${name}: left out`);
    rows.push({ name, leftOut: `${why}; a smaller --scale needs less` });
    return true;
  };

  /** Large files go when their case ends; many small ones stay to the end, because removing them slows down what follows. */
  const removeSince = mark => {
    for (const folder of folders.splice(mark)) rmSync(folder, { recursive: true, force: true });
  };

  /** Further machines, for as long as the benchmark runs. */
  const addFleet = async count => {
    const further = await makeFleet(count, { lines: LINES });
    fleets.push(further);
    return further;
  };

  const tidy = async () => {
    await Promise.all(fleets.map(one => one.stop()));
    rmSync(base, { recursive: true, force: true });
  };

  const places = { base, caches, fleet, addFleet, fresh, unused, lacks, mark: () => folders.length, removeSince };
  const programs = { program, run, rsync, sftp, syncplan, planFor, writePlan };
  return { scale, rounds, rows, rounded, say, add, bestOf, tidy, ...places, ...programs };
};

/** Why these bytes and files do not fit there; null where they do. Some room is left to others. */
const lackOf = (folder, { bytes = 0, files = 0 }) => {
  const { bavail, bsize, ffree, files: inodes } = statfsSync(folder);
  const room = bavail * bsize - 1e9;
  if (room < bytes)
    return `${folder} lacks room: this makes ${bytesText(bytes)}, and ${bytesText(Math.max(0, room))} are to be had`;
  // Some file systems make inodes as they need them, and count none.
  if (inodes > 0 && ffree - 10_000 < files)
    return `${folder} lacks inodes: this makes ${files.toLocaleString('en')} files, and ${ffree.toLocaleString('en')} inodes are free`;
  return null;
};

/** A side that is given what is made for it anew each time, and not timed. */
export const withMade = (before, work) => Object.assign(made => work(made), { before });

/** Preparations must succeed as well. */
export const expectDone = ({ code, output }, what = 'preparing') => {
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${output}`);
};

const planOf = (master, { at, host }, compare) => `syncplan 1
input into
fleet {
  host here at local { root data "${master}" }
  host there at "${at}" { root data "\${into}"${host === '' ? '' : `; ${host}`} }
}
role master is here
role remote is there
block all { take all in data; ${compare} }
`;

/** What rsync says that it sent and received. */
const bytesOf = output => {
  const total = label => Number(new RegExp(`${label}: ([\\d,]+)`).exec(output)?.[1].replaceAll(',', '') ?? Number.NaN);
  return total('Total bytes sent') + total('Total bytes received');
};

/** Each file by a `put` of its own, as a batch is written by hand, and whole folders at once. */
const batchOf = (from, to, options) => {
  const names = readdirSync(from, { recursive: true, withFileTypes: true });
  const below = entry => relative(from, join(entry.parentPath, entry.name));
  const folders = names.filter(entry => entry.isDirectory()).map(below);
  const files = names.filter(entry => entry.isFile()).map(below);
  const lines = [
    ...[to, ...folders.sort().map(folder => join(to, folder))].map(folder => `mkdir ${folder}`),
    ...files.map(file => `put ${options} ${join(from, file)} ${join(to, file)}`),
  ];
  return `${lines.join('\n')}\n`;
};
