// Every command and option of the program as one table: parsing, usage text and did-you-mean are read off it.

export type OptionRow = {
  /** What stands after the option in the usage text; a flag has none. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** The value is a whole number from 1 on. */
  readonly count?: boolean;
  /** May be given several times. */
  readonly many?: boolean;
  /** Each value may be a list with commas between. */
  readonly commas?: boolean;
  readonly short?: string;
  readonly text: string;
  /** Known by name, refused with this reason. */
  readonly later?: string;
};

export const OPTIONS = {
  var: { value: 'NAME=VALUE', many: true, text: 'give an input of the plan its value; given twice, the last counts' },
  'var-file': { value: 'FILE', many: true, text: 'read inputs from a file: JSON, or lines of NAME=VALUE' },
  role: { value: 'NAME=HOSTS', many: true, text: 'let these hosts play a role, for this run' },
  master: { value: 'HOST', text: 'short for --role master=HOST' },
  remote: { value: 'HOSTS', many: true, text: 'short for --role remote=HOSTS (comma-separated)' },
  only: { value: 'NAME', many: true, text: 'only this host, group, region or block (host:x, block:x)' },
  except: { value: 'NAME', many: true, text: 'all but this host, group, region or block' },
  'ssh-config': { value: 'FILE', text: 'configuration for ssh, instead of the usual (or SYNCPLAN_SSH_CONFIG)' },
  'accept-new-keys': { text: 'trust the keys of hosts never met before (never a changed one)' },
  parallel: { value: 'N', count: true, text: 'how many hosts transfer at once, instead of what the plan says' },
  'allow-delete': { text: 'this run may delete more than the deletion guard allows' },
  ui: {
    value: 'KIND',
    choices: ['ink', 'lines', 'json', 'quiet'],
    text: 'live screen, lines, NDJSON stream, or nothing but what failed',
  },
  json: { text: 'short for --ui json (check: --format json; doctor: an object a line)' },
  'exit-code': { text: 'exit 2 when there are changes' },
  yes: { short: 'y', text: 'do not ask before doing it' },
  'dry-run': { text: 'show what would be done and do nothing: apply as plan' },
  fix: { text: 'make the safe fixes in the files' },
  format: { value: 'FORMAT', choices: ['pretty', 'json', 'github', 'sarif'], text: 'how findings are written' },
  check: { text: 'write nothing; exit 3 when a file is not formatted' },
  diff: { text: 'write nothing; show what would change' },
  output: { value: 'FILE', short: 'o', text: 'write to this file (plan: save what it shows, to be applied once)' },
  resume: { text: 'only what the last run of this plan did not get done' },
  'accept-root': {
    value: 'HOSTS',
    many: true,
    commas: true,
    text: 'accept the roots of these hosts although they are not what this machine remembers',
  },
  run: { value: 'ID', text: 'the run that is meant' },
  root: { value: 'PATH', many: true, text: 'a folder that the key serves, with all below it' },
  links: { text: 'let it open data links to other hosts; without it all content goes over the SSH connection' },
  verbose: { text: 'say more: every change and problem of a long report, stack traces of internal errors' },
  'no-color': { text: 'no colours (NO_COLOR does the same)' },
  help: { short: 'h', text: 'this text' },
  version: { short: 'V', text: 'the version of the program' },
} as const satisfies Record<string, OptionRow>;

export type OptionName = keyof typeof OPTIONS;

export type CommandRow = {
  /** Operands as the usage line shows them. */
  readonly operands: string;
  readonly least: number;
  readonly most: number;
  readonly text: string;
  readonly options: readonly OptionName[];
  /** Options that this command refuses, with the reason. */
  readonly refused?: Readonly<Partial<Record<OptionName, string>>>;
  /** Known by name, refused with this reason. */
  readonly later?: string;
};

const EVERYWHERE: readonly OptionName[] = ['verbose', 'no-color', 'help'];
const INPUTS: readonly OptionName[] = ['var', 'var-file', 'role', 'master', 'remote'];
/** For commands that look after hosts without a run. */
const VISIT: readonly OptionName[] = [...INPUTS, 'only', 'except', 'ssh-config', 'accept-new-keys', 'ui', 'json'];
const RUN: readonly OptionName[] = [
  ...INPUTS,
  'only',
  'except',
  'ssh-config',
  'accept-new-keys',
  'parallel',
  'allow-delete',
  'ui',
  'json',
];

export const COMMANDS = {
  init: { operands: '[DIR]', least: 0, most: 1, text: 'write a commented starter plan', options: EVERYWHERE },
  check: {
    operands: 'FILE…',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    text: 'find every fault of a plan; contacts nothing',
    options: ['fix', 'format', 'json', ...INPUTS, ...EVERYWHERE],
  },
  fmt: {
    operands: 'FILE…|-',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    text: 'lay a plan out in the one way; - is standard input',
    options: ['check', 'diff', ...EVERYWHERE],
  },
  compile: {
    operands: 'FILE',
    least: 1,
    most: 1,
    text: 'print the compiled plan as canonical JSON',
    options: ['output', ...INPUTS, ...EVERYWHERE],
  },
  explain: { operands: 'CODE', least: 1, most: 1, text: 'explain a finding, with an example', options: EVERYWHERE },
  plan: {
    operands: 'FILE|SAVED',
    least: 1,
    most: 1,
    text: 'show what apply would change on every machine; changes nothing',
    options: ['exit-code', ...RUN, 'output', 'accept-root', ...EVERYWHERE],
  },
  apply: {
    operands: 'FILE|SAVED',
    least: 1,
    most: 1,
    text: 'make every machine hold what the plan says',
    options: ['yes', 'dry-run', ...RUN, 'resume', 'accept-root', ...EVERYWHERE],
  },
  doctor: {
    operands: 'FILE',
    least: 1,
    most: 1,
    text: 'reach every host; say how it will be driven and what is missing',
    options: [...INPUTS, 'only', 'except', 'ssh-config', 'accept-new-keys', 'json', ...EVERYWHERE],
  },
  unlock: {
    operands: 'FILE',
    least: 1,
    most: 1,
    text: 'take the lock of a run that is gone away; never one that is held',
    options: ['run', ...VISIT, ...EVERYWHERE],
  },
  restore: {
    operands: 'FILE [PATH…]',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    text: 'bring back from the trash what a run removed or replaced',
    options: ['run', 'yes', ...VISIT, ...EVERYWHERE],
  },
  agent: {
    operands: '--root PATH…',
    least: 0,
    most: 0,
    text: 'serve these folders alone: for command="…" of a restricted key in authorized_keys',
    options: ['root', 'links', ...EVERYWHERE],
  },
} as const satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof COMMANDS;

export const optionRow = (name: OptionName): OptionRow => OPTIONS[name];
export const commandRow = (name: CommandName): CommandRow => COMMANDS[name];
export const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);
export const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);
