// The command line: argv becomes a command with its operands and options, or a complaint that says what was meant.
import yargs from 'yargs';
import { nearest } from '../../grammar/suggest.js';
import {
  COMMANDS,
  type CommandName,
  commandRow,
  isCommand,
  isOption,
  OPTIONS,
  type OptionName,
  optionRow,
} from './options.js';

export type Invocation =
  | {
      readonly kind: 'run';
      readonly command: CommandName;
      readonly operands: readonly string[];
      readonly options: Options;
    }
  | { readonly kind: 'help'; readonly command: CommandName | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'complaint'; readonly command: CommandName | null; readonly message: string };

/** What was given, by the option's name; nothing is filled in. */
export type Options = {
  readonly flag: (name: OptionName) => boolean;
  /** The value of an option that is given at most once. */
  readonly value: (name: OptionName) => string | null;
  readonly values: (name: OptionName) => readonly string[];
};

export const parseArguments = (argv: readonly string[]): Invocation => {
  const parsed = parse(argv);
  if ('complaint' in parsed) return { kind: 'complaint', command: firstCommand(argv), message: parsed.complaint };
  const { words, given } = parsed;
  const [first, ...rest] = words;
  const command = first !== undefined && isCommand(first) ? first : null;
  const complain = (message: string): Invocation => ({ kind: 'complaint', command, message });

  for (const name of given.keys()) {
    if (!isOption(name)) return complain(unknownOption(name, command));
  }
  if (given.has('version')) return { kind: 'version' };
  if (first === 'help') return help(rest);
  if (given.has('help')) return { kind: 'help', command };
  if (first === undefined) return complain('a command is missing');
  if (command === null)
    return complain(`there is no command ${quote(first)}${didYouMean(first, Object.keys(COMMANDS), '')}`);
  const fault = faultOf(command, rest, given);
  return fault === null ? { kind: 'run', command, operands: rest, options: optionsOf(given) } : complain(fault);
};

/** Words in order, and every option with what was given for it. */
type Parsed = { readonly words: readonly string[]; readonly given: ReadonlyMap<string, readonly (string | boolean)[]> };

const parse = (argv: readonly string[]): Parsed | { readonly complaint: string } => {
  const parser = yargs([])
    .help(false)
    .version(false)
    .exitProcess(false)
    .locale('en')
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    });
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const { value, short } = optionRow(name);
    parser.option(name, {
      ...(value === undefined ? { type: 'boolean' as const } : { type: 'string' as const, nargs: 1 }),
      ...(short === undefined ? {} : { alias: short }),
    });
  }
  try {
    const { _, $0, ...rest } = parser.parseSync([...argv]);
    const given = new Map<string, readonly (string | boolean)[]>();
    for (const [name, value] of Object.entries(rest)) {
      if (value !== undefined) given.set(name, (Array.isArray(value) ? value : [value]) as (string | boolean)[]);
    }
    return { words: _.map(String), given };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const missing = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
    if (missing === undefined) return { complaint: message };
    const name = (Object.keys(OPTIONS) as OptionName[]).find(
      one => one === missing || optionRow(one).short === missing,
    );
    const value = name === undefined ? 'VALUE' : optionRow(name).value;
    return { complaint: `${spell(missing)} needs a value: ${spell(missing)} ${value}` };
  }
};

const faultOf = (command: CommandName, operands: readonly string[], given: Parsed['given']): string | null => {
  const row = commandRow(command);
  if (row.later !== undefined) return `${command} is not built yet: ${row.later}`;
  for (const [name, values] of given) {
    if (!isOption(name)) continue;
    const option = optionRow(name);
    if (!row.options.includes(name)) return `${command} has no option ${spell(name)}${homes(name)}`;
    const reason = option.later ?? row.refused?.[name];
    if (reason !== undefined) return `${spell(name)} is not built yet: ${reason}`;
    if (option.value === undefined) continue;
    if (values.length > 1 && !option.many) return `${spell(name)} is given ${values.length} times`;
    if (values.includes('')) return `${spell(name)} needs a value: ${spell(name)} ${option.value}`;
    if (option.count && !/^[1-9]\d{0,5}$/.test(String(values[0]))) {
      return `${spell(name)} is a whole number from 1 on, not ${quote(String(values[0]))}`;
    }
    const odd =
      option.choices === undefined ? undefined : values.find(value => !option.choices?.includes(String(value)));
    if (odd !== undefined) {
      return `${spell(name)} is ${option.choices?.join(', ')}, not ${quote(String(odd))}${didYouMean(String(odd), option.choices ?? [], '')}`;
    }
  }
  const kind = given.get('ui')?.at(-1);
  if (given.has('json') && kind !== undefined && kind !== 'json') {
    return `--json and --ui ${kind} contradict each other: --json is short for --ui json`;
  }
  const empty = operands.indexOf('');
  if (operands.length < row.least) return `${command} needs ${row.operands}`;
  if (operands.length > row.most)
    return `${command} takes ${row.operands}, but was given ${operands.map(quote).join(' ')}`;
  return empty === -1 ? null : `${command} was given an empty name`;
};

const help = (rest: readonly string[]): Invocation => {
  const [topic] = rest;
  if (topic === undefined) return { kind: 'help', command: null };
  if (isCommand(topic)) return { kind: 'help', command: topic };
  return {
    kind: 'complaint',
    command: null,
    message: `there is no command ${quote(topic)}${didYouMean(topic, Object.keys(COMMANDS), '')}`,
  };
};

const optionsOf = (given: Parsed['given']): Options => ({
  flag: name => given.get(name)?.at(-1) === true,
  value: name => given.get(name)?.map(String).at(-1) ?? null,
  values(name) {
    const values = given.get(name)?.map(String) ?? [];
    return optionRow(name).commas ? values.flatMap(value => value.split(',')) : values;
  },
});

const unknownOption = (name: string, command: CommandName | null): string => {
  const legal = command === null ? Object.keys(OPTIONS) : commandRow(command).options;
  return `there is no option ${spell(name)}${name.length === 1 ? '' : didYouMean(name, legal, '--')}`;
};

/** Where an option that exists elsewhere belongs. */
const homes = (name: OptionName): string => {
  const commands = (Object.keys(COMMANDS) as CommandName[]).filter(
    command => commandRow(command).options.includes(name) && commandRow(command).later === undefined,
  );
  return commands.length === 0 ? '' : ` (it belongs to ${commands.join(', ')})`;
};

const firstCommand = (argv: readonly string[]): CommandName | null => argv.find(isCommand) ?? null;
const spell = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);
const quote = (text: string): string => JSON.stringify(text);

const didYouMean = (word: string, legal: readonly string[], prefix: string): string => {
  const begun = legal.filter(one => one.startsWith(word));
  const found = begun.length === 1 ? begun[0]! : nearest(word, legal);
  return found === null ? '' : `; did you mean ${prefix}${found}?`;
};
