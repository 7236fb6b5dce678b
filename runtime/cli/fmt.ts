// syncplan fmt: lays plans out in the one way; writes a file only after the formatter has proved that it means the same.
import { faultsOfForm } from '../../compiler/form.js';
import type { Diagnostic } from '../../grammar/diagnostic.js';
import { format } from '../../grammar/format.js';
import type { Source } from '../../grammar/source.js';
import { displayText } from '../ui/display.js';
import { findingsAs } from '../ui/findings.js';
import { type Call, type Command, EXIT } from './command.js';
import { explainError } from './explain-error.js';
import { decodeText, isJson, readText, replaceText } from './files.js';
import { sayJson } from './no-text.js';
import { unifiedDiff } from './unified-diff.js';

export const fmt: Command = async call => {
  let worst: number = EXIT.done;
  // A faulty file does not keep the others from being formatted.
  for (const operand of call.operands) {
    try {
      worst = worse(worst, await formatOne(operand, call));
    } catch (error) {
      const { text } = explainError(error, `syncplan fmt ${operand}`, call.options.flag('verbose'));
      call.terminal.say(text);
      worst = worse(worst, EXIT.failed);
    }
  }
  return worst;
};

const formatOne = async (operand: string, call: Call): Promise<number> => {
  const { options, terminal } = call;
  const isInput = operand === '-';
  const path = isInput ? 'standard input' : operand;
  const source = { path, text: isInput ? decodeText(await terminal.readInput(), path) : await readText(operand) };
  if (isJson(source.text)) return sayJson(call, path);
  const formatted = format(source);
  const faults = formatted.ok ? faultsOfForm(source) : formatted.diagnostics;
  if (!formatted.ok || faults.length > 0) {
    sayFindings(faults, source, terminal);
    return EXIT.faulty;
  }
  const same = formatted.text === source.text;
  if (options.flag('diff')) {
    terminal.print(unifiedDiff(source.text, formatted.text, displayText(path)));
  }
  if (options.flag('check')) {
    if (!same && !options.flag('diff')) terminal.print(`${displayText(path)}\n`);
    return same ? EXIT.done : EXIT.faulty;
  }
  if (options.flag('diff')) return EXIT.done;
  if (isInput) terminal.print(formatted.text);
  else if (!same) {
    await replaceText(operand, formatted.text);
    terminal.say(`formatted ${displayText(path)}\n`);
  }
  return EXIT.done;
};

const sayFindings = (diagnostics: readonly Diagnostic[], source: Source, terminal: Call['terminal']): void => {
  terminal.say(findingsAs('pretty', diagnostics, [source], { colour: terminal.colour.say, version: SYNCPLAN_VERSION }));
};

/** A faulty plan says more than a file that could not be read, and both more than nothing. */
const worse = (a: number, b: number): number => (a === EXIT.faulty || b === EXIT.faulty ? EXIT.faulty : Math.max(a, b));
