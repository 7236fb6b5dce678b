// A kill loop: upgrades of a few hundred files over real SSH, killed at random moments, while a reader reads all of them.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { isRunning, type Process, processesBelow } from '../support/processes.js';
import { type Desk, openDesk, PROGRAM } from '../support/program.js';
import type { Random } from '../support/seeded.js';
import { hold, type Seen } from './invariants.js';
import { type Expected, type Reader, startReader } from './reader.js';
import { recoverFolder } from './recovering.js';
import { sightsOn } from './sights.js';

/** Whose process is killed: the program itself, the agent on the far side, or the one that reads the master's files. */
export type Victim = 'client' | 'agent' | 'master-agent';

export type KillStage = {
  readonly remote: string;
  readonly reader: Reader;
  /** One upgrade, or downgrade, killed at a random moment, and the same command until it is done. */
  readonly round: (victim: Victim, random: Random, where: string) => Promise<Round>;
  readonly close: () => Promise<void>;
};

/** What the kill left: nothing begun, a switch to be finished, or one that was finished already. */
export type Round = { readonly killed: boolean; readonly left: 'old' | 'mixed' | 'new' };

const RELEASES = ['old', 'new'] as const;

export const openKillStage = async (consistency: string): Promise<KillStage> => {
  const desk = openDesk();
  const fleet = await makeFleet(1);
  try {
    return await setUp(desk, fleet, consistency);
  } catch (error) {
    await fleet.stop();
    desk.remove();
    throw error;
  }
};

const setUp = async (desk: Desk, fleet: Fleet, consistency: string): Promise<KillStage> => {
  const remote = join(fleet.hosts[0]!.roots, 'site');
  for (const release of RELEASES) putRelease(join(desk.folder, release), release);
  for (const release of RELEASES) writeFileSync(join(desk.folder, `${release}.sp`), planFor(release, consistency));
  const trees = { old: sightsOn(join(desk.folder, 'old')), new: sightsOn(join(desk.folder, 'new')) };
  const first = await desk.run(['apply', 'old.sp', '--ssh-config', fleet.configFile]);
  if (first.code !== 0) throw new Error(`the first run ended with ${first.code}: ${first.out}${first.err}`);
  const begun = Date.now();
  const second = await desk.run(['apply', 'new.sp', '--ssh-config', fleet.configFile]);
  if (second.code !== 0) throw new Error(`the second run ended with ${second.code}: ${second.out}${second.err}`);
  const usual = Date.now() - begun;
  const reader = startReader(remote, expectations(join(desk.folder, 'old'), join(desk.folder, 'new'), trees));
  let standing: 'old' | 'new' = 'new';
  return {
    remote,
    reader,
    async round(victim, random, where) {
      const next = standing === 'old' ? 'new' : 'old';
      const moment = { old: trees[standing], new: trees[next] };
      const killed = await killOnce({ desk, fleet, victim, random, usual, plan: `${next}.sp`, where });
      const now = sightsOn(remote);
      hold('every read of a final path is old or new', `${where}, killed`, { ...moment, now });
      hold('an existing path that is replaced by its like is never missing', `${where}, killed`, { ...moment, now });
      if (random.chance(0.5)) {
        await recoverFolder(remote);
        hold('after recovery a block is all old or all new', `${where}, recovered`, {
          ...moment,
          now: sightsOn(remote),
        });
      }
      const again = await desk.run(['apply', `${next}.sp`, '--json', '--ssh-config', fleet.configFile]);
      const summary = JSON.parse(again.out.trimEnd().split('\n').at(-1) ?? '{}') as { exitCode?: number };
      const after = sightsOn(remote);
      hold(
        'exit 0 exactly when every host was verified',
        `${where}, run again: ${again.err}${again.out.slice(-2000)}`,
        {
          exitCode: again.code,
          hosts: [{ done: summary.exitCode === 0, now: after, new: trees[next] }],
        },
      );
      if (again.code !== 0)
        throw new Error(`${where}: the same command ended with ${again.code}: ${again.err}${again.out.slice(-2000)}`);
      const staging = join(remote, '.syncplan/staging');
      const left = existsSync(staging) ? readdirSync(staging) : [];
      if (left.length > 0) throw new Error(`${where}: staging still holds ${left.join(', ')}`);
      standing = next;
      return { killed, left: same(now, moment.old) ? 'old' : same(now, moment.new) ? 'new' : 'mixed' };
    },
    async close() {
      await reader.stop();
      await fleet.stop();
      desk.remove();
    },
  };
};

type Killing = {
  readonly desk: Desk;
  readonly fleet: Fleet;
  readonly victim: Victim;
  readonly random: Random;
  /** Milliseconds that such a run takes. */
  readonly usual: number;
  readonly plan: string;
  readonly where: string;
};

