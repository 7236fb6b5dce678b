// From a plan's file name to the compiled plan of this run: inputs and roles given, restricted to what was asked for.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Compiled, compile } from '../../compiler/compile.js';
import type { Plan } from '../../compiler/plan.js';
import { restrict } from '../engine/restrict.js';
import { displayMessage, displayText } from '../ui/display.js';
import { findingsAs } from '../ui/findings.js';
import { type Call, complain, EXIT } from './command.js';
import { type Inputs, readInputs } from './inputs.js';

export type Loaded = {
  readonly plan: Plan;
  /** Absolute, of the main file. */
  readonly file: string;
};

/** Says what is wrong on standard error where there is no plan. */
export const loadPlan = async (call: Call): Promise<Loaded | { readonly exitCode: number }> => {
  const { terminal, options, operands } = call;
  const [operand = ''] = operands;
  const refuse = (message: string, help: string): { readonly exitCode: number } => {
    terminal.say(`syncplan: ${displayMessage(message)}\n  ${displayMessage(help)}\n`);
    return { exitCode: EXIT.usage };
  };
  const inputs = await readInputs(call);
  if ('complaint' in inputs) return { exitCode: complain(call, inputs.complaint) };
  const file = resolve(terminal.folder, operand);
  if (await isJson(file)) {
    return refuse(
      `${displayText(operand)} holds JSON, not a plan's text`,
      'saved plans are not built yet; give the .sp file itself',
    );
  }
  const compiled = await compileFile(operand, inputs, call);
  sayFindings(compiled, call);
  if (compiled.plan === null) return { exitCode: EXIT.faulty };
  const restricted = restrict(compiled.plan, namesIn(options.values('only')), namesIn(options.values('except')));
  if ('refused' in restricted) return refuse(restricted.refused, restricted.help);
  return { plan: restricted, file };
};

/** `--only a,b` is `--only a --only b`. */
const namesIn = (words: readonly string[]): string[] => words.flatMap(word => word.split(',').map(name => name.trim()));

/** Compiles one file as named by the user, with what this run gives it. */
export const compileFile = (operand: string, inputs: Inputs, { terminal }: Call): Promise<Compiled> =>
  compile(operand, {
    read: path => readFile(resolve(terminal.folder, path)),
    vars: inputs.vars,
    named: inputs.named,
    roles: inputs.roles,
  });

export const sayFindings = ({ diagnostics, sources }: Compiled, { terminal }: Call): void => {
  terminal.say(
    findingsAs('pretty', diagnostics, sources, {
      colour: terminal.colour.say,
      width: terminal.width,
      version: SYNCPLAN_VERSION,
    }),
  );
};

/** A compiled or saved plan; a plan's text never begins so. An unreadable file is the compiler's to report. */
const isJson = async (file: string): Promise<boolean> => {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return /^\s*\{/.test(bytes.subarray(0, 64).toString('latin1'));
};
