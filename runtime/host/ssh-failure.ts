// What went wrong when `ssh` ended before the agent spoke: its messages and exit code as a HostError with the next command.
import { HostError, type HostErrorCode } from './host-error.js';

export type SshEnd = {
  readonly label: string;
  readonly host: string;
  /** What a person types to try it by hand: `ssh -F … -p …`, without the host. */
  readonly byHand: string;
  /** The key that the plan names. */
  readonly key: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The tail of its standard error. */
  readonly stderr: string;
  /** What came on standard output instead of the agent's greeting. */
  readonly chatter: string;
};

/** `again`: the server was only busy, and another attempt may do. */
export const explainSsh = (end: SshEnd): { readonly error: HostError; readonly again: boolean } => {
  const row =
    end.exitCode === 255 || end.exitCode === null ? ROWS.find(({ when }) => when.test(end.stderr)) : undefined;
  if (row === undefined) return { error: unexplained(end), again: false };
  const said = lineOf(end.stderr, row.when);
  const error = new HostError(row.code, `${end.label}: ${row.what}: ${said}`, row.help(end));
  return { error, again: row.again ?? false };
};

type Row = {
  readonly when: RegExp;
  readonly code: HostErrorCode;
  readonly what: string;
  readonly help: (end: SshEnd) => string;
  readonly again?: true;
};

/** By hand a person compares the fingerprint: then ssh must ask, whatever this run accepts unasked. */
const tryIt = ({ byHand, host }: SshEnd): string => `${byHand.replace(` -o ${ACCEPT_NEW}`, '')} -- ${host}`;

/** How ssh is told to trust the keys of hosts never met before. */
export const ACCEPT_NEW = 'StrictHostKeyChecking=accept-new';

const keyFile = ({ key }: SshEnd): string => (key === null ? 'KEYFILE' : quote(key));

