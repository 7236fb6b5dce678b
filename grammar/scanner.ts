// What the parts of the scanner share: the text, the place reached, and what was found so far.
import type { TokenType } from 'chevrotain';
import type { Comment } from './ast.js';
import type { Diagnostic } from './diagnostic.js';
import type { Span } from './source.js';
import * as T from './tokens.js';

/** Each part reads at `at` and moves it behind what it took. */
export type Scanner = {
  readonly file: string;
  readonly text: string;
  readonly tokens: T.Token[];
  readonly comments: Comment[];
  readonly findings: Diagnostic[];
  at: number;
};

export function push(
  scanner: Scanner,
  type: TokenType,
  length: number,
  payload?: T.NumberPayload | T.StringPayload,
  image?: string,
): void {
  const { text, at } = scanner;
  scanner.tokens.push(T.token(type, image ?? text.slice(at, at + length), at, at + length, payload));
  scanner.at += length;
}

export function spanFrom(scanner: Scanner, length: number): Span {
  return { file: scanner.file, start: scanner.at, end: scanner.at + length };
}

/** What a sticky expression finds right here. */
export function matchAt(expression: RegExp, scanner: Scanner): string | null {
  expression.lastIndex = scanner.at;
  return expression.exec(scanner.text)?.[0] ?? null;
}

export function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found === -1 ? text.length : found;
}
