// A shell of this machine as a far side: GNU tools as they are here, or nothing but the applets of BusyBox.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOOT } from '../../runtime/host/shell/boot.js';
import { bringVerbs } from '../../runtime/host/shell/scripts.js';
import { openSession, type SessionOptions, type ShellSession } from '../../runtime/host/shell/session.js';

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

/** A folder with every applet of BusyBox and nothing else, to be the whole PATH. */
export const makeBusyBox = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'syncplan-busybox-'));
  const program = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  for (const applet of execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    symlinkSync(program, join(path, applet));
  }
  return { path, remove: () => rmSync(path, { recursive: true }) };
};

/** How a shell is started that has nothing else. */
export const busyBoxShell = (path: string) => ({ shell: [join(path, 'sh')], environment: { PATH: path } });
