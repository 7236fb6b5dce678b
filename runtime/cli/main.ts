// From argv to an exit code: finds the command, runs it, and turns whatever goes wrong into a sentence and a code.
import type { Invocation } from './arguments.js';
import { type Command, EXIT, type LoadScreen } from './command.js';
import type { CommandName } from './options.js';
import { openTerminal, type Terminal } from './terminal.js';
import { usage, usageLine, usageOf } from './usage.js';

export const main = async (
  argv: readonly string[],
  process: NodeJS.Process,
  loadScreen: LoadScreen,
): Promise<number> => {
  const { parseArguments } = await import('./arguments.js');
  const invocation = parseArguments(argv);
  const colour = invocation.kind === 'run' && !invocation.options.flag('no-color');
  const terminal = openTerminal(process, { colour });
  switch (invocation.kind) {
    case 'version':
      terminal.print(`syncplan ${SYNCPLAN_VERSION}\n`);
      return EXIT.done;
    case 'help':
      terminal.print(invocation.command === null ? usage() : usageOf(invocation.command));
      return EXIT.done;
    case 'complaint':
      return complain(invocation, terminal);
    case 'run':
      return runCommand(invocation, terminal, process, loadScreen);
  }
};

const complain = async (
  { command, message }: Extract<Invocation, { kind: 'complaint' }>,
  terminal: Terminal,
): Promise<number> => {
  const { displayMessage } = await import('../ui/display.js');
  terminal.say(`syncplan: ${displayMessage(message)}\n\n${command === null ? usage() : usageLine(command)}`);
  return EXIT.usage;
};

const runCommand = async (
  { command, operands, options }: Extract<Invocation, { kind: 'run' }>,
  terminal: Terminal,
  process: NodeJS.Process,
  loadScreen: LoadScreen,
): Promise<number> => {
  const doing = `syncplan ${[command, ...operands].join(' ')}`;
  const explain = async (error: unknown): Promise<number> => {
    const { explainError } = await import('./explain-error.js');
    const { text, exitCode } = explainError(error, doing, options.flag('verbose'));
    terminal.say(text);
    return exitCode;
  };
  // What nobody waited for ends the program as well, but not with a bare trace.
  process.on('uncaughtException', error => void explain(error).then(code => process.exit(code)));
  try {
    const run = await load(command);
    return await run({ command, operands, options, terminal, process, loadScreen });
  } catch (error) {
    return explain(error);
  }
};

const load = async (command: CommandName): Promise<Command> => {
  switch (command) {
    case 'init':
      return (await import('./init.js')).init;
    case 'check':
      return (await import('./check.js')).check;
    case 'fmt':
      return (await import('./fmt.js')).fmt;
    case 'compile':
      return (await import('./compile.js')).compile;
    case 'explain':
      return (await import('./explain.js')).explain;
    case 'plan':
      return (await import('./plan.js')).plan;
    case 'apply':
      return (await import('./apply.js')).apply;
    case 'doctor':
      return (await import('./doctor.js')).doctor;
    case 'unlock':
      return (await import('./unlock.js')).unlock;
    case 'restore':
      return (await import('./restore.js')).restore;
    case 'agent':
      return (await import('./key-agent.js')).keyAgent;
  }
};
