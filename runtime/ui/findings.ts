// Findings in every format in which they are asked for: pretty, JSON, GitHub workflow commands, SARIF.
import type { Diagnostic } from '../../grammar/diagnostic.js';
import type { Source, Span } from '../../grammar/source.js';
import { countText, listText } from './amounts.js';
import { frameOf } from './code-frame.js';
import { palette } from './colour.js';
import { displayMessage, escapeJson } from './display.js';
import { sarifOf } from './sarif.js';
import { positionAt, type SourceText, sourceTexts } from './source-text.js';

export type FindingsFormat = 'pretty' | 'json' | 'github' | 'sarif';

export type FindingsOptions = {
  readonly colour: boolean;
  readonly width?: number;
  /** Of this program; SARIF names it. */
  readonly version?: string;
};

/** Whole lines, each ended; '' for no findings, except that SARIF always is a document. */
export const findingsAs = (
  format: FindingsFormat,
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  options: FindingsOptions,
): string => {
  const texts = sourceTexts(sources);
  switch (format) {
    case 'pretty':
      return prettyOf(diagnostics, texts, options);
    case 'json':
      return diagnostics.map(diagnostic => `${escapeJson(JSON.stringify(jsonOf(diagnostic, texts)))}\n`).join('');
    case 'github':
      return diagnostics.map(diagnostic => `${githubOf(diagnostic, texts)}\n`).join('');
    case 'sarif':
      return `${escapeJson(JSON.stringify(sarifOf(diagnostics, texts, options.version)))}\n`;
  }
};

const prettyOf = (
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, SourceText>,
  options: FindingsOptions,
): string => {
  if (diagnostics.length === 0) return '';
  const paint = palette(options.colour);
  const count = (severity: Diagnostic['severity']): number =>
    diagnostics.filter(diagnostic => diagnostic.severity === severity).length;
  const counts = [
    count('error') > 0 ? paint.red(countText(count('error'), 'error')) : '',
    count('warning') > 0 ? paint.yellow(countText(count('warning'), 'warning')) : '',
  ].filter(text => text !== '');
  return `${diagnostics.map(diagnostic => frameOf(diagnostic, texts, options)).join('\n')}\n${listText(counts)}\n`;
};

/** One object a line: code, severity, message, file, start, end, labels, help, fix. */
const jsonOf = (diagnostic: Diagnostic, texts: ReadonlyMap<string, SourceText>): object => {
  const { code, severity, message, span, labels, help, fix } = diagnostic;
  return {
    code,
    severity,
    message,
    ...placeOf(span, texts),
    labels: labels.map(label => ({ message: label.message, ...placeOf(label.span, texts) })),
    help,
    ...(fix === null ? {} : { fix: fix.map(edit => ({ ...placeOf(edit.span, texts), text: edit.text })) }),
  };
};

const placeOf = (span: Span, texts: ReadonlyMap<string, SourceText>): object => {
  const text = texts.get(span.file);
  if (text === undefined) return { file: span.file };
  return {
    file: span.file,
    start: positionAt(text, span.start),
    end: positionAt(text, Math.max(span.start, span.end)),
  };
};

/** `::error file=…,line=…,col=…::message`, as workflow logs of GitHub understand it. */
const githubOf = (diagnostic: Diagnostic, texts: ReadonlyMap<string, SourceText>): string => {
  const text = texts.get(diagnostic.span.file);
  const properties: [string, string | number][] = [['file', diagnostic.span.file]];
  if (text !== undefined) {
    const start = positionAt(text, diagnostic.span.start);
    const end = positionAt(text, Math.max(diagnostic.span.start, diagnostic.span.end));
    properties.push(['line', start.line], ['endLine', end.line]);
    // Columns are only understood within one line; the end is the last column marked.
    if (start.line === end.line)
      properties.push(['col', start.column], ['endColumn', Math.max(start.column, end.column - 1)]);
  }
  properties.push(['title', diagnostic.code]);
  const message = diagnostic.help === null ? diagnostic.message : `${diagnostic.message}\nhelp: ${diagnostic.help}`;
  const list = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',');
  return `::${diagnostic.severity} ${list}::${escapeData(message)}`;
};

/** Line ends are carried as the format says; whatever else a terminal could obey becomes visible. */
const escapeData = (text: string): string =>
  text
    .split(/\r?\n/)
    .map(line => displayMessage(line).replaceAll('%', '%25'))
    .join('%0A');

const escapeProperty = (text: string): string =>
  displayMessage(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C');
