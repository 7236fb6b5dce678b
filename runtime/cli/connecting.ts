// How hosts of a plan are reached from here: ssh's configuration, the agent's bundle, and where relative roots lie.
import { homedir } from 'node:os';
import { posix, resolve } from 'node:path';
import { setImmediate as out } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HostPlan, RootPath } from '../../compiler/plan.js';
import { type ConnectOptions, makeConnect } from '../host/connect.js';
import type { Host } from '../host/host.js';
import { fromText, type Path } from '../tree/path.js';
import type { Call } from './command.js';
import { cacheFolder } from './history.js';

export type Connecting = {
  readonly connect: (host: HostPlan) => Promise<Host>;
  readonly resolveRoot: (host: HostPlan, root: RootPath) => Path;
  /** Where syncplan keeps its own files for a root; null for `.syncplan` in it. */
  readonly resolveState: (host: HostPlan, root: RootPath) => Path | null;
};

/** `planFolder` is absolute: the folder of the plan's main file. */
export const prepareConnect = (
  { options, terminal }: Call,
  planFolder: string,
  signal: AbortSignal,
  more: Pick<ConnectOptions, 'copiesRuntime'> = {},
): Connecting => {
  const sshConfig = options.value('ssh-config') ?? (terminal.environment.SYNCPLAN_SSH_CONFIG || null);
  return {
    connect: makeConnect({
      ...(sshConfig === null ? {} : { sshConfig: resolve(terminal.folder, sshConfig) }),
      acceptNewKeys: options.flag('accept-new-keys'),
      agentBundle: fileURLToPath(new URL('./agent.cjs', import.meta.url)),
      handshakes: HANDSHAKES,
      planFolder,
      cacheFolder: cacheFolder(terminal.environment, homedir()),
      environment: terminal.environment,
      signal,
      ...more,
    }),
    resolveRoot: (host, root) => resolvePath(planFolder, host, root.base, root.path),
    resolveState: (host, root) => (root.state === null ? null : resolvePath(planFolder, host, root.base, root.state)),
  };
};

/**
 * Calls every host at once; the answer gives each as it was called, for whoever asks for it then. Those that are far come
 * first, before a process is started for one here: they take longest.
 */
export const callHosts = (connect: Connecting['connect'], hosts: readonly HostPlan[]): Connecting['connect'] => {
  const isHere = ({ address }: HostPlan): number => (address.kind === 'local' ? 1 : 0);
  const called = new Map(
    [...hosts]
      .sort((a, b) => isHere(a) - isHere(b))
      .map(host => {
        const answer = isHere(host) === 1 ? out().then(() => connect(host)) : connect(host);
        // A failure is told by whoever asks; until then it must not end the program.
        answer.catch(() => undefined);
        return [host.id, answer] as const;
      }),
  );
  return host => called.get(host.id) ?? connect(host);
};

/** Relative roots are those of this machine: they lie beside the file that declares them. The plan has text; a host wants a path. */
const resolvePath = (planFolder: string, host: HostPlan, base: string, path: string): Path => {
  const isHere = host.address.kind === 'local' && !path.startsWith('/') && !/^~(\/|$)/.test(path);
  return fromText(isHere ? posix.resolve(planFolder, base, path) : path);
};

/** One handshake costs a third of a second of processor time; more at once only make each of them slower. */
const HANDSHAKES = 8;
