// Connects a host that is driven over SFTP: reached as OpenSSH's configuration says, its key judged by the same files.
//
// 1. Only a host key that is known, or new where new ones are accepted, lets the login begin.
// 2. A login that is refused is never tried again; a server that is busy is, a few times.
// 3. Whatever fails is said in OpenSSH's words and explained as for every other host (ssh-failure.ts).
import { randomBytes } from 'node:crypto';
import type { Client, SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import type { HostAddress } from '../../../compiler/plan.js';
import type { Host } from '../host.js';
import { HostError } from '../host-error.js';
import { jumpArguments, type SshOptions, sshConfigOf, sshEnvironment, sshWay } from '../ssh.js';
import { explainSsh } from '../ssh-failure.js';
import { configuredHops, hopsOf } from '../ssh-hops.js';
import { openSftpHost } from './host.js';
import { type HostKeys, isOnlyVouchedFor, makeHostKeys } from './host-keys.js';
import { type Login, prepareLogin } from './login.js';
import { letSignWhole } from './offers.js';
import { brokenServer, lostConnection, openSession } from './session.js';
import { type Environment, readSettings, type Settings } from './settings.js';
import { openProgram, openTransport, type Transport } from './transport.js';
import { askOpenSsh, type Vouched } from './vouched.js';

export type SftpConnectOptions = SshOptions & {
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  /** Milliseconds for the login, and of silence later, before a host is given up. */
  readonly greetingPatience?: number;
  readonly patience?: number;
  /** For names of hosts that are written down hashed. */
  readonly random?: (bytes: number) => Buffer;
};

export type SftpAddress = Exclude<HostAddress, { kind: 'local' }>;

export const connectSftp = async (label: string, address: SftpAddress, options: SftpConnectOptions): Promise<Host> => {
  const way = sshWay(label, address, options);
  const explain = async ({ stderr, onTheWay = false }: Refused) => {
    const hops = onTheWay
      ? await configuredHops(label, address, options, options.environment)
      : hopsOf(label, address, options);
    return explainSsh({
      label,
      hops,
      // The host itself is not logged in to by a program.
      programs: onTheWay ? hops.length - 1 : hops.length,
      exitCode: 255,
      signal: null,
      stderr,
      chatter: '',
    });
  };
  const { via = [], ...plain } = address;
  // What the plan says of the way counts in the place of what the configuration says.
  const asked = via.length === 0 ? way : [...sshWay(label, plain, options), '-o', 'ProxyCommand=none'];
  const settings = await readSettings(label, [...asked, '--', address.host], options.environment);
  if ('stderr' in settings) throw (await explain(settings)).error;
  const login = await prepareLogin(settings);
  const vouched = isOnlyVouchedFor(settings)
    ? await askOpenSsh({
        way,
        host: address.host,
        jumps: via.length,
        environment: sshEnvironment(address, options.environment),
        signal: options.signal,
      })
    : null;
  if (vouched?.is === 'refused') throw (await explain({ stderr: vouched.words })).error;
  const open = (): ReturnType<typeof openTransport> => {
    const to = `[${settings.host}]:${settings.port}`;
    if (via.length > 0) return openProgram(jumpArguments(label, via, to, options), options.environment);
    return openTransport(settings, sshConfigOf(address, options), options.environment);
  };
  for (let attempt = 1; ; attempt++) {
    checkSignal(label, options.signal);
    const found = await attemptLogin({ label, settings, open, login, vouched, options });
    if (!('stderr' in found)) return found;
    checkSignal(label, options.signal);
    const { error, again } = await explain(found);
    if (!again || attempt > RETRIES) throw error;
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS * 2 ** (attempt - 1)));
  }
};

