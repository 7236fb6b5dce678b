// Concrete tree → expression. Null where recovery left a hole: the parser has reported it.
import type { CstNode } from 'chevrotain';
import type { Expression, Name, Operator, Test, Value } from './ast.js';
import { children, isNode, node, type Tree, tokens } from './cst.js';
import type { Span } from './source.js';
import * as T from './tokens.js';

const OPERATORS: ReadonlySet<string> = new Set<Operator>([
  ...(['is', 'is not', 'in', 'not in', 'matches', 'not matches', 'under', 'not under'] as const),
  ...(['<', '<=', '>', '>=', 'within', 'older than', 'listed in'] as const),
]);

export function buildExpression(tree: Tree, cst: CstNode): Expression | null {
  return joined(tree, cst, 'or', conjunction);
}

function conjunction(tree: Tree, cst: CstNode): Expression | null {
  return joined(tree, cst, 'and', factor);
}

function joined(
  tree: Tree,
  cst: CstNode,
  kind: 'and' | 'or',
  build: (tree: Tree, cst: CstNode) => Expression | null,
): Expression | null {
  const operands: Expression[] = [];
  for (const child of children(cst, 'operand')) {
    const operand = isNode(child) ? build(tree, child) : null;
    if (operand === null) return null;
    operands.push(operand);
  }
  const first = operands[0];
  if (first === undefined || cst.recoveredNode === true) return null;
  if (operands.length === 1) return first;
  return { kind, operands, parenthesized: false, span: around(first.span, operands.at(-1)!.span) };
}

function factor(tree: Tree, cst: CstNode): Expression | null {
  const group = node(cst, 'group');
  const test = node(cst, 'test');
  let built = group !== null ? buildGroup(tree, group) : test !== null ? buildTest(tree, test) : null;
  if (built === null || cst.recoveredNode === true) return null;
  for (const token of tokens(cst, 'not').toReversed()) {
    built = { kind: 'not', operand: built, span: around(T.spanOf(tree.file, token), built.span) };
  }
  return built;
}

/** Parentheses are remembered where they matter: around `and` and `or`, whose span then takes them in. */
function buildGroup(tree: Tree, cst: CstNode): Expression | null {
  const inner = node(cst, 'expression');
  const open = tokens(cst, 'open')[0];
  const close = tokens(cst, 'close')[0];
  if (inner === null || open === undefined || close === undefined || cst.recoveredNode === true) return null;
  const built = buildExpression(tree, inner);
  if (built?.kind !== 'and' && built?.kind !== 'or') return built;
  return { ...built, parenthesized: true, span: T.spanOf(tree.file, open, close) };
}

function buildTest(tree: Tree, cst: CstNode): Test | null {
  if (cst.recoveredNode === true) return null;
  const subjectToken = tokens(cst, 'subject')[0];
  const subject: Name | null = subjectToken === undefined ? null : nameOf(tree, subjectToken);
  const operandToken = children(cst, 'operand')[0];
  if (operandToken !== undefined && subject !== null) {
    const operand = tree.value(tree, operandToken);
    if (operand === null || tokens(cst, 'operand').length === 0) return null;
    return {
      kind: 'test',
      subject,
      operator: null,
      operatorSpan: null,
      operand,
      span: around(subject.span, operand.span),
    };
  }
  const comparison = node(cst, 'comparison');
  if (comparison !== null) return buildComparison(tree, comparison, subject);
  if (subject === null) return null;
  return { kind: 'test', subject, operator: null, operatorSpan: null, operand: null, span: subject.span };
}

function buildComparison(tree: Tree, cst: CstNode, subject: Name | null): Test | null {
  const words = tokens(cst, 'operator');
  const first = words[0];
  const last = words.at(-1);
  const operand = operandOf(tree, cst);
  const operator = words.map(word => word.image).join(' ');
  if (first === undefined || last === undefined || operand === null || !isOperator(operator)) return null;
  const operatorSpan = T.spanOf(tree.file, first, last);
  const span = around(subject?.span ?? operatorSpan, operand.span);
  return { kind: 'test', subject, operator, operatorSpan, operand, span };
}

function operandOf(tree: Tree, cst: CstNode): Name | Value | null {
  const found = node(cst, 'operand');
  const child = found === null || found.recoveredNode === true ? undefined : children(found, 'item')[0];
  return child === undefined || (!isNode(child) && child.isInsertedInRecovery === true)
    ? null
    : tree.value(tree, child);
}

function nameOf(tree: Tree, token: T.Token): Name {
  return { kind: 'name', parts: token.image.split('.'), text: token.image, span: T.spanOf(tree.file, token) };
}

function isOperator(text: string): text is Operator {
  return OPERATORS.has(text);
}

function around(first: Span, last: Span): Span {
  return { file: first.file, start: first.start, end: last.end };
}
