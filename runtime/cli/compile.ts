// syncplan compile: the plan as canonical JSON, the same bytes on every machine.
import { resolve } from 'node:path';
import { encodePlan } from '../../compiler/plan-file.js';
import { type Command, complain, EXIT } from './command.js';
import { replaceText } from './files.js';
import { readInputs } from './inputs.js';
import { compileFile, sayFindings } from './load-plan.js';
import { refuseJson } from './no-text.js';
import { refuseOutput } from './output-file.js';

export const compile: Command = async call => {
  const { terminal, options, operands } = call;
  const inputs = await readInputs(call);
  if ('complaint' in inputs) return complain(call, inputs.complaint);
  const unfit = await refuseJson(call, operands);
  if (unfit !== null) return unfit;
  const compiled = await compileFile(operands[0] ?? '', inputs, call);
  await sayFindings(compiled, call);
  if (compiled.plan === null) return EXIT.faulty;
  const text = encodePlan(compiled.plan);
  const output = options.value('output');
  if (output === null) {
    terminal.print(text);
    return EXIT.done;
  }
  const refused = refuseOutput(call, output);
  if (refused === null) await replaceText(resolve(terminal.folder, output), text);
  return refused ?? EXIT.done;
};
