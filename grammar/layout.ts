// Raw tokens → what the parser reads: statements end where they should, brackets are balanced, slips are mended.
//
// 1. A newline or `;` ends a statement; newlines inside brackets do not count, nor behind `,` `->` and a joining `and`, `or`.
// 2. Behind every body and before every statement but the first of a body stands exactly one separator.
// 3. Brackets and braces are balanced in what comes out, whatever went in.
// 4. Every statement starts with a word; where the text has none, an empty one is put there and reported.
import type { TokenType } from 'chevrotain';
import { MAX_DEPTH, pairBrackets } from './brackets.js';
import type { Diagnostic, Edit } from './diagnostic.js';
import { finding, quoted } from './findings.js';
import { conditionWord, opensCondition } from './layout-words.js';
import { emit, FRESH, type Line, retyped, slip } from './line.js';
import type { Source } from './source.js';
import * as T from './tokens.js';

export type Layout = { readonly tokens: readonly T.Token[]; readonly findings: readonly Diagnostic[] };

const CLOSING = new Map<TokenType, readonly [TokenType, string]>([
  [T.LParen, [T.RParen, ')']],
  [T.LSquare, [T.RSquare, ']']],
]);

export function layout(raw: readonly T.Token[], source: Source): Layout {
  const file = source.path;
  const pairing = pairBrackets(raw, source.text, file);
  if (pairing.tooDeep !== null) {
    const message = `brackets are nested more than ${MAX_DEPTH} levels deep here`;
    return { tokens: [], findings: [finding('SP1003', T.spanOf(file, pairing.tooDeep), message)] };
  }
  const line: Line = {
    file,
    text: source.text,
    raw,
    next: nextOnes(raw),
    out: [],
    findings: [...pairing.findings],
    open: [],
    state: { ...FRESH },
  };
  for (let index = 0; index <= raw.length; index++) {
    const place = raw[index]?.startOffset ?? source.text.length;
    for (let count = pairing.closings.get(index) ?? 0; count > 0; count--) {
      closeBody(line, T.token(T.RBrace, '}', place, place));
      if (count === 1) endStatement(line, T.token(T.Separator, ';', place, place));
    }
    const token = raw[index];
    if (token !== undefined) placeToken(line, token, index, pairing.unpaired.has(index));
  }
  closePending(line, source.text.length);
  return { tokens: line.out, findings: line.findings };
}

function placeToken(line: Line, token: T.Token, index: number, unpaired: boolean): void {
  switch (token.tokenType) {
    case T.Separator:
      separate(line, token, index);
      return;
    case T.LBrace:
      openBody(line, token);
      return;
    case T.RBrace:
      if (!unpaired) closeBody(line, token);
      return;
    case T.RParen:
    case T.RSquare:
      if (!unpaired) closeBracket(line, token);
      return;
  }
  begin(line, token);
  switch (token.tokenType) {
    case T.LParen:
    case T.LSquare:
      line.open.push({ type: token.tokenType, paired: !unpaired });
      emit(line, token);
      return;
    case T.Comma:
      placeComma(line, token, index);
      return;
    case T.Arrow:
      placeArrow(line, token, index);
      return;
    case T.Equals:
    case T.DoubleEquals:
    case T.Colon:
      placeEquals(line, token);
      return;
    case T.NotEquals:
      if (line.state.condition) {
        slip(line, 'SP1102', token, 'is not', `${quoted(token.image)} is written \`is not\` in a condition`);
        emit(line, retyped(token, T.Is, 'is'));
        emit(line, T.token(T.Not, 'not', token.endOffset + 1, token.endOffset + 1));
      } else emit(line, retyped(token, T.Stray, token.image));
      return;
    case T.DoubleAnd:
      placeJoint(line, token, T.And, 'and');
      return;
    case T.DoubleOr:
      placeJoint(line, token, T.Or, 'or');
      return;
    case T.Bang:
      placeJoint(line, token, T.Not, 'not');
      return;
    case T.Word:
      placeWord(line, token, index);
      return;
    default:
      emit(line, token);
  }
}

function separate(line: Line, token: T.Token, index: number): void {
  const { state } = line;
  if (line.open.some(bracket => bracket.paired)) return;
  closePending(line, token.startOffset);
  if (token.image === '\n' && state.head !== null && !state.afterBody) {
    const last = line.out.at(-1)?.tokenType;
    if (last === T.Comma || last === T.Arrow || last === T.And || last === T.Or) return;
    const next = line.raw[line.next[index]!];
    if (next?.tokenType === T.LBrace) {
      if (line.state.braceTold) return;
      line.state.braceTold = true;
      const span = T.spanOf(line.file, next);
      const before = line.out.at(-1)!.endOffset + 1;
      // A carriage return has a fix of its own, and fixes never overlap.
      const bare = /^[ \t\n]*$/.test(line.text.slice(before, next.startOffset));
      const fix: Edit[] = [{ span: { ...span, start: before, end: next.startOffset }, text: ' ' }];
      const message = 'the opening brace belongs on the line of its head';
      line.findings.push(finding('SP1105', span, message, bare ? { fix } : {}));
      return;
    }
  }
  endStatement(line, token);
}

