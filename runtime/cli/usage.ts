// The usage text of the program and of each command, read off the table of options.
import { COMMANDS, type CommandName, commandRow, OPTIONS, type OptionName, optionRow } from './options.js';

/** All commands, and where to read on. */
export const usage = (): string =>
  [
    'syncplan – keep many machines equal to a master, over plain SSH, block by block',
    '',
    'usage: syncplan COMMAND …',
    '',
    ...columns(
      (Object.keys(COMMANDS) as CommandName[]).map(
        name => [`  ${synopsis(name)}`, describe(commandRow(name))] as const,
      ),
    ),
    '',
    '  syncplan help COMMAND   what a command does, and its options',
    '  syncplan --version      the version of the program',
    '',
    'Progress and questions go to standard error, results to standard output.',
    'exit codes: 0 done · 1 failed · 2 changes (plan --exit-code) · 3 faults in the plan · 4 refused to protect data',
    '            5 partly done · 6 locked by another run · 64 usage · 130 interrupted',
    '',
  ].join('\n');

/** One command with all its options. */
export const usageOf = (name: CommandName): string => {
  const row = commandRow(name);
  return [
    `usage: syncplan ${synopsis(name)} [options]`,
    '',
    `  ${describe(row)}`,
    '',
    'options:',
    ...columns(row.options.map(option => [`  ${spelling(option)}`, describeOption(name, option)] as const)),
    '',
  ].join('\n');
};

/** The line that goes with a complaint. */
export const usageLine = (name: CommandName): string =>
  `usage: syncplan ${synopsis(name)} [options]     (syncplan help ${name} lists the options)\n`;

const synopsis = (name: CommandName): string => `${name} ${commandRow(name).operands}`.trimEnd();

const spelling = (name: OptionName): string => {
  const row = optionRow(name);
  const value = row.choices?.join('|') ?? row.value;
  return `${row.short ? `-${row.short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
};

const describe = (row: { readonly text: string; readonly later?: string }): string =>
  row.later === undefined ? row.text : `(not built yet) ${row.text}`;

const describeOption = (command: CommandName, option: OptionName): string =>
  commandRow(command).refused?.[option] === undefined
    ? describe(OPTIONS[option])
    : `(not built yet) ${OPTIONS[option].text}`;

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}   ${right}`);
};
