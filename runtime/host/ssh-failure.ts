// What went wrong when `ssh` ended before the agent spoke: its messages and exit code as a HostError with the next command.
//
// Where the way leads through other hosts, the one that failed is named, and the next command is about that one.
import { HostError, type HostErrorCode } from './host-error.js';
import { fingerprintAt } from './known-key.js';
import { complaintIn, type Hop } from './ssh-hops.js';

export type SshEnd = {
  readonly label: string;
  /** All that it takes to get there, the host itself last. */
  readonly hops: readonly Hop[];
  /** So many of them are reached by a program whose words these are. */
  readonly programs: number;
  /** Of those on the way nobody knows how long they wait: who is behind them may be the first to lose patience. */
  readonly unsure?: boolean;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The tail of its standard error. */
  readonly stderr: string;
  /** What came on standard output instead of the agent's greeting. */
  readonly chatter: string;
};

/** `again`: the server was only busy, and another attempt may do. */
export const explainSsh = (end: SshEnd): { readonly error: HostError; readonly again: boolean } => {
  const { label, hops, programs } = end;
  const { at, own } = complaintIn(end.stderr, programs, text => rowOf(text) !== undefined);
  const row = end.exitCode === 255 || end.exitCode === null ? rowOf(own) : undefined;
  if (row === undefined) return { error: unexplained(end, subjectIn(hops, hops.length - 1)), again: false };
  // Who cannot open the connection to the next one has done his part.
  const from = row.beyond === true ? hops[at] : undefined;
  const about = from === undefined ? at : at + 1;
  const subject = { ...subjectIn(hops, about), stderr: own };
  const far =
    from === undefined || about > hops.length - 1
      ? ''
      : ` from ${from.name}${about === hops.length - 1 ? placeOf(at, hops) : ''}`;
  const among = end.unsure === true && SILENT.test(own) && about === hops.length - 1 ? whoeverOf(hops) : '';
  const message = `${label}: ${among}${nameOf(about, hops)}${row.what}${far}: ${row.say?.(subject) ?? lineOf(own, row.when)}`;
  return { error: new HostError(row.code, message, row.help(subject)), again: row.again ?? false };
};

/** Whom a message is about, and what was said. */
type Subject = Hop & { readonly stderr: string };

const rowOf = (text: string): Row | undefined => ROWS.find(({ when }) => when.test(text));

/** The host itself, where nobody else can be told. */
const subjectIn = (hops: readonly Hop[], at: number): Subject => ({ ...(hops[at] ?? hops.at(-1)!), stderr: '' });

/** Of the host itself nothing more is said than its label. */
const nameOf = (at: number, hops: readonly Hop[]): string =>
  at < 0 || at >= hops.length - 1 ? '' : `${hops[at]!.name}${placeOf(at, hops)}: `;

const SILENT = /timed out during banner exchange\s+Connection to UNKNOWN/;
const whoeverOf = (hops: readonly Hop[]): string =>
  hops.length === 1
    ? ''
    : `${hops
        .slice(0, -1)
        .map(({ name }) => name)
        .join(', ')} on the way there, or the host itself: `;

const placeOf = (at: number, { length }: readonly Hop[]): string =>
  length === 2 ? ', the host on the way there' : `, host ${at + 1} of ${length - 1} on the way there`;

type Row = {
  readonly when: RegExp;
  readonly code: HostErrorCode;
  readonly what: string;
  readonly help: (end: Subject) => string;
  /** More than the line that says why. */
  readonly say?: (end: Subject) => string;
  readonly again?: true;
  /** It is said by the host before the one that it is about. */
  readonly beyond?: true;
};

const tryIt = ({ byHand, host }: Subject): string => `${byHand} -- ${host}`;

const keyFile = ({ key }: Subject): string => (key === null ? 'KEYFILE' : quote(key));

/** How a person reads the certificate that the message is about, in a file or in the agent. */
const seeCertificate = ({ stderr }: Subject): string => {
  const [, name = ''] =
    /Certificate "([^"]*)" (?!was shown and refused)/.exec(stderr) ?? /Certificate "([^"]*)"/.exec(stderr) ?? [];
  const isHeld = name.endsWith(' of the SSH agent');
  return `See what it says: ${isHeld ? 'ssh-add -L | ssh-keygen -L -f -' : `ssh-keygen -L -f ${quote(name)}`}`;
};

/** Both keys by their fingerprints, and where the known one stands; of one that was revoked, what was said of it. */
const changedKeyText = ({ stderr }: Subject): string => {
  const [, file, line] = OFFENDING.exec(stderr) ?? [];
  const [, offered] = /key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)/.exec(stderr) ?? [];
  if (file === undefined || offered === undefined) return lineOf(stderr, CHANGED);
  const known = fingerprintAt(file, Number(line));
  return `it offers ${offered}, while line ${line} of ${file} has ${known ?? 'another one'}`;
};

