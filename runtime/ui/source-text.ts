// Where in a source a place is: lines found once, then any offset as line and column, both from 1.
import type { Position, Source } from '../../grammar/source.js';

export type SourceText = {
  readonly source: Source;
  /** Offset at which each line begins. */
  readonly starts: readonly number[];
};

/** By the path that spans name as their file. */
export const sourceTexts = (sources: readonly Source[]): ReadonlyMap<string, SourceText> =>
  new Map(sources.map(source => [source.path, { source, starts: lineStarts(source.text) }]));

/** An offset outside the text, or none at all, counts as the nearest end. */
export const positionAt = ({ source, starts }: SourceText, offset: number): Position => {
  const at = Number.isNaN(offset) ? 0 : Math.max(0, Math.min(source.text.length, Math.trunc(offset)));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - starts[low]! + 1, offset: at };
};

/** A line's text without its end. */
export const lineText = ({ source, starts }: SourceText, line: number): string =>
  source.text.slice(starts[line - 1], starts[line] ?? source.text.length).replace(/\r?\n$/, '');

const lineStarts = (text: string): number[] => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
};
