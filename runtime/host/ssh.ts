// How OpenSSH's client is called: every argument, and the grammar that hosts, users and ports must keep.
//
// No shell sees any of this here; the remote command is constant (agent/push.ts). Host keys, proxies, certificates and
// agents are as the user's own configuration says; what follows is only what must hold for every connection.
import { isIPv6 } from 'node:net';
import { isAbsolute, join } from 'node:path';
import type { HostAddress, Jump } from '../../compiler/plan.js';
import { HostError } from './host-error.js';
import { quoteWord } from './shell/quote.js';

export type SshAddress = Exclude<HostAddress, { kind: 'local' }>;

export type Environment = Readonly<Record<string, string | undefined>>;

export type SshOptions = {
  /** For all hosts; a host's own `config` goes before it. */
  readonly sshConfig?: string;
  readonly acceptNewKeys: boolean;
  /** Where relative key and config paths of the plan begin. */
  readonly planFolder: string;
  readonly home: string;
};

/** The arguments of `ssh` before the destination and the command. */
export const sshWay = (label: string, address: SshAddress, options: SshOptions): string[] => [
  ...endOf(label, address, options),
  ...(options.acceptNewKeys ? ['-o', ACCEPT_NEW] : []),
  ...proxyOf(label, address.via ?? [], options),
];

/** The same as a person types it, who compares fingerprints himself, whatever this run accepts: through other hosts by -J, where none of them has a key or a configuration of its own. */
export const shortWay = (label: string, address: SshAddress, options: SshOptions): string[] => {
  const { via = [] } = address;
  const way = endOf(label, address, options);
  const last = via.at(-1);
  if (last === undefined) return way;
  const config = sshConfigOf(address, options);
  if (via.every(jump => jump.key === undefined && sshConfigOf({ kind: 'ssh', ...jump }, options) === config)) {
    return [...way, '-J', via.map(jumpWord).join(',')];
  }
  const before = shortWay(label, { kind: 'ssh', ...last, via: via.slice(0, -1) }, options);
  return [...way, '-o', `ProxyCommand=${commandOf([...before, '-W', DESTINATION, '--', last.host], plainQuote)}`];
};

const endOf = (label: string, address: SshAddress, options: SshOptions): string[] => {
  checkAddress(label, address);
  const config = sshConfigOf(address, options);
  const key = keyPathOf(address, options);
  return [
    ...(config === undefined ? [] : ['-F', config]),
    ...(key === null ? [] : ['-i', key, '-o', 'IdentitiesOnly=yes']),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    ...(address.user === undefined ? [] : ['-l', address.user]),
  ];
};

/** `user@host:port`, as -J takes it. */
const jumpWord = ({ host, user, port }: Jump): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
};

/** Of the key that the plan names. */
export const keyPathOf = ({ key, base }: Jump, options: SshOptions): string | null =>
  key === undefined ? null : resolveFrom(key, base, options);

/** Opens a connection through the hosts on the way to where they are to lead: the arguments of `ssh`. `to` is `[host]:port`. */
export const jumpArguments = (label: string, via: readonly Jump[], to: string, options: SshOptions): string[] => {
  const last = via.at(-1)!;
  const way = sshWay(label, { kind: 'ssh', ...last, via: via.slice(0, -1) }, options);
  return [...way, ...always(via.length - 1), '-W', to, '--', last.host];
};

/** ssh runs it by a shell, and puts in where it leads; so percent signs of ours are doubled. */
const proxyOf = (label: string, via: readonly Jump[], options: SshOptions): string[] => {
  if (via.length === 0) return [];
  return ['-o', `ProxyCommand=${commandOf(jumpArguments(label, via, DESTINATION, options), quoteTwice)}`];
};

const commandOf = (args: readonly string[], quote: (word: string) => string): string =>
  ['ssh', ...args.map(word => (word === DESTINATION ? word : quote(word.replaceAll('%', '%%'))))].join(' ');

/** For a shell, and before it for ssh, which reads quotes as well but takes a backslash inside them for an escape. */
const quoteTwice = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;

/** How ssh is told to trust the keys of hosts never met before. */
const ACCEPT_NEW = 'StrictHostKeyChecking=accept-new';

const plainQuote = (word: string): string => (PLAIN.test(word) ? word : quoteTwice(word));

const DESTINATION = '[%h]:%p';

/** A call as a person types it. */
export const byHand = (way: readonly string[]): string =>
  ['ssh', ...way].map(word => (PLAIN.test(word) ? word : quoteWord(word))).join(' ');

/** What no shell takes for anything else. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** The whole call, through so many hosts. With `fastCipher`, AES-GCM is asked for first. */
export const sshArguments = (
  way: readonly string[],
  host: string,
  command: string,
  { fastCipher, jumps }: { readonly fastCipher: boolean; readonly jumps: number },
): string[] => [
  ...way,
  '-T',
  ...always(jumps),
  ...(fastCipher ? ['-o', 'Ciphers=^aes128-gcm@openssh.com'] : []),
  '--',
  host,
  command,
];

/** Messages in English. A ProxyCommand of ours is written for a POSIX shell, whatever shell this user has. */
export const sshEnvironment = ({ via = [] }: SshAddress, environment: Environment): Environment => ({
  ...environment,
  LC_ALL: 'C',
  ...(via.length === 0 ? {} : { SHELL: '/bin/sh' }),
});

/** The configuration file this host is reached with, if the plan or the command line names one. */
export const sshConfigOf = (address: SshAddress, options: SshOptions): string | undefined =>
  address.config === undefined ? options.sshConfig : resolveFrom(address.config, address.base, options);

/** Options of our own come first, and the first value is the one that counts. */
const always = (jumps: number): string[] =>
  [...ALWAYS, `ConnectTimeout=${CONNECT_SECONDS + MORE_SECONDS * jumps}`].flatMap(option => ['-o', option]);

const CONNECT_SECONDS = 15;
/** Whoever is behind others waits longer than they do, so that the one that is silent is told by who waits for it. */
const MORE_SECONDS = 5;
const ALWAYS = [
  'BatchMode=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
  'Tunnel=no',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'RequestTTY=no',
  'ControlMaster=no',
  'ControlPath=none',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  // 'ERROR' would hide why a server closed the connection.
  'LogLevel=INFO',
];

const checkAddress = (label: string, { host, user, port }: SshAddress): void => {
  const wrong =
    !HOST.test(host) && !isAddress(host)
      ? `the host ${JSON.stringify(host)}`
      : user !== undefined && !USER.test(user)
        ? `the user ${JSON.stringify(user)}`
        : port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)
          ? `the port ${port}`
          : null;
  if (wrong === null) return;
  throw new HostError(
    'failed',
    `${label}: ${wrong} cannot be handed to ssh`,
    'Host names have letters, digits, dots, hyphens and underscores; addresses are IPv4 or IPv6.',
  );
};

/** IPv6, with a zone where it has one; IPv4 looks like a name. */
const isAddress = (host: string): boolean => isIPv6(host) && /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]{1,32})?$/.test(host);

const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,62}\$?$/;

const resolveFrom = (path: string, base: string, { planFolder, home }: SshOptions): string =>
  path === '~' || path.startsWith('~/')
    ? join(home, path.slice(1))
    : isAbsolute(path)
      ? path
      : join(planFolder, base, path);
