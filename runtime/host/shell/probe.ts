// What tools a machine has, and of which make: tried once, by doing a small thing with each, not by what it calls itself.
import { HostError } from '../host-error.js';
import { chooseCommands, type DigestCommands, digestCommandWords, SAMPLE } from './digest-tools.js';
import { FIND_FORMAT } from './found.js';
import type { ShellSession } from './session.js';

export type ShellTools = {
  /** `linux x86_64`. */
  readonly system: string;
  readonly path: string;
  /** Programs without which nothing can be done. */
  readonly missing: readonly string[];
  /** `printf`: find prints records itself; `exec`: stat prints them for it; null where it can do neither. */
  readonly find: 'printf' | 'exec' | null;
  /** With which option it prints whole records: `-c` of GNU and BusyBox, `-f` of the BSDs; null where it prints none. */
  readonly stat: '-c' | '-f' | null;
  /** A folder that is held by a descriptor has a name, so that a move begins in it whatever stands at its path. */
  readonly heldNames: boolean;
  /** Its own name. */
  readonly machine: string;
  readonly user: string;
  readonly userId: number;
  readonly groups: readonly number[];
  readonly home: string;
  readonly boot: string;
  /** Seconds since 1970 there, as it was asked; null where it does not say. */
  readonly clock: number | null;
  /** Commands that make digests, each tried. */
  readonly digests: DigestCommands;
  /** Where the program is that locks a descriptor; '' where there is none that does. */
  readonly flock: string;
  /** Named pipes, on which the keepers of locks wait. */
  readonly pipes: boolean;
  /** `sync -f` makes one file system durable, `sync FILE` or `fsync FILE` one file. */
  readonly syncOne: boolean;
  readonly syncFile: boolean;
  /** With -T, mv and ln never go into a folder at the destination; with -h of the BSDs, they look through no link there. */
  readonly exactMove: '-T' | '-h' | null;
  readonly exactLink: '-T' | '-h' | null;
  /** What `touch -d` takes, to set the time of a link itself; and whether it keeps a fraction of a second. */
  readonly touch: 'seconds' | 'date' | null;
  readonly fineTouch: boolean;
  readonly tar: boolean;
  /** Its tar is that of libarchive, which does not take everything as it is (write-many.ts). */
  readonly libarchive: boolean;
};

export const probeTools = async (session: ShellSession): Promise<ShellTools> => {
  const text = (await session.ask('probe', [FIND_FORMAT, SAMPLE, ...digestCommandWords()])).output.toString('latin1');
  return { ...parseTools(text), digests: await chooseCommands(saidOf(text)) };
};

/** Lines `digest COMMAND|WHAT IT PRINTED`. */
const saidOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap(line => {
      const [, command, said] = /^digest ([^|]+)\|(.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [[command, said!]];
    }),
  );

/** Lines `name value`; what is not there was not found. */
export const parseTools = (text: string): ShellTools => {
  const lines = text.split('\n').map(line => {
    const [word = '', ...rest] = line.split(' ');
    return { word, value: rest.join(' ') };
  });
  const of = (name: string): string => lines.find(({ word }) => word === name)?.value ?? '';
  const all = (name: string): string[] => lines.filter(({ word }) => word === name).map(({ value }) => value);
  const has = (name: string): boolean => of(name) === 'yes';
  const one = <Word extends string>(name: string, ...words: readonly Word[]): Word | null =>
    words.find(word => word === of(name)) ?? null;
  const time = of('touch');
  return {
    system: of('system').toLowerCase(),
    path: of('path'),
    missing: all('missing'),
    find: one('find', 'printf', 'exec'),
    stat: one('stat', '-c', '-f'),
    heldNames: has('proc'),
    machine: of('machine'),
    user: of('user') || of('uid'),
    userId: of('uid') === '' ? -1 : Number(of('uid')),
    groups: of('groups').split(' ').filter(Boolean).map(Number),
    home: of('home'),
    boot: of('boot'),
    clock: of('clock') === '' ? null : Number(of('clock')),
    digests: new Map(),
    flock: of('flock'),
    pipes: has('fifo'),
    syncOne: has('sync-f'),
    syncFile: has('sync-file'),
    exactMove: one('mv', '-T', '-h'),
    exactLink: one('ln', '-T', '-h'),
    touch: time === '' ? null : time.startsWith('@') ? 'seconds' : 'date',
    fineTouch: has('touch-fine'),
    tar: has('tar'),
    libarchive: has('libarchive'),
  };
};

/** Throws where the machine cannot be driven by its shell, naming each reason and what to install. */
export const checkTools = (label: string, tools: ShellTools, why: HostError | null): void => {
  const { missing, find, stat, exactMove, exactLink, touch } = tools;
  const tried = exactMove !== null;
  const wrong = [
    ...missing,
    ...(find === null && !missing.includes('find') ? ['find that knows -printf or -exec … {} +'] : []),
    ...(stat === null && !missing.includes('stat') ? ['stat that knows -c or -f'] : []),
    ...(!tried && !missing.includes('mv') ? ['mv that knows -T or -h, or a temporary folder to try it in'] : []),
    ...(tried && exactLink === null && !missing.includes('ln') ? ['ln that knows -T or -h'] : []),
    ...(tried && touch === null && !missing.includes('touch')
      ? ['touch that knows -h, and -d with seconds or a date']
      : []),
  ];
  if (wrong.length === 0) return;
  const where = tools.path === '' ? 'PATH there is empty' : `PATH there is ${tools.path}`;
  const first = why === null ? `${label}: ` : `${why.message}; and `;
  throw new HostError(
    why?.code ?? 'unsupported',
    `${first}it cannot be driven by its shell: there is no ${wrong.join(', no ')}`,
    BSD.test(tools.system)
      ? `Install Node.js 18 or later there, and it is driven by an agent; or say \`agent sftp\`. Its own tools serve where mv and ln know -h, and touch -h and -d with a date, as those of FreeBSD do; GNU's count only under their own names (${where}).`
      : `Install GNU coreutils and findutils, or BusyBox, there (${where}); or install Node.js 18 or later, and it is driven by an agent.`,
  );
};

/** By `uname -s`; packages put GNU's tools there under names with a `g`. */
const BSD = /bsd|darwin|dragonfly/;
