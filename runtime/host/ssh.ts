// How OpenSSH's client is called: every argument, and the grammar that hosts, users and ports must keep.
//
// No shell sees any of this here; the remote command is constant (agent/push.ts). Host keys, proxies, certificates and
// agents are as the user's own configuration says; what follows is only what must hold for every connection.
import { isIPv6 } from 'node:net';
import { isAbsolute, join } from 'node:path';
import type { HostAddress } from '../../compiler/plan.js';
import { HostError } from './host-error.js';
import { ACCEPT_NEW } from './ssh-failure.js';

export type SshAddress = Exclude<HostAddress, { kind: 'local' }>;

export type SshOptions = {
  /** For all hosts; a host's own `config` goes before it. */
  readonly sshConfig?: string;
  readonly acceptNewKeys: boolean;
  /** Where relative key and config paths of the plan begin. */
  readonly planFolder: string;
  readonly home: string;
};

/** The arguments of `ssh` before the destination and the command; they are also what a person would type to try it by hand. */
export const sshWay = (label: string, address: SshAddress, options: SshOptions): string[] => {
  checkAddress(label, address);
  const config = sshConfigOf(address, options);
  return [
    ...(config === undefined ? [] : ['-F', config]),
    ...(address.key === undefined
      ? []
      : ['-i', resolveFrom(address.key, address.base, options), '-o', 'IdentitiesOnly=yes']),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    ...(address.user === undefined ? [] : ['-l', address.user]),
    ...(options.acceptNewKeys ? ['-o', ACCEPT_NEW] : []),
  ];
};

/** The whole call. With `fastCipher`, AES-GCM is asked for first. */
export const sshArguments = (
  way: readonly string[],
  host: string,
  command: string,
  { fastCipher }: { readonly fastCipher: boolean },
): string[] => [
  ...way,
  '-T',
  ...ALWAYS.flatMap(option => ['-o', option]),
  ...(fastCipher ? ['-o', 'Ciphers=^aes128-gcm@openssh.com'] : []),
  '--',
  host,
  command,
];

/** The configuration file this host is reached with, if the plan or the command line names one. */
export const sshConfigOf = (address: SshAddress, options: SshOptions): string | undefined =>
  address.config === undefined ? options.sshConfig : resolveFrom(address.config, address.base, options);

/** Options of our own come first, and the first value is the one that counts. */
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
  'ConnectTimeout=15',
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
