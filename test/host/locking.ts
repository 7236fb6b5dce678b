// Locks under test: hosts of this machine over one folder, processes that hold a lock, and what they leave on the disk.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Host, LockRequest, Root } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { openLocalHost } from '../../runtime/host/local.js';
import type { CheckedLock } from '../../runtime/host/lock-check.js';

export type Asked = Partial<Omit<LockRequest, 'root'>>;

/** By what hosts of a yard lock. */
export type Way = 'flock' | 'claims';

export type Yard = {
  readonly way: Way;
  /** What somebody removes or replaces who wants a lock gone. */
  readonly held: (name?: string) => string;
  /** The root's folder. */
  readonly folder: string;
  /** A path beside the root, for scripts and marks. */
  readonly beside: (name: string) => string;
  readonly lockFile: (name?: string) => string;
  readonly open: (way?: Way) => Promise<Opened>;
  /** A process of its own that has, or was refused, the lock. */
  readonly holder: (asked?: Asked, way?: Way) => Promise<HolderProcess>;
  readonly remove: () => Promise<void>;
};

export type Opened = {
  readonly host: Host;
  readonly root: Root;
  readonly acquire: (asked?: Asked) => Promise<CheckedLock>;
};

export type HolderProcess = {
  readonly said: {
    readonly held: boolean;
    readonly epoch: number;
    readonly waited: boolean;
    readonly message?: string;
  };
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  /** Ends its input, as the end of a connection does, and waits for its end. */
  readonly end: () => Promise<void>;
};

/** Where there is no flock. */
export const NO_FLOCK = { SYNCPLAN_FLOCK: '/nonexistent/flock' } as const;

export const makeYard = (
  usual: Way = 'flock',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Yard => {
  const environmentOf = (way: Way) => ({ ...environment, ...(way === 'claims' ? NO_FLOCK : {}) });
  const top = mkdtempSync(join(tmpdir(), 'syncplan-lock-'));
  const folder = join(top, 'root');
  mkdirSync(folder);
  const hosts: Host[] = [];
  const holders: HolderProcess[] = [];
  return {
    way: usual,
    folder,
    held: (name = 'app') => join(folder, '.syncplan', 'lock', usual === 'claims' ? `${name}.held` : name),
    beside: name => join(top, name),
    lockFile: (name = 'app') => join(folder, '.syncplan', 'lock', name),
    async open(way = usual) {
      const host = await openLocalHost({
        label: 'here',
        cacheFolder: join(top, 'cache'),
        breathe: () => new Promise(setImmediate),
        environment: environmentOf(way),
      });
      hosts.push(host);
      const root = await host.openRoot(folder, { create: true, state: null });
      const acquire = async (asked: Asked = {}): Promise<CheckedLock> =>
        (await host.locks!.acquire({ ...request(asked), root })) as CheckedLock;
      return { host, root, acquire };
    },
    async holder(asked = {}, way = usual) {
      const holder = await startHolder(
        { folder, cache: join(top, 'cache'), request: request(asked) },
        environmentOf(way),
      );
      holders.push(holder);
      return holder;
    },
    async remove() {
      for (const host of hosts) await host.close();
      for (const holder of holders) await holder.kill('SIGKILL');
      rmSync(top, { recursive: true, force: true });
    },
  };
};

/** Exclusive, at once, advisory. */
const request = (asked: Asked): Omit<LockRequest, 'root'> => ({
  block: 'app',
  mode: 'exclusive',
  run: 'run-1',
  wait: 0,
  hold: 60,
  by: { kind: 'advisory' },
  folders: [],
  ...asked,
});

const startHolder = async (
  argument: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<HolderProcess> => {
  const child = spawn(process.execPath, ['build/test/host/lock-holder.js', JSON.stringify(argument)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment,
  });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const said = JSON.parse(await firstLine(child));
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
  };
  return {
    said,
    pid: child.pid!,
    kill,
    end: async () => {
      child.stdin!.end();
      await ended;
    },
  };
};

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', chunk => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('exit', () => reject(new Error(`the holder ended: ${text}`)));
  });

export const modeOf = (path: string): number => statSync(path).mode & 0o7777;

export const recordIn = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** A test with a yard of its own. */
export const inYard = (title: string, run: (yard: Yard) => Promise<void>): void => {
  test(title, async () => {
    const yard = makeYard();
    try {
      await run(yard);
    } finally {
      await yard.remove();
    }
  });
};

/** The same once for each way of locking. */
export const inYards = (title: string, run: (yard: Yard) => Promise<void>): void => {
  for (const way of ['flock', 'claims'] as const) {
    test(`${title} (${way})`, async () => {
      const yard = makeYard(way);
      try {
        await run(yard);
      } finally {
        await yard.remove();
      }
    });
  }
};

export const PLAIN = {
  block: 'app',
  mode: 'exclusive',
  run: 'run-1',
  wait: 0,
  hold: 60,
  by: { kind: 'advisory' },
  folders: [],
} as const;

export const isLost =
  (message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HostError && error.code === 'locked' && message.test(error.message);

export const rejects = (work: Promise<unknown>, code: string, message: RegExp, help = /./): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof HostError, String((error as Error).stack));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.match(error.help, help);
    return true;
  });

export const refused = (work: Promise<unknown>, message: RegExp, help = /./): Promise<void> =>
  rejects(work, 'locked', message, help);

export const pause = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));
