// Compiles one FileTest of a plan into closures: does a file comply, is a folder selected, can anything below a folder comply.
//
// Paths are relative to the term's base. Negations are pushed down to the single predicates first, so that
//  1. `holds` is the plain truth of the expression for what is at a path;
//  2. `speaks` decides folders. Written out as alternatives of conjunctions, a folder is selected where an alternative
//     holds that names folders – it has `type is directory` in it, so `type is directory and under "x"` selects the folders
//     below x – or that asks for nothing but types and `all`. Hence `ext is "d"` and `not executable` select no folder, and
//     `all and T` selects what T does;
//  3. `below` may say yes too often, never no too often.
import { type Glob, literalFolder, matchGlob, parseGlob } from '../../compiler/glob.js';
import type { FileTest } from '../../compiler/plan.js';
import { isWithin, join, type Path, parent } from './path.js';

/** What a test looks at. `owner` and `group` are names, else numbers in decimal; only looked at by tests of them. */
export type Facts = {
  readonly kind: 'file' | 'folder' | 'link' | 'special';
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  /** Microseconds since 1970. */
  readonly modified: number;
  readonly owner: string;
  readonly group: string;
};

export type CompiledTest = {
  /** `folder` is where it lies, relative to the base. */
  readonly holds: (folder: Path, facts: Facts) => boolean;
  readonly speaks: (folder: Path, facts: Facts) => boolean;
  readonly below: (folder: Path) => boolean;
};

export type TestContext = {
  /** The run's start, milliseconds since 1970. */
  readonly now: number;
};

/** In an `except`, tests of where something lies – `under`, path globs, listed paths – speak of folders as types do. */
export const compileTest = (test: FileTest, context: TestContext, within: 'include' | 'except'): CompiledTest => {
  const { holds, byFolder, byType, below } = compile(test, false, { ...context, places: within === 'except' });
  return { holds, speaks: (folder, facts) => byFolder(folder, facts) || byType(folder, facts), below };
};

/** The glob of a plan that the compiler has checked. */
export const planGlob = (text: string): Glob => {
  const glob = parseGlob(text);
  if ('error' in glob) throw new Error(`the plan holds a glob that is none, "${text}": ${glob.error}`);
  return glob;
};

type CompileContext = TestContext & { readonly places: boolean };

type Predicate = (folder: Path, facts: Facts) => boolean;

/** `byFolder`: some alternative with `type is directory` in it holds. `byType`: one that consists of types and `all` does. */
type Parts = { readonly holds: Predicate; readonly byFolder: Predicate; readonly byType: Predicate } & Pick<
  CompiledTest,
  'below'
>;

const compile = (test: FileTest, negated: boolean, context: CompileContext): Parts => {
  switch (test.is) {
    case 'not':
      return compile(test.test, !negated, context);
    case 'and':
    case 'or': {
      const parts = test.tests.map(one => compile(one, negated, context));
      return (test.is === 'and') === negated ? anyOf(parts) : allOf(parts);
    }
    case 'all': {
      const holds = negated ? never : always;
      return { holds, byFolder: never, byType: holds, below: negated ? never : always };
    }
    case 'type': {
      const values = test.values;
      const holds: Predicate = (_, { kind }) =>
        (kind === 'folder' ? values.includes('directory') : kind !== 'special' && values.includes(kind)) !== negated;
      const names = !negated && values.includes('directory');
      return { holds, byFolder: names ? holds : never, byType: holds, below: always };
    }
    default: {
      const positive = compileLeaf(test, context);
      const holds: Predicate = negated ? (folder, facts) => !positive.holds(folder, facts) : positive.holds;
      const byType = context.places && isPlace(test) ? holds : never;
      return { holds, byFolder: never, byType, below: negated ? positive.outside : positive.below };
    }
  }
};

const isPlace = (test: FileTest): boolean =>
  test.is === 'under' || test.is === 'path' || test.is === 'listed' || (test.is === 'matches' && test.on === 'path');

const anyOf = (parts: readonly Parts[]): Parts => ({
  holds: some(parts.map(part => part.holds)),
  byFolder: some(parts.map(part => part.byFolder)),
  byType: some(parts.map(part => part.byType)),
  below: folder => parts.some(part => part.below(folder)),
});

const allOf = (parts: readonly Parts[]): Parts => {
  const holds = every(parts.map(part => part.holds));
  const named = some(parts.map(part => part.byFolder));
  return {
    holds,
    byFolder: (folder, facts) => named(folder, facts) && holds(folder, facts),
    byType: every(parts.map(part => part.byType)),
    below: folder => parts.every(part => part.below(folder)),
  };
};

