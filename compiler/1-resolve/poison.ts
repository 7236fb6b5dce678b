// Names that are declared somewhere, but whose declaration is faulty: to call them unknown would be a second finding for one fault.
import type { Statement } from '../../grammar/ast.js';
import type { Program } from './program.js';

/** Tells of a name, or of any part of a dotted one, whether a faulty declaration would have made it known. */
export type IsPoisoned = (name: string) => boolean;

/** `isRight` tells whether a statement's shape is right; before shapes are known, only broken files count. */
export const poisonedNames = (program: Program, isRight: (statement: Statement) => boolean): IsPoisoned => {
  // Anything may be declared in a file that could not be read.
  if (!program.isWhole) return () => true;
  const faulty: Matcher[] = [];
  const right: Matcher[] = [];
  const guessed: Matcher[] = [];
  const visit = (statements: readonly Statement[], isBelowFault: boolean): void => {
    for (const statement of statements) {
      const isFaulty = isBelowFault || !isRight(statement);
      const name = DECLARES.has(statement.head.text) ? nameOf(statement) : null;
      if (name !== null) (isFaulty ? faulty : right).push(matcherOf(name));
      visit(statement.body?.statements ?? [], isFaulty);
    }
  };
  visit(program.statements, false);
  for (const { source, broken } of program.files.values()) {
    if (broken) for (const [, name = ''] of source.text.matchAll(DECLARATION)) guessed.push(matcherOf(name));
  }
  const isAmong = (matchers: readonly Matcher[], part: string): boolean => matchers.some(matches => matches(part));
  return name =>
    name.split('.').some(part => isAmong(faulty, part) || (isAmong(guessed, part) && !isAmong(right, part)));
};

type Matcher = (name: string) => boolean;

const nameOf = ({ items: [first] }: Statement): string | null => {
  if (first?.kind === 'name') return first.text;
  return first?.kind === 'string' ? first.parts.map(part => (typeof part === 'string' ? part : '')).join('') : null;
};

const matcherOf = (declared: string): Matcher => {
  if (!declared.includes('{')) return name => name === declared;
  const pattern = rangePattern(declared);
  return name => pattern.test(name);
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
