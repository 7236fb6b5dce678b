// What every command is: a function from a call to an exit code.
import type { Options } from './arguments.js';
import type { Terminal } from './terminal.js';

export type Command = (call: Call) => Promise<number>;

export type Call = {
  readonly operands: readonly string[];
  readonly options: Options;
  readonly terminal: Terminal;
  readonly process: NodeJS.Process;
};

/** Those that a command can know by itself; a run's code comes from its summary. */
export const EXIT = { done: 0, failed: 1, changes: 2, faulty: 3, refused: 4, partial: 5, usage: 64 } as const;
