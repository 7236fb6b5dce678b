// Where the program's words go: results to standard output, everything else to standard error; and one question.
import { createInterface } from 'node:readline/promises';

export type Terminal = {
  /** A result. */
  readonly print: (text: string) => void;
  /** Progress, complaints, findings about a plan that was to be run. */
  readonly say: (text: string) => void;
  /** Asks on standard error, reads a line; false when input ends or the signal fires first. */
  readonly ask: (question: string, signal: AbortSignal) => Promise<boolean>;
  /** All of standard input. */
  readonly readInput: () => Promise<Uint8Array>;
  /** May colours be used there? */
  readonly colour: { readonly print: boolean; readonly say: boolean };
  /** Someone sits there: can be asked, sees a live screen. */
  readonly interactive: boolean;
  /** A live screen can be drawn on standard error: a terminal that knows its size. */
  readonly drawable: boolean;
  /** A build server, whatever its terminal claims. */
  readonly ci: boolean;
  readonly width: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly folder: string;
  readonly streams: {
    readonly out: NodeJS.WriteStream;
    readonly err: NodeJS.WriteStream;
    readonly input: NodeJS.ReadStream;
  };
};

export const openTerminal = (process: NodeJS.Process, options: { readonly colour: boolean }): Terminal => {
  const { stdout, stderr, stdin, env } = process;
  const colourful = (stream: NodeJS.WriteStream): boolean =>
    options.colour && stream.isTTY === true && env.TERM !== 'dumb' && (env.NO_COLOR ?? '') === '';
  return {
    print: text => void stdout.write(text),
    say: text => void stderr.write(text),
    ask: (question, signal) => ask(process, question, signal),
    readInput: () => readAll(stdin),
    colour: { print: colourful(stdout), say: colourful(stderr) },
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    drawable: stderr.isTTY === true && env.TERM !== 'dumb' && stderr.columns > 0,
    ci: (env.CI ?? '') !== '' && env.CI !== 'false' && env.CI !== '0',
    // A pseudo-terminal that nobody has given a size has 0 columns.
    width: stdout.columns || stderr.columns || WIDTH_OF_LOGS,
    environment: env,
    folder: process.cwd(),
    streams: { out: stdout, err: stderr, input: stdin },
  };
};

const ask = async (process: NodeJS.Process, question: string, signal: AbortSignal): Promise<boolean> => {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads a line, Ctrl-C comes as a character: it must mean here what it means everywhere.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const ended = new Promise<string>(resolve => reader.once('close', () => resolve('')));
    const answer = await Promise.race([reader.question(question, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    reader.close();
  }
};

const readAll = async (input: NodeJS.ReadStream): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
};

const WIDTH_OF_LOGS = 120;