const some =
  (predicates: readonly Predicate[]): Predicate =>
  (folder, facts) => {
    for (const predicate of predicates) if (predicate(folder, facts)) return true;
    return false;
  };

const every =
  (predicates: readonly Predicate[]): Predicate =>
  (folder, facts) => {
    for (const predicate of predicates) if (!predicate(folder, facts)) return false;
    return true;
  };

const always = (): boolean => true;
const never = (): boolean => false;

type LeafTest = Exclude<FileTest, { readonly is: 'all' | 'not' | 'and' | 'or' | 'type' }>;

/** A predicate; may it hold below a folder; may it fail to hold there. */
type Leaf = {
  readonly holds: Predicate;
  readonly below: CompiledTest['below'];
  readonly outside: CompiledTest['below'];
};

const compileLeaf = (test: LeafTest, { now }: TestContext): Leaf => {
  switch (test.is) {
    case 'name':
      return anywhere(oneOf(test.values, (_, facts) => facts.name));
    case 'ext':
      return anywhere(oneOf(test.values, (_, facts) => extension(facts.name)));
    case 'owner':
      return anywhere(oneOf(test.values, (_, facts) => facts.owner));
    case 'group':
      return anywhere(oneOf(test.values, (_, facts) => facts.group));
    case 'path':
      return listed(test.values);
    case 'listed':
      return listed(test.paths);
    case 'matches':
      return matches(planGlob(test.glob), test.on);
    case 'under':
      return under(test.folder);
    case 'size':
      return anywhere(compareSize(test.op, test.bytes));
    case 'age': {
      const within = now * 1000 - test.seconds * 1e6;
      return anywhere(
        test.op === '<=' ? (_, facts) => facts.modified >= within : (_, facts) => facts.modified < within,
      );
    }
    // A link has no mode of its own: systems report one that allows everything.
    case 'mode': {
      const modes = new Set(test.values);
      return anywhere((_, facts) => facts.kind !== 'link' && modes.has(facts.mode));
    }
    case 'executable':
      return anywhere((_, facts) => facts.kind !== 'link' && (facts.mode & 0o111) !== 0);
  }
};

const anywhere = (holds: Predicate): Leaf => ({ holds, below: always, outside: always });

const oneOf = (values: readonly string[], of: (folder: Path, facts: Facts) => string): Predicate => {
  const [only] = values;
  if (values.length === 1) return (folder, facts) => of(folder, facts) === only;
  const set = new Set(values);
  return (folder, facts) => set.has(of(folder, facts));
};

/** What follows the last dot that is not the first character; '' where there is none. */
const extension = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1) : '';
};

const listed = (paths: readonly Path[]): Leaf => {
  const ancestors = new Set<Path>();
  for (const path of paths) {
    for (let at = path; at !== '' && !ancestors.has(parent(at)); at = parent(at)) ancestors.add(parent(at));
  }
  const holds = oneOf(paths, (folder, facts) => join(folder, facts.name));
  return { holds, below: folder => ancestors.has(folder), outside: always };
};

const under = (top: Path): Leaf => ({
  holds: folder => isWithin(folder, top),
  below: folder => isWithin(folder, top) || isWithin(top, folder),
  outside: folder => !isWithin(folder, top),
});

const matches = (glob: Glob, on: 'name' | 'path'): Leaf => {
  if (on === 'name' || !glob.anchored) return anywhere((_, facts) => matchGlob(glob, facts.name));
  const top = literalFolder(glob);
  return {
    holds: (folder, facts) => matchGlob(glob, join(folder, facts.name)),
    below: folder => isWithin(folder, top) || isWithin(top, folder),
    // `cache/**` leaves nothing to hold outside of it below `cache`.
    outside: glob.text === `${top}/**` ? folder => !isWithin(folder, top) : always,
  };
};

const compareSize = (op: '<' | '<=' | '>' | '>=' | '=' | '!=', bytes: number): Predicate => {
  switch (op) {
    case '<':
      return (_, facts) => facts.size < bytes;
    case '<=':
      return (_, facts) => facts.size <= bytes;
    case '>':
      return (_, facts) => facts.size > bytes;
    case '>=':
      return (_, facts) => facts.size >= bytes;
    case '=':
      return (_, facts) => facts.size === bytes;
    case '!=':
      return (_, facts) => facts.size !== bytes;
  }
};
