// A compiled or saved plan where the text of one is wanted: refused in a sentence, not by a hundred findings about its form.
import { resolve } from 'node:path';
import { displayText } from '../ui/display.js';
import { type Call, EXIT } from './command.js';
import { looksLikeJson } from './files.js';

/** The exit code where one of the operands is one, which has been said then; else null. */
export const refuseJson = async (call: Call, operands: readonly string[]): Promise<number | null> => {
  for (const operand of operands) {
    if (await looksLikeJson(resolve(call.terminal.folder, operand), false)) return sayJson(call, operand);
  }
  return null;
};

export const sayJson = ({ terminal }: Call, operand: string): number => {
  terminal.say(
    `syncplan: ${displayText(operand)} holds JSON, not a plan's text\n  give the .sp file itself; only plan and apply take a saved plan\n`,
  );
  return EXIT.usage;
};
