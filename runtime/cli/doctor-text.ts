// What doctor found out about one host, in words for a person: a line for each fact, and below what is amiss what to do.
import type { HostPlan } from '../../compiler/plan.js';
import { FLOCK_FOLDERS } from '../host/lock/grip.js';
import { bytesText, numberText } from '../ui/amounts.js';
import { palette } from '../ui/colour.js';
import { displayMessage, displayPath, displayText } from '../ui/display.js';
import { type Examined, type ExaminedRoot, troublesOf } from './examine.js';
import type { ExaminedAbout } from './examine-about.js';
import type { ExaminedState } from './examine-state.js';
import type { Trouble } from './trouble.js';

export const examinedText = (found: Examined, { address, region, group }: HostPlan, colour: boolean): string => {
  const paint = palette(colour);
  const where = address.kind === 'local' ? 'this machine' : `${address.kind} ${displayText(address.host)}`;
  const sign = troublesOf(found).length === 0 ? paint.green('ok  ') : paint.red('FAIL');
  const lines = [`${sign} ${paint.bold(displayText(found.host))}  ${where}, ${displayText(`${region}.${group}`)}`];
  if (found.facts !== undefined) {
    const { system, node, user, privileged, caseSensitive, algorithms, weaker } = found.facts;
    lines.push(
      `     driven by  ${driverText(found.kind)}${found.why === undefined ? '' : `; ${displayMessage(found.why)}`}`,
      `     system     ${displayText(system)}${node === '' ? '' : `, Node.js ${displayText(node)}`}${caseSensitive ? '' : ', names without regard to case'}`,
      `     user       ${displayText(user)}${privileged ? ' (may change owners)' : ''}`,
      `     locks      ${locksText(found)}`,
      `     programs   ${found.programs === true ? 'yes: hooks and lock commands, as its policy allows' : 'no: hooks cannot run here'}`,
      `     checksums  ${algorithms.map(displayText).join(' ')}`,
      ...(found.about === undefined ? [] : aboutLines(found.about)),
      ...weaker.map(text => `     ${paint.yellow('!')} weaker   ${displayText(text)}`),
      ...(found.unkept ?? []).flatMap(({ block, asks, why, help, fails }) => [
        `     ${fails ? paint.red('x') : paint.yellow('!')} asked    block ${displayText(block)} asks for ${displayMessage(asks)}: ${displayMessage(why)}`,
        `       help: ${displayMessage(help)}`,
      ]),
    );
  }
  for (const root of found.roots) {
    lines.push(`     root       ${rootText(root, found.host)}`, ...adviceOf(root.trouble));
    const { stateFolder } = root;
    if (stateFolder !== undefined)
      lines.push(`     state      ${stateText(stateFolder, found.host)}`, ...adviceOf(stateFolder.trouble));
  }
  if (found.trouble !== undefined)
    lines.push(`     ${messageOf(found.trouble, found.host)}`, ...adviceOf(found.trouble));
  return `${lines.join('\n')}\n`;
};

/** Where a host does not tell what it has, it locks as it can. */
const locksText = ({ locks, about }: Examined): string => {
  if (locks !== true) return 'no: blocks with consistency lock cannot be used here';
  const flock = about?.tools.find(({ name }) => name === 'flock')?.path;
  if (flock === undefined) return 'yes';
  if (flock !== '') return `by flock (${displayText(flock)}), with a claim for those who have none`;
  return `by claims, folders in its state folder: flock is neither in PATH nor in ${FLOCK_FOLDERS.join(', ')}, nor named by SYNCPLAN_FLOCK`;
};

const driverText = (kind: Examined['kind']): string => {
  if (kind === 'local') return 'its own agent, without ssh';
  if (kind === 'shell') return 'its shell over ssh: no Node.js is needed there';
  return kind === 'sftp' ? 'SFTP alone: nothing of syncplan runs there' : `${kind} over ssh`;
};

