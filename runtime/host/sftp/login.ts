// How an SFTP host is logged in to: keys of the SSH agent and key files, each tried once, in the order OpenSSH tries them.
//
// ssh2 cannot show a certificate: it would sign in the certificate's name, where only the key's own counts. So a certificate
// is left alone, and named where the login is refused without it.
import { access, readFile, stat } from 'node:fs/promises';
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import type { Settings } from './settings.js';

export type Login = {
  readonly methods: readonly AnyAuthMethod[];
  /** Keys that could not be used, in OpenSSH's words, so that a refused login is explained as for every other host. */
  readonly unusable: readonly string[];
};

export const prepareLogin = async (settings: Settings): Promise<Login> => {
  const { user, agent, identitiesOnly, identityFiles } = settings;
  const files = await Promise.all(identityFiles.map(readIdentity));
  const wanted = files.flatMap(({ blob }) => (blob === null ? [] : [blob]));
  const held = agent === null ? [] : await identitiesOf(agent);
  const isWanted = (key: ParsedKey): boolean => wanted.some(blob => blob.equals(key.getPublicSSH()));
  const first = held.filter(isWanted);
  const offered = identitiesOnly ? first : [...first, ...held.filter(key => !isWanted(key))];
  const inAgent = (blob: Buffer | null): boolean =>
    blob !== null && offered.some(key => key.getPublicSSH().equals(blob));
  const methods: AnyAuthMethod[] = [];
  if (agent !== null && offered.length > 0) {
    methods.push({ type: 'agent', username: user, agent: agentOffering(agent, offered) });
  }
  const unusable: string[] = [];
  for (const { key, blob, trouble } of files) {
    if (inAgent(blob)) continue;
    if (key !== null) methods.push({ type: 'publickey', username: user, key });
    else if (trouble !== null) unusable.push(trouble);
  }
  return { methods, unusable: [...unusable, ...(await certificatesOf(settings)).map(notShown)] };
};

const certificatesOf = async ({ certificateFiles, identityFiles }: Settings): Promise<string[]> => {
  const candidates = [...new Set([...certificateFiles, ...identityFiles.map(path => `${path}-cert.pub`)])];
  const isThere = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  const there = await Promise.all(candidates.map(isThere));
  return candidates.filter((_, i) => there[i]);
};

const notShown = (path: string): string => `Certificate "${path}" is not shown to SFTP hosts.`;

type Identity = {
  readonly key: ParsedKey | null;
  /** Its public half, where that is known: then an agent may hold the private one. */
  readonly blob: Buffer | null;
  readonly trouble: string | null;
};

const readIdentity = async (path: string): Promise<Identity> => {
  const blob = await publicHalf(path);
  let content: Buffer;
  try {
    if (((await stat(path)).mode & 0o077) !== 0) {
      return { key: null, blob, trouble: `Load key "${path}": bad permissions` };
    }
    content = await readFile(path);
  } catch {
    return { key: null, blob, trouble: `Identity file ${path} not accessible: No such file or directory.` };
  }
  const parsed = ssh2.utils.parseKey(content);
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | Error) : parsed;
  if (!(key instanceof Error)) return { key, blob: key.getPublicSSH(), trouble: null };
  const why = /passphrase/i.test(key.message) ? 'incorrect passphrase supplied to decrypt private key' : key.message;
  return { key: null, blob, trouble: `Load key "${path}": ${why}` };
};

const publicHalf = async (path: string): Promise<Buffer | null> => {
  try {
    const [, base64 = ''] = (await readFile(`${path}.pub`, 'latin1')).trim().split(/\s+/);
    return Buffer.from(base64, 'base64');
  } catch {
    return null;
  }
};

/** None where there is no such agent, or it does not answer. */
const identitiesOf = (socket: string): Promise<ParsedKey[]> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, AGENT_PATIENCE, []);
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      clearTimeout(timer);
      resolve(error || keys === undefined ? [] : keys.filter((key): key is ParsedKey => isKey(key)));
    });
  });

const isKey = (key: unknown): boolean => typeof (key as Partial<ParsedKey>)?.getPublicSSH === 'function';

/** The agent, with none but these of its keys. */
const agentOffering = (socket: string, keys: ParsedKey[]): InstanceType<typeof ssh2.OpenSSHAgent> => {
  const agent = new ssh2.OpenSSHAgent(socket);
  agent.getIdentities = answer => answer(null, keys);
  return agent;
};

const AGENT_PATIENCE = 5_000;
