// What every command is: a function from a call to an exit code; and how it answers what it cannot be called with.
import { displayMessage } from '../ui/display.js';
import type { Options } from './arguments.js';
import type { CommandName } from './options.js';
import type { Terminal } from './terminal.js';
import { usageLine } from './usage.js';

export type Command = (call: Call) => Promise<number>;

export type Call = {
  readonly command: CommandName;
  readonly operands: readonly string[];
  readonly options: Options;
  readonly terminal: Terminal;
  readonly process: NodeJS.Process;
  readonly loadScreen: LoadScreen;
};

/** ink and React cost more than the rest of the program: who starts it hands in how they are loaded. */
export type LoadScreen = () => Promise<typeof import('../ui/screen.js')>;

/** Those that a command can know by itself; a run's code comes from its summary. */
export const EXIT = { done: 0, failed: 1, changes: 2, faulty: 3, refused: 4, partial: 5, usage: 64 } as const;

/** What was given makes no sense: said with the usage line, on standard error. */
export const complain = ({ command, terminal }: Call, message: string): number => {
  terminal.say(`syncplan: ${displayMessage(message)}\n\n${usageLine(command)}`);
  return EXIT.usage;
};
