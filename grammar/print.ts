// Prints lines and bodies in the one canonical layout: two blanks a level, a statement a line, at most 120 columns.
//
// 1. What was on one line and fits stays on one line; a body that was spread stays spread.
// 2. A statement that does not fit breaks behind commas, arrows, `and` and `or`; a list breaks to one item a line.
// 3. What is printed depends only on the lines given, never on how they were indented: printing again changes nothing.
import type { Block, Line, Piece, StatementLine } from './comments.js';
import * as T from './tokens.js';

const WIDTH = 120;

export function printBlock(block: Block, indent: number): string[] {
  return block.lines.flatMap(line => [...(line.gap ? [''] : []), ...printLine(line, indent)]);
}

function printLine(line: Line, indent: number): string[] {
  if (line.kind === 'comment') return [blanks(indent) + line.text];
  const printed = printStatement(line, indent);
  if (line.comment !== null) printed.push(`${printed.pop()} ${line.comment}`);
  return printed;
}

function printStatement(line: StatementLine, indent: number): string[] {
  const flat = flatStatement(line);
  if (flat !== null && indent + flat.length <= WIDTH) return [blanks(indent) + flat];
  const { body } = line;
  if (body === null) return printPieces(line.pieces, indent, 0);
  const head = printPieces(line.pieces, indent, 2);
  const opening = body.opening === null ? '' : ` ${body.opening}`;
  if (body.lines.length === 0 && body.opening === null) return [...head.slice(0, -1), `${head.at(-1)} { }`];
  return [...head.slice(0, -1), `${head.at(-1)} {${opening}`, ...printBlock(body, indent + 2), `${blanks(indent)}}`];
}

/** On one line; null where a comment or the text's own layout forbids it. */
function flatStatement(line: StatementLine): string | null {
  const head = flatPieces(line.pieces);
  if (head === null || line.body === null) return head;
  const { body } = line;
  if (body.opening !== null) return null;
  if (body.lines.length === 0) return `${head} { }`;
  if (!body.flat) return null;
  const parts: string[] = [];
  for (const inner of body.lines) {
    const part = inner.kind === 'statement' && inner.comment === null ? flatStatement(inner) : null;
    if (part === null) return null;
    parts.push(part);
  }
  return `${head} { ${parts.join('; ')} }`;
}

function flatPieces(pieces: readonly Piece[]): string | null {
  let text = '';
  let last: T.Token | null = null;
  for (const piece of pieces) {
    if (piece.kind === 'comment' || staysBroken(piece)) return null;
    text += last === null ? piece.token.image : joint(last, piece.token) + piece.token.image;
    last = piece.token;
  }
  return text;
}

/** A list whose first item was put on a line of its own. */
function staysBroken(piece: Piece): boolean {
  return piece.kind === 'token' && piece.token.tokenType === T.LSquare && piece.broken;
}

/** A statement over several lines; `tail` columns stay free at the end of the last one. */
function printPieces(pieces: readonly Piece[], indent: number, tail: number): string[] {
  const flat = flatPieces(pieces);
  if (flat !== null && indent + flat.length + tail <= WIDTH) return [blanks(indent) + flat];
  const page: Page = { lines: [], line: blanks(indent), fresh: true, last: null };
  printRun(page, elementsOf(pieces), { indent, step: 4, tail, each: false });
  return page.line.trim() === '' ? page.lines : [...page.lines, page.line];
}

/** What is being written: finished lines, the line in progress, whether anything stands on it, and the last token. */
type Page = { readonly lines: string[]; line: string; fresh: boolean; last: T.Token | null };

/** A list is one element: it stays whole where it can. */
type Element =
  | { readonly kind: 'token'; readonly token: T.Token }
  | { readonly kind: 'comment'; readonly text: string; readonly trailing: boolean }
  | {
      readonly kind: 'list';
      readonly open: T.Token;
      readonly close: T.Token;
      readonly inner: readonly Element[];
      readonly flat: string | null;
    };

/** `each`: every comma ends its line. Otherwise lines are filled and go on `step` columns further in. */
type Style = { readonly indent: number; readonly step: number; readonly tail: number; readonly each: boolean };

