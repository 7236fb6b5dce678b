// Text → raw tokens, comments and findings, in one pass over the characters; linear, never throws.
import type { TokenType } from 'chevrotain';
import type { Comment } from './ast.js';
import type { Diagnostic } from './diagnostic.js';
import { finding, hexOf } from './findings.js';
import { scanNumber } from './scan-number.js';
import { HIDDEN, scanString } from './scan-string.js';
import { scanUnquoted } from './scan-unquoted.js';
import { lineEnd, matchAt, push, type Scanner, spanFrom } from './scanner.js';
import type { Source } from './source.js';
import * as T from './tokens.js';

export type Scan = {
  readonly tokens: readonly T.Token[];
  readonly comments: readonly Comment[];
  readonly findings: readonly Diagnostic[];
};

const NAME = /[A-Za-z](?:[A-Za-z0-9_]|-(?!>))*(?:\.[A-Za-z](?:[A-Za-z0-9_]|-(?!>))*)*/y;
const CANNOT_FOLLOW_A_NAME = /[^\s"'#{}()[\],;=<>!&|:\p{Cc}]/uy;

const SIGNS: readonly (readonly [string, TokenType])[] = [
  ['->', T.Arrow],
  ['<=', T.Compare],
  ['>=', T.Compare],
  ['==', T.DoubleEquals],
  ['!=', T.NotEquals],
  ['&&', T.DoubleAnd],
  ['||', T.DoubleOr],
  ['<', T.Compare],
  ['>', T.Compare],
  ['=', T.Equals],
  ['!', T.Bang],
  [':', T.Colon],
  [',', T.Comma],
  [';', T.Separator],
  ['(', T.LParen],
  [')', T.RParen],
  ['[', T.LSquare],
  [']', T.RSquare],
  ['{', T.LBrace],
  ['}', T.RBrace],
];

export function scan(source: Source): Scan {
  const scanner: Scanner = { file: source.path, text: source.text, tokens: [], comments: [], findings: [], at: 0 };
  skipMark(scanner);
  while (scanner.at < source.text.length) scanNext(scanner);
  noteLineEnds(scanner);
  return scanner;
}

function scanNext(scanner: Scanner): void {
  const { text, at } = scanner;
  const character = text[at]!;
  if (character === ' ' || character === '\t') scanner.at++;
  else if (character === '\n') push(scanner, T.Separator, 1);
  else if (character === '\r' && text[at + 1] === '\n') scanner.at++;
  else if (character === '#') scanComment(scanner);
  else if (character === '"') scanString(scanner, '"');
  else if (character === "'" && closesOnLine(text, at)) scanString(scanner, "'");
  else if (character >= '0' && character <= '9') scanNumber(scanner);
  else if (/[A-Za-z]/.test(character)) scanWord(scanner);
  else if (text.startsWith('//', at)) scanForeignComment(scanner);
  else scanSign(scanner);
}

function scanWord(scanner: Scanner): void {
  const word = matchAt(NAME, scanner) ?? '';
  const end = scanner.at + word.length;
  const follows = scanner.text[end];
  const joined = follows === ':' && !startsStatement(scanner) && /\S/.test(scanner.text[end + 1] ?? ' ');
  CANNOT_FOLLOW_A_NAME.lastIndex = end;
  const arrow = scanner.text.startsWith('->', end);
  if (!arrow && (joined || CANNOT_FOLLOW_A_NAME.test(scanner.text))) scanUnquoted(scanner);
  else push(scanner, T.Word, word.length);
}

function scanSign(scanner: Scanner): void {
  for (const [sign, type] of SIGNS) {
    if (scanner.text.startsWith(sign, scanner.at)) {
      push(scanner, type, sign.length);
      return;
    }
  }
  scanUnquoted(scanner);
}

function scanComment(scanner: Scanner): void {
  const { text, at, file } = scanner;
  const written = text.slice(at, lineEnd(text, at)).trimEnd();
  const span = { file, start: at, end: at + written.length };
  noteHidden(scanner, written, at);
  scanner.comments.push({ text: written, span, trailing: !startsLine(scanner) });
  scanner.at = lineEnd(text, at);
}

function noteHidden(scanner: Scanner, written: string, at: number): void {
  const hidden = HIDDEN.exec(written);
  if (hidden === null) return;
  const start = at + hidden.index;
  const span = { file: scanner.file, start, end: start + hidden[0].length };
  const message = `a comment holds the invisible character U+${hexOf(hidden[0])}`;
  scanner.findings.push(finding('SP1007', span, message, { help: 'remove it' }));
}

function scanForeignComment(scanner: Scanner): void {
  const span = spanFrom(scanner, 2);
  scanner.findings.push(
    finding('SP1110', span, 'a comment starts with #, not with //', { fix: [{ span, text: '#' }] }),
  );
  const { text, at } = scanner;
  const written = `#${text.slice(at + 2, lineEnd(text, at)).trimEnd()}`;
  noteHidden(scanner, written, at + 1);
  scanner.comments.push({ text: written, span: spanFrom(scanner, written.length + 1), trailing: !startsLine(scanner) });
  scanner.at = lineEnd(text, at);
}

function skipMark(scanner: Scanner): void {
  if (!scanner.text.startsWith('\uFEFF')) return;
  const span = spanFrom(scanner, 1);
  const fix = [{ span, text: '' }];
  scanner.findings.push(
    finding('SP1108', span, 'the file starts with a byte order mark, which UTF-8 does not need', { fix }),
  );
  scanner.at = 1;
}

/** One finding for the whole file; its fix mends every line. */
function noteLineEnds(scanner: Scanner): void {
  const { text, file } = scanner;
  const fix = [];
  for (let at = text.indexOf('\r\n'); at !== -1; at = text.indexOf('\r\n', at + 2)) {
    fix.push({ span: { file, start: at, end: at + 1 }, text: '' });
  }
  if (fix.length === 0) return;
  const message = `${fix.length === 1 ? 'a line ends' : `${fix.length} lines end`} in carriage return and line feed instead of a line feed alone`;
  scanner.findings.push(finding('SP1109', fix[0]!.span, message, { fix }));
}

function startsLine(scanner: Scanner): boolean {
  const last = scanner.tokens.at(-1);
  return last === undefined || (last.tokenType === T.Separator && last.image === '\n');
}

function startsStatement(scanner: Scanner): boolean {
  const last = scanner.tokens.at(-1)?.tokenType;
  return last === undefined || last === T.Separator || last === T.LBrace || last === T.RBrace;
}

function closesOnLine(text: string, at: number): boolean {
  const found = text.indexOf("'", at + 1);
  return found !== -1 && found < lineEnd(text, at);
}
