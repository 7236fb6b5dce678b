// Where a take reads and writes. Where both sides name the same folder, the pair is the roots themselves and the folder is
// the base of what is taken: so `in www` and `in www "docs"` are one pair, listed and switched together.
import type { TakePlan } from '../plan.js';
import type { TakeModel } from './model.js';

export type TakePlace = {
  readonly pair: Pick<TakePlan, 'from' | 'into'>;
  /** Paths are tested relative to this folder below the pair's. */
  readonly base: string;
};

export const placeTake = ({ from, into }: TakeModel): TakePlace => {
  const shared = from.folder === into.folder;
  return {
    pair: {
      from: { root: from.root, folder: shared ? '' : from.folder },
      into: { root: into.root, folder: shared ? '' : into.folder },
    },
    base: shared ? from.folder : '',
  };
};