/** The host, or why there is none. */
const attemptLogin = async ({ label, settings, open, login, vouched, options }: Attempt): Promise<Host | Refused> => {
  const transport = await open();
  if (!('stream' in transport)) return transport;
  const keys = makeHostKeys(settings, options.random ?? randomBytes, vouched?.is === 'good' ? vouched : null);
  const state: { error: Error | null } = { error: null };
  const patience = options.greetingPatience ?? GREETING_MS;
  const client = new SftpClient(label, {
    error: error => {
      state.error ??= error as Error;
    },
    end: () => undefined,
    close: () => undefined,
  });
  options.signal?.addEventListener('abort', transport.cut);
  try {
    const connected = client.connect({
      sock: transport.stream,
      username: settings.user,
      // The verifier says true or false and nothing else: ssh2 takes every other answer for a yes.
      hostVerifier: (key: Buffer): boolean => keys.verify(key) === true,
      authHandler: [...login.methods],
      algorithms: { serverHostKey: [...keys.algorithms] as never, cipher: ciphersOf(settings) as never },
      readyTimeout: patience,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MOST,
    });
    letSignWhole(client);
    const sftp = await withinTime(connected, patience, transport.cut);
    const session = openSession(sftp, {
      label,
      cut: transport.cut,
      open: () => anotherChannel(client),
      ...(options.patience === undefined ? {} : { patience: options.patience }),
    });
    const lose = (): void => {
      const { error } = state;
      // What ssh2 could not read it throws at itself.
      if (error instanceof TypeError || error instanceof RangeError) session.end(brokenServer(label, UNREADABLE));
      else session.end(lostConnection(label, error?.message ?? transport.stderr().trim()));
    };
    client.on('close', lose);
    client.on('error', (error: Error) => {
      state.error ??= error;
      lose();
    });
    transport.stream.on('close', lose);
    return await openSftpHost({
      label,
      session,
      user: settings.user,
      traffic: transport.traffic,
      async close() {
        session.end(new HostError('lost', `${label}: the connection was closed`, ''));
        await client.end().catch(() => undefined);
      },
    });
  } catch (error) {
    transport.cut();
    if (error instanceof HostError) throw error;
    return wordsFor(error as Error, keys, settings, login, transport);
  } finally {
    options.signal?.removeEventListener('abort', transport.cut);
  }
};

type Attempt = {
  readonly label: string;
  readonly settings: Settings;
  readonly open: () => ReturnType<typeof openTransport>;
  readonly login: Login;
  /** What OpenSSH said of the host's certificate, where that was asked. */
  readonly vouched: Vouched | null;
  readonly options: SftpConnectOptions;
};

/** The package waits without end for a server that has let us in and then says nothing: sshd itself keeps such a connection alive. */
const withinTime = async <T>(work: Promise<T>, milliseconds: number, cut: () => void): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('Timed out while waiting for the SFTP server'));
      cut();
    }, milliseconds);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** The package has no call for it: the client that it is made around has. */
const anotherChannel = (client: SftpClient): Promise<SFTPWrapper> =>
  new Promise((resolve, reject) => {
    const { client: inner } = client as unknown as { readonly client: Client };
    inner.sftp((error, sftp) => (error ? reject(error) : resolve(sftp)));
  });

/** Why there is no host, in OpenSSH's words; `onTheWay` they are of a program that opens the way. */
type Refused = { readonly stderr: string; readonly onTheWay?: boolean };

/** What OpenSSH would have said. */
const wordsFor = (
  error: Error,
  keys: HostKeys,
  { user, host }: Settings,
  { unusable }: Login,
  transport: Transport,
): Refused => {
  if (keys.refusal() !== '') return { stderr: keys.refusal() };
  const said = error.message.replace(/^(?:getConnection|connect|sftp): /, '');
  const jump = transport.stderr();
  if (/authentication methods failed/i.test(said)) {
    return { stderr: [...unusable(), `${user}@${host}: Permission denied (publickey).`].join('\n') };
  }
  if (/no matching/i.test(said)) return { stderr: `Unable to negotiate with ${host}: ${said}` };
  if (jump !== '') return { stderr: jump, onTheWay: true };
  // As `sftp` says it: a login script that prints anything is taken for the beginning of an answer.
  if (/Packet length \d+ exceeds|Invalid packet length|Expected VERSION|Unknown packet type/.test(said)) {
    return { stderr: `Received message too long: ${said}` };
  }
  if (/Timed out/i.test(said)) return { stderr: `Connection to ${host} timed out during the login` };
  if (CLOSED.test(said)) return { stderr: `kex_exchange_identification: Connection closed by ${host}` };
  return { stderr: said };
};

/** AES-GCM first: node:crypto is fastest at it. The user's configuration may leave some out. */
const ciphersOf = ({ ciphers }: Settings): string[] => {
  const chosen = CIPHERS.filter(cipher => ciphers.includes(cipher));
  return chosen.length === 0 ? CIPHERS : chosen;
};

const checkSignal = (label: string, signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) {
    throw new HostError('cancelled', `${label}: connecting was interrupted`, 'Run the command again.');
  }
};

const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
];
const UNREADABLE = 'an answer cannot be read';
const CLOSED = /ECONNRESET|EPIPE|connection lost|unexpected|closed|ended|reset by|No response/i;
const RETRIES = 4;
const PAUSE_MS = 500;
const GREETING_MS = 60_000;
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_MOST = 3;
