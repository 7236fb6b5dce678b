// The line of tokens that the layout writes, and how a slip on it is reported and mended.
import type { TokenType } from 'chevrotain';
import type { Diagnostic, Edit } from './diagnostic.js';
import { finding } from './findings.js';
import * as T from './tokens.js';

/** The statement being read: its head (null before it), how many tokens it has, and where in it we are. */
export type State = {
  braceTold: boolean;
  head: string | null;
  count: number;
  condition: boolean;
  afterBody: boolean;
  nots: number;
};

/** What the steps of the layout share. */
export type Line = {
  readonly file: string;
  readonly text: string;
  readonly raw: readonly T.Token[];
  /** For each token of `raw`, the index of the next one that is no newline. */
  readonly next: Int32Array;
  readonly out: T.Token[];
  readonly findings: Diagnostic[];
  /** Brackets open in this statement; an unpaired one ends with its line. */
  readonly open: { type: TokenType; paired: boolean }[];
  state: State;
};

export const FRESH: State = { braceTold: false, head: null, count: 0, condition: false, afterBody: false, nots: 0 };

export function emit(line: Line, token: T.Token): void {
  const { state } = line;
  state.head ??= token.image;
  state.count++;
  state.nots = token.tokenType === T.Not ? state.nots + 1 : 0;
  line.out.push(token);
}

/** Reports a sign that is written differently; '' where it should not be there at all. */
export function slip(
  line: Line,
  code: 'SP1101' | 'SP1102' | 'SP1103',
  token: T.Token,
  word: string,
  message: string,
): void {
  line.findings.push(
    finding(code, T.spanOf(line.file, token), message, { fix: [replacement(line, token, word, code)] }),
  );
}

export function retyped(token: T.Token, type: TokenType, image: string): T.Token {
  return T.token(type, image, token.startOffset, token.endOffset + 1);
}

/** Exactly the sign, so that neighbouring fixes never overlap; blanks are added where words would run together. */
function replacement(line: Line, token: T.Token, word: string, code: string): Edit {
  const { file, text } = line;
  let start = token.startOffset;
  const end = token.endOffset + 1;
  if (code === 'SP1103') return { span: { file, start, end }, text: '' };
  const before = /[\w")\]%]/.test(text[start - 1] ?? '') ? ' ' : '';
  const after = /[^\s)]/.test(text[end] ?? ' ') ? ' ' : '';
  if (word !== '') return { span: { file, start, end }, text: `${before}${word}${after}` };
  while (after === '' && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  return { span: { file, start, end }, text: after };
}
