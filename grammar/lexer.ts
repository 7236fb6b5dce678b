// Text → the tokens the parser reads, the comments, and what was found on the way. Never throws; linear.
import type { Comment } from './ast.js';
import type { Diagnostic } from './diagnostic.js';
import { finding } from './findings.js';
import { layout } from './layout.js';
import { scan } from './scan.js';
import type { Source } from './source.js';
import type * as T from './tokens.js';

/** In UTF-16 units. Anything larger is not a plan. */
export const MAX_LENGTH = 2_000_000;

export type Lexed = {
  readonly tokens: readonly T.Token[];
  readonly comments: readonly Comment[];
  readonly findings: readonly Diagnostic[];
};

export function lex(source: Source): Lexed {
  if (source.text.length > MAX_LENGTH) {
    const message = `the text has ${source.text.length} characters; a plan file holds at most ${MAX_LENGTH}`;
    const span = { file: source.path, start: 0, end: 0 };
    return { tokens: [], comments: [], findings: [finding('SP1002', span, message)] };
  }
  const { tokens, comments, findings } = scan(source);
  const laidOut = layout(tokens, source);
  return { tokens: laidOut.tokens, comments, findings: [...findings, ...laidOut.findings] };
}
