// Takes the system's advisory lock (flock) on a file, held by a descriptor of this process until it is closed or the process dies.
//
// Node.js has no such call, so the tool `flock` (util-linux; BusyBox has one too) makes it on a descriptor that it inherits.
// The lock belongs to what was opened, not to the tool: it stays when the tool has ended, and goes with our descriptor.
import { spawn } from 'node:child_process';
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { hostErrorOf } from '../faults.js';
import type { Folder } from '../file-verbs.js';
import type { LockMode } from '../host.js';
import { HostError } from '../host-error.js';
import { address, faultOf } from '../local-folder.js';

export type Grip = {
  /** Is the file under that name still the one that is held? */
  readonly isOurs: () => boolean;
  /** Once; closing a descriptor twice could close another's. */
  readonly release: () => void;
};

export type FlockOptions = {
  readonly mode: LockMode;
  readonly tool: string;
  /** Names the lock in messages. */
  readonly where: string;
};

/** At once, without waiting: null where somebody else has it. */
export const tryFlock = async (folder: Folder, name: string, options: FlockOptions): Promise<Grip | null> => {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const descriptor = openLockFile(folder, name, options);
    let kept = false;
    try {
      if (!(await callTool(descriptor, options))) return null;
      const held = fstatSync(descriptor);
      const isOurs = (): boolean => {
        const there = lstatSync(address(folder, name), { throwIfNoEntry: false });
        return there !== undefined && there.ino === held.ino && there.dev === held.dev;
      };
      // Somebody may have removed or replaced the file meanwhile: a lock that nobody else can find is none.
      if (!isOurs()) continue;
      kept = true;
      return { isOurs, release: once(() => closeSync(descriptor)) };
    } finally {
      if (!kept) closeSync(descriptor);
    }
  }
  throw new HostError(
    'failed',
    `lock ${options.where}: its lock file is replaced again and again`,
    'Look what removes files there, and stop it.',
  );
};

/** Writable where this user may, as some file systems want for an exclusive lock. */
const openLockFile = (folder: Folder, name: string, { where }: FlockOptions): number => {
  const path = address(folder, name);
  try {
    try {
      const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | SAFE, LOCK_MODE);
      const { mode, uid } = fstatSync(descriptor);
      // The mask of this process had its say when it was made.
      if ((mode & 0o777) !== LOCK_MODE && uid === process.geteuid?.()) fchmodSync(descriptor, LOCK_MODE);
      return descriptor;
    } catch (error) {
      if (!DENIED.has(String((error as NodeJS.ErrnoException).code))) throw error;
      return openSync(path, constants.O_RDONLY | SAFE);
    }
  } catch (error) {
    throw hostErrorOf(`lock ${where}`, faultOf(error));
  }
};

/** True: locked. The tool says nothing and ends with 1 where another has it; whatever else it says is a failure. */
const callTool = async (descriptor: number, { mode, tool, where }: FlockOptions): Promise<boolean> => {
  const { code, words } = await run(tool, mode === 'shared' ? ['-s', '-n', '3'] : ['-n', '3'], descriptor);
  if (code === 0) return true;
  if (code === 1 && words === '') return false;
  if (code === 'EMFILE' || code === 'ENFILE') throw hostErrorOf(`lock ${where}`, { fault: code, message: code });
  throw new HostError(
    'failed',
    `lock ${where}: flock failed (${code})${words === '' ? '' : `: ${words}`}`,
    `Look whether ${tool} runs there, and whether that file system can lock files; if not, choose a \`state\` folder on one that can.`,
  );
};

export const once = (work: () => void): (() => void) => {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
};

const run = (
  tool: string,
  args: readonly string[],
  descriptor: number,
): Promise<{ readonly code: number | string; readonly words: string }> =>
  new Promise(resolve => {
    const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe', descriptor] });
    let words = '';
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message, words }));
    // Where no more files may be open there is neither a process nor its streams.
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, MAX_WORDS);
    });
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'no code', words: words.trim() }));
  });

const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const LOCK_MODE = 0o644;
const MAX_ATTEMPTS = 20;
const MAX_WORDS = 500;
