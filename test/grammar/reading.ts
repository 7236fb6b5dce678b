// What the grammar's tests share: a text parsed, and trees and findings written short enough to compare.
import type { Expression, Item, Name, Statement, Value } from '../../grammar/ast.js';
import type { Diagnostic } from '../../grammar/diagnostic.js';
import { parse } from '../../grammar/parse.js';

export function read(text: string): { statements: readonly Statement[]; diagnostics: Diagnostic[] } {
  const { syntax, diagnostics } = parse({ path: 'plan.sp', text });
  return { statements: syntax.statements, diagnostics };
}

/** `SP1018 at "and"`: the code and the text it points at. */
export function found(text: string): string[] {
  return read(text).diagnostics.map(({ code, span }) => `${code} ${JSON.stringify(text.slice(span.start, span.end))}`);
}

/** The only statement's condition, in brackets that show how it was understood. */
export function condition(text: string): string {
  const { statements, diagnostics } = read(`class x where ${text}\n`);
  const where = statements[0]?.where ?? null;
  return where === null || statements.length !== 1
    ? `broken: ${diagnostics.map(each => each.code).join(' ')}`
    : showExpression(where);
}

export function showExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'not':
      return `(not ${showExpression(expression.operand)})`;
    case 'and':
    case 'or': {
      const operands = expression.operands.map(showExpression).join(` ${expression.kind} `);
      return expression.parenthesized ? `((${operands}))` : `(${operands})`;
    }
    case 'test': {
      const { subject, operator, operand } = expression;
      return [subject?.text ?? '_', operator && `<${operator}>`, operand && showItem(operand)]
        .filter(Boolean)
        .join(' ');
    }
  }
}

export function showItem(item: Item | Name | Value): string {
  switch (item.kind) {
    case 'name':
      return item.text;
    case 'string':
      return JSON.stringify(item.parts.map(part => (typeof part === 'string' ? part : `<${part.insert}>`)).join(''));
    case 'number':
      return `${item.value}:${item.unit}`;
    case 'list':
      return `[${item.items.map(showItem).join(' ')}]`;
    default:
      return item.kind;
  }
}

/** A statement as one line: head, items, and the statements of its body in braces. */
export function show(statement: Statement): string {
  const head = [statement.head.text, ...statement.items.map(showItem)].join(' ');
  const where = statement.where === null ? '' : ` where ${showExpression(statement.where)}`;
  return `${head}${where}${statement.body === null ? '' : ` {${statement.body.statements.map(show).join('; ')}}`}`;
}

export function shown(text: string): string[] {
  return read(text).statements.map(show);
}

/** The text with every fix made. */
export function mended(text: string): string {
  const edits = read(text).diagnostics.flatMap(diagnostic => diagnostic.fix ?? []);
  const backwards = edits.sort((a, b) => b.span.start - a.span.start || b.span.end - a.span.end);
  return backwards.reduce(
    (result, { span, text: by }) => result.slice(0, span.start) + by + result.slice(span.end),
    text,
  );
}
