// A child process that carries a connection: ssh, or an agent on this machine. Its standard streams are the connection.
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';

export type Carrier = {
  readonly input: Readable;
  readonly output: Writable;
  /** The last of what it wrote to its standard error. */
  readonly stderr: () => string;
  /** Resolves when it has ended and its standard error is read. `failure` where it could not be started. */
  readonly ended: Promise<CarrierEnd>;
  /** Ends it at once. */
  readonly kill: () => void;
};

export type CarrierEnd = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly failure: string | null;
};

/**
 * The child gets a process group of its own, so that Ctrl-C at the terminal reaches only us, and we decide what it means.
 * It ends when we do, however we end: its input ends then.
 */
export const startCarrier = (
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Carrier => {
  const child = execa(file, args, {
    buffer: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    reject: false,
    detached: true,
    extendEnv: false,
    env: environment,
  });
  // Nobody may be listening yet when the first words come: without this, execa lets them flow away.
  child.stdout.pause();
  let stderr = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  child.stdin.on('error', () => {});
  child.stdout.on('error', () => {});
  // Programs that it started for its way, an ssh to a host that says nothing, may hold its standard error open for ever.
  let left: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    left = setTimeout(() => killGroup(child.pid), LEFT_MS);
  });
  const ended = child.then(result => ({
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    // Without the command, which for ssh is a program of many lines.
    failure:
      result.exitCode === undefined && result.signal === undefined
        ? (result.originalMessage ?? result.shortMessage ?? 'unknown')
        : null,
  }));
  void ended.then(() => clearTimeout(left));
  return {
    input: child.stdout,
    output: child.stdin,
    stderr: () => stderr,
    ended,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};

/** The group has the number of its first process. */
const killGroup = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
};

const STDERR_TAIL = 16_384;
/** For last words. */
const LEFT_MS = 1_000;