function endStatement(line: Line, token: T.Token): void {
  if (line.state.head !== null) line.out.push(token);
  line.state = { ...FRESH };
}

function openBody(line: Line, token: T.Token): void {
  closePending(line, token.startOffset);
  begin(line, token);
  line.out.push(token);
  line.state = { ...FRESH };
}

function closeBody(line: Line, token: T.Token): void {
  closePending(line, token.startOffset);
  line.out.push(token);
  line.state = { ...FRESH, head: '', afterBody: true };
}

function closeBracket(line: Line, token: T.Token): void {
  for (let top = line.open.pop(); top !== undefined && !top.paired; top = line.open.pop()) {
    emitClosing(line, top.type, token.startOffset);
  }
  emit(line, token);
}

/** What is open without a partner ends here. */
function closePending(line: Line, at: number): void {
  for (let top = line.open.pop(); top !== undefined; top = line.open.pop()) emitClosing(line, top.type, at);
}

function emitClosing(line: Line, opener: TokenType, at: number): void {
  const [type, image] = CLOSING.get(opener)!;
  emit(line, T.token(type, image, at, at));
}

/** Makes sure that a statement has begun, and that the one before has ended. */
function begin(line: Line, token: T.Token): void {
  if (line.state.afterBody) {
    const at = line.out.at(-1)!.endOffset + 1;
    const fix = [{ span: { file: line.file, start: at, end: at }, text: ';' }];
    const message = 'a statement starts on a line of its own, or behind a semicolon';
    line.findings.push(finding('SP1107', T.spanOf(line.file, token), message, { fix }));
    line.out.push(T.token(T.Separator, ';', at, at));
    line.state = { ...FRESH };
  }
  if (line.state.head !== null || token.tokenType === T.Word) return;
  const what = token.tokenType === T.LBrace ? 'a body' : quoted(token.image);
  line.findings.push(
    finding('SP1016', T.spanOf(line.file, token), `${what} stands where a statement should start with a name`),
  );
  emit(line, T.token(T.Word, '', token.startOffset, token.startOffset));
}

function placeWord(line: Line, token: T.Token, index: number): void {
  const { state } = line;
  if (state.condition) conditionWord(line, token, line.raw[index + 1]);
  else if (token.image === 'where' && opensCondition(line, line.raw[index + 1])) {
    emit(line, retyped(token, T.Where, 'where'));
    state.condition = true;
  } else emit(line, token);
}

function placeComma(line: Line, token: T.Token, index: number): void {
  const next = line.raw[line.next[index]!];
  const type = next?.tokenType;
  const last = type === undefined || type === T.RSquare || type === T.RParen || type === T.RBrace || type === T.LBrace;
  const double = type === T.Comma;
  if (last || double || type === T.Separator) {
    const message = double ? 'one comma is enough' : 'no comma stands behind the last item';
    slip(line, 'SP1103', token, '', message);
  } else emit(line, token);
}

/** An arrow joins two names: behind the last one it would take in the next statement. */
function placeArrow(line: Line, token: T.Token, index: number): void {
  const type = line.raw[line.next[index]!]?.tokenType;
  if (type === T.Word || type === T.Str) emit(line, token);
  else {
    const message = 'no name stands behind this `->`';
    line.findings.push(
      finding('SP1022', T.spanOf(line.file, token), message, { help: 'an edge is written `build -> eu.web`' }),
    );
    emit(line, retyped(token, T.Stray, token.image));
  }
}

function placeEquals(line: Line, token: T.Token): void {
  const { head, condition, count } = line.state;
  const sign = quoted(token.image);
  if (condition) {
    slip(line, 'SP1102', token, 'is', `${sign} is written \`is\` in a condition`);
    emit(line, retyped(token, T.Is, 'is'));
  } else if (head === 'let' && count === 2) {
    if (token.tokenType !== T.Equals)
      slip(line, 'SP1101', token, '=', `${sign} is written \`=\` after \`let\` and its name`);
    emit(line, retyped(token, T.Equals, '='));
  } else if (line.out.at(-1)?.tokenType === T.Word && !line.open.length) {
    slip(line, 'SP1101', token, '', `no ${sign} stands between a setting and its value`);
  } else emit(line, retyped(token, T.Stray, token.image));
}

function placeJoint(line: Line, token: T.Token, type: TokenType, word: string): void {
  if (!line.state.condition) {
    emit(line, retyped(token, T.Stray, token.image));
    return;
  }
  slip(line, 'SP1102', token, word, `${quoted(token.image)} is written \`${word}\``);
  emit(line, retyped(token, type, word));
}

/** For each token, the index of the next one that is no newline: found once from behind, so that runs cost nothing. */
function nextOnes(raw: readonly T.Token[]): Int32Array {
  const next = new Int32Array(raw.length);
  let found = raw.length;
  for (let index = raw.length - 1; index >= 0; index--) {
    next[index] = found;
    const token = raw[index]!;
    if (token.tokenType !== T.Separator || token.image !== '\n') found = index;
  }
  return next;
}
