// A tree as a plain map, for laws: generating it, diffing it as the engine does, and carrying out actions on it.
import fc from 'fast-check';
import type { Action } from '../../runtime/tree/action.js';
import { type Change, compareFolder, emptyComparison, plain, type Rules } from '../../runtime/tree/change.js';
import type { Entry } from '../../runtime/tree/entry.js';
import type { Listed, PagedEntry } from '../../runtime/tree/page.js';
import { comparePaths, isWithin, join, leaf, type Path, parent } from '../../runtime/tree/path.js';

export type Tree = Map<Path, Entry & { readonly content?: string }>;

export const RULES: Rules = {
  quick: false,
  mode: true,
  folderMode: true,
  modified: true,
  owner: false,
  group: false,
  extra: false,
};

const owned = { owner: '', group: '' };
const attributed = { ...owned, extra: '' };
const names = fc.constantFrom('a', 'a-', 'a.x', 'b', 'b ', 'c', 'é');
const entries = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('file' as const),
      mode: fc.constantFrom(0o644, 0o755),
      modified: fc.constantFrom(1e15, 2e15),
      content: fc.constantFrom('', 'one', 'two', 'three'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('folder' as const), mode: fc.constantFrom(0o755, 0o555, 0o700) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('link' as const), target: fc.constantFrom('a', '../b') }) },
);

/** Trees of a few levels; a path whose parent is no folder is dropped. */
export const trees = fc
  .array(fc.tuple(fc.array(names, { minLength: 1, maxLength: 4 }), entries), { maxLength: 25 })
  .map(list => {
    const tree: Tree = new Map();
    const sorted = list.map(
      ([parts, entry]) => [parts.map(part => Buffer.from(part).toString('latin1')).join('/'), entry] as const,
    );
    for (const [path, entry] of [...sorted].sort(([a], [b]) => comparePaths(a, b))) {
      if (parent(path) !== '' && tree.get(parent(path))?.kind !== 'folder') continue;
      if (entry.kind === 'file') tree.set(path, { ...entry, size: entry.content.length, ...attributed });
      else if (entry.kind === 'folder') tree.set(path, { ...entry, selected: true, unreadable: false, ...attributed });
      else tree.set(path, { ...entry, modified: 1e15, ...owned });
    }
    return tree;
  });

export const listingOf = (tree: Tree, folder: Path): Listed[] =>
  [...tree.entries()]
    .filter(([path]) => path !== '' && parent(path) === folder)
    .map(([path, entry]) => ({ name: leaf(path), entry: pagedOf(tree, path, entry) }))
    .sort((x, y) => (x.name < y.name ? -1 : 1));

/** What the engine does over hosts, done over maps: every difference, deletions included. */
export const diff = (from: Tree, to: Tree): Change[] => {
  const found = emptyComparison();
  compareFolder('', listingOf(to, ''), listingOf(from, ''), RULES, found);
  for (let at = 0; at < found.descend.length; at++) {
    const folder = found.descend[at]!;
    compareFolder(folder, listingOf(to, folder), listingOf(from, folder), RULES, found);
  }
  for (const { path, master, remote } of found.sameSize) {
    if (contentOf(to, path) !== contentOf(from, path))
      found.changes.push({ kind: 'replace', path, entry: master, was: remote, why: 'content' });
    else if (master.mode !== remote.mode || master.modified !== remote.modified)
      found.changes.push({ kind: 'attributes', path, entry: master, was: remote });
  }
  const folders = found.changes
    .filter(change => change.kind === 'replace' && change.was.kind === 'folder')
    .map(({ path }) => path);
  const fresh = found.changes
    .filter(change => change.kind === 'replace' && change.entry.kind === 'folder')
    .map(({ path }) => path);
  const below = (tree: Tree, roots: Path[]) =>
    [...tree].filter(([path]) => roots.some(root => root !== path && isWithin(path, root)));
  for (const { path, entry } of found.masterOnly) found.changes.push({ kind: 'create', path, entry: plain(entry) });
  for (const { path, entry } of found.remoteOnly) found.changes.push({ kind: 'delete', path, was: plain(entry) });
  for (const [path, entry] of below(to, [...found.masterOnly.map(({ path }) => path), ...fresh]))
    found.changes.push({ kind: 'create', path, entry: bare(entry) });
  for (const [path, entry] of below(from, [...found.remoteOnly.map(({ path }) => path), ...folders]))
    found.changes.push({ kind: 'delete', path, was: bare(entry) });
  return found.changes.sort((x, y) => comparePaths(x.path, y.path));
};

/** Carries out one action; throws where a real disk would refuse. Content comes from the tree that is the goal. */
export const act = (tree: Tree, action: Action, goal: Tree, staged: Set<Path>): void => {
  const { path } = action;
  const inside = [...staged].some(folder => folder !== path && isWithin(path, folder)) && action.do !== 'adjust';
  if (!inside && parent(path) !== '' && tree.get(parent(path))?.kind !== 'folder')
    throw new Error(`${path}: no folder to put it into`);
  const there = tree.get(path);
  switch (action.do) {
    case 'folder':
      if (there !== undefined) throw new Error(`${path} is in the way`);
      if (action.whole) staged.add(path);
      tree.set(path, { kind: 'folder', selected: true, unreadable: false, mode: action.mode, ...attributed });
      return;
    case 'file':
    case 'link':
      if (there?.kind === 'folder') throw new Error(`${path}: a folder cannot be replaced by a rename`);
      if ((there === undefined) !== (action.expect === 'absent')) throw new Error(`${path}: expected ${action.expect}`);
      if (action.do === 'link')
        tree.set(path, { kind: 'link', target: action.target, modified: action.modified!, ...owned });
      else
        tree.set(path, {
          kind: 'file',
          size: action.size,
          mode: action.mode,
          modified: action.modified!,
          content: contentOf(goal, path),
          ...attributed,
        });
      return;
    case 'hard':
      throw new Error('the model has no hard names');
    case 'adjust':
      if (there === undefined) throw new Error(`${path}: nothing to adjust`);
      tree.set(path, {
        ...there,
        ...(action.mode === null ? {} : { mode: action.mode }),
        ...(action.modified === null ? {} : { modified: action.modified }),
      } as Entry);
      return;
    case 'remove':
      if (there === undefined || there.kind === 'folder') throw new Error(`${path}: no file to remove`);
      tree.delete(path);
      return;
    case 'remove-folder':
      if (there?.kind !== 'folder') throw new Error(`${path}: no folder to remove`);
      if (listingOf(tree, path).length > 0) throw new Error(`${path}: not empty`);
      tree.delete(path);
      return;
  }
};

export const plainTree = (tree: Tree): [Path, unknown][] => [...tree].sort(([a], [b]) => comparePaths(a, b));

const contentOf = (tree: Tree, path: Path): string => tree.get(path)?.content ?? '';

const bare = (entry: Entry & { readonly content?: string }): Entry => {
  const { content: _, ...rest } = entry;
  return rest;
};

/** The digest of a folder is its listing spelled out: equal exactly when the trees below are, contents aside. */
const pagedOf = (tree: Tree, path: Path, entry: Entry & { readonly content?: string }): PagedEntry => {
  if (entry.kind !== 'folder') return bare(entry) as PagedEntry;
  const below = [...tree].filter(([other]) => other !== path && isWithin(other, path));
  return {
    ...entry,
    entries: below.length,
    bytes: 0,
    digest: JSON.stringify(below.map(([other, one]) => [join('', other), one])),
  };
};
