// What OpenSSH's own configuration says of a host, as `ssh -G` resolves it, so that both stacks reach it the same way.
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../host-error.js';
import type { Environment } from '../ssh.js';
import { askConfiguration } from '../ssh-configuration.js';

export type Settings = {
  /** The address behind an alias. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** In the place of the host's name in known_hosts. */
  readonly keyAlias: string | null;
  readonly identityFiles: readonly string[];
  /** Of users, by their paths; those that lie beside a key are found there. */
  readonly certificateFiles: readonly string[];
  /** The library of smart cards, which is not asked here. */
  readonly cards: string | null;
  readonly identitiesOnly: boolean;
  /** The agent's socket; null for none. */
  readonly agent: string | null;
  /** The user's own first; new keys are written into that. */
  readonly knownHosts: readonly string[];
  readonly revoked: string | null;
  readonly acceptNew: boolean;
  readonly hashNames: boolean;
  readonly ciphers: readonly string[];
  /** `[user@]host[:port]` of each host on the way, the first one first. */
  readonly jumps: readonly string[];
  readonly family: 0 | 4 | 6;
};

export type { Environment };

/** Output of a failed `ssh -G` is the caller's to explain. */
export const readSettings = async (
  label: string,
  args: readonly string[],
  environment: Environment,
): Promise<Settings | { readonly stderr: string }> => {
  const answer = await askConfiguration(args, environment);
  return 'stderr' in answer ? answer : settingsFrom(label, answer.text, environment);
};

/** Lines `keyword value…`, keywords in small letters. */
export const settingsFrom = (label: string, text: string, environment: Environment): Settings => {
  const all = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' ');
    if (cut < 0) continue;
    const keyword = line.slice(0, cut).toLowerCase();
    all.set(keyword, [...(all.get(keyword) ?? []), line.slice(cut + 1).trim()]);
  }
  const home = environment.HOME || homedir();
  const one = (keyword: string, otherwise: string): string => all.get(keyword)?.[0] ?? otherwise;
  const set = (keyword: string): string | null => {
    const value = one(keyword, 'none');
    return value === 'none' || value === '' ? null : value;
  };
  const known = { tokens: tokensOf(one, home), environment, home };
  const paths = (keyword: string): string[] =>
    (all.get(keyword) ?? []).filter(file => file !== 'none').map(file => expand(file, known));
  const files = (keyword: string): string[] =>
    one(keyword, '')
      .split(/\s+/)
      .filter(file => file !== '' && file !== 'none')
      .map(file => expand(file, known));
  refuseProxyCommand(label, set('proxycommand'));
  const family = one('addressfamily', 'any');
  return {
    host: one('hostname', ''),
    port: Number(one('port', '22')),
    user: one('user', ''),
    keyAlias: set('hostkeyalias'),
    identityFiles: paths('identityfile'),
    certificateFiles: paths('certificatefile'),
    cards: set('pkcs11provider'),
    identitiesOnly: one('identitiesonly', 'no') === 'yes',
    agent: agentOf(all.get('identityagent')?.[0] ?? 'SSH_AUTH_SOCK', known),
    knownHosts: [...files('userknownhostsfile'), ...files('globalknownhostsfile')],
    revoked: set('revokedhostkeys') === null ? null : expand(set('revokedhostkeys')!, known),
    // Whoever switched the check off altogether still has changed keys refused here.
    acceptNew: ['accept-new', 'no', 'off', 'false'].includes(one('stricthostkeychecking', 'ask')),
    hashNames: one('hashknownhosts', 'no') === 'yes',
    ciphers: one('ciphers', '').split(','),
    jumps: set('proxyjump')?.split(',') ?? [],
    family: family === 'inet' ? 4 : family === 'inet6' ? 6 : 0,
  };
};

type Known = {
  readonly tokens: Readonly<Record<string, string>>;
  readonly environment: Environment;
  readonly home: string;
};

const agentOf = (value: string, known: Known): string | null => {
  if (value === 'none') return null;
  const name = value === 'SSH_AUTH_SOCK' ? value : /^\$([^{].*)$/.exec(value)?.[1];
  return name === undefined ? expand(value, known) : known.environment[name] || null;
};

/** What `ssh -G` leaves as it stands in paths: of `%C`, a hash of what differs from one OpenSSH to the next, nobody could tell. */
const tokensOf = (one: (keyword: string, otherwise: string) => string, home: string): Known['tokens'] => {
  const host = one('hostname', '');
  const given = one('host', host);
  const { username, uid } = userInfo();
  const here = hostname();
  return {
    '%': '%',
    d: home,
    h: host,
    n: given,
    k: one('hostkeyalias', given),
    p: one('port', '22'),
    r: one('user', ''),
    u: username,
    i: String(uid),
    l: here,
    L: here.split('.')[0]!,
  };
};

/** `~`, tokens and `${VARIABLES}`; quotes come where a path holds a space. */
const expand = (path: string, { tokens, environment, home }: Known): string => {
  const plain = path
    .replace(/^"(.*)"$/, '$1')
    .replace(/%(.)|\$\{(\w+)\}/g, (whole, token: string | undefined, name: string | undefined) =>
      token === undefined ? (environment[name!] ?? whole) : (tokens[token] ?? whole),
    );
  return plain === '~' || plain.startsWith('~/') ? join(home, plain.slice(1)) : plain;
};

const refuseProxyCommand = (label: string, command: string | null): void => {
  if (command === null) return;
  throw new HostError(
    'unsupported',
    `${label}: the SSH configuration reaches it by a ProxyCommand, which is not run for an SFTP host`,
    'Say ProxyJump instead; or let it be driven by an agent: `agent node` in the plan.',
  );
};
