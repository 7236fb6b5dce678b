// Classes: each condition made into a test of one file, other classes written in where they are named.
import type { Expression, Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as names from '../catalog/names.js';
import type { FileTest } from '../plan.js';
import { readCondition } from './condition.js';
import { fileTest } from './file-test.js';
import type { Surroundings } from './level.js';
import { ALL, type ClassModel } from './model.js';

export type Classes = {
  /** The test of a class; null where it is unknown or faulty, which is reported. */
  readonly test: (name: string, span: Span) => FileTest | null;
  readonly models: () => ReadonlyMap<string, ClassModel>;
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
    open.push(name);
    const made = expression(found.where);
    open.pop();
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
        both: operands => ({ is: 'and', tests: operands.flatMap(one => (one.is === 'and' ? one.tests : [one])) }),
        either: operands => ({ is: 'or', tests: operands.flatMap(one => (one.is === 'or' ? one.tests : [one])) }),
        test: asked =>
          asked.predicate === 'class' ? test(asked.texts[0] ?? '', asked.operandSpan) : fileTest(asked, around),
      },
      around,
    );

  for (const [name, { span }] of declared) test(name, span);
  return {
    test,
    models: () =>
      new Map([...declared].map(([name, { span }]) => [name, { name, span, test: settled.get(name) ?? null }])),
  };
};

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
