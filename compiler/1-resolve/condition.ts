// Conditions, for files and hosts alike: each test against the schema's predicates, with its operand as plain values.
import type { Expression, Name, Operator, Test, Value } from '../../grammar/ast.js';
import {
  bareSubject,
  type Operand,
  operandOf,
  type Predicate,
  predicateNamed,
  predicates,
} from '../../grammar/schema.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as names from '../catalog/names.js';
import * as settings from '../catalog/settings.js';
import type { Surroundings } from './level.js';
import { describe } from './slots.js';

/** One test, understood: what is asked, how, and the values. */
export type Asked = {
  readonly predicate: string;
  /** Without its `not`. */
  readonly operator: Exclude<Operator, 'is not' | 'not in' | 'not matches' | 'not under'> | null;
  readonly negated: boolean;
  readonly texts: readonly string[];
  readonly number: number;
  readonly span: Span;
  /** Of the operand, or of the test where it has none. */
  readonly operandSpan: Span;
};

/** What a condition is made into: one function for each node. null goes up: it was faulty, and is reported. */
export type Build<T> = {
  readonly not: (operand: T) => T;
  readonly both: (operands: readonly T[]) => T;
  readonly either: (operands: readonly T[]) => T;
  readonly test: (asked: Asked) => T | null;
};

export const readCondition = <T>(
  expression: Expression,
  over: 'file' | 'host',
  build: Build<T>,
  around: Surroundings,
): T | null => {
  const read = (node: Expression): T | null => {
    switch (node.kind) {
      case 'not': {
        const operand = read(node.operand);
        return operand === null ? null : build.not(operand);
      }
      case 'and':
      case 'or': {
        warnMixed(node, around);
        const operands = node.operands.map(read);
        if (!operands.every(operand => operand !== null)) return null;
        return node.kind === 'and' ? build.both(operands) : build.either(operands);
      }
      case 'test': {
        const asked = readTest(node, over, around);
        return asked === null ? null : build.test(asked);
      }
    }
  };
  return read(expression);
};

const warnMixed = (node: Exclude<Expression, Test | { kind: 'not' }>, { report }: Surroundings): void => {
  for (const operand of node.operands) {
    if ((operand.kind !== 'and' && operand.kind !== 'or') || operand.kind === node.kind || operand.parenthesized)
      continue;
    const { file, start, end } = operand.span;
    const fix = [
      { span: { file, start, end: start }, text: '(' },
      { span: { file, start: end, end }, text: ')' },
    ];
    report(finding(settings.mixedAndOr, operand.span, [], { fix }));
  }
};

const readTest = (test: Test, over: 'file' | 'host', around: Surroundings): Asked | null => {
  const { report } = around;
  const subject = test.subject?.text ?? (test.operator === null ? null : bareSubject(test.operator));
  const predicate = subject === null ? null : predicateNamed(over, subject);
  if (predicate === null) {
    const legal = predicates(over).map(({ name }) => name);
    const span = test.subject?.span ?? test.operatorSpan ?? test.span;
    report(finding(settings.unknownPredicate, span, [subject ?? test.operator ?? '', over, legal]));
    return null;
  }
  const operand = operandOf(predicate, test.operator);
  // `group` alone, or a bare name that is a class: the operand belongs to another comparison.
  if (operand === null || (operand === 'none' && test.operand !== null)) {
    const legal = predicate.tests.flatMap(({ operator }) => (operator === null ? [] : [operator]));
    const span = test.operatorSpan ?? test.span;
    report(finding(settings.wrongOperator, span, [predicate.name, test.operator ?? '', legal, predicate.example]));
    return null;
  }
  const found = readOperand(test, predicate, operand, around);
  if (found === null) return null;
  const negated = NEGATED[test.operator ?? ''];
  return {
    predicate: predicate.name,
    operator: negated ?? (test.operator as Asked['operator']),
    negated: negated !== undefined,
    texts: found.texts ?? [],
    number: found.number ?? 0,
    span: test.span,
    operandSpan: test.operand?.span ?? test.span,
  };
};

const NEGATED: Readonly<Record<string, 'is' | 'in' | 'matches' | 'under'>> = {
  'is not': 'is',
  'not in': 'in',
  'not matches': 'matches',
  'not under': 'under',
};

