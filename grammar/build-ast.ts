// Concrete tree → syntax tree, with spans. A statement that is broken is reported and left out; those around it stay.
import type { CstElement, CstNode } from 'chevrotain';
import type { Body, Item, ListValue, Name, Statement, Value } from './ast.js';
import { buildExpression } from './build-expression.js';
import { children, isNode, node, type Tree, tokenOf, tokens } from './cst.js';
import type { Diagnostic } from './diagnostic.js';
import { finding, quoted } from './findings.js';
import * as T from './tokens.js';

export type Built = { readonly statements: readonly Statement[]; readonly findings: readonly Diagnostic[] };

export function buildStatements(plan: CstNode, file: string): Built {
  const tree: Tree = { file, findings: [], value: buildValue };
  return { statements: statementsOf(tree, plan), findings: tree.findings };
}

function statementsOf(tree: Tree, parent: CstNode): Statement[] {
  const built: Statement[] = [];
  let before: CstNode | null = null;
  for (const child of children(parent, 'statement')) {
    if (!isNode(child)) continue;
    if (goesOn(tree, child, before)) continue;
    const statement = buildStatement(tree, child);
    if (statement !== null) built.push(statement);
    before = child;
  }
  return built;
}

/** `or ext is css` on a line of its own, below a condition, was meant to belong to it. */
function goesOn(tree: Tree, child: CstNode, before: CstNode | null): boolean {
  const head = tokens(child, 'head')[0];
  if (head === undefined || (head.image !== 'and' && head.image !== 'or')) return false;
  if (before === null || node(before, 'where') === null || node(before, 'body') !== null) return false;
  const help = `end the line above with \`${head.image}\` instead`;
  tree.findings.push(
    finding('SP1021', T.spanOf(tree.file, head), `the condition above has ended before this \`${head.image}\``, {
      help,
    }),
  );
  return true;
}

function buildStatement(tree: Tree, cst: CstNode): Statement | null {
  const head = tokens(cst, 'head')[0];
  const bodyNode = node(cst, 'body');
  // The body is built in any case, so that what is wrong inside it is found too.
  const body = bodyNode === null ? null : buildBody(tree, bodyNode);
  const stray = tokens(cst, 'stray')[0];
  if (stray !== undefined) {
    const help = 'comparisons and parentheses belong in a condition, after `where`';
    const span = T.spanOf(tree.file, stray);
    tree.findings.push(finding('SP1017', span, `${quoted(stray.image)} does not belong here`, { help }));
    return null;
  }
  if (head === undefined || head.image === '' || cst.recoveredNode === true) return null;
  const items: Item[] = [];
  for (const child of children(cst, 'item')) {
    const item = buildItem(tree, child);
    if (item === null) return null;
    items.push(item);
  }
  const whereNode = node(cst, 'where');
  const where = whereNode === null ? null : buildExpression(tree, whereNode);
  if (tokens(cst, 'Where').length > 0 && where === null) return null;
  if (bodyNode !== null && body === null) return null;
  const name = buildName(tree, head);
  const last = body ?? where ?? items.at(-1) ?? name;
  const end = Math.max(last.span.end, whereNode === null ? 0 : endOf(whereNode));
  return { head: name, items, where, body, span: { file: tree.file, start: name.span.start, end } };
}

function buildBody(tree: Tree, cst: CstNode): Body | null {
  const open = tokens(cst, 'open')[0];
  const close = tokens(cst, 'close')[0];
  const built = statementsOf(tree, cst);
  if (open === undefined || close === undefined) return null;
  return { statements: built, span: T.spanOf(tree.file, open, close) };
}

function buildItem(tree: Tree, child: CstElement): Item | null {
  if (!isNode(child)) {
    const token = tokenOf(child);
    const span = T.spanOf(tree.file, token);
    if (token.tokenType === T.Comma) return { kind: 'comma', span };
    if (token.tokenType === T.Arrow) return { kind: 'arrow', span };
    if (token.tokenType === T.Equals) return { kind: 'equals', span };
  }
  return buildValue(tree, child);
}

function buildValue(tree: Tree, child: CstElement): Name | Value | null {
  if (isNode(child)) return buildList(tree, child);
  const token = tokenOf(child);
  const span = T.spanOf(tree.file, token);
  switch (token.tokenType) {
    case T.Str: {
      const payload: T.StringPayload = token.payload;
      const parts = payload.parts.map(part =>
        typeof part === 'string' ? part : { insert: part.insert, span: part.span },
      );
      return { kind: 'string', parts, span };
    }
    case T.Num: {
      const payload: T.NumberPayload = token.payload;
      return { kind: 'number', unit: payload.unit, value: payload.value, text: token.image, span };
    }
    default:
      return token.image === '' ? null : buildName(tree, token);
  }
}

function buildList(tree: Tree, cst: CstNode): ListValue | null {
  const open = tokens(cst, 'open')[0];
  const close = tokens(cst, 'close')[0];
  if (open === undefined || close === undefined || cst.recoveredNode === true) return null;
  const items: (Name | Value)[] = [];
  let separated = true;
  for (const child of children(cst, 'item')) {
    const comma = !isNode(child) && child.tokenType === T.Comma;
    if (comma === separated) {
      reportSeparation(tree, child, comma, items.at(-1)?.span.end ?? open.endOffset + 1);
      return null;
    }
    separated = comma;
    if (comma) continue;
    const value = buildValue(tree, child);
    if (value === null) return null;
    items.push(value);
  }
  return { kind: 'list', items, span: T.spanOf(tree.file, open, close) };
}

function reportSeparation(tree: Tree, child: CstElement, comma: boolean, behind: number): void {
  const token = isNode(child) ? tokens(child, 'open')[0] : tokenOf(child);
  if (token === undefined) return;
  const span = T.spanOf(tree.file, token);
  const message = comma
    ? 'a comma stands where the list should have an item'
    : `a comma is missing before ${quoted(token.image)}`;
  const fix = [{ span: { ...span, start: behind, end: behind }, text: ',' }];
  tree.findings.push(finding('SP1019', span, message, comma ? {} : { fix }));
}

function buildName(tree: Tree, token: T.Token): Name {
  return { kind: 'name', parts: token.image.split('.'), text: token.image, span: T.spanOf(tree.file, token) };
}

/** Where the last token under a node ends; a condition may end in a parenthesis that the tree does not keep. */
function endOf(cst: CstNode): number {
  let end = 0;
  for (const list of Object.values(cst.children)) {
    const last = list.at(-1);
    if (last === undefined) continue;
    end = Math.max(end, isNode(last) ? endOf(last) : tokenOf(last).endOffset + 1);
  }
  return end;
}
