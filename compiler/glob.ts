// Globs over byte strings: parsed once, matched in time proportional to pattern times path, never by backtracking regexes.
//
//   *      any run of characters within one component, the empty one and a leading dot included
//   ?      one character          [1-5] [abc]  one of these       [!x] [^x]  one that is none of these
//   **     as a whole component: any number of folders; at the end: everything below. Elsewhere it is a plain *
//   {a,b}  alternatives, which nest and may be empty              \x         the character x itself
//
// With a `/` a glob is anchored at the folder it is tested in; without one it is tested against the last component. A
// character is one UTF-8 sequence, or one byte where the bytes are not UTF-8. Nothing but `/` and `**` matches a `/`.
//
// 1. Every piece but a star consumes exactly one character, every part but `**` exactly one component. So when a match
//    fails, only the last star (or the last `**`) need be widened: earlier ones can never help.
// 2. Alternatives are written out when parsed, at most MAX_ALTERNATIVES of them, so matching knows no braces.

import {
  characterEnd,
  expand,
  findFlaw,
  type GlobError,
  isStar,
  literal,
  MAX_ALTERNATIVES,
  type Part,
  type Piece,
  parsePart,
  parsePieces,
  STAR,
} from './glob-syntax.js';

export type { GlobError };

export type Glob = { readonly text: string; readonly anchored: boolean; readonly alternatives: readonly Alternative[] };

/** The first five are what most globs are, and are told by comparing strings. */
export type Alternative =
  | { readonly kind: 'any' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'suffix'; readonly suffix: string }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'below'; readonly folder: string }
  | { readonly kind: 'last'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'anchored'; readonly parts: readonly Part[] };

export const parseGlob = (text: string): Glob | GlobError => {
  const flaw = findFlaw(text);
  if (flaw !== null) return flaw;
  const written = expand(text);
  if (written === null) return { error: `the braces make more than ${MAX_ALTERNATIVES} alternatives`, at: 0 };
  const anchored = text.includes('/');
  const alternatives: Alternative[] = [];
  for (const one of written) {
    const path = one.startsWith('/') ? one.slice(1) : one;
    const components = path.split('/');
    if (path === '')
      return { error: one === text ? 'the glob is empty' : 'an alternative of the braces is empty', at: 0 };
    if (components.some(name => name === '')) return { error: 'a folder name is missing beside a "/"', at: 0 };
    if (components.some(name => name === '.' || name === '..'))
      return { error: '"." and ".." have no place in a glob', at: 0 };
    alternatives.push(anchored ? simplifyAnchored(components.map(parsePart)) : simplifyLast(parsePieces(path)));
  }
  return { text, anchored, alternatives };
};

export const matchGlob = (glob: Glob, path: string): boolean => {
  if (path === '') return false;
  for (const alternative of glob.alternatives) if (matchAlternative(alternative, path)) return true;
  return false;
};

const matchAlternative = (alternative: Alternative, path: string): boolean => {
  switch (alternative.kind) {
    case 'any':
      return true;
    case 'name':
      return path.endsWith(alternative.name) && path.lastIndexOf('/') === path.length - alternative.name.length - 1;
    case 'suffix':
      return path.endsWith(alternative.suffix);
    case 'path':
      return path === alternative.path;
    case 'below':
      return path.length > alternative.folder.length && path.startsWith(alternative.folder);
    case 'last':
      return matchPieces(alternative.pieces, path, path.lastIndexOf('/') + 1, path.length);
    case 'anchored':
      return matchParts(alternative.parts, path);
  }
};

const matchParts = (parts: readonly Part[], path: string): boolean => {
  let part = 0;
  let at = 0;
  let lastGlobstar = -1;
  let widened = 0;
  while (at <= path.length) {
    const expected = parts[part];
    if (expected === null) {
      lastGlobstar = part++;
      widened = at;
      continue;
    }
    const end = componentEnd(path, at);
    if (expected !== undefined && matchPieces(expected, path, at, end)) {
      part++;
      at = end + 1;
      continue;
    }
    if (lastGlobstar < 0) return false;
    widened = componentEnd(path, widened) + 1;
    at = widened;
    part = lastGlobstar + 1;
  }
  return part === parts.length;
};

const matchPieces = (pieces: readonly Piece[], path: string, start: number, end: number): boolean => {
  let piece = 0;
  let at = start;
  let lastStar = -1;
  let widened = start;
  while (at < end) {
    const expected = pieces[piece];
    if (expected !== undefined && typeof expected !== 'string' && expected.piece === 'star') {
      lastStar = piece++;
      widened = at;
      continue;
    }
    const next = characterEnd(path, at);
    if (expected !== undefined && matchCharacter(expected, path, at, next)) {
      piece++;
      at = next;
      continue;
    }
    if (lastStar < 0) return false;
    widened = characterEnd(path, widened);
    at = widened;
    piece = lastStar + 1;
  }
  while (isStar(pieces[piece])) piece++;
  return piece === pieces.length;
};

const matchCharacter = (piece: Piece, path: string, at: number, next: number): boolean => {
  if (typeof piece === 'string') return piece.length === next - at && path.startsWith(piece, at);
  if (piece.piece !== 'set') return true;
  const character = path.slice(at, next);
  return piece.ranges.some(([low, high]) => low <= character && character <= high) !== piece.negated;
};

const componentEnd = (path: string, at: number): number => {
  const slash = path.indexOf('/', at);
  return slash < 0 ? path.length : slash;
};

/** The folders that every match lies in, as far as they are literal; '' where there are none. */
export const literalFolder = (glob: Glob): string =>
  glob.alternatives.map(folderOf).reduce((common, folder) => {
    const a = common.split('/');
    const b = folder.split('/');
    const differ = a.findIndex((name, i) => name !== b[i]);
    return (differ < 0 ? a : a.slice(0, differ)).join('/');
  });

/** The same of one alternative. */
export const folderOf = (alternative: Alternative): string => {
  switch (alternative.kind) {
    case 'any':
    case 'name':
    case 'suffix':
    case 'last':
      return '';
    case 'path':
      return alternative.path.slice(0, Math.max(0, alternative.path.lastIndexOf('/')));
    case 'below':
      return alternative.folder.slice(0, -1);
    case 'anchored': {
      const folders = alternative.parts.slice(0, -1);
      const wild = folders.findIndex(part => literal(part) === null);
      return (wild < 0 ? folders : folders.slice(0, wild)).map(literal).join('/');
    }
  }
};

const simplifyLast = (pieces: readonly Piece[]): Alternative => {
  const name = literal(pieces);
  if (name !== null) return { kind: 'name', name };
  const [first, ...rest] = pieces;
  if (!isStar(first)) return { kind: 'last', pieces };
  const suffix = literal(rest);
  if (suffix === null) return { kind: 'last', pieces };
  return suffix === '' ? { kind: 'any' } : { kind: 'suffix', suffix };
};

const simplifyAnchored = (parts: readonly Part[]): Alternative => {
  const names = parts.map(literal);
  if (names.every(name => name !== null)) return { kind: 'path', path: names.join('/') };
  const folders = names.slice(0, -1);
  if (parts.at(-1) === null) {
    if (folders.every(name => name !== null))
      return { kind: 'below', folder: folders.map(name => `${name}/`).join('') };
    // At the end `**` is everything below: any number of folders, then one more component.
    return { kind: 'anchored', parts: [...parts, [STAR]] };
  }
  return { kind: 'anchored', parts };
};
