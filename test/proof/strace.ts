// strace as a saboteur: makes the nth use of a system call fail, or kill whoever makes it, in a program and all it starts.
import { spawnSync } from 'node:child_process';

export type Injection = {
  readonly calls: string;
  /** As strace words it: `error=EIO`, `signal=KILL`. */
  readonly does: string;
};

export const INJECTIONS = {
  'syncs fail': { calls: 'fsync,fdatasync,syncfs', does: 'error=EIO' },
  'renames kill': { calls: 'rename,renameat,renameat2', does: 'signal=KILL' },
  'renames fail': { calls: 'rename,renameat,renameat2', does: 'error=EIO' },
  'writes find the disk full': { calls: 'write', does: 'error=ENOSPC' },
  'links fail': { calls: 'link,linkat,symlink,symlinkat', does: 'error=ENOSPC' },
  'removals fail': { calls: 'unlink,unlinkat,rmdir', does: 'error=EACCES' },
  'removals kill': { calls: 'unlink,unlinkat,rmdir', does: 'signal=KILL' },
  'syncs kill': { calls: 'fsync,fdatasync,syncfs', does: 'signal=KILL' },
} as const satisfies Readonly<Record<string, Injection>>;

/** The command below which a program is started. Each process counts for itself; `1+` is every use. */
export const straced = ({ calls, does }: Injection, when: number | string): string[] => [
  'strace',
  '-f',
  '--seccomp-bpf',
  '-qqq',
  '-o',
  '/dev/null',
  '-e',
  `trace=${calls}`,
  '-e',
  `inject=${calls}:${does}:when=${when}`,
];

/** strace is there and may trace here. */
export const canInject = (): boolean =>
  spawnSync('strace', ['-f', '--seccomp-bpf', '-qqq', '-o', '/dev/null', '-e', 'trace=fsync', 'true']).status === 0;
