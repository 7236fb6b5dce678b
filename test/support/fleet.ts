// A small fleet of real SSH hosts on this machine, each with a home, a cache and a folder for roots of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sshd, type SshdOptions, startSshd } from './sshd.js';

export type FleetHost = Sshd & {
  /** HOME in its sessions; the agent's bundle and the digest cache go to `${home}/.cache/syncplan`. */
  readonly home: string;
  /** An empty folder to put roots in; `~/roots` there. */
  readonly roots: string;
};

export type Fleet = {
  /** For `--ssh-config`: knows every host by its alias, `host-1` and so on. */
  readonly configFile: string;
  readonly folder: string;
  readonly hosts: readonly FleetHost[];
  readonly stop: () => Promise<void>;
};

export type FleetOptions = Omit<SshdOptions, 'alias' | 'port' | 'network'> & {
  /** Each host in a network of its own, which is the caller's to remove. */
  readonly networks?: readonly SshdOptions['network'][];
};

export const makeFleet = async (count: number, { networks = [], ...options }: FleetOptions = {}): Promise<Fleet> => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-fleet-'));
  const hosts: FleetHost[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(hosts.map(host => host.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const started = Array.from({ length: count }, (_, index) =>
      startHost(folder, `host-${index + 1}`, { ...options, ...within(networks[index]) }),
    );
    const outcomes = await Promise.allSettled(started);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') hosts.push(outcome.value);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const configFile = join(folder, 'ssh_config');
    writeFileSync(configFile, hosts.map(host => host.config).join('\n'));
    return { configFile, folder, hosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const within = (network: SshdOptions['network']): Pick<SshdOptions, 'network'> =>
  network === undefined ? {} : { network };

const startHost = async (folder: string, alias: string, options: SshdOptions): Promise<FleetHost> => {
  const home = join(folder, alias);
  const roots = join(home, 'roots');
  mkdirSync(roots, { recursive: true });
  const env = { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), XDG_STATE_HOME: join(home, '.local/state') };
  const sshd = await startSshd({ ...options, alias, env: { ...env, ...options.env } });
  return { ...sshd, home, roots };
};