const aboutLines = ({ clock, openFiles, tools, server }: ExaminedAbout): string[] => {
  const missing = tools.filter(({ path }) => path === '').map(({ name }) => name);
  const there = tools.filter(({ path }) => path !== '').map(({ path }) => path);
  const limits = [
    ...(openFiles === null ? [] : [`${numberText(openFiles)} files open at once`]),
    ...(server.maxSessions === null
      ? []
      : [
          `its sshd: MaxSessions ${server.maxSessions} (1 is needed), MaxStartups ${displayText(server.maxStartups ?? '?')}`,
        ]),
  ];
  return [
    ...(tools.length === 0
      ? []
      : [`     tools      ${[...there, ...missing.map(name => `no ${name}`)].map(displayText).join(' · ')}`]),
    `     clock      ${clockText(clock)}`,
    ...(clock === null || clock === 'ours' || Math.abs(clock.ahead) <= BEARABLE_MS
      ? []
      : [
          '       help: set it: sudo timedatectl set-ntp true; times of files written there, and classes by age, go by it',
        ]),
    ...(limits.length === 0 ? [] : [`     limits     ${limits.join('; ')}`]),
    ...(openFiles === null || openFiles >= ENOUGH_FILES
      ? []
      : [
          '       help: allow more to that account: ulimit -n 1024 in its login, or nofile in /etc/security/limits.conf',
        ]),
  ];
};

const clockText = (clock: ExaminedAbout['clock']): string => {
  if (clock === null) return 'only a file that is written would tell it';
  if (clock === 'ours') return 'this machine’s own';
  const { ahead, within } = clock;
  const exact = `to within ${secondsText(within)}`;
  if (Math.abs(ahead) <= within) return `as here, ${exact}`;
  return `${secondsText(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} here, ${exact}`;
};

const secondsText = (milliseconds: number): string => {
  const seconds = milliseconds / 1000;
  return `${seconds < 10 ? Math.max(0.01, seconds).toFixed(2) : numberText(Math.round(seconds))} s`;
};

const rootText = (found: ExaminedRoot, host: string): string => {
  const { root, path, role, state, space, trouble } = found;
  const free = space === null ? '' : `, ${bytesText(space.bytes)} and ${numberText(space.inodes)} files free`;
  const head = `${displayText(root)} (${role})  ${displayPath(path)}`;
  switch (state) {
    case 'there':
      return `${head}: there${free}, ${writeText(found)}${knownText(found)}`;
    case 'to-be-created':
      return `${head}: missing; apply will make it${free}, ${writeText(found)}`;
    case 'trouble':
      return `${head}: ${trouble === undefined ? '' : messageOf(trouble, host)}`;
  }
};

const stateText = ({ path, state, writable, trouble }: ExaminedState, host: string): string => {
  const head = `${displayPath(path)}: ${state === 'there' ? 'there' : 'missing; apply will make it'}`;
  return `${head}, ${trouble === undefined ? writeText({ writable }) : messageOf(trouble, host)}`;
};

/** Its host stands above it already. */
const messageOf = ({ message }: Trouble, host: string): string => {
  const rest = message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
  const words = rest.split(' ');
  const at = words.findIndex((word, i) => words[i - 1] === 'on' && word.replace(/[:,]$/, '') === host);
  if (at < 0) return displayMessage(rest);
  const before = words.slice(0, at - 1).join(' ');
  return displayMessage([`${before}${words[at]!.slice(host.length)}`, ...words.slice(at + 1)].join(' '));
};

const writeText = ({ writable, trouble }: Pick<ExaminedRoot, 'writable' | 'trouble'>): string => {
  if (writable === null) return 'whether it may be written to only trying would tell';
  return writable === true ? 'may be written to' : displayMessage(trouble?.message ?? 'may not be written to');
};

/** What syncplan itself keeps there: its marker, and what earlier runs left for the next apply. */
const knownText = ({ role, marker, fileSystem, unfinished = [], owed = [] }: ExaminedRoot): string =>
  [
    fileSystem === undefined || fileSystem === '' ? '' : displayText(fileSystem),
    role === 'master' ? '' : marker === null || marker === undefined ? 'no marker yet' : 'with marker',
    ...unfinished.map(({ run, block }) => `! block ${displayText(block)} of run ${displayText(run)} is unfinished`),
    ...owed.map(({ run, block }) => `! hooks of block ${displayText(block)} are owed since run ${displayText(run)}`),
  ]
    .filter(text => text !== '')
    .map(text => `, ${text}`)
    .join('');

const adviceOf = (trouble: Trouble | undefined): string[] =>
  trouble === undefined || trouble.help === '' ? [] : [`       help: ${displayMessage(trouble.help)}`];

/** A clock may be off by so much before anybody is told what to do. */
const BEARABLE_MS = 30_000;
const ENOUGH_FILES = 256;
