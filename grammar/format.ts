// Text → the same plan in the one canonical layout, comments kept; refuses what it cannot prove to be the same.
import { linesOf } from './comments.js';
import type { Diagnostic } from './diagnostic.js';
import { finding } from './findings.js';
import { lex } from './lexer.js';
import { type Parsed, parse, parseTokens } from './parse.js';
import { printBlock } from './print.js';
import type { Source } from './source.js';

export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

/** Formatting what was formatted changes nothing. */
export function format(source: Source): Formatted {
  const lexed = lex(source);
  const before = parseTokens(source, lexed);
  if (before.diagnostics.some(isError)) return { ok: false, diagnostics: before.diagnostics };
  const lines = printBlock(linesOf(source.text, lexed), 0);
  const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  const after = parse({ ...source, text });
  if (sameContent(before, after)) return { ok: true, text };
  const message = `formatting ${source.path} would have changed its meaning, so nothing was written`;
  const help = 'this is a fault of syncplan; please report the file';
  return { ok: false, diagnostics: [finding('SP1199', { file: source.path, start: 0, end: 0 }, message, { help })] };
}

function sameContent(before: Parsed, after: Parsed): boolean {
  if (after.diagnostics.length > 0) return false;
  return (
    comparable(before.syntax.statements) === comparable(after.syntax.statements) && comments(before) === comments(after)
  );
}

/** The tree without places. */
function comparable(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'span' || key === 'operatorSpan' ? undefined : value));
}

function comments({ syntax }: Parsed): string {
  return JSON.stringify(syntax.comments.map(comment => comment.text));
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
