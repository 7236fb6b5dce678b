// All findings as they are told: sorted, each once, and none that only follows from another.
//
// 1. On the lines of a syntax error nothing else is told: what stands there was read by guessing.
// 2. Where any file has syntax errors, or could not be read, nothing is said to be missing: it may stand in what was not understood.
// 3. Where a statement ends too early, nothing is said of how its file is laid out: `fmt` refuses it, too.
// 4. What looks like a secret is told as that, and as nothing else.
import type { Diagnostic } from '../grammar/diagnostic.js';
import { lineTable, positionIn, type Span } from '../grammar/source.js';
import type { Program } from './1-resolve/program.js';
import * as settings from './catalog/settings.js';
import { isAbsence } from './catalog.js';
import { isOfForm } from './form.js';

export const tidy = (diagnostics: readonly Diagnostic[], program: Program): readonly Diagnostic[] => {
  const isGuess = guessedLines(diagnostics, program);
  const isBroken = !program.isWhole || [...program.files.values()].some(({ broken }) => broken);
  const secrets = diagnostics.filter(({ code }) => code === settings.secret.code).map(({ span }) => span);
  const halves = new Set(diagnostics.filter(isOfForm).map(({ span }) => span.file));
  const kept = diagnostics.filter(found => {
    if (isSyntax(found)) return true;
    if (found.code === settings.notFormatted.code && halves.has(found.span.file)) return false;
    if (isGuess(found.span) || (isBroken && isAbsence(found.code))) return false;
    return !secrets.some(secret =>
      found.code === settings.secret.code ? isInside(secret, found.span) : isWithin(found.span, secret),
    );
  });
  return once(kept).sort(byPlace(program));
};

const isSyntax = ({ code }: Diagnostic): boolean => code.startsWith('SP1');

const guessedLines = (diagnostics: readonly Diagnostic[], program: Program): ((span: Span) => boolean) => {
  const tables = new Map([...program.files].map(([path, { source }]) => [path, lineTable(source.text)]));
  const linesOf = ({ file, start, end }: Span): readonly [first: number, last: number] => {
    const table = tables.get(file);
    return table === undefined ? [0, 0] : [positionIn(table, start).line, positionIn(table, end).line];
  };
  const guessed = diagnostics
    .filter(found => isSyntax(found) && found.severity === 'error')
    .map(({ span }) => ({ file: span.file, lines: linesOf(span) }));
  return span => {
    const [first, last] = linesOf(span);
    return guessed.some(({ file, lines }) => file === span.file && lines[0] <= last && first <= lines[1]);
  };
};

/** Strictly: a secret within a larger one is the same. */
const isInside = (outer: Span, inner: Span): boolean =>
  isWithin(inner, outer) && (inner.start > outer.start || inner.end < outer.end);

const isWithin = (inner: Span, outer: Span): boolean =>
  inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;

const once = (diagnostics: readonly Diagnostic[]): Diagnostic[] => {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, span, message }) => {
    const key = `${code} ${span.file} ${span.start} ${span.end} ${message}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
};

/** The main file first, then what it imports, as it was met. */
const byPlace = (program: Program): ((a: Diagnostic, b: Diagnostic) => number) => {
  const rank = new Map([...program.files.keys()].map((path, at) => [path, at]));
  const rankOf = (span: Span): number => rank.get(span.file) ?? -1;
  return (a, b) =>
    rankOf(a.span) - rankOf(b.span) ||
    a.span.start - b.span.start ||
    a.span.end - b.span.end ||
    (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
};