/** Most telling first. The texts are OpenSSH's, in the C locale. */
const ROWS: readonly Row[] = [
  {
    when: /REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY|has changed and you have requested strict checking/,
    code: 'changed-host-key',
    what: 'the host key is not the known one; this may be an attack',
    help: end => {
      const [, file, line] = /Offending .*key in (.+):(\d+)/.exec(end.stderr) ?? [];
      const name = /host key for (\S+) has changed/i.exec(end.stderr)?.[1] ?? end.host;
      const where = file === undefined ? '' : ` (line ${line} of ${file})`;
      const from = file === undefined ? '' : ` -f ${quote(file)}`;
      const keygen = `ssh-keygen${from}`;
      return `Find out why it changed; ${keygen} -l -F ${quote(name)} shows the fingerprint of the known key. If the new one is right, remove the old one${where}: ${keygen} -R ${quote(name)}; then connect once by hand and compare the fingerprint: ${tryIt(end)}`;
    },
  },
  {
    when: /Host key verification failed|No \S+ host key is known/,
    code: 'unknown-host-key',
    what: 'the host key is not known yet',
    help: end =>
      `Connect once by hand and compare the fingerprint: ${tryIt(end)}; or accept new keys in this run with --accept-new-keys.`,
  },
  {
    when: /incorrect passphrase|passphrase (?:required|supplied)|agent refused operation|sign_and_send_pubkey/i,
    code: 'refused-key',
    what: 'the key cannot be used without its passphrase',
    help: end => `Add it to your SSH agent: ssh-add ${keyFile(end)}; then try: ${tryIt(end)}`,
  },
  {
    when: /Load key "[^"]*": bad permissions/,
    code: 'refused-key',
    what: 'the key is not used because others may read its file',
    help: end => `Run: chmod 600 ${quote(/Load key "([^"]*)": bad/.exec(end.stderr)?.[1] ?? keyFile(end))}`,
  },
  {
    when: /Identity file \S+ not accessible(?=[\s\S]*Permission denied)/,
    code: 'refused-key',
    what: 'the key is not there',
    help: () => 'Correct the path of the key in the plan or in the SSH configuration.',
  },
  {
    when: /Permission denied \(|Too many authentication failures|No supported authentication methods/,
    code: 'refused-key',
    what: 'the login was refused',
    help: end =>
      `A key with a passphrase must be in your SSH agent: ssh-add ${keyFile(end)}; a new key must be in authorized_keys there. Try by hand: ${tryIt(end)}`,
  },
  {
    when: /Bad SSH2 cipher spec|Bad configuration option|terminating, \d+ bad configuration|Can't open user config file|no argument after keyword|extra arguments at end/i,
    code: 'failed',
    what: 'the SSH configuration cannot be used',
    help: end => `Mend it and try by hand: ${tryIt(end)}`,
  },
  {
    when: /Not allowed at this time/,
    code: 'unreachable',
    what: 'the server turns this address away for a while',
    help: () =>
      'It does so after failed logins (PerSourcePenalties in sshd_config). Wait some minutes, then run it again.',
  },
  // With a host on the way, what that one says goes before the connection that ends with it.
  {
    when: /Could not resolve hostname/,
    code: 'unreachable',
    what: 'the name is not known',
    help: end => `Check the host’s address in the plan or in the SSH configuration; try: ${tryIt(end)}`,
  },
  {
    when: /administratively prohibited/,
    code: 'unreachable',
    what: 'the host on the way does not let connections through',
    help: end => `Allow it there: AllowTcpForwarding yes in sshd_config. Try by hand: ${tryIt(end)}`,
  },
  {
    when: /connect to (?:host|address) .* port \d+: (.*)|channel \d+: open failed|stdio forwarding failed/,
    code: 'unreachable',
    what: 'it cannot be reached',
    help: end => `Is the machine up, sshd running, the port right? Try by hand: ${tryIt(end)}`,
  },
  {
    when: /kex_exchange_identification|ssh_exchange_identification|Connection (?:reset|closed) by|Exceeded MaxStartups|banner exchange/,
    code: 'unreachable',
    what: 'the server closed the connection before the login',
    help: end =>
      `It may be busy: raise MaxStartups in sshd_config there, or lower the number of hosts at once. Try by hand: ${tryIt(end)}`,
    again: true,
  },
  {
    when: /Unable to negotiate/,
    code: 'unreachable',
    what: 'both sides have no cipher or key type in common',
    help: end => `Try by hand, with -v for details: ${tryIt(end)}`,
  },
  {
    when: /timed out|No route to host|Network is unreachable|Broken pipe|Timeout, server .* not responding|proxy/i,
    code: 'unreachable',
    what: 'it cannot be reached',
    help: end => `Is the machine up, sshd running, the port right? Try by hand: ${tryIt(end)}`,
  },
];

/** ssh got through, or said nothing known: what it and the far side printed is all there is. */
const unexplained = (end: SshEnd): HostError => {
  const how = end.signal !== null ? `killed by ${end.signal}` : `exit ${end.exitCode}`;
  const said = [end.stderr, end.chatter].map(text => text.trim()).filter(Boolean);
  const what = said.length === 0 ? how : `${how}: ${tail(said.join(' | '), 400)}`;
  if (end.exitCode === 255 || end.exitCode === null) {
    return new HostError(
      'unreachable',
      `${end.label}: ssh failed: ${what}`,
      `Try by hand, with -v for details: ${tryIt(end)}`,
    );
  }
  return new HostError(
    'no-agent',
    `${end.label}: the agent could not be started: ${what}`,
    `The account there needs a login shell that runs commands. Try by hand: ${tryIt(end)} true`,
  );
};

/** The line that says why. */
const lineOf = (stderr: string, when: RegExp): string => {
  const at = when.exec(stderr)?.index ?? 0;
  const line = stderr.slice(stderr.lastIndexOf('\n', at) + 1).split('\n')[0] ?? '';
  return tail(line.replace(/^[@\s]+|[@\s]+$/g, ''), 300).replace(/\.$/, '');
};

export const tail = (text: string, length: number): string =>
  text.length <= length ? text : `…${text.slice(-length)}`;

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`);
