// Findings as a SARIF 2.1.0 log, the static analysis results format of OASIS: one run, a rule for each code.
//
// Places are whole regions with lines and columns from 1; columns count UTF-16 units, which `columnKind` says. Files are
// URI references relative to the folder that paths are relative to.
import type { Diagnostic, Edit } from '../../grammar/diagnostic.js';
import type { Span } from '../../grammar/source.js';
import { positionAt, type SourceText } from './source-text.js';

export const sarifOf = (
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, SourceText>,
  version: string | undefined,
): object => {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'syncplan', ...(version === undefined ? {} : { version }), rules: codes.map(id => ({ id })) },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map(diagnostic => resultOf(diagnostic, codes, texts)),
      },
    ],
  };
};

const resultOf = (
  { code, severity, message, span, labels, help, fix }: Diagnostic,
  codes: readonly string[],
  texts: ReadonlyMap<string, SourceText>,
): object => ({
  ruleId: code,
  ruleIndex: codes.indexOf(code),
  level: severity,
  message: { text: help === null ? message : `${message}\nhelp: ${help}` },
  locations: [{ physicalLocation: locationOf(span, texts) }],
  ...(labels.length === 0
    ? {}
    : {
        relatedLocations: labels.map((label, id) => ({
          id,
          message: { text: label.message },
          physicalLocation: locationOf(label.span, texts),
        })),
      }),
  ...(fix?.every(({ span }) => texts.has(span.file)) && fix.length > 0 ? { fixes: [fixOf(fix, texts)] } : {}),
});

const locationOf = (span: Span, texts: ReadonlyMap<string, SourceText>): object => ({
  artifactLocation: { uri: uriOf(span.file) },
  ...regionOf(span, texts, 'region'),
});

const fixOf = (edits: readonly Edit[], texts: ReadonlyMap<string, SourceText>): object => ({
  artifactChanges: [...new Set(edits.map(({ span }) => span.file))].map(file => ({
    artifactLocation: { uri: uriOf(file) },
    replacements: edits
      .filter(({ span }) => span.file === file)
      .map(({ span, text }) => ({ ...regionOf(span, texts, 'deletedRegion'), insertedContent: { text } })),
  })),
});

/** `endColumn` is the column behind the last character. Without the text a place is the whole file. */
const regionOf = (span: Span, texts: ReadonlyMap<string, SourceText>, name: 'region' | 'deletedRegion'): object => {
  const text = texts.get(span.file);
  if (text === undefined) return {};
  const start = positionAt(text, span.start);
  const end = positionAt(text, Math.max(span.start, span.end));
  return {
    [name]: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
  };
};

/** A path as a URI reference: each part percent-encoded, an absolute path as a file URI. */
const uriOf = (path: string): string => {
  const encoded = path
    .split('/')
    .map(part => encodeURIComponent(Buffer.from(part, 'utf8').toString('utf8')))
    .join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
};
