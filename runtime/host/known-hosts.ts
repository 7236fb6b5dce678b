// Judges a host key by files in OpenSSH's known_hosts format. Pure: texts in, a verdict out.
//
//  1. A key is known only by a line that names the host and holds that very key; nothing else ever accepts.
//  2. A revoked key is refused whatever else is said about it, and a host with another known key has changed its key.
//  3. Certificates are not checked here: where only an authority vouches for a host, its key is not known, but `certified`.
import { createHash, createHmac } from 'node:crypto';

export type KnownHost = {
  /** Names by which the host is looked up, `[host]:port` first where the port is not 22. */
  readonly names: readonly string[];
  /** As it came from the server. */
  readonly key: Buffer;
};

export type Verdict =
  | { readonly is: 'known' }
  | { readonly is: 'unknown' }
  /** Only a certificate authority is known for the host. */
  | { readonly is: 'certified' }
  | { readonly is: 'changed' | 'revoked'; readonly file: string; readonly line: number };

export type KnownHostsFile = { readonly path: string; readonly text: string };

export const judgeHostKey = (files: readonly KnownHostsFile[], { names, key }: KnownHost): Verdict => {
  const [name = '', ...others] = names.map(one => one.toLowerCase());
  let changed: Verdict | null = null;
  let known = false;
  let certified = false;
  for (const { path, text } of files) {
    for (const { number, marker, hosts, blob } of linesOf(text)) {
      const first = isFor(hosts, name);
      if (!first && !others.some(other => isFor(hosts, other))) continue;
      const same = blob.equals(key);
      if (marker === '@revoked') {
        if (same) return { is: 'revoked', file: path, line: number };
      } else if (marker === '@cert-authority') certified = true;
      else if (same) known = true;
      // Another key of the same machine at another port says nothing about this one.
      else if (first) changed ??= { is: 'changed', file: path, line: number };
    }
  }
  if (known) return { is: 'known' };
  return changed ?? { is: certified ? 'certified' : 'unknown' };
};

/** Types of the keys that are known for the host, so that it is asked for one of them first. */
export const knownTypes = (files: readonly KnownHostsFile[], names: readonly string[]): string[] => {
  const wanted = names.map(one => one.toLowerCase());
  const types = files.flatMap(({ text }) =>
    linesOf(text)
      .filter(({ marker, hosts }) => marker === '' && wanted.some(name => isFor(hosts, name)))
      .map(({ type }) => type),
  );
  return [...new Set(types)];
};

/** Is an authority named for the host? */
export const isVouchedFor = (files: readonly KnownHostsFile[], names: readonly string[]): boolean =>
  files.some(({ text }) =>
    linesOf(text).some(
      ({ marker, hosts }) => marker === '@cert-authority' && names.some(name => isFor(hosts, name.toLowerCase())),
    ),
  );

/** How a host is written into the file, and looked up there. */
export const knownName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`);

/** A line for a host, its name hashed where `salt` is given. */
export const knownHostsLine = (name: string, key: Buffer, salt: Buffer | null): string =>
  `${salt === null ? name.toLowerCase() : hashName(name.toLowerCase(), salt)} ${typeOf(key)} ${key.toString('base64')}\n`;

/** The key on a line, counted from 1; null where it holds none. */
export const keyOnLine = (text: string, line: number): Buffer | null =>
  linesOf(text).find(({ number }) => number === line)?.blob ?? null;

/** As ssh and ssh-keygen show it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** A key begins with the length and name of its type. */
export const typeOf = (key: Buffer): string => {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return length > 64 ? '' : key.subarray(4, 4 + length).toString('latin1');
};

type Line = {
  readonly number: number;
  readonly marker: string;
  readonly hosts: string;
  readonly type: string;
  readonly blob: Buffer;
};

const linesOf = (text: string): Line[] =>
  text.split('\n').flatMap((line, at) => {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return [];
    const marker = words[0]!.startsWith('@') ? words.shift()! : '';
    const [hosts, type, base64] = words;
    if (hosts === undefined || type === undefined || base64 === undefined || !MARKERS.has(marker)) return [];
    const blob = Buffer.from(base64, 'base64');
    // A line whose type is not that of its key holds no key.
    return typeOf(blob) === type ? [{ number: at + 1, marker, hosts, type, blob }] : [];
  });

const MARKERS: ReadonlySet<string> = new Set(['', '@revoked', '@cert-authority']);

/** One of the patterns fits, and none that is negated does. */
const isFor = (hosts: string, name: string): boolean => {
  if (hosts.startsWith('|')) return isHashOf(hosts, name);
  let fits = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!matches(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    fits = true;
  }
  return fits;
};

const isHashOf = (hashed: string, name: string): boolean => {
  const [, version, salt = '', hash = ''] = hashed.split('|');
  if (version !== '1' || salt === '' || hash === '') return false;
  return hashName(name, Buffer.from(salt, 'base64')) === `|1|${salt}|${hash}`;
};

const hashName = (name: string, salt: Buffer): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;

/** `*` and `?`, in time that grows with the product of both lengths at most. */
const matches = (pattern: string, name: string): boolean => {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
};
