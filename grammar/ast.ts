// The syntax tree: generic statements, typed values, one expression language. Knows words, not meaning.
import type { Span } from './source.js';

export type PlanSyntax = {
  readonly file: string;
  readonly statements: readonly Statement[];
  /** In order of the text; `#` included. */
  readonly comments: readonly Comment[];
};

export type Comment = {
  readonly text: string;
  readonly span: Span /** Code stands before it on its line. */;
  readonly trailing: boolean;
};

/** `head item… [where expression] [{ body }]`. A route edge (`build -> eu.web`) is a statement whose head is a reference. */
export type Statement = {
  readonly head: Name;
  readonly items: readonly Item[];
  readonly where: Expression | null;
  readonly body: Body | null;
  /** From the head to the end of the last item, condition or body. */
  readonly span: Span;
};

export type Body = { readonly statements: readonly Statement[]; readonly span: Span };

/** What may stand between a head and its end. Commas and arrows are kept as items, so that nothing of the text is lost. */
export type Item = Name | Value | Punctuation;

export type Name = {
  readonly kind: 'name';
  /** Dotted parts; `eu.web.web-01` has three. */
  readonly parts: readonly string[];
  readonly text: string;
  readonly span: Span;
};

export type Punctuation = { readonly kind: 'comma' | 'arrow' | 'equals'; readonly span: Span };

export type Value = StringValue | NumberValue | ListValue;

export type StringValue = {
  readonly kind: 'string';
  /** Literal text (escapes resolved) and insertions in turn. */
  readonly parts: readonly (string | { readonly insert: string; readonly span: Span })[];
  readonly span: Span;
};

export type Unit =
  | 'none'
  | 'percent'
  /** Bytes per literal: B kB KB KiB MB MiB GB GiB TB TiB. */
  | 'size'
  /** size per second: `20MB/s`. */
  | 'rate'
  /** s m h d, and ms. */
  | 'duration'
  /** Octal with a leading zero: `0644`. */
  | 'mode';

export type NumberValue = {
  readonly kind: 'number';
  readonly unit: Unit;
  /** In the unit's base: bytes, bytes per second, seconds, percent, the mode's number. */
  readonly value: number;
  /** As written, canonical spacing (`10MiB`). */
  readonly text: string;
  readonly span: Span;
};

export type ListValue = { readonly kind: 'list'; readonly items: readonly (Name | Value)[]; readonly span: Span };

export type Expression =
  | { readonly kind: 'not'; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'and' | 'or';
      readonly operands: readonly Expression[];
      /** Written in parentheses: mixing `and` with `or` is then no warning. */
      readonly parenthesized: boolean;
      readonly span: Span;
    }
  | Test;

/**
 * One predicate. `size < 64MiB` → subject size, operator '<', operand 64MiB. `executable` → operator null.
 * `class other` → subject class, operator null, operand the name. `path under "x"` and bare `under "x"`,
 * `modified within 7d` and bare `within 7d` parse alike with subject null where none is written.
 */
export type Test = {
  readonly kind: 'test';
  readonly subject: Name | null;
  readonly operator: Operator | null;
  readonly operatorSpan: Span | null;
  readonly operand: Name | Value | null;
  readonly span: Span;
};

export type Operator =
  | 'is'
  | 'is not'
  | 'in'
  | 'not in'
  | 'matches'
  | 'not matches'
  | 'under'
  | 'not under'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'within'
  | 'older than'
  | 'listed in';
