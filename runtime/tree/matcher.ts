// Which paths of a tree a block's terms select, and which folders need not be looked into.
//
// A term selects what its `include` accepts and its `except` does not, strictly below its base. Files and links are told by
// their own facts; folders by the rule of file-test.ts (`all`, `type is directory`, types alone).
//  1. A folder that a glob of `except` matches (or one alternative of it: "node_modules", "cache/**") is cut off: neither it
//     nor anything below it is selected by that term, whatever its name. Classes in `except` cut nothing off; they test each
//     file by itself. (A class that is nothing but one `matches` is no different from its glob.) A folder is not selected
//     where `except` speaks of it; there, tests of where something lies (`under`, path globs, listed paths) do so as well.
//  2. `selects` and `selectsFolder` answer alike for a path met on a walk and for one that is asked for by name.
//  3. Where `mayHold` says no, nothing below is selected.
import { type Glob, matchGlob } from '../../compiler/glob.js';
import type { FileTest, OrderItem, Term } from '../../compiler/plan.js';
import { type CompiledTest, compileTest, type Facts, planGlob, type TestContext } from './file-test.js';
import { isWithin, join, type Path, parent } from './path.js';

export type { Facts } from './file-test.js';

export type Matcher = {
  /** A file, link or special file at this path. */
  readonly selects: (path: Path, facts: Facts) => boolean;
  readonly selectsFolder: (path: Path, facts: Facts) => boolean;
  /** Can anything below this folder be selected? '' is the folder taken. */
  readonly mayHold: (folder: Path) => boolean;
  /** The same three for a walk, which goes from folder to folder; for the folder taken itself. */
  readonly top: Scope;
};

/** What may be selected directly in one folder. */
export type Scope = {
  readonly selects: (facts: Facts) => boolean;
  readonly selectsFolder: (facts: Facts) => boolean;
  /** The scope of a folder in it, or null where nothing below can be selected. */
  readonly enter: (name: string) => Scope | null;
};

export const makeMatcher = (terms: readonly Term[], context: TestContext): Matcher => {
  const top = makeScope(
    '',
    terms.map(term => compileTerm(term, context)),
  );
  const scopeOf = rememberLast(folder => {
    let scope: Scope | null = top;
    if (folder !== '') for (const name of folder.split('/')) scope = scope === null ? null : scope.enter(name);
    return scope;
  });
  return {
    selects: (path, facts) => scopeOf(parent(path))?.selects(facts) ?? false,
    selectsFolder: (path, facts) => path !== '' && (scopeOf(parent(path))?.selectsFolder(facts) ?? false),
    mayHold: folder => scopeOf(folder) !== null,
    top,
  };
};

/** Ranks of a block's `order`: 0 for a file that no item mentions, else 1 + the index of the last item that matches it. */
export const makeRank = (order: readonly OrderItem[], context: TestContext): ((path: Path, facts: Facts) => number) => {
  const items = order.map(({ base, test }) => ({ base, test: compileTest(test, context, 'include') }));
  return (path, facts) => {
    for (let index = items.length - 1; index >= 0; index--) {
      const { base, test } = items[index]!;
      const folder = relativeTo(base, parent(path));
      if (folder !== null && test.holds(folder, facts)) return index + 1;
    }
    return 0;
  };
};

/** Is a path shielded: does one of the globs match it, or a folder it lies in, as seen from one of the folders taken? */
export const makeProtect = (globs: readonly string[], bases: readonly Path[] = ['']): ((path: Path) => boolean) => {
  const parsed = globs.map(planGlob);
  const tops = [...new Set(bases)];
  const matched = (path: Path): boolean =>
    tops.some(base => {
      const within = relativeTo(base, path);
      return within !== null && parsed.some(glob => matchGlob(glob, within));
    });
  const folders = rememberLast(folder => protects(folder));
  const protects = (path: Path): boolean => path !== '' && (matched(path) || folders(parent(path)));
  return parsed.length === 0 ? () => false : protects;
};

type CompiledTerm = {
  readonly base: Path;
  readonly include: CompiledTest;
  readonly except: CompiledTest | null;
  /** `not except`, for what may be below. */
  readonly spared: CompiledTest['below'];
  readonly cuts: readonly { readonly on: 'name' | 'path'; readonly glob: Glob }[];
  /** It selects all that lies below its base. */
  readonly everything: boolean;
};

const compileTerm = ({ base, include, except }: Term, context: TestContext): CompiledTerm => ({
  base,
  include: compileTest(include, context, 'include'),
  except: except === null ? null : compileTest(except, context, 'except'),
  spared: except === null ? () => true : compileTest({ is: 'not', test: except }, context, 'except').below,
  cuts: except === null ? [] : globsOf(except),
  everything: include.is === 'all' && except === null,
});

const globsOf = (except: FileTest): CompiledTerm['cuts'] => {
  if (except.is === 'matches') return [{ on: except.on, glob: planGlob(except.glob) }];
  return except.is === 'or' ? except.tests.flatMap(globsOf) : [];
};

const makeScope = (folder: Path, terms: readonly CompiledTerm[]): Scope => {
  /** Terms whose base is this folder or above it; the others only wait for their base. */
  const live = terms.flatMap(term => {
    const within = relativeTo(term.base, folder);
    return within === null ? [] : [{ term, within }];
  });
  const selects = live.map(({ term: { include, except }, within }) => (facts: Facts): boolean => {
    return include.holds(within, facts) && (except === null || !except.holds(within, facts));
  });
  const [only] = selects;
  /** Then each folder below is asked what this one is. */
  const isAlike = live.length > 0 && live.length === terms.length && terms.every(({ everything }) => everything);
  const scope: Scope = {
    selects: selects.length === 1 ? only! : facts => selects.some(one => one(facts)),
    selectsFolder: facts =>
      live.some(
        ({ term, within }) =>
          term.include.speaks(within, facts) &&
          !(term.except?.speaks(within, facts) ?? false) &&
          !isCut(term, within, facts.name),
      ),
    enter(name) {
      if (isAlike) return scope;
      const inner = join(folder, name);
      const left = terms.filter(term => reaches(term, folder, name, inner));
      return left.length === 0 ? null : makeScope(inner, left);
    },
  };
  return scope;
};

/** May the term select anything below `inner`, the folder `name` in `folder`? */
const reaches = (term: CompiledTerm, folder: Path, name: string, inner: Path): boolean => {
  if (isWithin(term.base, inner)) return true;
  const within = relativeTo(term.base, folder);
  if (within === null) return false;
  const below = join(within, name);
  return term.include.below(below) && term.spared(below) && !isCut(term, within, name);
};

const isCut = ({ cuts }: CompiledTerm, within: Path, name: string): boolean =>
  cuts.some(({ on, glob }) => matchGlob(glob, on === 'name' ? name : join(within, name)));

/** `folder` as seen from `base`, or null where it lies elsewhere. */
const relativeTo = (base: Path, folder: Path): Path | null => {
  if (base === '' || base === folder) return base === '' ? folder : '';
  return folder.startsWith(`${base}/`) ? folder.slice(base.length + 1) : null;
};

const rememberLast = <T>(make: (folder: Path) => T): ((folder: Path) => T) => {
  let last: { readonly folder: Path; readonly value: T } | null = null;
  return folder => {
    if (last?.folder !== folder) last = { folder, value: make(folder) };
    return last.value;
  };
};
