// The kinds of token, and how one is made. Words are names everywhere; inside a condition some of them are keywords too.
import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import type { StringValue, Unit } from './ast.js';
import type { Span } from './source.js';

/** What a literal is worth; for all other tokens nothing. `image` is the canonical spelling, the span what was written. */
export type Token = IToken & { readonly endOffset: number };
export type NumberPayload = { readonly unit: Unit; readonly value: number };
export type StringPayload = { readonly parts: StringValue['parts'] };

/** Everything that can be read as a name: a word, or a keyword where a name is expected. */
export const AnyName = kind('AnyName');
export const Word = kind('Word', AnyName);
export const And = kind('And', AnyName);
export const Or = kind('Or', AnyName);
export const Not = kind('Not', AnyName);
export const Is = kind('Is', AnyName);
export const In = kind('In', AnyName);
export const Matches = kind('Matches', AnyName);
export const Under = kind('Under', AnyName);
export const Within = kind('Within', AnyName);
export const Older = kind('Older', AnyName);
export const Than = kind('Than', AnyName);
export const Listed = kind('Listed', AnyName);
export const Class = kind('Class', AnyName);
export const Where = kind('Where');
export const Str = kind('Str');
export const Num = kind('Num');
export const Comma = kind('Comma');
export const Arrow = kind('Arrow');
export const Equals = kind('Equals');
/** `<` `<=` `>` `>=`. */
export const Compare = kind('Compare');
export const LParen = kind('LParen');
export const RParen = kind('RParen');
export const LSquare = kind('LSquare');
export const RSquare = kind('RSquare');
export const LBrace = kind('LBrace');
export const RBrace = kind('RBrace');
/** The end of a statement: a newline or `;`. */
export const Separator = kind('Separator');
/** Something that is legal nowhere in a statement; it stands in the stream so that its statement can be told. */
export const Stray = kind('Stray');

/** Written differently from the language's own spelling; the layout turns them into what is meant. */
export const Colon = kind('Colon');
export const DoubleEquals = kind('DoubleEquals');
export const NotEquals = kind('NotEquals');
export const DoubleAnd = kind('DoubleAnd');
export const DoubleOr = kind('DoubleOr');
export const Bang = kind('Bang');

/** What the parser sees; the slips are gone by then. */
export const PARSED: readonly TokenType[] = [
  ...[AnyName, Word, And, Or, Not, Is, In, Matches, Under, Within, Older, Than, Listed, Class, Where],
  ...[Str, Num, Comma, Arrow, Equals, Compare, LParen, RParen, LSquare, RSquare, LBrace, RBrace, Separator, Stray],
];

/** Words with a meaning of their own inside a condition. */
export const KEYWORDS: ReadonlyMap<string, TokenType> = new Map([
  ['and', And],
  ['or', Or],
  ['not', Not],
  ['is', Is],
  ['in', In],
  ['matches', Matches],
  ['under', Under],
  ['within', Within],
  ['older', Older],
  ['than', Than],
  ['listed', Listed],
  ['class', Class],
]);

export function token(
  type: TokenType,
  image: string,
  start: number,
  end: number,
  payload?: NumberPayload | StringPayload,
): Token {
  return {
    image,
    startOffset: start,
    endOffset: end - 1,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
    payload,
  };
}

export function spanOf(file: string, first: Token, last: Token = first): Span {
  return { file, start: first.startOffset, end: last.endOffset + 1 };
}

function kind(name: string, ...categories: TokenType[]): TokenType {
  return createToken({ name, pattern: Lexer.NA, categories });
}
