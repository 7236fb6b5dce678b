// Features that each work alone, together: random plans of several blocks over hosts of every kind, with an oracle.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type SftpServer, startSftpServer } from '../support/chroot.js';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { type Random, seeded } from '../support/seeded.js';
import { bounded, figure, SEED } from './bounds.js';
import { disturb, setMoment } from './combos-deeds.js';
import { type Expected, expectationsOf, faultsOn } from './combos-oracle.js';
import { type Combos, type Ground, type HostKind, makeCombos, placesOf, placesOn } from './combos-plan.js';
import { hold, proving } from './invariants.js';

const PLANS = bounded(6, 12);
const ROUNDS = 2;
const counts = { runs: 0, kills: 0 };

let fleet: Fleet;
let sftp: SftpServer;
let desk: Desk;
test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(3);
  sftp = await startSftpServer({ alias: 'box' });
  writeFileSync(join(desk.folder, 'ssh'), [...fleet.hosts.map(({ config }) => config), sftp.config].join('\n'));
});
test.after(async () => {
  await fleet?.stop();
  await sftp?.stop();
  desk?.remove();
});

test(
  proving(
    'whatever blocks are combined, on whatever hosts: each holds what its blocks take, nothing else was touched, and nothing is left to do',
    'every run ends',
  ),
  async () => {
    for (let plan = 0; plan < PLANS; plan++) await tryPlan(SEED * 100 + plan);
    figure('runs', counts.runs);
    figure('kills', counts.kills);
    assert.ok(counts.runs >= PLANS * ROUNDS * 2);
  },
);

const tryPlan = async (seed: number): Promise<void> => {
  const random = seeded(seed);
  const combos = makeCombos(random, join(desk.folder, 'ledger'), (kind, name) => groundFor(kind, `s${seed}-${name}`));
  const file = `s${seed}.sp`;
  writeFileSync(join(desk.folder, file), combos.text);
  const log: string[] = [];
  try {
    await tryRounds(file, combos, random, log);
  } catch (error) {
    const story = `seed ${seed}\n${combos.text}\n${log.join('\n')}`;
    throw new Error(`${(error as Error).message}\n${story}`, { cause: error });
  }
};

const tryRounds = async (file: string, combos: Combos, random: Random, log: string[]): Promise<void> => {
  const handing = combos.blocks.find(({ from }) => from !== null);
  onMaster(combos, random, 8, log);
  // What is handed on has to be there before the first run, as every master's folder.
  for (const place of handing === undefined ? [] : placesOf(handing.from!, handing.takes[0]!.from)) {
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'own-first'), 'first');
  }
  let drifted = random.chance(0.5);
  for (let round = 1; round <= ROUNDS; round++) {
    if (drifted) onRemotes(combos, random, log);
    // Saved plans refuse drift, and what they hand on is not known yet.
    const isSaved = !drifted && handing === undefined && random.chance(0.3);
    const how = isSaved ? 'saved' : random.pick(['whole', 'whole', 'killed', 'resumed', 'one block', 'one host']);
    log.push(`--- round ${round}: ${how}`);
    await tryRound(how, file, combos, random);
    onMaster(combos, random, 4, log);
    drifted = random.chance(0.6);
  }
};

const tryRound = async (how: string, file: string, combos: Combos, random: Random): Promise<void> => {
  if (how === 'one block' || how === 'one host') {
    const block = random.pick(combos.blocks);
    const host = random.pick(block.on);
    const only = how === 'one host' ? host.name : block.name;
    const expected = expectationsOf(combos, (one, at) => (how === 'one host' ? at === host : one === block));
    await succeeds(['apply', file, ...MEANT, '--only', only]);
    holds(expected, `--only ${only}`);
  }
  const expected = expectationsOf(combos, () => true);
  const due = dueHooks(combos);
  writeFileSync(join(desk.folder, 'ledger'), '');
  const killed = how === 'killed' || how === 'resumed';
  if (killed) {
    const seconds = (200 + random.below(1300)) / 1000;
    await runProcess(
      'timeout',
      ['-s', 'KILL', `${seconds}`, process.execPath, PROGRAM, ...argsOf(['apply', file, ...MEANT])],
      {
        cwd: desk.folder,
        env: HOME(),
      },
    );
    counts.kills++;
  }
  if (how === 'saved') await succeeds(['plan', file, '-o', `${file}.json`, '--allow-delete']);
  // Killed before it had begun, it is not the last run: then nothing is left of that.
  if (how === 'resumed') await succeeds(['apply', file, ...MEANT, '--resume']);
  await succeeds(how === 'saved' ? ['apply', `${file}.json`, '--yes'] : ['apply', file, ...MEANT]);
  holds(expected, how);
  const ran = readFileSync(join(desk.folder, 'ledger'), 'utf8').split('\n');
  for (const hook of due) {
    const times = ran.filter(line => line === hook).length;
    assert.ok(times === 1 || (times > 1 && killed), `the hook of ${hook} ran ${times} times`);
  }
  await succeeds(['plan', file, '--exit-code']);
  if (random.chance(0.3)) await succeeds(['apply', file, '--yes']);
};

