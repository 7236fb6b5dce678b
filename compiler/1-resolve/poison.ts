// Names that are declared somewhere, but whose declaration is faulty: to call them unknown would be a second finding for one fault.
import type { Statement } from '../../grammar/ast.js';
import type { Program } from './program.js';

/** Tells of a name, or of any part of a dotted one, whether a faulty declaration would have made it known. */
export type IsPoisoned = (name: string) => boolean;

/** `isRight` tells whether a statement's shape is right; before shapes are known, only broken files count. */
export const poisonedNames = (program: Program, isRight: (statement: Statement) => boolean): IsPoisoned => {
  const names = new Set<string>();
  const ranges: RegExp[] = [];
  const add = (name: string): void => {
    if (name.includes('{')) ranges.push(rangePattern(name));
    else for (const part of name.split('.')) names.add(part);
  };
  const visit = (statements: readonly Statement[], isBelowFault: boolean): void => {
    for (const statement of statements) {
      const isFaulty = isBelowFault || !isRight(statement);
      const [first] = statement.items;
      if (isFaulty && DECLARES.has(statement.head.text)) {
        if (first?.kind === 'name') add(first.text);
        if (first?.kind === 'string') add(first.parts.map(part => (typeof part === 'string' ? part : '')).join(''));
      }
      visit(statement.body?.statements ?? [], isFaulty);
    }
  };
  visit(program.statements, false);
  for (const { source, broken } of program.files.values()) {
    if (broken) for (const [, name = ''] of source.text.matchAll(DECLARATION)) add(name);
  }
  return name => name.split('.').some(part => names.has(part) || ranges.some(range => range.test(part)));
};

const DECLARES: ReadonlySet<string> = new Set([
  'region',
  'group',
  'host',
  'root',
  'role',
  'class',
  'block',
  'let',
  'input',
]);

const DECLARATION = /\b(?:region|group|host|root|role|class|block|let|input)\s+"?([A-Za-z][\w{}.-]*)/g;

const rangePattern = (name: string): RegExp => {
  const parts = name.split(/\{[^}]*\}?/).map(part => part.replace(/[^A-Za-z0-9_-]/g, ''));
  return new RegExp(`^${parts.join('\\d+')}$`);
};
