// The hosts on the way to a host: who they are, how each is tried by hand, and which of them a failed `ssh` complained of.
//
// Each is reached by an `ssh` of its own, and all of these say what goes wrong on the same standard error. The one that fails
// says why; then every one behind it finds its connection closed "by UNKNOWN", as ssh calls who is behind a command. So their
// number tells which one failed, whatever its words are.
import type { Jump } from '../../compiler/plan.js';
import { byHand, keyPathOf, type SshAddress, type SshOptions, shortWay } from './ssh.js';
import { askConfiguration } from './ssh-configuration.js';

export type Hop = {
  /** How messages name it: as the plan or the configuration does. */
  readonly name: string;
  readonly host: string;
  /** What a person types to try it alone, but for `-- HOST`. */
  readonly byHand: string;
  readonly key: string | null;
};

/** The host itself is the last one. */
export const hopsOf = (label: string, address: SshAddress, options: SshOptions): readonly Hop[] => {
  const { via = [] } = address;
  const jumps = via.map((jump, index) => hopOf(label, { kind: 'ssh', ...jump, via: via.slice(0, index) }, options));
  return [...jumps, hopOf(label, address, options)];
};

/**
 * The same where the plan says nothing of the way: by the ProxyJump of the user's configuration, which is asked only once
 * something on the way has failed. Whoever goes by a command of his own has nobody named.
 */
export const configuredHops = async (
  label: string,
  address: SshAddress,
  options: SshOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Hop[]> => {
  const plain = hopsOf(label, address, options);
  if (plain.length > 1) return plain;
  const config = shortWay(label, { ...address, user: undefined, port: undefined, key: undefined }, options);
  const hops: Hop[] = [];
  let asked: readonly string[] = [...shortWay(label, address, options), '--', address.host];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const answer = await askConfiguration(asked, environment);
    const [, said = 'none'] = 'text' in answer ? (/^proxyjump (.*)$/im.exec(answer.text) ?? []) : [];
    const jumps = said === 'none' ? [] : said.split(',').map(one => ({ ...parseJump(one), word: one }));
    if (jumps.length === 0) break;
    const found = jumps.map(({ host, user, port, word }, index): Hop => {
      const before = jumps.slice(0, index).map(one => one.word);
      const way = [
        ...config,
        ...(port === undefined ? [] : ['-p', port]),
        ...(user === undefined ? [] : ['-l', user]),
        ...(before.length === 0 ? [] : ['-J', before.join(',')]),
      ];
      return { name: word, host, byHand: byHand(way), key: null };
    });
    hops.unshift(...found);
    // The first one goes its own way, as the configuration says it for that.
    asked = [...config, '--', jumps[0]!.host];
  }
  return [...hops, plain[0]!];
};

export type Complaint = {
  /** Which of the programs failed, counted from the first one. */
  readonly at: number;
  /** What it said itself. */
  readonly own: string;
};

/** `programs` is how many `ssh` there are, one for each step; `isTelling` knows words that say why one failed. */
export const complaintIn = (stderr: string, programs: number, isTelling: (text: string) => boolean): Complaint => {
  let closed = 0;
  const own = stderr.replace(CLOSED_BEHIND, () => {
    closed++;
    return '';
  });
  if (closed === 0) return { at: programs - 1, own: stderr };
  // Where nobody else said anything, the first to find it closed was closed by whom it wanted to reach.
  return isTelling(own) ? { at: programs - 1 - closed, own } : { at: programs - closed, own: stderr };
};

/** Does any of them speak of a connection that a command has opened for it? */
export const isBehind = (stderr: string): boolean => /UNKNOWN port 65535/.test(stderr);

/** `[user@]host[:port]`, or the same as an address of the kind `ssh://`. */
const parseJump = (word: string): { readonly host: string; readonly user?: string; readonly port?: string } => {
  const [, user, host = word, port] = /^(?:ssh:\/\/)?(?:([^@]*)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(word) ?? [];
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
};

const hopOf = (label: string, address: SshAddress, options: SshOptions): Hop => ({
  name: nameOf(address),
  host: address.host,
  byHand: byHand(shortWay(label, address, options)),
  key: keyPathOf(address, options),
});

const nameOf = ({ host, port }: Pick<Jump, 'host' | 'port'>): string =>
  port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;

const CLOSED_BEHIND =
  /(?:^(?:kex|ssh)_exchange_identification: [^\n]*\r?\n)?^Connection (?:closed|reset) by UNKNOWN port 65535\.?\r?$\n?/gm;
const MAX_DEPTH = 8;
