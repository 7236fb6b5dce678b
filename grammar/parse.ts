// Text → syntax tree and every finding about its form. Never throws; what is broken is left out, what is good stays in.
import { EOF, type IRecognitionException, type IToken } from 'chevrotain';
import type { PlanSyntax } from './ast.js';
import { buildStatements } from './build-ast.js';
import type { Diagnostic } from './diagnostic.js';
import { finding, quoted } from './findings.js';
import { type Lexed, lex } from './lexer.js';
import { PlanParser } from './parser.js';
import { predicateNamed } from './schema.js';
import { lineTable, positionIn, type Source } from './source.js';
import * as T from './tokens.js';

export type Parsed = { readonly syntax: PlanSyntax; readonly diagnostics: Diagnostic[] };

const MAX_ERRORS = 100;

export function parse(source: Source): Parsed {
  return parseTokens(source, lex(source));
}

/** For a text whose tokens are at hand. */
export function parseTokens(source: Source, lexed: Lexed): Parsed {
  const reader = sharedParser();
  const tree = reader.read(lexed.tokens);
  const built = buildStatements(tree, source.path);
  const syntax = { file: source.path, statements: built.statements, comments: lexed.comments };
  const behind = before(lexed.tokens, reader.errors);
  const structural = [
    ...reader.errors.map(error => explain(error, behind.get(error.token), source)),
    ...built.findings,
  ];
  reader.input = [];
  return { syntax, diagnostics: settle(source, lexed.findings, structural) };
}

/** Built at the first use, because it takes a moment; it holds no state from one text to the next. */
let shared: PlanParser | null = null;
function sharedParser(): PlanParser {
  shared ??= new PlanParser(false);
  return shared;
}

/** What the lexer found stands; the structure of a line that has an error already is not judged on top of it. */
function settle(source: Source, lexical: readonly Diagnostic[], structural: readonly Diagnostic[]): Diagnostic[] {
  const table = lineTable(source.text);
  const lineOf = (diagnostic: Diagnostic) => positionIn(table, diagnostic.span.start).line;
  const told = new Set(lexical.filter(isError).map(lineOf));
  const kept = [...lexical];
  for (const diagnostic of [...structural].sort(byPlace)) {
    const line = lineOf(diagnostic);
    if (told.has(line)) continue;
    told.add(line);
    kept.push(diagnostic);
  }
  return capped(source, kept.sort(byPlace));
}

function capped(source: Source, sorted: Diagnostic[]): Diagnostic[] {
  if (sorted.length <= MAX_ERRORS) return sorted;
  const kept = sorted.slice(0, MAX_ERRORS);
  const next = sorted[MAX_ERRORS]!;
  const more = sorted.length - MAX_ERRORS;
  const severe = sorted.slice(MAX_ERRORS).some(isError);
  const last = finding(
    'SP1020',
    { ...next.span, file: source.path },
    `from here on ${more} more findings about the form of the text`,
  );
  return severe ? [...kept, last] : kept;
}

/** The token in front of each one that was not understood. */
function before(tokens: readonly T.Token[], errors: readonly IRecognitionException[]): ReadonlyMap<IToken, T.Token> {
  const wanted = new Set(errors.map(error => error.token));
  const found = new Map<IToken, T.Token>();
  let last: T.Token | undefined;
  for (const token of tokens) {
    if (last !== undefined && wanted.has(token)) found.set(token, last);
    last = token;
  }
  for (const token of wanted) if (last !== undefined && token.tokenType === EOF) found.set(token, last);
  return found;
}

function explain(error: IRecognitionException, behind: T.Token | undefined, source: Source): Diagnostic {
  const rule = error.context.ruleStack.at(-1) ?? 'plan';
  const found = describe(error.token, source);
  const condition = CONDITION_RULES.get(rule);
  const span = found.span ?? endOf(source, behind);
  const after = behind === undefined ? '' : ` after ${quoted(behind.image)}`;
  if (condition !== undefined) {
    const message = `${condition.wanted} is expected${after}, not ${found.text}`;
    const isTurned = behind?.image === 'not' && condition.wanted === OPERATOR;
    return finding('SP1018', span, message, { help: isTurned ? NOT_HELP : condition.help });
  }
  if (rule === 'list') return finding('SP1019', span, `${found.text} cannot stand in a list`);
  const compared = predicateNamed('file', behind?.image ?? '') ?? predicateNamed('host', behind?.image ?? '');
  const operators = compared?.tests.flatMap(({ operator }) => (operator === null ? [] : [quoted(operator)])) ?? [];
  if (compared !== null && operators.length > 0) {
    const message = `${quoted(compared.name)} cannot be compared by ${found.text}`;
    const help = `it is compared by ${operators.join(', ')}; for example ${quoted(compared.example)}`;
    return finding('SP1018', span, message, { help });
  }
  const help = 'tests are joined by `and` or `or`; a condition ends with its line or at `{`';
  return finding('SP1018', span, `${found.text} cannot stand${after}`, { help });
}

const TEST_HELP = 'tests are written like `ext in [html, css]`, `size < 64MiB`, `executable` or `class other`';
const OPERATOR = 'an operator';
const NOT_HELP =
  '`not` stands before `in`, `matches` and `under`; every other test is turned around as a whole, as in `not modified within 7d`';
const CONDITION_RULES: ReadonlyMap<string, { wanted: string; help: string }> = new Map([
  ['factor', { wanted: 'a test', help: TEST_HELP }],
  ['test', { wanted: 'a test', help: TEST_HELP }],
  [
    'comparison',
    {
      wanted: OPERATOR,
      help: 'operators are is, is not, in, not in, matches, under, within, older than, listed in, < <= > >=',
    },
  ],
  [
    'equality',
    {
      wanted: OPERATOR,
      help: 'operators are is, is not, in, not in, matches, under, within, older than, listed in, < <= > >=',
    },
  ],
  ['operand', { wanted: 'a value', help: 'values are names, strings, numbers and lists such as [html, css]' }],
  ['group', { wanted: '`and`, `or` or `)`', help: 'tests are joined by `and` or `or`' }],
]);

function describe(token: IToken, source: Source): { text: string; span: Diagnostic['span'] | null } {
  if (Number.isNaN(token.startOffset) || token.endOffset === undefined)
    return { text: 'the end of the text', span: null };
  const span = { file: source.path, start: token.startOffset, end: token.endOffset + 1 };
  if (token.tokenType === T.Separator && token.image === '\n')
    return { text: 'the end of the line', span: { ...span, end: span.start } };
  return { text: quoted(token.image), span };
}

function endOf(source: Source, token: T.Token | undefined): Diagnostic['span'] {
  const end = token === undefined ? source.text.length : token.endOffset + 1;
  return { file: source.path, start: end, end };
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return a.span.start - b.span.start || a.span.end - b.span.end;
}
