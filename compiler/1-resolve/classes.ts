// Classes: each condition made into a test of one file, other classes written in where they are named.
import type { Expression, Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as names from '../catalog/names.js';
import type { FileTest } from '../plan.js';
import { readCondition } from './condition.js';
import { fileTest } from './file-test.js';
import type { Surroundings } from './level.js';
import { ALL } from './model.js';

export type Classes = {
  /** The test of a class; null where it is unknown or faulty, which is reported. */
  readonly test: (name: string, span: Span) => FileTest | null;
};

export const resolveClasses = (around: Surroundings): Classes => {
  const { report, isPoisoned } = around;
  const declared = declaredClasses(around);
  const settled = new Map<string, FileTest | null>();
  const open: string[] = [];

  const test = (name: string, span: Span): FileTest | null => {
    if (name === 'all') return ALL;
    const found = declared.get(name);
    if (found === undefined) {
      if (!isPoisoned(name)) report(finding(names.unknownClass, span, [name, ['all', ...declared.keys()]]));
      return null;
    }
    const known = settled.get(name);
    if (known !== undefined) return known;
    if (open.includes(name)) {
      const chain = [...open.slice(open.indexOf(name)), name];
      for (const one of chain) settled.set(one, null);
      report(finding(names.classCycle, span, [chain]));
      return null;
    }
    if (open.length === MAX_ROW) {
      report(
        finding(names.classTooLarge, found.span, [name, `more than ${MAX_ROW} classes refer to each other in a row`]),
      );
      settled.set(name, null);
      return null;
    }
    open.push(name);
    const read = expression(found.where);
    open.pop();
    const made = read === null || sizeOf(read) <= MAX_TESTS ? read : null;
    if (read !== made)
      report(
        finding(names.classTooLarge, found.span, [name, `more than ${MAX_TESTS} tests, with the classes it refers to`]),
      );
    const settledMeanwhile = settled.get(name);
    if (settledMeanwhile !== undefined) return settledMeanwhile;
    settled.set(name, made);
    return made;
  };

  const expression = (where: Expression): FileTest | null =>
    readCondition<FileTest>(
      where,
      'file',
      {
        not: operand => (operand.is === 'not' ? operand.test : { is: 'not', test: operand }),
        both: operands => ({ is: 'and', tests: flattened('and', operands) }),
        either: operands => ({ is: 'or', tests: flattened('or', operands) }),
        test: asked =>
          asked.predicate === 'class' ? test(asked.texts[0] ?? '', asked.operandSpan) : fileTest(asked, around),
      },
      around,
    );

  for (const [name, { span }] of declared) test(name, span);
  return { test };
};

/** Classes are written in where they are named, so sizes multiply; each class is held to this before another names it. */
const MAX_TESTS = 1000;
/** How deep the reading goes. */
const MAX_ROW = 200;

const sizeOf = (test: FileTest): number => {
  switch (test.is) {
    case 'not':
      return 1 + sizeOf(test.test);
    case 'and':
    case 'or':
      return test.tests.reduce((sum, one) => sum + sizeOf(one), 1);
    default:
      return 1;
  }
};

const flattened = (is: 'and' | 'or', operands: readonly FileTest[]): readonly FileTest[] =>
  operands.flatMap(one => (one.is === is ? one.tests : [one]));

const declaredClasses = ({ shapes, report }: Surroundings) => {
  const declared = new Map<
    string,
    { readonly span: Span; readonly where: Expression; readonly statement: Statement }
  >();
  for (const statement of shapes.top('class')) {
    const name = shapes.of(statement)?.one('NAME');
    if (name?.kind !== 'name' || statement.where === null) continue;
    const first = declared.get(name.text);
    if (name.text === 'all') report(finding(names.builtInName, name.span, ['class', 'all']));
    else if (first === undefined) declared.set(name.text, { span: name.span, where: statement.where, statement });
    else {
      const labels = [{ span: first.span, message: 'declared here first' }];
      report(finding(names.duplicateName, name.span, ['class', name.text], { labels }));
    }
  }
  return declared;
};