type Operands = { readonly texts?: readonly string[]; readonly number?: number };

const readOperand = (test: Test, predicate: Predicate, operand: Operand, around: Surroundings): Operands | null => {
  const { values, report } = around;
  const value = test.operand;
  if (operand === 'none') return {};
  const refuse = (): null => {
    const found = value === null ? 'nothing' : describe(value);
    report(finding(settings.wrongOperand, value?.span ?? test.span, [predicate.name, found, OPERANDS[operand]]));
    return null;
  };
  if (value === null) return refuse();
  switch (operand) {
    case 'text': {
      if (value.kind === 'list' || !isText(value)) return refuse();
      const text = values.textOf(value);
      return text === null ? null : { texts: [text] };
    }
    case 'glob':
    case 'folder': {
      const text = value.kind === 'string' ? values.text(value) : undefined;
      return text === undefined ? refuse() : text === null ? null : { texts: [text] };
    }
    case 'file': {
      if (value.kind !== 'string') return refuse();
      if (value.parts.every(part => typeof part === 'string')) return { texts: [value.parts.join('')] };
      report(finding(names.insertedPath, value.span, ['a file of the plan']));
      return null;
    }
    case 'class':
      return value.kind === 'name' ? { texts: [value.text] } : refuse();
    case 'word':
      return readWords([value], predicate, around);
    case 'list of text': {
      if (value.kind === 'list' && !value.items.every(isText)) return refuse();
      return readList(value, around) ?? (isDeclared(value, around) ? null : refuse());
    }
    case 'list of words':
      return value.kind === 'list' ? readWords(value.items, predicate, around) : refuse();
    case 'size':
    case 'duration':
    case 'mode': {
      const number = numberOf(value, operand, around);
      return number === null ? refuse() : { number };
    }
    case 'list of modes': {
      if (value.kind !== 'list') return refuse();
      const modes = value.items.map(item => numberOf(item, 'mode', around));
      return modes.every(mode => mode !== null) ? { texts: modes.map(String) } : refuse();
    }
  }
};

const isText = (value: Name | Value): boolean =>
  value.kind === 'name' ||
  value.kind === 'string' ||
  (value.kind === 'number' && (value.unit === 'none' || value.unit === 'mode'));

/** Declared and faulty: already reported. */
const isDeclared = (value: Name | Value, { values }: Surroundings): boolean =>
  value.kind === 'list' || (value.kind === 'name' && values.get(value.text) === null);

const readList = (value: Name | Value, { values }: Surroundings): Operands | null => {
  const texts = values.listOf(value);
  return texts === null ? null : { texts };
};

const readWords = (
  items: readonly (Name | Value)[],
  predicate: Predicate,
  { report }: Surroundings,
): Operands | null => {
  const odd = items.find(item => item.kind !== 'name' || !predicate.words.includes(item.text));
  if (odd === undefined) return { texts: items.map(item => (item.kind === 'name' ? item.text : '')) };
  if (odd.kind === 'name') report(finding(settings.wrongWord, odd.span, [predicate.name, odd.text, predicate.words]));
  else report(finding(settings.wrongOperand, odd.span, [predicate.name, describe(odd), OPERANDS.word]));
  return null;
};

const numberOf = (value: Name | Value, unit: 'size' | 'duration' | 'mode', { values }: Surroundings): number | null => {
  if (value.kind === 'number') {
    // Nothing has no unit.
    const isZero = value.unit === 'none' && value.value === 0 && unit === 'size';
    return value.unit === unit || isZero ? value.value : null;
  }
  const known = value.kind === 'name' ? values.get(value.text) : null;
  return known?.kind === 'number' && known.unit === unit ? known.value : null;
};

const OPERANDS: Readonly<Record<Operand, string>> = {
  none: 'nothing',
  text: 'a text',
  'list of text': 'a list such as [html, css]',
  glob: 'a glob in quotes',
  folder: 'a folder in quotes',
  file: 'the path of a file in quotes',
  class: 'the name of a class',
  size: 'a size such as 64MiB',
  duration: 'a duration such as 7d',
  mode: 'a mode such as 0644',
  'list of modes': 'a list of modes such as [0644, 0600]',
  word: 'one of its words',
  'list of words': 'a list of its words in square brackets',
};
