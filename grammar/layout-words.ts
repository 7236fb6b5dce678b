// Which words are keywords: `where` that opens a condition, and the words in a condition that join and compare.
import { finding, quoted } from './findings.js';
import { emit, type Line, retyped, slip } from './line.js';
import { settingNamed } from './schema.js';
import * as T from './tokens.js';

/** More `not` in a row than this are no condition but an attack on whoever walks the tree. */
const MAX_NOTS = 8;

/** Behind these an operand or a class's name is due, so that even `and` may be one. */
const WANTS_OPERAND = new Set([T.Is, T.In, T.Matches, T.Under, T.Within, T.Than, T.Class, T.Compare]);
const STARTS_TEST = new Set(['not', 'matches', 'under', 'within', 'older', 'listed', 'class']);

/** `where` is a name right behind the head, in a list of names, and where no test can follow. */
export function opensCondition(line: Line, next: T.Token | undefined): boolean {
  const { head, count } = line.state;
  const last = line.out.at(-1)?.tokenType;
  if (line.open.length > 0 || count < 2 || last === T.Comma || last === T.Arrow || last === T.Equals) return false;
  if (count === 2 && takesCondition(head ?? '')) return !isWord(next, 'is');
  return canStartTest(next);
}

/** Places a word of a condition under its meaning. */
export function conditionWord(line: Line, token: T.Token, next: T.Token | undefined): void {
  const { out, state } = line;
  const type = T.KEYWORDS.get(token.image);
  const last = out.at(-1);
  const due = last !== undefined && WANTS_OPERAND.has(last.tokenType);
  const joins = type === T.And || type === T.Or;
  const operand =
    (due && joins && !canStartTest(next)) || (type === T.Not && last?.tokenType === T.Is && !canBeOperand(next));
  if (type === undefined || operand) {
    emit(line, token);
    return;
  }
  if (type === T.Not && state.nots >= MAX_NOTS) {
    if (state.nots > MAX_NOTS) return;
    const message = `more than ${MAX_NOTS} \`not\` stand in a row`;
    line.findings.push(finding('SP1003', T.spanOf(line.file, token), message));
  }
  if (type === T.In && next?.tokenType === T.LSquare) dropIs(line);
  emit(line, retyped(token, type, token.image));
}

/** `is in [` and `is not in [` are written without `is`. */
function dropIs(line: Line): void {
  const { out } = line;
  const at = out.at(-1)?.tokenType === T.Not ? out.length - 2 : out.length - 1;
  const is = out[at];
  if (is?.tokenType !== T.Is || is.image !== line.text.slice(is.startOffset, is.endOffset + 1)) return;
  slip(line, 'SP1102', is, '', `${quoted(at === out.length - 1 ? 'is in' : 'is not in')} is written without \`is\``);
  out.splice(at, 1);
}

function canStartTest(token: T.Token | undefined): boolean {
  if (token === undefined) return false;
  switch (token.tokenType) {
    case T.LParen:
    case T.Bang:
    // Not the start of a test, but what follows may be once a sign that does not belong here is gone.
    case T.Equals:
    case T.DoubleEquals:
    case T.NotEquals:
    case T.Colon:
    case T.Str:
    case T.Num:
    case T.LSquare:
    case T.Compare:
      return true;
    case T.Word:
      return STARTS_TEST.has(token.image) || (!T.KEYWORDS.has(token.image) && token.image !== 'where');
    default:
      return false;
  }
}

function canBeOperand(token: T.Token | undefined): boolean {
  const type = token?.tokenType;
  return type === T.Word || type === T.Str || type === T.Num || type === T.LSquare;
}

/** Declarations that are made of a name and a condition. */
function takesCondition(head: string): boolean {
  return settingNamed('file', head)?.signature.includes('where CONDITION') === true;
}

function isWord(token: T.Token | undefined, word: string): boolean {
  return token?.tokenType === T.Word && token.image === word;
}
