// The shape of a row of the schema: a setting, a predicate, a unit.
import type { Operator, Unit } from '../ast.js';

/** Where a statement may stand: the file itself, or the body of another statement. */
export type Context =
  | 'file'
  | 'fleet'
  | 'region'
  | 'group'
  | 'host'
  | 'ssh'
  | 'block'
  | 'links'
  | 'lock'
  | 'verify'
  | 'delete'
  | 'set'
  | 'for'
  | 'transfer'
  | 'section'
  | 'route';

export type Setting = {
  readonly name: string;
  readonly contexts: readonly Context[];
  /**
   * What follows the head. Lower case: the word itself. Upper case: an argument of that kind. `[x]`: may be left out.
   * `a|b`: one of them; `(a b | c)`: one of the sequences. `X, …`: one or more, separated by commas. `where CONDITION`: the
   * condition. `{ }`: the body.
   */
  readonly signature: string;
  /** The context its body opens: always the same one, or by the word that stands first; null where there is no body. */
  readonly body: Context | Readonly<Record<string, Context>> | null;
  /** As written in a plan, without the head; null where there is none. */
  readonly default: string | null;
  /** One line. */
  readonly doc: string;
  /** May stand more than once in the same body. */
  readonly many: boolean;
  readonly required: boolean;
};

/** Rows are written without what is usual: no body, no default, once, optional. */
export type Row = Pick<Setting, 'name' | 'contexts' | 'signature' | 'doc'> & Partial<Setting>;

export type Operand =
  | 'none'
  /** A string or a bare name. */
  | 'text'
  | 'list of text'
  | 'glob'
  | 'folder'
  | 'file'
  | 'class'
  | 'size'
  | 'duration'
  | 'mode'
  | 'list of modes'
  /** One of the predicate's words. */
  | 'word'
  | 'list of words';

export type Predicate = {
  readonly name: string;
  readonly over: 'file' | 'host';
  /** Operator null stands for a predicate that is a test by itself (`executable`, `class other`). */
  readonly tests: readonly { readonly operator: Operator | null; readonly operand: Operand }[];
  /** The words a 'word' operand is chosen from. */
  readonly words: readonly string[];
  readonly doc: string;
  readonly example: string;
};

/** `factor` leads to the base of the literal's kind: bytes, bytes per second, seconds, percent. */
export type UnitRow = { readonly name: string; readonly unit: Unit; readonly factor: number; readonly doc: string };

export function settingOf(row: Row): Setting {
  return { body: null, default: null, many: false, required: false, ...row };
}
