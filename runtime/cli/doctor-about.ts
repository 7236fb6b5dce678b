// Clock, limits and tools of a host in words, and what of them is amiss with what to do.
import { numberText } from '../ui/amounts.js';
import { displayText } from '../ui/display.js';
import type { ExaminedAbout } from './examine-about.js';

export const clockText = ({ clock }: Pick<ExaminedAbout, 'clock'>): string => {
  if (clock === null) return 'only a file that is written would tell it';
  if (clock === 'ours') return 'this machine’s own';
  const exact = `to within ${secondsText(clock.within)}`;
  return isAlike(clock) ? `as here, ${exact}` : `${apartText(clock)}, ${exact}`;
};

/** Why it is a reason to act, or null. */
export const clockTrouble = ({ clock }: Pick<ExaminedAbout, 'clock'>): string | null =>
  clock === null || clock === 'ours' || Math.abs(clock.ahead) <= BEARABLE_MS
    ? null
    : `its clock is ${apartText(clock)}`;

export const CLOCK_HELP =
  'set it: sudo timedatectl set-ntp true; times of files written there, and classes by age, go by it';

/** Node.js is told by itself. */
export const toolsText = ({ tools: all }: Pick<ExaminedAbout, 'tools'>): string => {
  const tools = all.filter(({ name }) => name !== 'node');
  const missing = tools.filter(({ path }) => path === '').map(({ name }) => `no ${name}`);
  const there = tools.filter(({ path }) => path !== '').map(({ path }) => path);
  return [...there, ...missing].map(displayText).join(' · ');
};

export const limitsText = ({ openFiles, server }: Pick<ExaminedAbout, 'openFiles' | 'server'>): string =>
  [
    ...(openFiles === null ? [] : [`${numberText(openFiles)} files open at once`]),
    ...(server.maxSessions === null
      ? []
      : [
          `its sshd: MaxSessions ${server.maxSessions} (1 is needed), MaxStartups ${displayText(server.maxStartups ?? '?')}`,
        ]),
  ].join('; ');

export const filesTrouble = ({ openFiles }: Pick<ExaminedAbout, 'openFiles'>): string | null =>
  openFiles === null || openFiles >= ENOUGH_FILES ? null : `only ${numberText(openFiles)} files may be open there`;

export const FILES_HELP =
  'allow more to that account: ulimit -n 1024 in its login, or nofile in /etc/security/limits.conf';

type Clock = { readonly ahead: number; readonly within: number };

/** As far as can be told. */
export const isAlike = ({ ahead, within }: Clock): boolean => Math.abs(ahead) <= within;

const apartText = ({ ahead }: Clock): string =>
  `${secondsText(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} here`;

const secondsText = (milliseconds: number): string => {
  const seconds = milliseconds / 1000;
  return `${seconds < 10 ? Math.max(0.01, seconds).toFixed(2) : numberText(Math.round(seconds))} s`;
};

/** A clock may be off by so much before anybody is told what to do. */
const BEARABLE_MS = 30_000;
const ENOUGH_FILES = 256;
