// Keys that ssh2 cannot show by itself: certificates, and keys of hardware tokens that only an SSH agent can ask.
//
// What a server is told is the name of an algorithm, a public key, and a signature that begins with its own type. ssh2 writes
// that type itself, and takes the algorithm's name for it. But who shows `ssh-ed25519-cert-v01@openssh.com` signs as
// `ssh-ed25519`, and the signature of a token is longer. So the request with the signature is written here: what ssh2 gave to be
// signed is that request, behind the session's name. A key whose signature cannot be had counts as refused, as for OpenSSH.
import { createPrivateKey, sign } from 'node:crypto';
import type { AnyAuthMethod, Client, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import type SftpClient from 'ssh2-sftp-client';
import { plainName } from './certificate.js';
import { readSsh, sshInteger, sshString } from './ssh-strings.js';

export type Offer = {
  /** By which name the server is asked. */
  readonly algorithm: string;
  readonly blob: Buffer;
  /** The whole signature. */
  readonly sign: (data: Buffer) => Promise<Buffer>;
  /** Is told why there is none. */
  readonly unsigned: (why: string) => void;
};

/** Names by which a key of a type is shown, the best one first; none where it is not. */
export const algorithmsOf = (type: string): readonly string[] => {
  if (type.startsWith('ssh-dss')) return [];
  return type === 'ssh-rsa-cert-v01@openssh.com' ? RSA : [type];
};

/** To ssh2 it looks like an agent with this one key. It is not asked to sign: `letSignWhole` sees to that. */
export const offerMethod = (username: string, offer: Offer): AnyAuthMethod => {
  const agent = new ssh2.OpenSSHAgent('');
  agent.getIdentities = answer => answer(null, [dress(offer)]);
  return { type: 'agent', username, agent };
};

/** Before the login begins, and after `connect` was called: ssh2 has its protocol from then on. */
export const letSignWhole = (client: SftpClient): void => {
  const { _protocol: protocol } = (client as unknown as { readonly client: Client & Inside }).client;
  if (protocol === undefined) return;
  const authPK = protocol.authPK.bind(protocol);
  protocol.authPK = (user, key, algorithm, toSign) => {
    const offer = offerIn(key);
    if (offer === null || toSign === undefined) return authPK(user, key, algorithm, toSign);
    authPK(user, key, algorithm, data => {
      offer.sign(data).then(
        signature => sendSigned(protocol, data, signature),
        (error: Error) => {
          offer.unsigned(error.message);
          protocol._handlers.USERAUTH_FAILURE(protocol, ['publickey'], false);
        },
      );
    });
  };
};

/** As an agent would sign, by a private key in PEM. */
export const signByKey = (pem: string, algorithm: string, data: Buffer): Buffer => {
  const type = plainName(algorithm);
  const key = createPrivateKey(pem);
  const hash = HASHES[type];
  if (hash === undefined) throw new Error(`no signatures of type ${type} are made here`);
  const bytes = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
  if (!type.startsWith('ecdsa-')) return Buffer.concat([sshString(type), sshString(bytes)]);
  const half = bytes.length / 2;
  const both = [sshInteger(bytes.subarray(0, half)), sshInteger(bytes.subarray(half))];
  return Buffer.concat([sshString(type), sshString(Buffer.concat(both))]);
};

const sendSigned = (protocol: Protocol, data: Buffer, signature: Buffer): void => {
  const session = readSsh(data);
  session.string();
  const request = Buffer.concat([data.subarray(session.at()), sshString(signature)]);
  const { write } = protocol._packetRW;
  const packet = write.alloc(request.length);
  packet.set(request, write.allocStart);
  protocol._authsQueue.push('publickey');
  const whole = write.finalize(packet);
  // While keys are exchanged anew nothing else goes out.
  if (protocol._kexinit === undefined) protocol._cipher.encrypt(whole);
  else {
    protocol._queue ??= [];
    protocol._queue.push(whole);
  }
};

/** Something that ssh2 takes for a key that it has read, and asks for no more than its name and its public half. */
const dress = (offer: Offer): ParsedKey =>
  Object.create(anyKey(), {
    type: { value: offer.algorithm },
    getPublicSSH: { value: () => offer.blob },
    [OFFER]: { value: offer },
  }) as ParsedKey;

const offerIn = (key: unknown): Offer | null => (key as { readonly [OFFER]?: Offer } | null)?.[OFFER] ?? null;

const anyKey = (): ParsedKey => {
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.alloc(32))]);
  const key = ssh2.utils.parseKey(`ssh-ed25519 ${blob.toString('base64')}`);
  if (key instanceof Error) throw key;
  return key;
};

const OFFER = Symbol('offer');

/** What ssh2 does not show, of the version that is fixed in package.json. */
type Inside = { readonly _protocol?: Protocol };
type Protocol = {
  authPK: (
    user: string,
    key: unknown,
    algorithm: string | undefined,
    toSign?: (data: Buffer, send: unknown) => void,
  ) => void;
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      readonly alloc: (length: number) => Buffer;
      readonly finalize: (packet: Buffer) => Buffer;
    };
  };
  readonly _authsQueue: string[];
  readonly _kexinit?: unknown;
  _queue?: Buffer[];
  readonly _cipher: { readonly encrypt: (packet: Buffer) => void };
  readonly _handlers: {
    readonly USERAUTH_FAILURE: (protocol: Protocol, left: readonly string[], partial: boolean) => void;
  };
};

const RSA = ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-256-cert-v01@openssh.com'];
const HASHES: Readonly<Record<string, string | null>> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-512': 'sha512',
  'rsa-sha2-256': 'sha256',
};
