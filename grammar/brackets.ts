// Pairs brackets and braces over the whole text at once, so that one forgotten bracket is one finding.
//
// 1. A brace or a semicolon closes every `(` and `[` that is still open: those are reported and end with their line.
// 2. A closing bracket without a partner is reported and left out.
// 3. A brace open at the end of the text is closed where the file's top level visibly goes on, else at the end.
// 4. Work is linear in the number of tokens; nesting has a limit.
import type { TokenType } from 'chevrotain';
import type { Diagnostic } from './diagnostic.js';
import { finding } from './findings.js';
import { settingNamed } from './schema.js';
import * as T from './tokens.js';

export const MAX_DEPTH = 64;

export type Pairing = {
  /** Openers of `(` and `[` without a partner, and closers without one, by index. */
  readonly unpaired: ReadonlySet<number>;
  /** Before the token with this index, so many braces are closed that the text leaves open. */
  readonly closings: ReadonlyMap<number, number>;
  readonly findings: readonly Diagnostic[];
  /** The first token that is too deep; nothing from here on is worth reading. */
  readonly tooDeep: T.Token | null;
};

const CLOSERS = new Map<TokenType, TokenType>([
  [T.RParen, T.LParen],
  [T.RSquare, T.LSquare],
]);

export function pairBrackets(tokens: readonly T.Token[], text: string, file: string): Pairing {
  const strict = pair(tokens, text, file, false);
  return strict.closings.size === 0 ? strict : pair(tokens, text, file, true);
}

function pair(tokens: readonly T.Token[], text: string, file: string, byColumn: boolean): Pairing {
  const unpaired = new Set<number>();
  const closings = new Map<number, number>();
  const findings: Diagnostic[] = [];
  const braces: number[] = [];
  let open: number[] = [];
  const waiting = new Map<TokenType, number>();
  const unclosed = (index: number, labels: Diagnostic['labels'] = []) => {
    const token = tokens[index]!;
    const message = `the \`${token.image}\` that opens here is never closed`;
    findings.push(finding('SP1014', T.spanOf(file, token), message, { labels }));
    if (token.tokenType !== T.LBrace) unpaired.add(index);
  };
  const resetBrackets = () => {
    for (const index of open) unclosed(index);
    open = [];
    waiting.clear();
  };
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const type = token.tokenType;
    if (type === T.LParen || type === T.LSquare) {
      open.push(index);
      waiting.set(type, (waiting.get(type) ?? 0) + 1);
    } else if (type === T.RParen || type === T.RSquare) {
      const opener = CLOSERS.get(type)!;
      if ((waiting.get(opener) ?? 0) === 0) {
        unpaired.add(index);
        continue;
      }
      for (let top = open.pop()!; ; top = open.pop()!) {
        const kind = tokens[top]!.tokenType;
        waiting.set(kind, waiting.get(kind)! - 1);
        if (kind === opener) break;
        unclosed(top);
      }
    } else if (type === T.LBrace) {
      resetBrackets();
      braces.push(index);
    } else if (type === T.RBrace) {
      resetBrackets();
      if (braces.pop() === undefined) unpaired.add(index);
    } else if (type === T.Separator && token.image === ';') {
      resetBrackets();
    } else if (byColumn && braces.length > 0 && startsTopLevel(token, tokens[index - 1], text)) {
      resetBrackets();
      closings.set(index, braces.length);
      const labels = [{ span: T.spanOf(file, token), message: 'the top level of the file seems to go on here' }];
      for (const brace of braces.splice(0)) unclosed(brace, labels);
    }
    if (braces.length + open.length > MAX_DEPTH) return { unpaired, closings, findings: [], tooDeep: token };
  }
  resetBrackets();
  if (braces.length > 0) closings.set(tokens.length, braces.length);
  for (const brace of braces) unclosed(brace);
  reportClosers(tokens, unpaired, file, findings);
  return { unpaired, closings, findings, tooDeep: null };
}

/** A declaration at the very left, such as `block`, inside of braces that the rest of the text never closes. */
function startsTopLevel(token: T.Token, before: T.Token | undefined, text: string): boolean {
  if (token.tokenType !== T.Word || before?.tokenType !== T.Separator) return false;
  const left = token.startOffset === 0 || text[token.startOffset - 1] === '\n';
  return left && settingNamed('file', token.image) !== null;
}

/** Neighbours are one finding. */
function reportClosers(
  tokens: readonly T.Token[],
  unpaired: ReadonlySet<number>,
  file: string,
  findings: Diagnostic[],
): void {
  const isCloser = (index: number) => {
    const type = tokens[index]?.tokenType;
    return unpaired.has(index) && (type === T.RParen || type === T.RSquare || type === T.RBrace);
  };
  for (let index = 0; index < tokens.length; index++) {
    if (!isCloser(index)) continue;
    const first = index;
    while (isCloser(index + 1)) index++;
    const what =
      first === index ? `this \`${tokens[first]!.image}\` closes` : `these ${index - first + 1} brackets close`;
    findings.push(finding('SP1015', T.spanOf(file, tokens[first]!, tokens[index]!), `${what} nothing`));
  }
}