function printRun(page: Page, elements: readonly Element[], style: Style): void {
  const further = style.indent + style.step;
  for (const [index, element] of elements.entries()) {
    if (element.kind === 'comment') {
      if (element.trailing && !page.fresh) page.line += ` ${element.text}`;
      else {
        if (!page.fresh) newLine(page, further);
        page.line += element.text;
      }
      newLine(page, further);
      continue;
    }
    const first = element.kind === 'list' ? element.open : element.token;
    const mayBreak = page.last !== null && !page.fresh && breaksBehind(page.last);
    if (mayBreak && (style.each || !stays(page, elements, index, style))) newLine(page, further);
    if (!page.fresh && page.last !== null) page.line += joint(page.last, first);
    page.fresh = false;
    if (element.kind === 'token') {
      page.line += element.token.image;
      page.last = element.token;
    } else printList(page, element, elements.length - 1 === index ? style.tail : 0);
  }
}

function printList(page: Page, list: Element & { kind: 'list' }, tail: number): void {
  page.last = list.close;
  if (list.flat !== null && page.line.length + list.flat.length + tail <= WIDTH) {
    page.line += list.flat;
    return;
  }
  const indent = page.line.length - page.line.trimStart().length;
  page.line += '[';
  page.last = null;
  const opening = list.inner[0];
  const behind = opening?.kind === 'comment' && opening.trailing ? opening : null;
  if (behind !== null) page.line += ` ${behind.text}`;
  newLine(page, indent + 2);
  printRun(page, behind === null ? list.inner : list.inner.slice(1), {
    indent: indent + 2,
    step: 0,
    tail: 0,
    each: true,
  });
  if (!page.fresh) newLine(page, indent);
  page.line = `${blanks(indent)}]`;
  page.fresh = false;
  page.last = list.close;
}

function newLine(page: Page, indent: number): void {
  page.lines.push(page.line);
  page.line = blanks(indent);
  page.fresh = true;
}

/**
 * Whether what comes up to the next place to break stays on the line. Where it would fit whole on a line of its own it
 * moves there; else a list in it is spread in any case, and only what stands before that list counts. A list that was
 * spread by an earlier printing is measured in the same way, so that printing again decides the same.
 */
function stays(page: Page, elements: readonly Element[], index: number, style: Style): boolean {
  const here = measure(page.line.length, page.last, elements, index, style.tail);
  if (here.whole) return true;
  const alone = measure(style.indent + style.step, null, elements, index, style.tail);
  return !alone.whole && here.start;
}

/** `whole`: all of it fits, lists flat. `start`: at least all before the first list that does not. */
function measure(
  from: number,
  before: T.Token | null,
  elements: readonly Element[],
  index: number,
  tail: number,
): { whole: boolean; start: boolean } {
  let width = from;
  let last = before;
  for (let at = index; at < elements.length; at++) {
    const element = elements[at]!;
    if (element.kind === 'comment') break;
    const first = element.kind === 'list' ? element.open : element.token;
    width += last === null ? 0 : joint(last, first).length;
    if (element.kind === 'list') {
      const free = at === elements.length - 1 ? tail : 0;
      if (element.flat === null || width + element.flat.length + free > WIDTH)
        return { whole: false, start: width < WIDTH };
      width += element.flat.length;
      last = element.close;
    } else {
      width += element.token.image.length;
      last = element.token;
      if (at === elements.length - 1) width += tail;
      else if (breaksBehind(element.token)) break;
    }
  }
  return { whole: width <= WIDTH, start: width <= WIDTH };
}

function elementsOf(pieces: readonly Piece[]): readonly Element[] {
  const outer: { open: T.Token; from: number; above: Element[] }[] = [];
  let elements: Element[] = [];
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'comment') {
      elements.push(piece);
    } else if (piece.token.tokenType === T.LSquare) {
      outer.push({ open: piece.token, from: index, above: elements });
      elements = [];
    } else if (piece.token.tokenType === T.RSquare && outer.length > 0) {
      const { open, from, above } = outer.pop()!;
      const flat = flatPieces(pieces.slice(from, index + 1));
      above.push({ kind: 'list', open, close: piece.token, inner: elements, flat });
      elements = above;
    } else elements.push({ kind: 'token', token: piece.token });
  }
  return elements;
}

function breaksBehind(token: T.Token): boolean {
  const type = token.tokenType;
  return type === T.Comma || type === T.Arrow || type === T.And || type === T.Or;
}

/** What stands between two tokens on a line. */
function joint(left: T.Token, right: T.Token): '' | ' ' {
  if (left.tokenType === T.LParen || left.tokenType === T.LSquare) return '';
  const type = right.tokenType;
  return type === T.Comma || type === T.RParen || type === T.RSquare ? '' : ' ';
}

function blanks(count: number): string {
  return ' '.repeat(count);
}
