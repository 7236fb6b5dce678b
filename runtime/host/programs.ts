// Runs programs that a plan names: without a shell, without input, in a process group of their own, for a limited time.
//
// 1. What a policy forbids is not started (policy.ts holds the format of its files).
// 2. When the time is over the whole group ends: TERM, and KILL two seconds later. Nobody waits for what a program that has
//    ended left running, even if it holds the output open.
// 3. A program runs in `/`, with this process's environment and what is added; a bare name is looked up in PATH.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Ended, Programs } from './host.js';
import { openPolicy, type Policy, type PolicyPlaces, type Purpose } from './policy.js';

export type RunOptions = Parameters<Programs['run']>[1] & {
  readonly purpose: Purpose;
  /** Ends the program as the end of its time does. */
  readonly signal?: AbortSignal;
};

export type LocalPrograms = Programs & {
  /** For more than hooks. `started` says that it ran at all. */
  readonly runFor: (command: readonly string[], options: RunOptions) => Promise<Ended & { readonly started: boolean }>;
  /** Ends what still runs, and runs nothing more for hooks. */
  readonly close: () => void;
};

/** The programs of this machine. */
export const openPrograms = (places: PolicyPlaces, policy: Policy = openPolicy(places)): LocalPrograms => {
  const closing = new AbortController();
  const runFor: LocalPrograms['runFor'] = async (command, options) => {
    const environment = { ...places.environment, ...options.environment };
    const [name = '', ...args] = command;
    const path = findProgram(name, environment.PATH ?? DEFAULT_PATH);
    if (path === null) return notStarted(`${name}: no such program${name.includes('/') ? '' : ' in PATH'}`);
    const refused = policy.refuseProgram(options.purpose, path);
    return refused === null ? runProgram(path, args, environment, options) : notStarted(refused);
  };
  return {
    runFor,
    run: async (command, options) => {
      if (closing.signal.aborted) return notStarted('the connection is closed');
      const { code, output } = await runFor(command, { ...options, purpose: 'hook', signal: closing.signal });
      return { code, output };
    },
    close: () => closing.abort(),
  };
};

const notStarted = (why: string) => ({ code: null, output: why, started: false });

const runProgram = (
  path: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  { timeout, signal }: RunOptions,
): Promise<Ended & { readonly started: boolean }> =>
  new Promise(resolve => {
    const child = spawn(path, args, {
      cwd: '/',
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    // Where no more files may be open there is neither a process nor its streams.
    const streams = [child.stdout, child.stderr].filter(stream => stream !== undefined);
    const tail = makeTail();
    let why = '';
    let killer: NodeJS.Timeout | undefined;
    const end = (reason: string): void => {
      if (why !== '') return;
      why = reason;
      killGroup(child.pid, 'SIGTERM');
      killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    const timer = setTimeout(() => end(`it was ended after ${timeout} s`), Math.min(timeout * 1000, MAX_TIMER_MS));
    const onAbort = (): void => end('it was ended with the connection');
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    const settle = (ended: Ended & { readonly started: boolean }): void => {
      clearTimeout(timer);
      clearTimeout(killer);
      signal?.removeEventListener('abort', onAbort);
      // The rest of a group whose leader was ended goes with it; what a program left behind by itself may stay.
      if (why !== '') killGroup(child.pid, 'SIGKILL');
      for (const stream of streams) stream.destroy();
      resolve(ended);
    };
    for (const stream of streams) {
      stream.on('data', tail.push);
      stream.on('error', () => {});
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) settle(notStarted(`${path} cannot be started: ${error.code ?? error.message}`));
    });
    child.once('exit', (code, killed) => {
      const closed = new Promise(done => child.once('close', done));
      void Promise.race([closed, delay(DRAIN_MS)]).then(() => {
        const said = why !== '' ? why : killed === null ? '' : `it was ended by ${killed}`;
        settle({ code: said === '' ? code : null, output: tail.text(said), started: true });
      });
    });
  });

/** The last 4 KiB of what came, in the order it came. */
const makeTail = () => {
  let held = Buffer.alloc(0);
  return {
    push: (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk.subarray(-MAX_OUTPUT)]).subarray(-MAX_OUTPUT);
    },
    /** With a last line of our own. */
    text: (last: string): string => {
      const said = held.toString('utf8').trimEnd();
      if (last === '') return said;
      return said === '' ? last : `${said.slice(-(MAX_OUTPUT - last.length - 1))}\n${last}`;
    },
  };
};

/** Absolute; null where nothing can be started under that name. A relative path with a `/` is one from `/`. */
export const findProgram = (name: string, path: string): string | null => {
  if (name === '' || name.includes('\0')) return null;
  if (name.includes('/')) return isProgram(join('/', name)) ? join('/', name) : null;
  for (const folder of path.split(delimiter)) {
    if (isAbsolute(folder) && isProgram(join(folder, name))) return join(folder, name);
  }
  return null;
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** The group has the number of its first process. */
const killGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Nobody is left of it.
  }
};

const delay = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
const MAX_OUTPUT = 4_096;
const GRACE_MS = 2_000;
/** What was written just before the end is still on its way. */
const DRAIN_MS = 250;
const MAX_TIMER_MS = 2_147_483_647;