/** Chance may leave nothing of a block on its master: that its files go everywhere is meant. */
const MEANT = ['--yes', '--allow-delete'];

/** Of blocks that have something to do on a host, as `BLOCK HOST`. */
const dueHooks = (combos: Combos): string[] =>
  combos.blocks
    .filter(({ hooked, from }) => hooked && from === null)
    .flatMap(block => block.on.map(host => ({ block, host })))
    .filter(({ block, host }) =>
      expectationsOf(combos, (one, on) => one === block && on === host).some(one => faultsOn(one).length > 0),
    )
    .map(({ block, host }) => `${block.name} ${host.name}`);

const holds = (expected: readonly Expected[], where: string): void =>
  assert.deepEqual(expected.flatMap(faultsOn), [], `after ${where}`);

const succeeds = async (args: readonly string[]): Promise<Ended> => {
  const limited = ['-s', 'KILL', '120', process.execPath, PROGRAM, ...argsOf(args)];
  const began = Date.now();
  const ended = await runProcess('timeout', limited, { cwd: desk.folder, env: HOME() });
  const seconds = (Date.now() - began) / 1000;
  hold('every run ends', args.join(' '), { ended: ended.signal === null && ended.code !== 137, seconds, within: 120 });
  counts.runs++;
  assert.equal(ended.code, 0, `${args.join(' ')}: ${said(ended.out, ended.err)}`);
  return ended;
};

const HOME = (): Readonly<Record<string, string>> => ({ HOME: join(desk.folder, '../home') });
const argsOf = (args: readonly string[]): string[] => [...args, '--ssh-config', join(desk.folder, 'ssh')];

let agents = 0;
const groundFor = (kind: HostKind, name: string): Ground => {
  const on = (folder: string, there: string, address: string): Ground => {
    const here = join(folder, name);
    mkdirSync(here);
    return { here, there: `${there}${name}`, address, shell: kind === 'shell' };
  };
  if (kind === 'local') return on(desk.folder, './', 'local');
  if (kind === 'sftp') return on(sftp.home, '', '"sftp://box"');
  const host = fleet.hosts[kind === 'shell' ? 2 : agents++ % 2]!;
  return on(host.roots, '~/roots/', `"${host.alias}"`);
};

/** Every folder that is taken keeps one file: a master must not be empty. */
const onMaster = (combos: Combos, random: Random, count: number, log: string[]): void => {
  const places = new Map<string, boolean>();
  for (const { from, takes, mirror, protect } of combos.blocks) {
    if (from !== null) continue;
    for (const take of takes) {
      const [place] = placesOf(combos.master, take.from);
      const follows = take.whole && mirror && !protect && !take.from.folder.endsWith('/sub');
      places.set(place!, (places.get(place!) ?? true) && follows);
    }
  }
  for (const place of places.keys()) {
    mkdirSync(place, { recursive: true });
    if (existsSync(join(place, 'always'))) continue;
    writeFileSync(join(place, 'always'), 'always');
    setMoment(join(place, 'always'), random);
  }
  for (const [place, follows] of places) {
    const isOuter = [...places.keys()].some(other => other.startsWith(`${place}/`));
    const manner = { gentle: !follows || isOuter, prefix: '', large: true };
    log.push(`${place}: ${disturb(place, count, random, manner).join('; ')}`);
  }
};

const onRemotes = ({ blocks, hosts }: Combos, random: Random, log: string[]): void => {
  for (const host of hosts) {
    for (const block of blocks.filter(({ on }) => on.includes(host))) {
      for (const take of block.takes) {
        for (const place of placesOn(host, block, take.into)) {
          if (!existsSync(place) || random.chance(0.4)) continue;
          const follows = take.whole && block.mirror && !block.protect && take.into.folder.includes('area');
          const prefix = follows ? '' : block.protect ? 'kept-' : 'own-';
          const did = disturb(place, 3, random, { gentle: !follows, prefix, large: false });
          log.push(`${host.name} ${place}: ${did.join('; ')}`);
        }
      }
    }
    const foreign = join(host.here, 'r0/foreign');
    mkdirSync(foreign, { recursive: true });
    disturb(foreign, 2, random, { gentle: false, prefix: '', large: false });
  }
};

test.run();
