// From a host of the plan to a Host: the agent on this machine as a child process, on every other over one SSH session.
//
// 1. At most `handshakes` are under way; a login that is refused is never tried again, a server that is busy a few times.
// 2. `signal` ends connecting, not what is connected: a run stops at its next safe point and then closes its hosts.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import pLimit from 'p-limit';
import type { HostPlan } from '../../compiler/plan.js';
import { agentHost } from './agent/client.js';
import { type Baggage, type Bundle, greet, makeBundle } from './agent/push.js';
import { REMOTE_COMMAND, REMOTE_COMMAND_WITH_RUNTIME, SHELL_COMMAND } from './agent/remote-command.js';
import { ownRuntime, type Runtime } from './agent/runtime.js';
import { commandAs, explainSudo } from './become.js';
import { type Carrier, startCarrier } from './carrier.js';
import { withoutTrace } from './crash.js';
import type { Host } from './host.js';
import { HostError } from './host-error.js';
import { sleep } from './sleep.js';
import {
  byHand,
  type SshAddress,
  type SshOptions,
  shortWay,
  sshArguments,
  sshConfigOf,
  sshEnvironment,
  sshWay,
} from './ssh.js';
import { choosesCiphers } from './ssh-ciphers.js';
import { explainSsh, NOT_STARTED, tail } from './ssh-failure.js';
import { configuredHops, hopsOf, isBehind } from './ssh-hops.js';

export type ConnectOptions = {
  /** Handed to ssh as -F, so that nothing of the user's own configuration is read. */
  readonly sshConfig?: string;
  /** Accept host keys that are not known yet; never changed ones. */
  readonly acceptNewKeys: boolean;
  /** Path of the bundled agent. */
  readonly agentBundle: string;
  /** Logins at a time. */
  readonly handshakes?: number;
  /** Folder of the plan's main file; relative keys and configurations lie below it. */
  readonly planFolder: string;
  /** Where the agent of this machine keeps its digest cache, and those of machines without one are kept. */
  readonly cacheFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** False: where Node.js would be copied (`agent push-runtime`), the host is driven by its shell, and nothing is written. */
  readonly copiesRuntime?: boolean;
  /** Milliseconds for the whole greeting, and of silence later, before a host is given up. */
  readonly greetingPatience?: number;
  readonly agentPatience?: number;
};

export const makeConnect = (options: ConnectOptions): ((host: HostPlan) => Promise<Host>) => {
  const handshakes = pLimit(options.handshakes ?? HANDSHAKES);
  const home = options.environment.HOME || homedir();
  let bundle: Promise<Bundle> | null = null;
  const readBundle = (): Promise<Bundle> => {
    bundle ??= readFile(options.agentBundle).then(makeBundle);
    return bundle;
  };
  let runtime: Promise<Runtime> | null = null;
  const readRuntime = (label: string): Promise<Runtime> => {
    runtime ??= ownRuntime(label, process);
    return runtime;
  };
  const readLuggage = async (label: string, withRuntime: boolean): Promise<Luggage> => {
    const own = withRuntime ? await readRuntime(label) : null;
    return { bundle: await readBundle(), runtime: own, copies: options.copiesRuntime ?? true };
  };
  const fastCiphers = new Map<string, boolean>();
  const mayChooseCipher = (config: string | undefined): boolean => {
    const key = config ?? '';
    const known = fastCiphers.get(key) ?? !choosesCiphers(config, home);
    fastCiphers.set(key, known);
    return known;
  };

  return host => {
    const { address } = host;
    if (address.kind === 'local') return connectLocal(host.id, options);
    const sshOptions: SshOptions = { ...options, home };
    if (host.agent === 'sftp') {
      return handshakes(async () => {
        checkSignal(host.id, options.signal);
        // A chunk of its own: whoever has no such host never loads it.
        const { connectSftp } = await import('./sftp/connect.js');
        const { agentPatience } = options;
        const patience = agentPatience === undefined ? {} : { patience: agentPatience };
        return connectSftp(host.id, address, { ...options, ...patience, home });
      });
    }
    return handshakes(async () => {
      checkSignal(host.id, options.signal);
      const fastCipher = mayChooseCipher(sshConfigOf(address, sshOptions));
      const luggage = host.agent === 'shell' ? null : readLuggage(host.id, host.agent === 'push-runtime');
      luggage?.catch(() => undefined);
      return connectSsh(host, address, luggage, fastCipher, { ...options, home });
    });
  };
};

