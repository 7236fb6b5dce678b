// Values: what `let` and `input` declare, and their insertion in texts. Declared anywhere, worked out when first asked for.
import type { Name, NumberValue, Statement, StringValue, Value } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding, type Report } from '../catalog/finding.js';
import * as names from '../catalog/names.js';
import type { IsPoisoned } from './poison.js';
import { givenAs, type Program } from './program.js';
import type { Lookup } from './slots.js';

export type Known =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly unit: NumberValue['unit']; readonly value: number; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] };

export type Values = {
  /** undefined: not declared; null: declared, but faulty, and reported. */
  readonly get: (name: string) => Known | null | undefined;
  readonly lookup: Lookup;
  /** The text with its values inserted; null where one is unknown, and reported. */
  readonly text: (value: StringValue) => string | null;
  /** A name or value as a text: names and numbers as written. */
  readonly textOf: (value: Name | Value) => string | null;
  /** A list, or the bare name of one; null where it is none. */
  readonly listOf: (value: Name | Value) => readonly string[] | null;
  /** A number, or the bare name of one. */
  readonly numberOf: (value: Name | Value) => { readonly value: number; readonly text: string } | null;
  readonly names: () => readonly string[];
  /** The values of the inputs. */
  readonly inputs: Readonly<Record<string, string>>;
};

export type Given = { readonly vars: Readonly<Record<string, string>>; readonly named: readonly string[] };

export const resolveValues = (program: Program, given: Given, isPoisoned: IsPoisoned, report: Report): Values => {
  const declared = collect(program, report);
  const inputs = readInputs(declared, given, report);
  const settled = new Map<string, Known | null>();
  const open: string[] = [];

  const get = (name: string): Known | null | undefined => {
    const statement = declared.get(name);
    if (statement === undefined) return undefined;
    const known = settled.get(name);
    if (known !== undefined) return known;
    const input = inputs.get(name);
    if (input !== undefined) return input === null ? null : { kind: 'text', text: input };
    if (open.includes(name)) {
      const chain = [...open.slice(open.indexOf(name)), name];
      for (const one of chain) settled.set(one, null);
      report(finding(names.valueCycle, declared.get(name)?.items[0]?.span ?? statement.span, [chain]));
      return null;
    }
    if (open.length === MAX_ROW) {
      report(finding(names.valueTooLong, statement.span, [`more than ${MAX_ROW} values are inserted one in another`]));
      settled.set(name, null);
      return null;
    }
    open.push(name);
    const value = statement.items.find(
      item => item.kind === 'string' || item.kind === 'number' || item.kind === 'list',
    );
    const found = value === undefined ? null : evaluate(value as Value);
    open.pop();
    const settledMeanwhile = settled.get(name);
    if (settledMeanwhile !== undefined) return settledMeanwhile;
    settled.set(name, found);
    return found;
  };

  const evaluate = (value: Value): Known | null => {
    switch (value.kind) {
      case 'number':
        return { kind: 'number', unit: value.unit, value: value.value, text: value.text };
      case 'string': {
        const found = text(value);
        return found === null ? null : { kind: 'text', text: found };
      }
      case 'list': {
        const items = value.items.map(textOf);
        return items.every(item => item !== null) ? { kind: 'list', items } : null;
      }
    }
  };

  const text = (value: StringValue): string | null => {
    const parts = value.parts.map(part => (typeof part === 'string' ? part : insert(part.insert, part.span)));
    if (parts.some(part => part === null)) return null;
    const joined = parts.join('');
    if (joined.length <= MAX_TEXT) return joined;
    report(finding(names.valueTooLong, value.span, [`more than ${MAX_TEXT} characters with its values inserted`]));
    return null;
  };

  const insert = (name: string, span: Span): string | null => {
    const known = get(name);
    if (known === undefined && !isPoisoned(name)) {
      report(finding(names.unknownValue, span, [name, [...declared.keys()]]));
    }
    if (known === undefined || known === null) return null;
    if (known.kind !== 'list') return known.text;
    report(finding(names.listInserted, span, [name]));
    return null;
  };

  const textOf = (value: Name | Value): string | null => {
    switch (value.kind) {
      case 'name':
      case 'number':
        return value.text;
      case 'string':
        return text(value);
      case 'list':
        return null;
    }
  };

  return {
    get,
    text,
    textOf,
    lookup: name => get(name) ?? null,
    listOf: value => {
      const known = value.kind === 'name' ? get(value.text) : value.kind === 'list' ? evaluate(value) : null;
      return known?.kind === 'list' ? known.items : null;
    },
    numberOf: value => {
      if (value.kind === 'number') return value;
      const known = value.kind === 'name' ? get(value.text) : null;
      return known?.kind === 'number' ? known : null;
    },
    names: () => [...declared.keys()],
    inputs: inputRecord(inputs),
  };
};

const MAX_TEXT = 65_536;
/** How deep the reading goes. */
const MAX_ROW = 200;

/** `let` and `input` share their names. */
const collect = (program: Program, report: Report): ReadonlyMap<string, Statement> => {
  const declared = new Map<string, Statement>();
  for (const statement of program.statements) {
    if (statement.head.text !== 'let' && statement.head.text !== 'input') continue;
    const name = statement.items[0];
    if (name?.kind !== 'name' || name.parts.length !== 1) continue;
    const first = declared.get(name.text)?.items[0];
    if (first === undefined) declared.set(name.text, statement);
    else {
      const labels = [{ span: first.span, message: 'declared here first' }];
      report(finding(names.duplicateName, name.span, ['value', name.text], { labels }));
    }
  }
  return declared;
};

/** null: without a value, or with a faulty default. */
const readInputs = (
  declared: ReadonlyMap<string, Statement>,
  given: Given,
  report: Report,
): ReadonlyMap<string, string | null> => {
  const inputs = new Map<string, string | null>();
  for (const [name, statement] of declared) {
    if (statement.head.text !== 'input') continue;
    const [, word, value] = statement.items;
    const byDefault = word?.kind === 'name' && word.text === 'default' ? value : undefined;
    if (Object.hasOwn(given.vars, name)) inputs.set(name, given.vars[name] ?? null);
    else if (byDefault?.kind === 'number') inputs.set(name, byDefault.text);
    else if (byDefault?.kind === 'string' && byDefault.parts.every(part => typeof part === 'string')) {
      inputs.set(name, byDefault.parts.join(''));
    } else {
      inputs.set(name, null);
      if (statement.items.length === 1) report(finding(names.missingInput, statement.items[0]!.span, [name]));
      else if (byDefault?.kind === 'string')
        report(finding(names.insertedPath, byDefault.span, ['the default of an input']));
    }
  }
  for (const name of given.named) {
    if (!inputs.has(name)) report(finding(names.unknownInput, givenAs(`--var ${name}`), [name, [...inputs.keys()]]));
  }
  return inputs;
};

const inputRecord = (inputs: ReadonlyMap<string, string | null>): Readonly<Record<string, string>> => {
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of inputs) if (value !== null) record[name] = value;
  return record;
};
