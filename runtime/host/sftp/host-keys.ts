// The host key of an SFTP connection: judged by the user's known_hosts files, and a new one written there where that is allowed.
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  fingerprintOf,
  isVouchedFor,
  judgeHostKey,
  type KnownHostsFile,
  knownHostsLine,
  knownName,
  knownTypes,
  typeOf,
  type Verdict,
} from '../known-hosts.js';
import type { Settings } from './settings.js';

export type HostKeys = {
  /** For ssh2, which takes anything but `false` for a yes: this gives nothing but true or false. */
  readonly verify: (key: Buffer) => boolean;
  /** Why the key was not accepted, in OpenSSH's words; '' where it was. */
  readonly refusal: () => string;
  /** Signature algorithms, those of known keys first, so that a server is not asked for a key that nobody knows. */
  readonly algorithms: readonly string[];
};

/** Is it an authority alone that may vouch for the host? */
export const isOnlyVouchedFor = (settings: Settings): boolean => {
  const names = namesOf(settings);
  const files = settings.knownHosts.flatMap(readKnownHosts);
  return isVouchedFor(files, names) && knownTypes(files, names).length === 0;
};

/** `vouched` is the key that a certificate was found to be good for. */
export const makeHostKeys = (
  settings: Settings,
  random: (bytes: number) => Buffer,
  vouched: { readonly type: string; readonly fingerprint: string } | null,
): HostKeys => {
  const names = namesOf(settings);
  const [name = ''] = names;
  const files = settings.knownHosts.flatMap(readKnownHosts);
  const revoked = revokedKeys(settings.revoked);
  let refusal = '';

  const accept = (key: Buffer): boolean => {
    if (revoked === null) {
      refusal = `Host key verification failed: the revoked host keys in ${settings.revoked} cannot be read here.`;
      return false;
    }
    if (revoked.some(one => one.equals(key))) {
      refusal = `REVOKED HOST KEY: it is in ${settings.revoked}`;
      return false;
    }
    const verdict = judgeHostKey(files, { names, key });
    if (verdict.is === 'known') return true;
    if (verdict.is === 'certified' && vouched !== null && fingerprintOf(key) === vouched.fingerprint) return true;
    if (verdict.is === 'unknown' && settings.acceptNew) return remember(settings, name, key, random);
    refusal = wordsFor(verdict, name, key);
    return false;
  };

  return {
    verify: key => accept(key) === true,
    refusal: () => refusal,
    algorithms: orderFor(vouched === null ? knownTypes(files, names) : [vouched.type]),
  };
};

const namesOf = ({ keyAlias, host, port }: Settings): string[] => {
  const name = keyAlias ?? knownName(host, port);
  return keyAlias !== null || port === 22 ? [name] : [name, host];
};

/** As ssh does it: at the end of the user's first file, which is made where it is missing. */
const remember = (
  { knownHosts, hashNames }: Settings,
  name: string,
  key: Buffer,
  random: (bytes: number) => Buffer,
): boolean => {
  const [path] = knownHosts;
  if (path === undefined) return true;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const [before] = readKnownHosts(path);
    const gap = before === undefined || before.text === '' || before.text.endsWith('\n') ? '' : '\n';
    appendFileSync(path, gap + knownHostsLine(name, key, hashNames ? random(SALT) : null), { mode: 0o600 });
  } catch {
    // It is trusted for this time; the next run will have to accept it again.
  }
  return true;
};

const wordsFor = (verdict: Verdict, name: string, key: Buffer): string => {
  const type = typeOf(key);
  switch (verdict.is) {
    case 'changed':
      return [
        'REMOTE HOST IDENTIFICATION HAS CHANGED',
        `The fingerprint for the ${type} key sent by the remote host is`,
        `${fingerprintOf(key)}.`,
        `Offending key in ${verdict.file}:${verdict.line}`,
        `Host key for ${name} has changed and you have requested strict checking.`,
      ].join('\n');
    case 'revoked':
      return `REVOKED HOST KEY: line ${verdict.line} of ${verdict.file}`;
    case 'certified':
      return `No ${type} host key is known for ${name}, only a certificate authority`;
    case 'known':
    case 'unknown':
      return `No ${type} host key is known for ${name} and you have requested strict checking.`;
  }
};

const readKnownHosts = (path: string): KnownHostsFile[] => {
  try {
    return [{ path, text: readFileSync(path, 'latin1') }];
  } catch {
    return [];
  }
};

/** Public keys, one a line; null where the file cannot be read, or is a list in OpenSSH's binary form. */
const revokedKeys = (path: string | null): Buffer[] | null => {
  if (path === null) return [];
  const [file] = readKnownHosts(path);
  if (file === undefined || file.text.startsWith('SSHKRL')) return null;
  return file.text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => Buffer.from(line.trim().split(/\s+/)[1] ?? '', 'base64'));
};

const orderFor = (types: readonly string[]): string[] => {
  const isKnown = (algorithm: string): boolean => types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter(algorithm => !isKnown(algorithm))];
};

const SALT = 20;
/** Without SHA-1. */
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