const OFFENDING = /Offending .*key in (.+):(\d+)/;
const CHANGED =
  /REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY|Host key .* revoked by file|has changed and you have requested strict checking/;

/** There is no ssh here, or it is no program. */
export const NOT_STARTED = {
  what: 'ssh cannot be started here',
  help: 'Install the OpenSSH client (on Debian: apt-get install openssh-client), or put its folder into PATH.',
} as const;

/** Most telling first. The texts are OpenSSH's, in the C locale. */
const ROWS: readonly Row[] = [
  { when: /^spawn ssh E\w+$/m, code: 'failed', what: NOT_STARTED.what, help: () => NOT_STARTED.help },
  {
    when: CHANGED,
    code: 'changed-host-key',
    what: 'the host key is not the known one; this may be an attack',
    say: changedKeyText,
    help: end => {
      const [, file] = OFFENDING.exec(end.stderr) ?? [];
      const name = /host key for (\S+) has changed/i.exec(end.stderr)?.[1] ?? end.host;
      const keygen = `ssh-keygen${file === undefined ? '' : ` -f ${quote(file)}`}`;
      return `Ask whoever runs that machine which fingerprint is right. If the offered one is, remove the known key: ${keygen} -R ${quote(name)}; then connect once by hand and compare the fingerprint: ${tryIt(end)}`;
    },
  },
  {
    when: /^Certificate invalid: /m,
    code: 'unknown-host-key',
    what: 'the certificate of the host is not good',
    help: end =>
      `Ask whoever runs that machine for a certificate that is valid now and names the host as it is called here. Try by hand: ${tryIt(end)}`,
  },
  {
    when: /No \S+ host key is known for \S+, only a certificate authority/,
    code: 'unknown-host-key',
    what: 'the host shows no certificate of the authority that is known for it',
    help: end =>
      `Ask whoever runs that machine whether its certificate is of that authority (@cert-authority in known_hosts). Try by hand: ${tryIt(end)}`,
  },
  {
    when: /Host key verification failed|No \S+ host key is known/,
    code: 'unknown-host-key',
    what: 'the host key is not known yet',
    help: end =>
      `Connect once by hand and compare the fingerprint: ${tryIt(end)}; or accept new keys in this run with --accept-new-keys.`,
  },
  {
    when: /incorrect passphrase|passphrase (?:required|supplied)/i,
    code: 'refused-key',
    what: 'the key cannot be used without its passphrase',
    help: end => `Add it to your SSH agent: ssh-add ${keyFile(end)}; then try: ${tryIt(end)}`,
  },
  {
    when: /sign_and_send_pubkey|agent refused operation/i,
    code: 'refused-key',
    what: 'the login was refused, and with a key nothing could be signed',
    help: end =>
      `An agent that refuses may be locked (ssh-add -X unlocks it), or wait for somebody who confirms it or touches the token. Try by hand: ${tryIt(end)}`,
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
    when: /Load key "[^"]*": it is (?:on )?a (?:hardware token|smart card|public key)(?=[\s\S]*Permission denied)/,
    code: 'refused-key',
    what: 'the login was refused',
    help: end => {
      const [, path, what] = /Load key "([^"]*)": it is (?:on )?a (\w+ \w+)/.exec(end.stderr) ?? [];
      const key = quote(path ?? 'KEYFILE');
      if (what === 'public key')
        return `Add its private key to your SSH agent, or name that one instead of ${key}. Try by hand: ${tryIt(end)}`;
      const add = what === 'smart card' ? 'ssh-add -s' : 'ssh-add';
      return `Add it to your SSH agent, with the token or card plugged in: ${add} ${key}; then try: ${tryIt(end)}`;
    },
  },
  {
    when: /Certificate "[^"]*" (?!was shown and refused)(?=[\s\S]*Permission denied)/,
    code: 'refused-key',
    what: 'the login was refused',
    help: end =>
      `Get a certificate that is good for this login, or put the key itself into authorized_keys there. ${seeCertificate(end)}`,
  },
  {
    when: /Certificate "[^"]*" was shown and refused(?=[\s\S]*Permission denied)/,
    code: 'refused-key',
    what: 'the login was refused',
    help: end =>
      `The server has to trust that authority (TrustedUserCAKeys in its sshd_config, or cert-authority in authorized_keys), and its log says what it found wrong. ${seeCertificate(end)}`,
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
    when: /Received message too long/,
    code: 'protocol',
    what: 'something else than SFTP comes from the SFTP server',
    help: end =>
      `Let the login script of that account be silent in sessions without a terminal; to see what it prints: ${tryIt(end)} true`,
  },
  {
    when: /Not allowed at this time/,
    code: 'unreachable',
    what: 'the server turns this address away for a while',
    help: () =>
      'It does so after failed logins (PerSourcePenalties in sshd_config). Wait some minutes, then run the same command again.',
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
    what: 'connections to other hosts are not let through',
    help: end => `Allow it there: AllowTcpForwarding yes in sshd_config. Try by hand: ${tryIt(end)}`,
  },
  {
    when: /connect to (?:host|address) .* port \d+: (.*)/,
    code: 'unreachable',
    what: 'it cannot be reached',
    help: end => `Is the machine up, sshd running, the port right? Try by hand: ${tryIt(end)}`,
  },
  {
    when: /channel \d+: open failed|stdio forwarding failed/,
    code: 'unreachable',
    what: 'it cannot be reached',
    beyond: true,
    help: end =>
      `Is the machine up, sshd running, the port right, its name known on the host before it? Try by hand: ${tryIt(end)}`,
  },
  {
    when: /timed out during banner exchange/,
    code: 'unreachable',
    what: 'something listens there, but does not answer as an SSH server does',
    help: end =>
      `Is it the right port, and is that machine overloaded? Try by hand, with -v for details: ${tryIt(end)}`,
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
    when: /while establishing SFTP session/,
    code: 'unreachable',
    what: 'the login was let in, and no SFTP session began',
    help: end =>
      `Its sshd_config needs a Subsystem sftp, and a folder that the account is locked into (ChrootDirectory) must be root's, with all above it, and nobody else's to write to; the log of sshd there says which it is. Try by hand: ${end.byHand} -s -- ${end.host} sftp`,
  },
  {
    when: /timed out|No route to host|Network is unreachable|Broken pipe|Timeout, server .* not responding|proxy/i,
    code: 'unreachable',
    what: 'it cannot be reached',
    help: end => `Is the machine up, sshd running, the port right? Try by hand: ${tryIt(end)}`,
  },
];

