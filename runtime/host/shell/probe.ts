// What tools a machine has, and of which make: tried once, by doing a small thing with each, not by what it calls itself.
import { HostError } from '../host-error.js';
import { chooseCommands, type DigestCommands, digestCommandWords, SAMPLE } from './digest-tools.js';
import type { ShellSession } from './session.js';

export type ShellTools = {
  /** `linux x86_64`. */
  readonly system: string;
  readonly path: string;
  /** Programs without which nothing can be done. */
  readonly missing: readonly string[];
  /** `printf`: find prints records itself; `exec`: stat prints them for it; null where it can do neither. */
  readonly find: 'printf' | 'exec' | null;
  /** `stat -c` prints whole records. */
  readonly stat: boolean;
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
  /** `sync -f` makes one file system durable, `sync FILE` one file. */
  readonly syncOne: boolean;
  readonly syncFile: boolean;
  /** `mv -T` and `ln -T` never go into a folder that stands at the destination. */
  readonly exactMove: boolean;
  readonly exactLink: boolean;
  /** `touch -d @SECONDS` sets the time of a link itself, and keeps a fraction. */
  readonly touch: boolean;
  readonly fineTouch: boolean;
  readonly tar: boolean;
};

export const probeTools = async (session: ShellSession): Promise<ShellTools> => {
  const text = (await session.ask('probe', [SAMPLE, ...digestCommandWords()])).output.toString('latin1');
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
  const find = of('find');
  return {
    system: of('system').toLowerCase(),
    path: of('path'),
    missing: all('missing'),
    find: find === 'printf' || find === 'exec' ? find : null,
    stat: has('stat'),
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
    exactMove: has('mv-T'),
    exactLink: has('ln-T'),
    touch: has('touch-d'),
    fineTouch: has('touch-fine'),
    tar: has('tar'),
  };
};

/** Throws where the machine cannot be driven by its shell, naming each reason and what to install. */
export const checkTools = (label: string, tools: ShellTools, why: HostError | null): void => {
  const { missing, find, stat, exactMove, exactLink, touch } = tools;
  const wrong = [
    ...missing,
    ...(find === null && !missing.includes('find') ? ['find that knows -printf or -exec … {} +'] : []),
    ...(!stat && !missing.includes('stat') ? ['stat that knows -c'] : []),
    ...(!exactMove && !missing.includes('mv') ? ['mv that knows -T, or a temporary folder to try it in'] : []),
    ...(exactMove && !exactLink && !missing.includes('ln') ? ['ln that knows -T'] : []),
    ...(exactMove && !touch && !missing.includes('touch') ? ['touch that knows -h and -d @SECONDS'] : []),
  ];
  if (wrong.length === 0) return;
  const isBsd = BSD.test(tools.system);
  const where = tools.path === '' ? 'PATH there is empty' : `PATH there is ${tools.path}`;
  const first = why === null ? `${label}: ` : `${why.message}; and `;
  throw new HostError(
    why?.code ?? 'unsupported',
    `${first}it cannot be driven by its shell: there is no ${wrong.join(', no ')}`,
    isBsd
      ? `The tools of a BSD are not driven: install Node.js 18 or later there, and it is driven by an agent; or say \`agent sftp\`. GNU tools count only under their own names (${where}).`
      : `Install GNU coreutils and findutils, or BusyBox, there (${where}); or install Node.js 18 or later, and it is driven by an agent.`,
  );
};

/** By `uname -s`; their stat, mv, ln and touch have other options, and packages put GNU's there under names with a `g`. */
const BSD = /bsd|darwin|dragonfly/;
