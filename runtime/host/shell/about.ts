// What a shell tells of its machine to a person: the clock there, now, files that may be open, and the programs that are used.
//
//   clock SECONDS[.FRACTION]     a `date` without fractions says something else behind the dot
//   files LIMIT
//   tool NAME|PATH               nothing behind the bar where it is missing; the name alone where the shell has it built in
import { type About, NO_LIMITS } from '../about.js';
import type { ShellSession } from './session.js';

/**
 * `there` is the clock as it was reckoned when the host was opened, for a machine whose own cannot be read; `flock` the program
 * that was found to lock, which need not be in PATH.
 */
export const aboutShell = async (session: ShellSession, there: () => number, flock: string): Promise<About> => {
  const { output } = await session.ask('about', TOOLS);
  const lines = output.toString('utf8').split('\n');
  const of = (word: string): string => lines.find(line => line.startsWith(`${word} `))?.slice(word.length + 1) ?? '';
  const [, seconds, fraction = ''] = /^(\d{1,12})(?:\.(\d{3,9})$)?/.exec(of('clock')) ?? [];
  const files = of('files');
  return {
    clock: seconds === undefined ? there() : Number(`${seconds}.${fraction || '0'}`) * 1000,
    clockStep: fraction === '' ? 1_000 : 1,
    openFiles: /^\d{1,12}$/.test(files) ? Number(files) : null,
    tools: lines.flatMap(line => {
      const [, name, path] = /^tool ([^|]+)\|(.*)$/.exec(line) ?? [];
      // BusyBox is told where it is what the others are applets of; nobody lacks it.
      if (name === undefined || path === undefined || (name === 'busybox' && path === '')) return [];
      return [{ name, path: name === 'flock' ? flock : path }];
    }),
    server: NO_LIMITS,
  };
};

/** Each makes something better where it is there; what a shell cannot do without is asked for when it is connected. */
const TOOLS = ['busybox', 'find', 'stat', 'tar', 'touch', 'sync', 'mkfifo', 'flock', 'sha256sum'];