/** ssh got through, or said nothing known: what it and the far side printed is all there is. */
const unexplained = (end: SshEnd, subject: Subject): HostError => {
  const how = end.signal !== null ? `killed by ${end.signal}` : `exit ${end.exitCode}`;
  const said = [end.stderr, end.chatter].map(text => text.trim()).filter(Boolean);
  const what = said.length === 0 ? how : `${how}: ${tail(said.join(' | '), 400)}`;
  if (end.exitCode === 255 || end.exitCode === null) {
    return new HostError(
      'unreachable',
      `${end.label}: ssh failed: ${what}`,
      `Try by hand, with -v for details: ${tryIt(subject)}`,
    );
  }
  for (const { when, help } of NO_COMMANDS) {
    const words = when.exec(`${end.stderr}\n${end.chatter}`)?.[0].trim();
    if (words === undefined) continue;
    const message = `${end.label}: the account there runs no commands: ${words}`;
    return new HostError('no-agent', message, `${help} Try by hand: ${tryIt(subject)} true`);
  }
  return new HostError(
    'no-agent',
    `${end.label}: the agent could not be started: ${what}`,
    `The account there needs a login shell that runs commands. Try by hand: ${tryIt(subject)} true`,
  );
};

/** What nologin says on Linux and the BSDs, and what sshd says where it serves SFTP alone, or finds no shell in a chroot. */
const NO_COMMANDS: readonly { readonly when: RegExp; readonly help: string }[] = [
  {
    when: /This account is (?:currently )?not available/,
    help: 'Its login shell is nologin: give it another there (chsh -s /bin/sh), or, where it may use SFTP, say `agent sftp` for this host.',
  },
  {
    when: /This service allows sftp connections only/,
    help: 'Say `agent sftp` for this host.',
  },
  {
    when: /^\/\S+: No such file or directory/m,
    help: 'Its shell is not there, as in a chroot that holds none: put it there with its tools, or say `agent sftp` for this host.',
  },
];

/** The line that says why. */
const lineOf = (stderr: string, when: RegExp): string => {
  const at = when.exec(stderr)?.index ?? 0;
  const line = stderr.slice(stderr.lastIndexOf('\n', at) + 1).split('\n')[0] ?? '';
  return tail(line.replace(/^[@\s]+|[@\s]+$/g, ''), 300).replace(/\.$/, '');
};

export const tail = (text: string, length: number): string =>
  text.length <= length ? text : `…${text.slice(-length)}`;

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`);
