// What runs below a process, by /proc: so that a test sees what was started and that it is gone.
import { readdirSync, readFileSync } from 'node:fs';

export type Process = { readonly pid: number; readonly parent: number; readonly command: string };

/** Its children, and theirs; zombies do not count. */
export const processesBelow = (pid: number): Process[] => {
  const all = readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? look(Number(name)) : []));
  const below = (parent: number): Process[] =>
    all.filter(one => one.parent === parent).flatMap(one => [one, ...below(one.pid)]);
  return below(pid);
};

export const isRunning = (pid: number): boolean => look(pid).length > 0;

/** One process, or none where it has ended. */
const look = (pid: number): Process[] => {
  try {
    // The name stands in brackets and may hold anything.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (state === 'Z' || state === 'X') return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
    return [{ pid, parent: Number(parent), command }];
  } catch {
    return [];
  }
};