/** Kills at a random moment of the whole run, or shortly after the staging or the commit was announced. */
const killOnce = async ({ desk, fleet, victim, random, usual, plan, where }: Killing): Promise<boolean> => {
  const child = spawn(process.execPath, [PROGRAM, 'apply', plan, '--json', '--ssh-config', fleet.configFile], {
    cwd: desk.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: join(desk.folder, '../home') },
  });
  const began = Date.now();
  const exited = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
  const mark = random.pick([
    null,
    '"state":"staging"',
    '"state":"committing"',
    '"state":"committing"',
    '"type":"commit"',
  ]);
  const announced = new Promise<void>(resolve => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      said += text;
      if (mark !== null && said.includes(mark)) resolve();
    });
  });
  if (mark === null) await delay(random.fraction() * usual * 1.1);
  else await Promise.race([announced.then(() => delay(random.fraction() * 60)), exited]);
  const far = processesBelow(fleet.hosts[0]!.pid);
  const near = processesBelow(child.pid!);
  const chosen = { client: child.pid, agent: nodeAmong(far), 'master-agent': nodeAmong(near) }[victim];
  const killed = chosen !== undefined && child.exitCode === null && signal(chosen, 'SIGKILL');
  const code = await Promise.race([exited, delay(LONGEST).then(() => 'late' as const)]);
  hold('every run ends', where, {
    ended: code !== 'late',
    seconds: (Date.now() - began) / 1000,
    within: LONGEST / 1000,
  });
  const left = await untilGone(
    [...far, ...near].map(({ pid }) => pid),
    LONGEST,
  );
  if (left.length > 0) throw new Error(`${where}: processes ${left.join(', ')} did not end after ${victim} was killed`);
  return killed;
};

const nodeAmong = (processes: readonly Process[]): number | undefined =>
  processes.find(({ command }) => /^\S*node\b/.test(command))?.pid;

/** False where it is gone already. */
const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
};

/** Waits until all have ended; those that have not. */
const untilGone = async (pids: readonly number[], milliseconds: number): Promise<number[]> => {
  const end = Date.now() + milliseconds;
  for (;;) {
    const left = pids.filter(isRunning);
    if (left.length === 0 || Date.now() > end) return left;
    await delay(20);
  }
};

const putRelease = (folder: string, release: 'old' | 'new'): void => {
  mkdirSync(folder, { recursive: true });
  cpSync(`node_modules/sample-${release}/internals`, join(folder, 'internals'), {
    recursive: true,
    preserveTimestamps: true,
  });
  cpSync(`node_modules/sample-${release}/web`, join(folder, release === 'old' ? 'web' : 'net'), {
    recursive: true,
    preserveTimestamps: true,
  });
  writeFileSync(join(folder, 'RELEASE'), `${release}\n`);
  writeFileSync(join(folder, 'large'), Buffer.alloc(3_000_000, release));
  writeFileSync(join(folder, 'run'), 'the same\n');
  chmodSync(join(folder, 'run'), release === 'old' ? 0o755 : 0o700);
  symlinkSync(release === 'old' ? 'run' : 'RELEASE', join(folder, 'start'));
  // Whole seconds: what is compared here is exact, and Node.js rounds times that are finer than microseconds.
  for (const name of ['RELEASE', 'large', 'run', 'start']) lutimesSync(join(folder, name), MOMENT, MOMENT);
};

const planFor = (release: string, consistency: string): string => `syncplan 1
fleet {
  host build at local { root site "./${release}" }
  host web at "host-1" { root site "~/roots/site" }
}
role master is build
role remote is web
block app {
  take all in site
  ${consistency}
  delete mirror { max 100% }
}
`;

/** What a reader may see of each path while one release turns into the other and back. */
const expectations = (old: string, next: string, trees: { readonly old: Seen; readonly new: Seen }): Expected[] => {
  const paths = new Set([...trees.old.keys(), ...trees.new.keys()]);
  return [...paths].flatMap(path => {
    const sights = [trees.old.get(path), trees.new.get(path)];
    if (sights.some(sight => sight?.kind === 'folder')) return [];
    const link = sights.some(sight => sight?.kind === 'link');
    const contents = [old, next].flatMap((folder, i) => {
      if (sights[i] === undefined) return [];
      const whole = join(folder, Buffer.from(path, 'latin1').toString());
      return [link ? Buffer.from(readlinkSync(whole)) : readFileSync(whole)];
    });
    return [{ path: Buffer.from(path, 'latin1').toString(), contents, link, always: contents.length === 2 }];
  });
};

const same = (a: Seen, b: Seen): boolean => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

const delay = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms).unref());

const LONGEST = 40_000;
const MOMENT = 1_650_000_000;
