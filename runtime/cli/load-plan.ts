// From a plan's file name to the compiled plan of this run: inputs and roles given, restricted to what was asked for.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { notFormatted } from '../../compiler/catalog/settings.js';
import { type Compiled, type CompileIo, compile } from '../../compiler/compile.js';
import type { Plan } from '../../compiler/plan.js';
import type { Diagnostic } from '../../grammar/diagnostic.js';
import { type Kept, keptOf, type Names, restrict } from '../engine/restrict.js';
import { exactPlan, type SavedPlan } from '../engine/saved-plan.js';
import { displayMessage, displayText } from '../ui/display.js';
import { type Call, complain, EXIT } from './command.js';
import { looksLikeJson } from './files.js';
import { type Inputs, readInputs } from './inputs.js';
import { sayJson } from './no-text.js';
import type { OptionName } from './options.js';
import { wantsQuiet } from './show.js';

export type Loaded = {
  readonly plan: Plan;
  /** Before it was restricted. */
  readonly whole: Plan;
  /** Absolute, of the main file. */
  readonly file: string;
  readonly inputs: Inputs;
  /** Where the file was a saved plan, which only `plan` and `apply` take. */
  readonly saved: SavedPlan | null;
  /** Errors that the plan was wanted despite of; `plan` and `apply` refuse it for them. */
  readonly errors: number;
};

/** Says what is wrong on standard error, as far as it concerns a run. There is no plan where anything is, but for errors it is wanted `despite` of. */
export const loadPlan = async (
  call: Call,
  despite: readonly string[] = [],
): Promise<Loaded | { readonly exitCode: number }> => {
  const { terminal, options, operands } = call;
  const [operand = ''] = operands;
  const inputs = await readInputs(call);
  if ('complaint' in inputs) return { exitCode: complain(call, inputs.complaint) };
  const file = resolve(terminal.folder, operand);
  if (await looksLikeJson(file, false)) return await loadSaved(call, file, inputs);
  const [only, except] = [namesIn(options.values('only')), namesIn(options.values('except'))];
  const narrow = (names: Names): Kept | null => {
    const kept = keptOf(names, only, except);
    return 'refused' in kept ? null : kept;
  };
  const compiled = await compileFile(operand, inputs, call, { despite, narrow });
  const isSaid = compiled.plan === null || !wantsQuiet(call) ? concernsRun : isError;
  await sayFindings({ ...compiled, diagnostics: compiled.diagnostics.filter(isSaid) }, call);
  if (compiled.plan === null) return { exitCode: EXIT.faulty };
  const restricted = restrict(compiled.plan, only, except);
  if ('refused' in restricted) return refuse(call, restricted.refused, restricted.help, EXIT.usage);
  const errors = compiled.diagnostics.filter(isError).length;
  return { plan: restricted, whole: compiled.plan, file, inputs, saved: null, errors };
};

/** How a file is laid out changes nothing of what is done: `check` and `compile` tell it, not every run once more. */
const concernsRun = ({ code }: Diagnostic): boolean => code !== notFormatted.code;

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

/** `--only a,b` is `--only a --only b`. */
const namesIn = (words: readonly string[]): string[] => words.flatMap(word => word.split(',').map(name => name.trim()));

/** Compiles one file as named by the user, with what this run gives it. */
export const compileFile = (
  operand: string,
  inputs: Inputs,
  { terminal }: Call,
  wanted: Pick<CompileIo, 'despite' | 'narrow'> = {},
): Promise<Compiled> =>
  compile(operand, {
    read: path => readFile(resolve(terminal.folder, path)),
    vars: inputs.vars,
    named: inputs.named,
    roles: inputs.roles,
    ...wanted,
  });

export const sayFindings = async ({ diagnostics, sources }: Compiled, { terminal }: Call): Promise<void> => {
  if (diagnostics.length === 0) return;
  // Most plans have none, and drawing them takes loading.
  const { findingsAs } = await import('../ui/findings.js');
  terminal.say(
    findingsAs('pretty', diagnostics, sources, {
      colour: terminal.colour.say,
      width: terminal.width,
      version: SYNCPLAN_VERSION,
    }),
  );
};

/** What is saved is applied as it is: nothing that would make it another plan can be given with it. */
const loadSaved = async (call: Call, path: string, inputs: Inputs): Promise<Loaded | { readonly exitCode: number }> => {
  const { command, options } = call;
  const name = displayText(call.operands[0] ?? '');
  if (command !== 'plan' && command !== 'apply') {
    return { exitCode: sayJson(call, call.operands[0] ?? '') };
  }
  const given = FIXED.find(option => options.values(option).length > 0);
  if (given !== undefined) {
    return refuse(call, `--${given} cannot be given with a saved plan`, 'it is applied as it was saved', EXIT.usage);
  }
  let saved: SavedPlan;
  try {
    saved = await (await import('./saved-file.js')).readSaved(path);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return refuse(call, `${name}: ${why}`, 'make a new one: syncplan plan FILE -o SAVED', EXIT.faulty);
  }
  const plan = exactPlan(saved);
  return { plan, whole: saved.plan, file: saved.file, inputs, saved, errors: 0 };
};

const FIXED: readonly OptionName[] = [
  'var',
  'var-file',
  'role',
  'master',
  'remote',
  'only',
  'except',
  'allow-delete',
  'accept-root',
  'output',
  'resume',
];

const refuse = ({ terminal }: Call, message: string, help: string, exitCode: number): { readonly exitCode: number } => {
  terminal.say(`syncplan: ${displayMessage(message)}\n  ${displayMessage(help)}\n`);
  return { exitCode };
};
