// Another account on the far side, by `sudo`: how the remote command is started as it, and what sudo says when it refuses.
import { HostError } from './host-error.js';

/** `command` begins with `exec`. sudo asks nothing (-n), and the account's own home holds its cache (-H). */
export const commandAs = (label: string, user: string | undefined, command: string): string => {
  if (user === undefined) return command;
  if (!USER.test(user)) {
    throw new HostError(
      'failed',
      `${label}: the user ${JSON.stringify(user)} cannot be handed to sudo`,
      'User names have letters, digits, dots, hyphens and underscores, and begin with a letter or an underscore.',
    );
  }
  return `exec sudo -n -H -u ${user} -- ${command.replace(/^exec /, '')}`;
};

export type SudoEnd = {
  readonly label: string;
  readonly user: string;
  /** The account that is logged in to; undefined where ssh decides. */
  readonly login: string | undefined;
  readonly stderr: string;
  /** What a person types to try it: the call of ssh with the host. */
  readonly tryIt: string;
};

/** Null where it was not sudo that failed. */
export const explainSudo = ({ label, user, login, stderr, tryIt }: SudoEnd): HostError | null => {
  const line = stderr.split(/\r?\n/).find(one => ROWS.some(({ when }) => when.test(one)));
  const row = line === undefined ? undefined : ROWS.find(({ when }) => when.test(line));
  if (line === undefined || row === undefined) return null;
  const rule = `${login ?? 'LOGIN'} ALL=(${user}) NOPASSWD: /bin/sh`;
  return new HostError(
    'refused-user',
    `${label}: ${row.what(user)}: ${line.trim().slice(0, 300)}`,
    `${row.help(user, rule)} Try by hand: ${tryIt} sudo -n -u ${user} -- /bin/sh -c true`,
  );
};

type Row = {
  readonly when: RegExp;
  readonly what: (user: string) => string;
  readonly help: (user: string, rule: string) => string;
};

const allow = (_user: string, rule: string): string =>
  `Allow it there without a password: visudo -f /etc/sudoers.d/syncplan, with the line \`${rule}\`.`;

/** The texts are sudo's, in the C locale. Most telling first. */
const ROWS: readonly Row[] = [
  { when: /password is required|no tty present/, what: user => `sudo wants a password to become ${user}`, help: allow },
  {
    when: /is not allowed to (?:execute|run)|not in the sudoers/,
    what: user => `sudo does not allow it to become ${user}`,
    help: allow,
  },
  {
    when: /unknown user/,
    what: user => `there is no user ${user}`,
    help: () => 'Correct `become` in the plan, or make that account there.',
  },
  {
    when: /must have a tty/,
    what: user => `sudo there wants a terminal to become ${user}`,
    help: (_user, rule) =>
      `Switch that off there: visudo -f /etc/sudoers.d/syncplan, with the lines \`Defaults !requiretty\` and \`${rule}\`.`,
  },
  {
    when: /sudo: (?:command )?not found|sudo: No such file/,
    what: user => `there is no sudo to become ${user}`,
    help: () => 'Install sudo there, or log in as that user instead of `become`.',
  },
  {
    when: /^sudo: /,
    what: user => `sudo cannot become ${user}`,
    help: () => 'Mend the configuration of sudo there: visudo -c.',
  },
];

const USER = /^[A-Za-z_][A-Za-z0-9._-]{0,62}$/;
