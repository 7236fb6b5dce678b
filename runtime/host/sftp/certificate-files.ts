// Certificates of the user that the SSH configuration leads to, read; and what is said of them where a login was refused.
//
// No server tells why it refused one. What is said here is what it says itself, in words that ssh-failure.ts explains.
import { readFile } from 'node:fs/promises';
import { typeOf } from '../known-hosts.js';
import { keysInAgent } from './agent-keys.js';
import { type Certificate, faultOf, readCertificate } from './certificate.js';
import type { Settings } from './settings.js';

export type CertificateFile = {
  readonly path: string;
  /** Null where there is none in it. */
  readonly certificate: Certificate | null;
};

/** As OpenSSH does: those beside a key only where the configuration names none. */
export const readCertificates = async ({ certificateFiles, identityFiles }: Settings): Promise<CertificateFile[]> => {
  const named = certificateFiles.length > 0;
  const paths = named ? certificateFiles : identityFiles.map(path => `${path}-cert.pub`);
  const files = await Promise.all(
    paths.map(async path => {
      const content = await readFile(path).catch(() => null);
      if (content === null && !named) return [];
      const blob = content === null ? null : publicLine(content);
      return [{ path, certificate: blob === null ? null : readCertificate(blob) }];
    }),
  );
  return files.flat();
};

/** What is wrong with those that OpenSSH has shown, as far as that can be seen. */
export const certificateFaults = async (settings: Settings, now: () => number = Date.now): Promise<string[]> => {
  const { agent, identitiesOnly, user } = settings;
  const held = agent === null || identitiesOnly ? [] : await keysInAgent(agent);
  const all = [
    ...(await readCertificates(settings)).map(({ path, certificate }) => ({ name: path, certificate })),
    ...held.map(({ blob, comment }) => ({ name: inAgent(comment), certificate: readCertificate(blob) })),
  ];
  return all.flatMap(({ name, certificate }) => {
    const fault = certificate?.forUsers === true ? faultOf(certificate, user, now()) : null;
    return fault === null ? [] : [`Certificate "${name}" ${fault}`];
  });
};

/** Of one that is tried, and may have been refused. */
export const certificateWords = (name: string, certificate: Certificate | null, user: string, now: number): string => {
  if (certificate === null) return `Certificate "${name}" was not shown: it is none of a kind that is known here`;
  if (!certificate.forUsers) return `Certificate "${name}" was not shown: it is one of a host`;
  const fault = faultOf(certificate, user, now);
  return `Certificate "${name}" ${fault ?? `was shown and refused: it is signed by ${certificate.authority}`}`;
};

/** How one is called that lies in no file. */
export const inAgent = (comment: string): string => `${comment} of the SSH agent`;

/** `TYPE BASE64 COMMENT`, where that is so. */
export const publicLine = (content: Buffer): Buffer | null => {
  const [type = '', base64 = ''] = content.toString('latin1').trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  return type !== '' && typeOf(blob) === type ? blob : null;
};
