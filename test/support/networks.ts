// Machines with an uplink each, on this one: network namespaces on a bridge that has a namespace of its own.
//
//   machine ── veth, shaped on its way out ──▶ bridge ──▶ any other machine
//
// Nothing of this machine's own network is touched. Making them wants root and the programs `ip` and `tc`.
import { execFileSync, spawnSync } from 'node:child_process';

export type Network = { readonly namespace: string; readonly address: string };

export type Networks = {
  readonly machines: readonly Network[];
  /** Bytes that this machine has sent so far, as its own interface counts them. */
  readonly sentBy: (machine: number) => number;
  /** Takes its cable out, or puts it back. */
  readonly plug: (machine: number, isIn: boolean) => void;
  /** A firewall: what comes to any other port of it than this one is never answered, and not refused either. */
  readonly onlyPort: (machine: number, port: number) => void;
  readonly remove: () => void;
};

/** Why none can be made here; null where they can. */
export const whyNoNetworks = (): string | null => {
  if (process.platform !== 'linux') return 'this is no Linux';
  if (process.getuid?.() !== 0) return 'this is not root';
  const missing = ['ip', 'tc'].find(program => spawnSync(program, ['-V']).error !== undefined);
  if (missing !== undefined) return `there is no ${missing} (apt-get install iproute2)`;
  try {
    makeNetworks(1, '100mbit').remove();
    return null;
  } catch (error) {
    return `a network namespace cannot be made: ${String(error).split('\n')[0]}`;
  }
};

/** `rate` as `tc` writes it: `100mbit`. */
export const makeNetworks = (count: number, rate: string): Networks => {
  const prefix = `sp${process.pid}-${made++}`;
  const bridge = `${prefix}-b`;
  const spaces: string[] = [];
  const remove = (): void => {
    for (const space of spaces) spawnSync('ip', ['netns', 'delete', space]);
  };
  const addSpace = (name: string): void => {
    run('ip', 'netns', 'add', name);
    spaces.push(name);
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  };
  try {
    addSpace(bridge);
    run('ip', '-n', bridge, 'link', 'add', 'middle', 'type', 'bridge');
    run('ip', '-n', bridge, 'link', 'set', 'middle', 'up');
    const machines = Array.from({ length: count }, (_, at): Network => {
      const namespace = `${prefix}-${at}`;
      const address = `10.77.${Math.floor(at / 250)}.${(at % 250) + 1}`;
      addSpace(namespace);
      run('ip', '-n', bridge, 'link', 'add', `port${at}`, 'type', 'veth', 'peer', 'name', 'up0', 'netns', namespace);
      run('ip', '-n', bridge, 'link', 'set', `port${at}`, 'master', 'middle', 'up');
      run('ip', '-n', namespace, 'address', 'add', `${address}/16`, 'dev', 'up0');
      run('ip', '-n', namespace, 'link', 'set', 'up0', 'up');
      run('tc', '-n', namespace, 'qdisc', 'add', 'dev', 'up0', 'root', 'tbf', 'rate', rate, ...SHAPE);
      return { namespace, address };
    });
    return {
      machines,
      sentBy: at => Number(run('ip', 'netns', 'exec', machines[at]!.namespace, 'cat', SENT)),
      plug: (at, isIn) => void run('ip', '-n', machines[at]!.namespace, 'link', 'set', 'up0', isIn ? 'up' : 'down'),
      onlyPort(at, port) {
        const { namespace } = machines[at]!;
        const answers = ['-n', namespace, 'rule', 'add', 'ipproto', 'tcp'];
        run('ip', ...answers, 'sport', String(port), 'lookup', 'main', 'prio', '10');
        run('ip', ...answers, 'prio', '20', 'blackhole');
      },
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
};

/** The command, run on that machine. */
export const on = ({ namespace }: Network, command: readonly string[]): readonly string[] => [
  'ip',
  'netns',
  'exec',
  namespace,
  ...command,
];

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

let made = 0;
const SENT = '/sys/class/net/up0/statistics/tx_bytes';
/** A queue of 50 ms, as a router has one. */
const SHAPE = ['burst', '256kb', 'latency', '50ms'];