const connectLocal = async (label: string, options: ConnectOptions): Promise<Host> => {
  const args = [options.agentBundle, label, options.cacheFolder];
  const carrier = startCarrier(process.execPath, args, { ...options.environment });
  return settle(carrier, label, 'local', null, options, async chatter => {
    const { exitCode, signal, failure } = await carrier.ended;
    const said = `${failure ?? ''} ${withoutTrace(carrier.stderr())} ${chatter}`.trim();
    const why = tail(said, 600) || `exit ${exitCode ?? signal}`;
    return new HostError(
      'no-agent',
      `${label}: the agent of this machine did not start: ${why}`,
      'Reinstall syncplan; its package holds the agent.',
    );
  });
};

/** What goes along to become an agent; null where nothing but a shell is wanted. */
type Luggage = Omit<Baggage, 'progress'>;

const connectSsh = async (
  { id: label, agent, become }: Pick<HostPlan, 'id' | 'agent' | 'become'>,
  address: SshAddress,
  luggage: Promise<Luggage> | null,
  fastCipher: boolean,
  options: ConnectOptions & { readonly home: string },
): Promise<Host> => {
  const way = sshWay(label, address, options);
  for (let attempt = 1, fast = fastCipher; ; attempt++) {
    const args = sshArguments(way, address.host, commandAs(label, become, commandFor(agent)), {
      fastCipher: fast,
      jumps: address.via?.length ?? 0,
    });
    const carrier = startCarrier('ssh', args, sshEnvironment(address, options.environment));
    let again = false;
    try {
      return await settle(carrier, label, agent, luggage, options, async chatter => {
        const { exitCode, signal, failure } = await carrier.ended;
        if (failure !== null) return noSsh(label, failure);
        const stderr = carrier.stderr();
        if (become !== undefined && exitCode !== 255) {
          const tryIt = `${byHand(shortWay(label, address, options))} -- ${address.host}`;
          const refused = explainSudo({ label, user: become, login: address.user, stderr, tryIt });
          if (refused !== null) return refused;
        }
        // An older ssh does not know how to put one cipher first.
        if (fast && /Bad SSH2 cipher spec|unknown cipher/i.test(stderr)) {
          fast = false;
          again = true;
        }
        const hops = isBehind(stderr)
          ? await configuredHops(label, address, options, options.environment)
          : hopsOf(label, address, options);
        const explained = explainSsh({
          label,
          hops,
          programs: hops.length,
          unsure: address.via === undefined,
          exitCode,
          signal,
          stderr: [...(await certificateFaultsOf(label, way, address, stderr, options)), stderr].join('\n'),
          chatter,
        });
        again ||= explained.again;
        return explained.error;
      });
    } catch (error) {
      if (!again || attempt > RETRIES) throw error;
    }
    await sleep(PAUSE_MS * 2 ** (attempt - 1), options.signal);
    checkSignal(label, options.signal);
  }
};

