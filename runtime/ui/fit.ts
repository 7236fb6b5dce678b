// Text into columns: how wide it stands in a terminal, cut and filled to measure. Takes only text that is safe to show.
import stringWidth from 'string-width';

export const widthOf = (text: string): number => stringWidth(text);

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

/** Cut in the middle to `width` columns at the most: a path keeps its beginning and, more of it, its end. */
export const cutMiddle = (text: string, width: number, ellipsis = '…'): string => {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(ellipsis);
  if (room < 1) return cutEnd(text, width, '');
  const left = Math.floor(room / 3);
  const characters = charactersOf(text);
  const head = takeWidth(characters, left);
  const tail = takeWidth([...characters].reverse(), room - widthOf(head.join('')));
  return `${head.join('')}${ellipsis}${tail.reverse().join('')}`;
};

/** Cut at the end to `width` columns at the most: a sentence keeps its beginning. */
export const cutEnd = (text: string, width: number, ellipsis = '…'): string => {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(ellipsis);
  if (room < 1) return takeWidth(charactersOf(text), Math.max(0, width)).join('');
  return takeWidth(charactersOf(text), room).join('').trimEnd() + ellipsis;
};

/** Lines of at most `width` columns, broken at spaces; a word that is longer than a line is left whole. */
export const wrapWords = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
};

/** `label` and a text beside it, wrapped under itself: every line begins with `indent` blanks. */
export const hanging = (label: string, text: string, indent: number, width: number): string[] => {
  const lines = wrapWords(text, Math.max(24, width - indent - widthOf(label)));
  return lines.map((line, i) => `${' '.repeat(indent)}${i === 0 ? label : ' '.repeat(widthOf(label))}${line}`);
};

const charactersOf = (text: string): string[] => Array.from(SEGMENTER.segment(text), part => part.segment);

/** The first characters that together stand no wider than `width`. */
const takeWidth = (characters: readonly string[], width: number): string[] => {
  const taken: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += widthOf(character);
    if (used > width) break;
    taken.push(character);
  }
  return taken;
};

const SEGMENTER = new Intl.Segmenter('en');
