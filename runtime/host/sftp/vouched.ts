// A host for which only an authority vouches: OpenSSH judges its certificate, on a connection of its own that never logs in.
//
// ssh2 cannot ask for certificates of hosts. But a certificate is about a key, the server shows that key without it as well,
// and proves to us that it has it. So what is asked of OpenSSH is which key that is: it goes the same way, by the same
// configuration, checks the certificate by all of its rules, tells the fingerprint of its key, and is refused for want of a
// login. Its words are read from its own log, which neither a server nor an ssh on the way writes to.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCarrier } from '../carrier.js';
import { type Environment, sshArguments } from '../ssh.js';
import { plainName } from './certificate.js';

export type Vouched =
  /** It is good for the key that has this fingerprint. */
  | { readonly is: 'good'; readonly type: string; readonly fingerprint: string }
  /** It is not good, or the host is not reached: in OpenSSH's words. */
  | { readonly is: 'refused'; readonly words: string }
  /** OpenSSH did not come that far. */
  | { readonly is: 'unknown' };

export type Destination = {
  readonly way: readonly string[];
  readonly host: string;
  readonly jumps: number;
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
};

export const askOpenSsh = async ({ way, host, jumps, environment, signal }: Destination): Promise<Vouched> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncplan-ssh-'));
  try {
    const log = join(folder, 'log');
    const call = sshArguments(way, host, 'true', { fastCipher: false, jumps });
    const carrier = startCarrier('ssh', [...FIRST, '-E', log, ...call], environment);
    const timer = setTimeout(carrier.kill, PATIENCE);
    signal?.addEventListener('abort', carrier.kill);
    if (signal?.aborted === true) carrier.kill();
    carrier.input.resume();
    carrier.output.end();
    await carrier.ended;
    clearTimeout(timer);
    signal?.removeEventListener('abort', carrier.kill);
    return verdictIn(await readFile(log, 'utf8').catch(() => ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * What its log says. That a certificate is of a known authority is said before it is looked at any closer; keys are only
 * exchanged once all of it was good.
 */
export const verdictIn = (log: string): Vouched => {
  const lines = log.split(/\r?\n/);
  const after = (pattern: RegExp, from: number): number =>
    from < 0 ? -1 : lines.findIndex((line, at) => at > from && pattern.test(line));
  const shown = lines.findIndex(line => SHOWN.test(line));
  const words = lines.filter(line => line !== '' && !line.startsWith('debug1: '));
  if (words.some(line => INVALID.test(line) || NOBODY.test(line))) return { is: 'refused', words: words.join('\n') };
  if (after(EXCHANGED, after(MATCHES, shown)) < 0 || words.some(line => FAILED.test(line))) return { is: 'unknown' };
  const [, type = '', fingerprint = ''] = SHOWN.exec(lines[shown]!)!;
  return { is: 'good', type: plainName(type), fingerprint };
};

const SHOWN = /^debug1: Server host certificate: (\S+) (SHA256:[A-Za-z0-9+/]+),/;
const MATCHES = /^debug1: Host '.*' is known and matches the \S+-CERT host certificate\.$/;
const EXCHANGED = /^debug1: SSH2_MSG_NEWKEYS received$/;
const INVALID = /^Certificate invalid: /;
/** Then nobody else has to try it. */
const NOBODY = /^ssh: (?:connect to host|Could not resolve hostname) /;
const FAILED = /^Host key verification failed/;
/** The first value is the one that counts. Nothing is learnt, and no key of ours is shown. */
const FIRST = [
  'LogLevel=DEBUG1',
  'FingerprintHash=sha256',
  'StrictHostKeyChecking=yes',
  'UpdateHostKeys=no',
  'PreferredAuthentications=none',
  'PubkeyAuthentication=no',
].flatMap(option => ['-o', option]);
const PATIENCE = 60_000;
