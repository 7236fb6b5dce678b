// syncplan explain: a finding's code in full, with an example.
import { allCodes, type Explanation, explanation } from '../../compiler/catalog.js';
import { nearest } from '../../grammar/suggest.js';
import { palette } from '../ui/colour.js';
import { displayMessage } from '../ui/display.js';
import { wrapWords } from '../ui/fit.js';
import { type Command, EXIT } from './command.js';

export const explain: Command = async ({ operands: [asked = ''], terminal }) => {
  const code = asked.toUpperCase();
  const found = explanation(code);
  if (found !== null) {
    terminal.print(textOf(found, Math.min(terminal.width, WIDEST), terminal.colour.print));
    return EXIT.done;
  }
  const near = nearest(code, allCodes());
  terminal.say(
    `syncplan explain: there is no finding ${displayMessage(JSON.stringify(asked))}${near === null ? '' : `; did you mean ${near}?`}\n` +
      '  codes stand before each message of syncplan check, such as SP2001\n',
  );
  return EXIT.usage;
};

const textOf = ({ code, severity, title, text, example }: Explanation, width: number, colour: boolean): string => {
  const paint = palette(colour);
  const paragraphs = text.trim().split(/\n{2,}/);
  return [
    `${(severity === 'error' ? paint.red : paint.yellow)(`${severity} ${code}`)}: ${paint.bold(title)}`,
    '',
    ...paragraphs.flatMap(paragraph => [...wrapWords(paragraph.replaceAll('\n', ' '), width), '']),
    'for example:',
    '',
    ...example
      .trimEnd()
      .split('\n')
      .map(line => `    ${line}`.trimEnd()),
    '',
  ].join('\n');
};

const WIDEST = 100;
