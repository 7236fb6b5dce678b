// syncplan check: every finding of the plans given, in the format asked for; with --fix, what is safe is mended first.
import { resolve } from 'node:path';
import type { Compiled } from '../../compiler/compile.js';
import { applyFixes } from '../../compiler/fix.js';
import type { Diagnostic } from '../../grammar/diagnostic.js';
import type { Source } from '../../grammar/source.js';
import { countText } from '../ui/amounts.js';
import { displayText } from '../ui/display.js';
import { type FindingsFormat, findingsAs } from '../ui/findings.js';
import { type Call, type Command, complain, EXIT } from './command.js';
import { replaceText } from './files.js';
import { type Inputs, readInputs } from './inputs.js';
import { compileFile } from './load-plan.js';
import { refuseJson } from './no-text.js';

export const check: Command = async call => {
  const { terminal, options, operands } = call;
  const inputs = await readInputs(call);
  if ('complaint' in inputs) return complain(call, inputs.complaint);
  const refused = await refuseJson(call, operands);
  if (refused !== null) return refused;
  const compiled: Compiled[] = [];
  for (const operand of operands) {
    compiled.push(
      options.flag('fix') ? await compileFixed(operand, inputs, call) : await compileFile(operand, inputs, call),
    );
  }
  const diagnostics = once(compiled.flatMap(one => one.diagnostics));
  const sources = [...new Map(compiled.flatMap(one => one.sources).map(source => [source.path, source])).values()];
  terminal.print(
    findingsAs(formatOf(call), diagnostics, sources, {
      colour: terminal.colour.print,
      width: terminal.width,
      version: SYNCPLAN_VERSION,
    }),
  );
  if (diagnostics.length === 0) terminal.say(`${countText(operands.length, 'plan')} without findings\n`);
  return diagnostics.some(({ severity }) => severity === 'error') ? EXIT.faulty : EXIT.done;
};

/** Mending one finding may bring another to light, so it is done again until nothing is left to mend. */
const compileFixed = async (operand: string, inputs: Inputs, call: Call): Promise<Compiled> => {
  for (let round = 1; ; round++) {
    const compiled = await compileFile(operand, inputs, call);
    const mended = compiled.sources.filter(source => mendedText(source, compiled.diagnostics) !== source.text);
    if (mended.length === 0 || round === MOST_ROUNDS) return compiled;
    for (const source of mended) {
      await replaceText(resolve(call.terminal.folder, source.path), mendedText(source, compiled.diagnostics));
      call.terminal.say(`mended ${displayText(source.path)}\n`);
    }
  }
};

const MOST_ROUNDS = 10;

const mendedText = (source: Source, diagnostics: readonly Diagnostic[]): string =>
  applyFixes(
    source.text,
    diagnostics.filter(({ span }) => span.file === source.path),
  );

const formatOf = ({ options }: Call): FindingsFormat => {
  const format = options.flag('json') ? 'json' : options.value('format');
  return format === 'json' || format === 'github' || format === 'sarif' ? format : 'pretty';
};

/** Plans share files, and so they share findings: each is told once. */
const once = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(diagnostics.map(diagnostic => [JSON.stringify(diagnostic), diagnostic])).values(),
];
