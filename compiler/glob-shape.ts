// What all matches of a glob have in common: folder, name, extension. Enough to tell that two globs never meet.
import { type Alternative, folderOf, type Glob } from './glob.js';
import { literal, type Piece, STAR } from './glob-syntax.js';

/** Of one alternative. `name` is the whole last component, `extension` what follows its last dot. */
export type GlobShape = { readonly folder: string; readonly name: string | null; readonly extension: string | null };

export const globShapes = (glob: Glob): readonly GlobShape[] =>
  glob.alternatives.map(alternative => ({ folder: folderOf(alternative), ...shapeOfName(lastPieces(alternative)) }));

const lastPieces = (alternative: Alternative): readonly Piece[] => {
  switch (alternative.kind) {
    case 'any':
    case 'below':
      return [STAR];
    case 'name':
      return [...alternative.name];
    case 'suffix':
      return [STAR, ...alternative.suffix];
    case 'path':
      return [...alternative.path.slice(alternative.path.lastIndexOf('/') + 1)];
    case 'last':
      return alternative.pieces;
    case 'anchored':
      return alternative.parts.at(-1) ?? [STAR];
  }
};

const shapeOfName = (pieces: readonly Piece[]): { name: string | null; extension: string | null } => {
  const wild = pieces.findLastIndex(piece => typeof piece !== 'string');
  const tail = pieces.slice(wild + 1).join('');
  const dot = tail.lastIndexOf('.');
  const isFirst = wild < 0 && dot === 0;
  return { name: literal(pieces), extension: dot < 0 || isFirst ? null : tail.slice(dot + 1) };
};
