// Key files that the SSH configuration names, read; what cannot be used is said in OpenSSH's words.
import { readFile, stat } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { typeOf } from '../known-hosts.js';
import { publicLine } from './certificate-files.js';
import { readSsh } from './ssh-strings.js';

export type Identity = {
  readonly path: string;
  readonly key: ParsedKey | null;
  /** Its public half, where that is known: then an agent may hold the private one. */
  readonly blob: Buffer | null;
  readonly trouble: string | null;
};

/** Of hardware tokens. */
export const isTokenType = (type: string): boolean => type.startsWith('sk-');

/** Nobody named these files: `ssh -G` lists all that OpenSSH tries by itself, and of these one that is missing is no trouble. */
export const areUsual = (paths: readonly string[]): boolean =>
  paths.length > 1 && paths.every(path => USUAL.test(path));

export const readIdentity = async (path: string, isUsual = false): Promise<Identity> => {
  const content = await readFile(path).catch(() => null);
  const blob = (content === null ? null : publicHalf(content)) ?? (await publicFile(`${path}.pub`));
  const unusable = (trouble: string | null): Identity => ({ path, key: null, blob, trouble });
  if (content === null)
    return unusable(isUsual ? null : `Identity file ${path} not accessible: No such file or directory.`);
  if (publicLine(content) !== null) {
    return unusable(`Load key "${path}": it is a public key, and the SSH agent does not hold the private one`);
  }
  if (((await stat(path)).mode & 0o077) !== 0) return unusable(`Load key "${path}": bad permissions`);
  if (blob !== null && isTokenType(typeOf(blob))) {
    return unusable(`Load key "${path}": it is on a hardware token, which is asked through the SSH agent alone`);
  }
  const parsed = ssh2.utils.parseKey(content);
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | Error) : parsed;
  if (!(key instanceof Error)) return { path, key, blob: key.getPublicSSH(), trouble: null };
  const why = /passphrase/i.test(key.message) ? 'incorrect passphrase supplied to decrypt private key' : key.message;
  return unusable(`Load key "${path}": ${why}`);
};

const publicFile = async (path: string): Promise<Buffer | null> => {
  const content = await readFile(path).catch(() => null);
  return content === null ? null : publicLine(content);
};

/** Of a public key, and of a private one in OpenSSH's own form, which has it in the clear. */
const publicHalf = (content: Buffer): Buffer | null => {
  const base64 = PRIVATE.exec(content.toString('latin1'))?.[1];
  if (base64 === undefined) return publicLine(content);
  try {
    const reader = readSsh(Buffer.from(base64, 'base64').subarray(MAGIC));
    for (let field = 0; field < 3; field++) reader.string();
    return reader.number() === 1 ? reader.string() : null;
  } catch {
    return null;
  }
};

const USUAL = /\/\.ssh\/id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;
const PRIVATE = /^-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/;
/** `openssh-key-v1` and a NUL. */
const MAGIC = 15;
