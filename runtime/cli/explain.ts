// syncplan explain: a finding's code in full, with an example.
import { allCodes, explanation } from '../../compiler/catalog.js';
import { nearest } from '../../grammar/suggest.js';
import { displayMessage } from '../ui/display.js';
import { type Command, EXIT } from './command.js';

export const explain: Command = async ({ operands: [asked = ''], terminal }) => {
  const code = asked.toUpperCase();
  const text = explanation(code);
  if (text !== null) {
    terminal.print(text.endsWith('\n') ? text : `${text}\n`);
    return EXIT.done;
  }
  const near = nearest(code, allCodes());
  terminal.say(
    `syncplan explain: there is no finding ${displayMessage(JSON.stringify(asked))}${near === null ? '' : `; did you mean ${near}?`}\n` +
      '  codes stand before each message of syncplan check, such as SP2001\n',
  );
  return EXIT.usage;
};
