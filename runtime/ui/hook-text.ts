// A hook as people see it: which program, where; its arguments as far as a line goes.
import { displayText, shellQuote } from './display.js';

/** `systemctl reload exchange on web-01` */
export const commandText = ({ command, on }: { readonly command: readonly string[]; readonly on: string }): string => {
  const words = command.map(shellQuote).join(' ');
  const cut = words.length > LONGEST ? `${words.slice(0, LONGEST - 1)}…` : words;
  return `${cut} on ${displayText(on)}`;
};

const LONGEST = 80;
