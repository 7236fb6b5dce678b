// Connecting over sshd as tests of it need it: one bundle and one folder for the file, servers with homes of their own.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostAddress } from '../../compiler/plan.js';
import { type ConnectOptions, makeConnect } from '../../runtime/host/connect.js';
import type { Host } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { bundleAgent } from '../support/agent-bundle.js';
import { isRunning, processesBelow } from '../support/processes.js';
import { type Sshd, type SshdOptions, startSshd } from '../support/sshd.js';
import { hostPlan } from './host-plan.js';

export const folder = mkdtempSync(join(tmpdir(), 'syncplan-connect-'));
export const bundle = await bundleAgent();

/** The last test of each file. */
export const nothingIsLeft = (): void => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
  assert.deepEqual(processesBelow(process.pid), []);
};

export type Ways = {
  readonly options?: Partial<ConnectOptions>;
  readonly address?: Partial<Extract<HostAddress, { kind: 'ssh' }>>;
};

export const baseOptions = () => ({
  acceptNewKeys: false,
  agentBundle: bundle.path,
  planFolder: folder,
  cacheFolder: join(folder, 'cache'),
});

export const connector = (options: Partial<ConnectOptions>) =>
  makeConnect({ ...baseOptions(), environment: { ...process.env, HOME: folder }, ...options });

export const plan = (address: Partial<Extract<HostAddress, { kind: 'ssh' }>>) =>
  hostPlan('there', { kind: 'ssh', host: 'there', base: '', ...address });

export const connectTo = (sshd: Sshd, { options = {}, address = {} }: Ways = {}): Promise<Host> =>
  connector({ sshConfig: sshd.configFile, ...options })(plan({ host: sshd.alias, ...address }));

/** Bytes sent to connect once. */
export const visit = async (sshd: Sshd): Promise<number> => {
  const host = await connectTo(sshd);
  await host.close();
  return host.traffic().sent;
};

/** A server whose sessions have a home and a cache of their own. */
export const withSshd = async (
  options: SshdOptions,
  work: (sshd: Sshd, cache: string) => Promise<void>,
): Promise<void> => {
  const home = mkdtempSync(join(folder, 'home-'));
  const sshd = await startSshd({ ...options, env: { HOME: home, XDG_CACHE_HOME: home, ...options.env } });
  try {
    await work(sshd, join(home, 'syncplan'));
  } finally {
    await sshd.stop();
  }
};

export const bundles = (cache: string): string[] =>
  readdirSync(cache).filter(name => /^agent-.*\.cjs(\.[0-9a-f]+)?$/.test(name));

export const agentBelow = (pid: number): number => {
  const found = processesBelow(pid).filter(({ command }) => /node -e /.test(command));
  assert.equal(found.length, 1, 'one agent runs there');
  return found[0]!.pid;
};

/** Asks until it fails. */
export const keepAsking = async (host: Host): Promise<never> => {
  for (;;) {
    await host.openRoot('/', { create: false, state: null });
    await delay(20);
  }
};

export const gone = async (pids: readonly number[]): Promise<void> => {
  for (let i = 0; pids.some(isRunning) && i < 150; i++) await delay(20);
  assert.deepEqual(pids.filter(isRunning), []);
};

export const rejects = (work: Promise<unknown>, code: string, message: RegExp, help = /./): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.match(error.help, help);
    return true;
  });

export const delay = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));
