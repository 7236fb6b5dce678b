// Where what stands on a remote comes from: what syncplan committed there, or somebody else's work that must not be lost.
import type { Provenance, Scan } from '../host/host.js';
import type { Change } from '../tree/change.js';
import type { Path } from '../tree/path.js';
import { batches, FILES_AT_ONCE } from './descend.js';

/** Of the paths that a change would replace, adjust or delete: those whose content is not the baseline's, and why. */
export type Foreign = ReadonlyMap<Path, Exclude<Provenance, 'baseline'>>;

export const foreignPaths = async (remote: Scan, changes: readonly Change[]): Promise<Foreign> => {
  const foreign = new Map<Path, Exclude<Provenance, 'baseline'>>();
  const standing = changes.filter(hasContentThere).map(({ path }) => path);
  for (const paths of batches(standing, FILES_AT_ONCE)) {
    const answers = await remote.provenance(paths);
    paths.forEach((path, i) => {
      const answer = answers[i];
      if (answer === 'drift' || answer === 'unknown') foreign.set(path, answer);
    });
  }
  return foreign;
};

/** Was changed by somebody else since syncplan put it there. */
export const driftedPaths = (foreign: Foreign): Path[] =>
  [...foreign].flatMap(([path, provenance]) => (provenance === 'drift' ? [path] : []));

const hasContentThere = (change: Change): boolean => change.kind !== 'create' && change.was.kind !== 'folder';
