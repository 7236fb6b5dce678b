// One kill: starts the program, kills it or an agent at a random moment, and waits until nothing of it is left.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type Process, processesBelow } from '../support/processes.js';
import { PROGRAM } from '../support/program.js';
import type { Random } from '../support/seeded.js';
import { hold } from './invariants.js';

/** Whose process is killed: the program itself, the agent on the far side, or the one that reads the master's files. */
export type Victim = 'client' | 'agent' | 'master-agent';

export type Killing = {
  /** Of the program. */
  readonly args: readonly string[];
  /** Where it works. */
  readonly folder: string;
  /** The process below which the far agent runs; null where it is a child of the program too. */
  readonly far: number | null;
  readonly victim: Victim;
  readonly random: Random;
  /** Milliseconds that such a run takes. */
  readonly usual: number;
  readonly where: string;
};

/** Kills at a random moment of the whole run, or shortly after the staging or the commit was announced. */
export const killOnce = async ({
  args,
  folder,
  far: server,
  victim,
  random,
  usual,
  where,
}: Killing): Promise<boolean> => {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: join(folder, '../home') },
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
  const far = server === null ? [] : processesBelow(server);
  const near = processesBelow(child.pid!);
  const among = {
    client: [child.pid!],
    agent: nodesAmong(server === null ? near : far),
    'master-agent': nodesAmong(near),
  }[victim];
  const chosen = among[random.below(among.length)];
  const killed = chosen !== undefined && child.exitCode === null && signal(chosen, 'SIGKILL');
  const code = await Promise.race([exited, delay(LONGEST, 'late' as const, { ref: false })]);
  if (code === 'late') for (const { pid } of [...near, { pid: child.pid! }]) signal(pid, 'SIGKILL');
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

const nodesAmong = (processes: readonly Process[]): number[] =>
  processes.filter(({ command }) => /^\S*node\b/.test(command)).map(({ pid }) => pid);

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

const LONGEST = 40_000;
