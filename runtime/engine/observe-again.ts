// Observes single paths of a relation again, on both sides: what a redo has to do there now.

import { type Change, compareEntries, emptyComparison, type FolderComparison } from '../tree/change.js';
import type { Entry } from '../tree/entry.js';
import type { PagedEntry } from '../tree/page.js';
import type { Path } from '../tree/path.js';
import { decideByDigest } from './descend.js';
import { isProblem } from './membership.js';
import { type ComparedTake, type Relation, shownPath } from './relation.js';
import type { Place } from './work.js';

/** The changes that remain at these places, by part. A path that vanished on the master is a problem; its old state stays. */
export const observeAgain = async (relation: Relation, places: readonly Place[]): Promise<Change[][]> =>
  Promise.all(
    relation.takes.map(async (take, part) => {
      const paths = places.filter(place => place.part === part).map(({ path }) => path);
      return paths.length === 0 ? [] : observePaths(relation, take, paths);
    }),
  );

const observePaths = async (relation: Relation, take: ComparedTake, paths: readonly Path[]): Promise<Change[]> => {
  const { master, remote } = take;
  const [ours, theirs] = await Promise.all([master.lookup(paths), remote.lookup(paths)]);
  const found: FolderComparison = emptyComparison();
  const problems: Relation['problems'] = [];
  paths.forEach((path, i) => {
    const here = ours[i]!;
    const there = theirs[i]!;
    if (isProblem(here)) problems.push(here);
    else if (isProblem(there)) problems.push(there);
    else if (here.kind === 'absent' || here.kind === 'special') {
      problems.push({
        path,
        code: 'gone',
        message: 'vanished on the master while it was synchronised',
        help: 'run the same command again',
      });
    } else if (there.kind === 'special') {
      problems.push({
        path,
        code: 'in-the-way',
        message: `a ${there.what} appeared there`,
        help: 'move or remove it on the remote, then run the same command again',
      });
    } else if (there.kind === 'absent') found.changes.push({ kind: 'create', path, entry: here });
    else compareEntries(path, paged(here), paged(there), relation.rules, found);
  });
  await decideByDigest({
    master,
    remote,
    rules: relation.rules,
    found,
    problems,
    mirror: false,
    isProtected: () => false,
  });
  relation.problems.push(...problems.map(problem => ({ ...problem, path: shownPath(take.take, problem.path) })));
  return found.changes;
};

/** A lookup knows nothing of what is below a folder, and a single path needs no more. */
export const paged = (entry: Entry): PagedEntry =>
  entry.kind === 'folder' ? { ...entry, entries: 0, bytes: 0, digest: '' } : entry;
