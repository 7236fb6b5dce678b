// Tokens and comments → lines and bodies as the formatter prints them; every comment has exactly one place in it.
//
// 1. A comment behind a statement on its line stays behind it; behind `{` it stays behind the brace.
// 2. A comment between the tokens of a statement stays between the same two tokens, except before `{`: it moves behind it.
// 3. Any other comment is a line of its own.
import type { Comment } from './ast.js';
import type { Lexed } from './lexer.js';
import * as T from './tokens.js';

export type Piece =
  | {
      readonly kind: 'token';
      readonly token: T.Token /** The text goes on in the next line. */;
      readonly broken: boolean;
    }
  | { readonly kind: 'comment'; readonly text: string; readonly trailing: boolean };

export type StatementLine = {
  readonly kind: 'statement';
  readonly pieces: Piece[];
  body: Block | null;
  /** The comment behind it. */
  comment: string | null;
  /** A blank line stands before it. */
  readonly gap: boolean;
};

export type Line = StatementLine | { readonly kind: 'comment'; readonly text: string; readonly gap: boolean };

export type Block = {
  readonly lines: Line[];
  /** The comment behind its opening brace. */
  opening: string | null;
  /** From brace to brace on one line of the text. */
  flat: boolean;
};

type Event = { readonly at: number; readonly token: T.Token | null; readonly comment: Comment | null };

export function linesOf(text: string, lexed: Lexed): Block {
  const file: Block = { lines: [], opening: null, flat: false };
  const outer: { block: Block; owner: StatementLine; open: number }[] = [];
  const events = inOrder(lexed);
  const behind = tokensBehind(events);
  let block = file;
  let current: StatementLine | null = null;
  let moved: Comment[] = [];
  let end = 0;
  for (const [index, { token, comment, at }] of events.entries()) {
    const next = behind[index]!;
    const gap = block.lines.length > 0 && blankLine(text, end, at);
    if (comment !== null) {
      const ends = next === null || next.tokenType === T.Separator || next.tokenType === T.RBrace;
      const last: Line | undefined = current ?? block.lines.at(-1);
      if (current !== null && next?.tokenType === T.LBrace && current.body === null) moved.push(comment);
      else if (current !== null && !(ends && comment.trailing)) current.pieces.push(inside(comment));
      else if (comment.trailing && last?.kind === 'statement' && last.comment === null) last.comment = comment.text;
      else if (comment.trailing && block.lines.length === 0 && outer.length > 0 && block.opening === null)
        block.opening = comment.text;
      else block.lines.push({ kind: 'comment', text: comment.text, gap });
      end = comment.span.end;
      continue;
    }
    if (token === null) continue;
    switch (token.tokenType) {
      case T.Separator:
        current = null;
        continue;
      case T.LBrace: {
        if (current === null) continue;
        const body: Block = { lines: [], opening: null, flat: false };
        current.body = body;
        outer.push({ block, owner: current, open: token.startOffset });
        for (const each of moved) {
          if (each.trailing && body.opening === null && body.lines.length === 0) body.opening = each.text;
          else body.lines.push({ kind: 'comment', text: each.text, gap: false });
        }
        moved = [];
        block = body;
        current = null;
        break;
      }
      case T.RBrace: {
        const closed = outer.pop();
        if (closed === undefined) continue;
        block.flat = !text.slice(closed.open, token.startOffset).includes('\n');
        block = closed.block;
        current = closed.owner;
        break;
      }
      default:
        if (current === null) {
          current = { kind: 'statement', pieces: [], body: null, comment: null, gap };
          block.lines.push(current);
        }
        current.pieces.push({
          kind: 'token',
          token,
          broken: /^[ \t\r]*\n/.test(text.slice(token.endOffset + 1, token.endOffset + 80)),
        });
    }
    end = token.endOffset + 1;
  }
  return file;
}

function inOrder({ tokens, comments }: Lexed): Event[] {
  const events: Event[] = [
    ...tokens.map(token => ({ at: token.startOffset, token, comment: null })),
    ...comments.map(comment => ({ at: comment.span.start, token: null, comment })),
  ];
  // Sorting is stable: tokens without a width stay behind the one they were made from.
  return events.sort((a, b) => a.at - b.at);
}

/** For each event, the next token behind it; found once from behind, so that runs of comments cost nothing. */
function tokensBehind(events: readonly Event[]): readonly (T.Token | null)[] {
  const behind: (T.Token | null)[] = new Array(events.length).fill(null);
  for (let at = events.length - 2; at >= 0; at--) behind[at] = events[at + 1]!.token ?? behind[at + 1]!;
  return behind;
}

function inside(comment: Comment): Piece {
  return { kind: 'comment', text: comment.text, trailing: comment.trailing };
}

/** Two line ends or more between two neighbours. */
function blankLine(text: string, from: number, to: number): boolean {
  const between = text.slice(from, to);
  return between.indexOf('\n') !== between.lastIndexOf('\n');
}
