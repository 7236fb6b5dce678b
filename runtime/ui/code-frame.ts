// A finding with the lines of source it speaks of: what is wrong, where, what else has to do with it, what to do.
//
//   error[SP2001]: no host is called "web-9"
//     --> site.sp:12:18
//      |
//    3 |   group web {
//      |         --- hosts of this group
//     ...
//   12 |   role remote is web-9, db-1
//      |                  ^^^^^ not in the fleet
//      |
//      = help: did you mean "web-09"?
import type { Diagnostic } from '../../grammar/diagnostic.js';
import type { Source, Span } from '../../grammar/source.js';
import { annotatedLine, type Mark } from './code-line.js';
import { type Palette, palette } from './colour.js';
import { displayMessage, displayText } from './display.js';
import { hanging } from './fit.js';
import { lineText, positionAt, type SourceText, sourceTexts } from './source-text.js';

export type FrameOptions = { readonly colour: boolean; readonly width?: number };

/** Whole lines, each ended. A span in a source that is not given is named without its text. */
export const codeFrame = (diagnostic: Diagnostic, sources: readonly Source[], options: FrameOptions): string =>
  frameOf(diagnostic, sourceTexts(sources), options);

/** The same for many findings of the same sources. */
export const frameOf = (
  diagnostic: Diagnostic,
  texts: ReadonlyMap<string, SourceText>,
  options: FrameOptions,
): string => {
  const paint = palette(options.colour);
  const width = Math.max(40, options.width ?? 100);
  const files = marksByFile(diagnostic, texts);
  const gutter = String(Math.max(1, ...files.flatMap(({ marks }) => marks.map(({ line }) => line)))).length;
  const blank = ' '.repeat(gutter);
  const bar = `${blank} ${paint.blue('|')}`;
  const colour = diagnostic.severity === 'error' ? paint.red : paint.yellow;
  const lines = [
    `${paint.bold(colour(`${diagnostic.severity}[${diagnostic.code}]`))}${paint.bold(`: ${displayMessage(diagnostic.message)}`)}`,
    ...files.flatMap(({ place, text, marks }, i) => [
      `${blank}${paint.blue(i === 0 ? '-->' : ':::')} ${place}`,
      ...(text === undefined ? [] : [bar, ...snippet(text, marks, gutter, width, paint, colour)]),
    ]),
  ];
  const notes: [string, string][] = [];
  if (diagnostic.help !== null) notes.push(['help', diagnostic.help]);
  if (diagnostic.fix !== null) notes.push(['fix', 'syncplan check --fix makes this change']);
  if (notes.length > 0) lines.push(bar);
  for (const [name, text] of notes) {
    lines.push(...hanging(`${blank} ${paint.blue('=')} ${paint.bold(name)}: `, displayMessage(text), 0, width));
  }
  return `${lines.join('\n')}\n`;
};

type FileMarks = { readonly place: string; readonly text: SourceText | undefined; readonly marks: readonly Mark[] };

/** The finding's own file first, then the others in the order of the labels. */
const marksByFile = (diagnostic: Diagnostic, texts: ReadonlyMap<string, SourceText>): FileMarks[] => {
  // A label on the finding's own span is what stands beside its carets.
  const own = diagnostic.labels.find(({ span }) => isSame(span, diagnostic.span));
  const spans = [
    { span: diagnostic.span, message: own?.message ?? '', primary: true },
    ...diagnostic.labels.filter(label => label !== own).map(label => ({ ...label, primary: false })),
  ];
  return [...new Set(spans.map(({ span }) => span.file))].map(file => {
    const text = texts.get(file);
    const here = spans.filter(({ span }) => span.file === file);
    if (text === undefined) {
      const said = here.filter(({ message }) => message !== '').map(({ message }) => displayMessage(message));
      return { place: [displayText(file), ...said].join(': '), text, marks: [] };
    }
    const { line, column } = positionAt(text, here[0]!.span.start);
    return {
      place: `${displayText(file)}:${line}:${column}`,
      text,
      marks: here.flatMap(({ span, message, primary }) => marksOf(text, span, displayMessage(message), primary)),
    };
  });
};

const isSame = (a: Span, b: Span): boolean => a.file === b.file && a.start === b.start && a.end === b.end;

/** A span over several lines is marked on its first and on its last; what it says stands at the last. */
const marksOf = (text: SourceText, span: Span, message: string, primary: boolean): Mark[] => {
  const start = positionAt(text, span.start);
  const end = positionAt(text, Math.max(span.start, span.end));
  if (start.line === end.line) {
    return [{ line: start.line, start: start.column - 1, end: end.column - 1, message, primary }];
  }
  const first = lineText(text, start.line);
  const last = lineText(text, end.line);
  const indent = last.length - last.trimStart().length;
  return [
    { line: start.line, start: start.column - 1, end: Math.max(start.column, first.length), message: '', primary },
    { line: end.line, start: Math.min(indent, end.column - 1), end: end.column - 1, message, primary },
  ];
};

const snippet = (
  text: SourceText,
  marks: readonly Mark[],
  gutter: number,
  width: number,
  paint: Palette,
  colour: (text: string) => string,
): string[] => {
  const numbers = [...new Set(marks.map(({ line }) => line))].sort((a, b) => a - b);
  const lines: string[] = [];
  const put = (line: number, here: readonly Mark[]): void => {
    for (const { source, content } of annotatedLine(lineText(text, line), here, width - gutter - 3, paint, colour)) {
      const label = source ? String(line).padStart(gutter) : ' '.repeat(gutter);
      lines.push(`${paint.blue(`${label} |`)} ${content}`.trimEnd());
    }
  };
  for (const [i, line] of numbers.entries()) {
    const before = numbers[i - 1];
    if (before !== undefined && line - before === 2) put(line - 1, []);
    if (before !== undefined && line - before > 2) lines.push(paint.blue('...'));
    put(
      line,
      marks.filter(mark => mark.line === line),
    );
  }
  return lines;
};