/** Where the host itself refused the login: what is wrong with the certificates that OpenSSH had to show. */
const certificateFaultsOf = async (
  label: string,
  way: readonly string[],
  { host }: SshAddress,
  stderr: string,
  { environment }: ConnectOptions,
): Promise<string[]> => {
  if (!/Permission denied \(/.test(stderr) || isBehind(stderr)) return [];
  const [{ readSettings }, { certificateFaults }] = await Promise.all([
    import('./sftp/settings.js'),
    import('./sftp/certificate-files.js'),
  ]);
  const settings = await readSettings(label, ['-o', 'ProxyCommand=none', ...way, '--', host], environment);
  return 'stderr' in settings ? [] : certificateFaults(settings);
};

const commandFor = (agent: HostPlan['agent']): string => {
  if (agent === 'shell') return SHELL_COMMAND;
  return agent === 'push-runtime' ? REMOTE_COMMAND_WITH_RUNTIME : REMOTE_COMMAND;
};

/** Greets and hands over; whatever goes wrong ends the carrier. `explain` says why it ended before the greeting was done. */
const settle = async (
  carrier: Carrier,
  label: string,
  wanted: 'local' | HostPlan['agent'],
  luggage: Promise<Luggage> | null,
  options: ConnectOptions,
  explain: (chatter: string) => Promise<HostError>,
): Promise<Host> => {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    carrier.kill();
  }, options.greetingPatience ?? GREETING_MS);
  options.signal?.addEventListener('abort', carrier.kill);
  try {
    // A hundred megabytes take their time: silence counts from the last of them.
    const baggage = luggage === null ? null : { ...(await luggage), progress: () => void timer.refresh() };
    const greeting = await greet(carrier, label, baggage);
    if ('chatter' in greeting) {
      checkSignal(label, options.signal);
      if (late) throw tooLate(label);
      throw await explain(greeting.chatter);
    }
    const ended = (): HostError | null => (late ? tooLate(label) : aborted(label, options.signal));
    if ('why' in greeting) {
      if (wanted === 'node' && greeting.why !== null) throw greeting.why;
      // A chunk of its own: whoever has no such host never loads it.
      const { connectShell } = await import('./shell/connect.js');
      return await connectShell({
        label,
        carrier,
        why: greeting.why,
        cacheFolder: options.cacheFolder,
        diagnose: () => diagnose(carrier, label, 'shell', ended),
        ...(options.agentPatience === undefined ? {} : { patience: options.agentPatience }),
      });
    }
    return await agentHost(
      {
        input: carrier.input,
        output: carrier.output,
        greeting,
        diagnose: () => diagnose(carrier, label, 'agent', ended),
        kill: carrier.kill,
        ended: carrier.ended.then(() => {}),
      },
      label,
      wanted === 'local' ? 'local' : 'agent',
      options.agentPatience === undefined ? {} : { patience: options.agentPatience },
    );
  } catch (error) {
    carrier.kill();
    await carrier.ended;
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', carrier.kill);
  }
};

/** The connection ended while it was in use. */
const diagnose = async (
  carrier: Carrier,
  label: string,
  what: 'agent' | 'shell',
  ours: () => HostError | null,
): Promise<HostError> => {
  const waited = new Promise<null>(resolve => setTimeout(resolve, DIAGNOSE_MS, null).unref());
  const end = await Promise.race([carrier.ended, waited]);
  const how = end === null ? '' : end.signal !== null ? ` (killed by ${end.signal})` : ` (exit ${end.exitCode})`;
  const said = tail(withoutTrace(carrier.stderr()).trim(), 600);
  return (
    ours() ??
    new HostError(
      'lost',
      `${label}: the connection to the ${what} was lost${how}${said === '' ? '' : `: ${said}`}`,
      'Run the same command again: it goes on from what has arrived.',
    )
  );
};

const noSsh = (label: string, failure: string): HostError =>
  new HostError('failed', `${label}: ${NOT_STARTED.what}: ${failure}`, NOT_STARTED.help);

const tooLate = (label: string): HostError =>
  new HostError(
    'silent',
    `${label}: there was no answer while connecting`,
    'The login there hangs; try ssh by hand, and look at the login scripts of that account.',
  );

const aborted = (label: string, signal: AbortSignal | undefined): HostError | null =>
  signal?.aborted === true
    ? new HostError('cancelled', `${label}: connecting was interrupted`, 'Run the command again.')
    : null;

const checkSignal = (label: string, signal: AbortSignal | undefined): void => {
  const error = aborted(label, signal);
  if (error !== null) throw error;
};

const HANDSHAKES = 8;
const RETRIES = 4;
const PAUSE_MS = 500;
const GREETING_MS = 60_000;
const DIAGNOSE_MS = 2_000;
