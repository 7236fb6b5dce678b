// The built program, run as a user runs it: a process with arguments, and what it said.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
};

export type Desk = {
  /** Working folder of every program started here; empty at first. */
  readonly folder: string;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Keeps all that is here now, the home too, to the last attribute; what it gives puts it back. */
  readonly keep: () => () => void;
  readonly remove: () => void;
};

export type RunOptions = {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Called with the process id once it runs. */
  readonly started?: (pid: number) => void;
};

export const PROGRAM = resolve('dist/syncplan.js');

/** A new folder with a home of its own, so that nothing of the user's is read or written. */
export const openDesk = (): Desk => {
  const top = mkdtempSync(join(tmpdir(), 'syncplan-cli-'));
  const base = join(top, 'now');
  const folder = join(base, 'desk');
  const home = join(base, 'home');
  for (const path of [base, folder, home]) mkdirSync(path);
  const copy = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to]);
  return {
    folder,
    run: (args, options = {}) =>
      runProcess(process.execPath, [PROGRAM, ...args], {
        ...options,
        cwd: options.cwd ?? folder,
        env: { HOME: home, ...options.env },
      }),
    keep() {
      const kept = join(top, 'kept');
      copy(base, kept);
      return () => {
        rmSync(base, { recursive: true });
        copy(kept, base);
      };
    },
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
};

/** The end of what a program said, for the message of an assertion. */
export const said = (...texts: readonly string[]): string => texts.map(text => text.slice(-1500)).join('\n');

/** What doctor says, each fact on a line however it was wrapped. */
export const unwrapped = (text: string): string => text.replace(/\n {5,}/g, ' ');

/** Runs any program with a bare environment: PATH, and what is given. */
export const runProcess = (program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> => {
  const child = spawn(program, args, {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...options.env },
  });
  const chunks = { out: [] as Buffer[], err: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.err.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  if (child.pid !== undefined) options.started?.(child.pid);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) =>
      done({ code, signal, out: Buffer.concat(chunks.out).toString(), err: Buffer.concat(chunks.err).toString() }),
    );
  });
};
