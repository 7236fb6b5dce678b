// A shell of this machine as a far side: GNU tools as they are here, or nothing but the applets of BusyBox.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOOT } from '../../runtime/host/shell/boot.js';
import { bringVerbs } from '../../runtime/host/shell/scripts.js';
import { openSession, type SessionOptions, type ShellSession } from '../../runtime/host/shell/session.js';
import type { BsdTools } from '../support/bsd-tools.js';
import { NO_FLOCK } from './locking.js';

export type FarShell = {
  readonly session: ShellSession;
  readonly kill: () => void;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
};

export const MARK = '0123456789abcdef0123456789abcdef';

export const startShell = (
  {
    shell = ['sh'],
    environment = {},
  }: { readonly shell?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
  options: Partial<SessionOptions> = {},
): FarShell => {
  const [file, ...args] = shell;
  const child = spawn(file!, [...args, '-c', BOOT], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  child.stdin.write(bringVerbs());
  const kill = (): void => void child.kill('SIGKILL');
  const session = openSession(
    { input: child.stdout, output: child.stdin },
    { label: 'here', mark: MARK, cut: kill, ...options },
  );
  return {
    session,
    kill,
    async stop() {
      session.close();
      await ended;
    },
  };
};

/** A folder to be the whole PATH. */
export type Tools = { readonly path: string; readonly remove: () => void };

/** Every applet of BusyBox and nothing else. */
export const makeBusyBox = (): Tools => {
  const path = mkdtempSync(join(tmpdir(), 'syncplan-busybox-'));
  const program = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  for (const applet of execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    symlinkSync(program, join(path, applet));
  }
  return { path, remove: () => rmSync(path, { recursive: true }) };
};

/** All programs of this machine but the languages that a host driven by its shell has to do without, and BusyBox; and `without` more. */
export const makeGnuTools = (without: RegExp = /^$/): Tools => {
  const path = mkdtempSync(join(tmpdir(), 'syncplan-gnu-'));
  for (const from of ['/usr/bin', '/bin']) {
    for (const name of readdirSync(from)) {
      if (OTHERS.test(name) || without.test(name) || existsSync(join(path, name))) continue;
      symlinkSync(join(from, name), join(path, name));
    }
  }
  return { path, remove: () => rmSync(path, { recursive: true }) };
};

const OTHERS = /^(?:node|npm|npx|corepack|python|perl|pypy|ruby|busybox)/;

/** How a shell is started that has nothing else; flock, which is looked for beyond PATH as well, is this machine's own. */
export const busyBoxShell = (path: string) => ({ shell: [join(path, 'sh')], environment: { PATH: path, ...NO_FLOCK } });

/** The tools of a BSD (test/support/bsd-tools.ts), and no flock, wherever it is looked for. */
export const bsdShell = ({ path, environment }: BsdTools) => ({
  shell: [join(path, 'sh')],
  environment: { ...environment, ...NO_FLOCK },
});
