// A certificate of OpenSSH's kind: what it says, for which key, and why a server may refuse it. Pure.
//
// TYPE, a nonce, the fields of the key, then: serial number (64 bits), 1 for users or 2 for hosts, its name, the principals as
// strings in a string, valid from and until (64 bits each, seconds since 1970), critical options, extensions, a reserved
// string, the key of its authority, and that one's signature. The server alone judges it; nothing is believed because of it.
import { fingerprintOf, typeOf } from '../known-hosts.js';
import { readSsh, sshString } from './ssh-strings.js';

export type Certificate = {
  /** As it stands in the certificate: `ssh-ed25519-cert-v01@openssh.com`. */
  readonly type: string;
  readonly blob: Buffer;
  /** The public key that it is about. */
  readonly key: Buffer;
  readonly forUsers: boolean;
  readonly principals: readonly string[];
  /** Seconds since 1970, the last of them not included; Infinity where it never ends. */
  readonly from: number;
  readonly until: number;
  /** Fingerprint of who signed it. */
  readonly authority: string;
};

export const isCertificateType = (type: string): boolean => type.endsWith(SUFFIX);

/** The name of the key's own type, or of its signatures. */
export const plainName = (name: string): string =>
  isCertificateType(name) ? name.slice(0, -SUFFIX.length) + (name.startsWith('sk-') ? '@openssh.com' : '') : name;

/** Null where these bytes are no certificate of a kind that is known here. */
export const readCertificate = (blob: Buffer): Certificate | null => {
  const type = typeOf(blob);
  const fields = FIELDS[type];
  if (fields === undefined) return null;
  try {
    const reader = readSsh(blob);
    reader.string();
    reader.string();
    const start = reader.at();
    for (let field = 0; field < fields; field++) reader.string();
    const key = Buffer.concat([sshString(plainName(type)), blob.subarray(start, reader.at())]);
    reader.big();
    const role = reader.number();
    reader.string();
    const principals = textsIn(reader.string());
    const from = seconds(reader.big());
    const until = seconds(reader.big());
    for (let field = 0; field < 3; field++) reader.string();
    const authority = fingerprintOf(reader.string());
    reader.string();
    if (!reader.isAtEnd() || (role !== USER && role !== HOST)) return null;
    return { type, blob, key, forUsers: role === USER, principals, from, until, authority };
  } catch {
    return null;
  }
};

/** What a server is likely to hold against it, as far as it can be seen here; null where nothing can. */
export const faultOf = ({ principals, from, until }: Certificate, user: string, now: number): string | null => {
  if (now >= until * 1000) return `has expired: it was valid until ${dateOf(until)}`;
  if (now < from * 1000) return `is not valid yet: it will be from ${dateOf(from)}`;
  if (principals.length === 0) return `names no principal, and the login is as ${user}`;
  if (!principals.includes(user)) return `is for ${principals.join(', ')}, and the login is as ${user}`;
  return null;
};

const textsIn = (bytes: Buffer): string[] => {
  const reader = readSsh(bytes);
  const texts: string[] = [];
  while (!reader.isAtEnd()) texts.push(reader.text());
  return texts;
};

const seconds = (value: bigint): number => (value === FOREVER ? Number.POSITIVE_INFINITY : Number(value));

/** Of UTC; far away, by its number. */
const dateOf = (moment: number): string => {
  const date = new Date(moment * 1000);
  return Number.isNaN(date.getTime()) ? `second ${moment}` : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
};

const SUFFIX = '-cert-v01@openssh.com';
const USER = 1;
const HOST = 2;
const FOREVER = 0xffff_ffff_ffff_ffffn;
/** How many strings and numbers make up a key of each type. */
const FIELDS: Readonly<Record<string, number>> = {
  [`ssh-ed25519${SUFFIX}`]: 1,
  [`ssh-rsa${SUFFIX}`]: 2,
  [`ecdsa-sha2-nistp256${SUFFIX}`]: 2,
  [`ecdsa-sha2-nistp384${SUFFIX}`]: 2,
  [`ecdsa-sha2-nistp521${SUFFIX}`]: 2,
  [`sk-ssh-ed25519${SUFFIX}`]: 2,
  [`sk-ecdsa-sha2-nistp256${SUFFIX}`]: 3,
};
