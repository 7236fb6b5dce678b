// Extended attributes and access lists of what is about to be put in place: asked of the master by name, in batches.
import type { Change } from '../tree/change.js';
import type { Path } from '../tree/path.js';
import { batches, FILES_AT_ONCE } from './descend.js';
import { type ComparedTake, type Relation, shownPath } from './relation.js';

export type WithExtras = {
  readonly extra: (path: Path) => string;
  /** The changes but for those whose attributes cannot be read: they are problems of the relation. */
  readonly sendable: readonly Change[];
};

export const withExtras = async (
  relation: Relation,
  { master, take }: ComparedTake,
  changes: readonly Change[],
): Promise<WithExtras> => {
  if (!relation.rules.extra) return { extra: () => '', sendable: changes };
  const values = new Map<Path, string>();
  const lost = new Set<Path>();
  const paths = changes.filter(carriesExtra).map(({ path }) => path);
  for (const some of batches(paths, FILES_AT_ONCE)) {
    const answers = await master.extras(some);
    some.forEach((path, i) => {
      const answer = answers[i]!;
      if (typeof answer === 'string') values.set(path, answer);
      else {
        lost.add(path);
        relation.problems.push({ ...answer, path: shownPath(take, path) });
      }
    });
  }
  return { extra: path => values.get(path) ?? '', sendable: changes.filter(({ path }) => !lost.has(path)) };
};

const carriesExtra = (change: Change): boolean =>
  change.kind !== 'delete' &&
  (change.entry.kind === 'file' || change.entry.kind === 'folder') &&
  change.entry.extra !== '';
