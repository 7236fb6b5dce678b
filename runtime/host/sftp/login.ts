// How an SFTP host is logged in to: keys and certificates, of files and of the SSH agent, in the order OpenSSH tries them.
//
//  1. What the configuration names and the agent holds; then what else the agent holds, unless it is to be left alone; then
//     the other files. A certificate is signed for by its key, wherever that is.
//  2. Each is tried once, an RSA certificate by each of two algorithms.
//  3. The server says nothing but that a login was refused; what may be the reason is said of each certificate here.
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { typeOf } from '../known-hosts.js';
import { type HeldKey, keysInAgent, signInAgent } from './agent-keys.js';
import { type Certificate, isCertificateType, plainName, readCertificate } from './certificate.js';
import { certificateWords, inAgent, readCertificates } from './certificate-files.js';
import { areUsual, type Identity, isTokenType, readIdentity } from './identities.js';
import { algorithmsOf, offerMethod, signByKey } from './offers.js';
import type { Settings } from './settings.js';

export type Login = {
  readonly methods: readonly AnyAuthMethod[];
  /** Why keys were not used, or may have been refused, in OpenSSH's words, so that it is explained as for every other host. */
  readonly unusable: () => readonly string[];
};

export const prepareLogin = async (settings: Settings, now: () => number = Date.now): Promise<Login> => {
  const { user, agent, cards, identitiesOnly, identityFiles } = settings;
  const isUsual = areUsual(identityFiles);
  const identities = await Promise.all(identityFiles.map(path => readIdentity(path, isUsual)));
  const certificates = await readCertificates(settings);
  const held = agent === null ? [] : await keysInAgent(agent);
  const heldAs = (blob: Buffer): HeldKey | undefined => held.find(key => key.blob.equals(blob));
  const troubles: string[] =
    cards === null ? [] : [`Load key "${cards}": it is on a smart card, which is asked through the SSH agent alone`];

  /** By the agent's signature, or by that of a key file. */
  const offers = (blob: Buffer, signature: (algorithm: string, data: Buffer) => Buffer | Promise<Buffer>) =>
    algorithmsOf(typeOf(blob)).map(algorithm =>
      offerMethod(user, {
        algorithm,
        blob,
        sign: async data => signature(algorithm, data),
        unsigned: why => troubles.push(`sign_and_send_pubkey: signing failed for ${plainName(algorithm)}: ${why}`),
      }),
    );

  const byAgent = ({ blob, comment }: HeldKey): AnyAuthMethod[] => {
    const type = typeOf(blob);
    if (isCertificateType(type)) {
      const certificate = readCertificate(blob);
      troubles.push(certificateWords(inAgent(comment), certificate, user, now()));
      if (certificate?.forUsers === false) return [];
    } else if (!isTokenType(type)) {
      const key = ssh2.utils.parseKey(blob);
      if (!(key instanceof Error)) return [{ type: 'agent', username: user, agent: agentOffering(agent!, key) }];
    }
    return offers(blob, (algorithm, data) => signInAgent(agent!, blob, algorithm, data));
  };

  const byFile = ({ key, trouble }: Identity): AnyAuthMethod[] => {
    if (key !== null) return [{ type: 'publickey', username: user, key }];
    if (trouble !== null) troubles.push(trouble);
    return [];
  };

  const byCertificate = (path: string, certificate: Certificate | null): AnyAuthMethod[] => {
    const words = certificateWords(path, certificate, user, now());
    if (certificate?.forUsers !== true) {
      troubles.push(words);
      return [];
    }
    const holder = heldAs(certificate.key);
    const pem = identities.find(({ key, blob }) => key !== null && blob?.equals(certificate.key))?.key?.getPrivatePEM();
    troubles.push(holder === undefined && pem === undefined ? keyless(path) : words);
    if (holder !== undefined) {
      return offers(certificate.blob, (algorithm, data) => signInAgent(agent!, holder.blob, algorithm, data));
    }
    return pem === undefined ? [] : offers(certificate.blob, (algorithm, data) => signByKey(pem, algorithm, data));
  };

  const isHeld = (blob: Buffer | null | undefined): boolean => blob != null && heldAs(blob) !== undefined;
  const named = [...identities.map(({ blob }) => blob), ...certificates.map(one => one.certificate?.blob ?? null)];
  const isNamed = ({ blob }: HeldKey): boolean => named.some(one => one?.equals(blob));
  const others = identitiesOnly ? [] : held.filter(key => !isNamed(key));
  const methods = [
    ...held.filter(isNamed).flatMap(byAgent),
    ...others.flatMap(byAgent),
    ...identities.filter(({ blob }) => !isHeld(blob)).flatMap(byFile),
    ...certificates
      .filter(({ certificate }) => !isHeld(certificate?.blob))
      .flatMap(({ path, certificate }) => byCertificate(path, certificate)),
  ];
  return { methods, unusable: () => troubles };
};

const keyless = (path: string): string =>
  `Certificate "${path}" was not shown: its private key is neither in the SSH agent nor in a key file that can be used`;

/** The agent, with none but this one of its keys. */
const agentOffering = (socket: string, key: ParsedKey): InstanceType<typeof ssh2.OpenSSHAgent> => {
  const agent = new ssh2.OpenSSHAgent(socket);
  agent.getIdentities = answer => answer(null, [key]);
  return agent;
};
