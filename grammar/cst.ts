// Reads chevrotain's untyped concrete tree: children by label, told apart as nodes and tokens.
import type { CstElement, CstNode, IToken } from 'chevrotain';
import type { Name, Value } from './ast.js';
import type { Diagnostic } from './diagnostic.js';
import type * as T from './tokens.js';

/** What the builders share; `value` is how an operand or item is built. */
export type Tree = {
  readonly file: string;
  readonly findings: Diagnostic[];
  readonly value: (tree: Tree, child: CstElement) => Name | Value | null;
};

export function isNode(child: CstElement): child is CstNode {
  return 'children' in child;
}

export function children(parent: CstNode, label: string): readonly CstElement[] {
  return parent.children[label] ?? [];
}

export function node(parent: CstNode, label: string): CstNode | null {
  const found = parent.children[label]?.[0];
  return found !== undefined && isNode(found) ? found : null;
}

/** Tokens put in by recovery stand nowhere in the text and are no use to a tree. */
export function tokens(parent: CstNode, label: string): readonly T.Token[] {
  return children(parent, label).flatMap(child =>
    isNode(child) || child.isInsertedInRecovery ? [] : [tokenOf(child)],
  );
}

/** Every token in a tree was made by `token` in tokens.ts, but for those that recovery puts in. */
export function tokenOf(token: IToken): T.Token {
  return token as T.Token;
}
