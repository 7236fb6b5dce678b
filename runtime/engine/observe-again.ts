// Observes single paths of a relation again, on both sides: what a redo has to do there now.

import type { Found } from '../tree/action.js';
import { type Change, compareEntries, emptyComparison, type FolderComparison } from '../tree/change.js';
import type { Entry, Problem } from '../tree/entry.js';
import { escapes } from '../tree/escapes.js';
import type { PagedEntry } from '../tree/page.js';
import { join, type Path, parent } from '../tree/path.js';
import { decideByDigest } from './descend.js';
import { isProblem } from './membership.js';
import { type ComparedTake, type Relation, shownPath } from './relation.js';
import type { Place } from './work.js';

/** The changes that remain at these places, by part. A path that vanished on the master is a problem; its old state stays. So is
 * one that was to be deleted and came back there, or changed: whether it is still of the block, only a listing tells. */
export const observeAgain = async (
  relation: Relation,
  places: readonly Place[],
  tell: (problems: readonly Problem[]) => void,
): Promise<Change[][]> =>
  Promise.all(
    relation.takes.map(async (take, part) => {
      const paths = places.filter(place => place.part === part).map(({ path }) => path);
      return paths.length === 0 ? [] : observePaths(relation, take, paths, tell);
    }),
  );

const observePaths = async (
  relation: Relation,
  take: ComparedTake,
  paths: readonly Path[],
  tell: (problems: readonly Problem[]) => void,
): Promise<Change[]> => {
  const { master, remote } = take;
  const leaders = leadersOf(take, paths);
  const asked = [...paths, ...new Set(leaders.values())];
  const positions = new Map(asked.map((path, i) => [path, i]));
  const [ours, theirs] = await Promise.all([master.lookup(asked), remote.lookup(asked)]);
  const found: FolderComparison = emptyComparison();
  const problems: Relation['problems'] = [];
  const among = new Set(paths);
  // One that is not done again itself is only linked to where it is what the master has.
  const leading = [...new Set(leaders.values())].filter(
    path => !among.has(path) && sizeOf(ours[positions.get(path)!]!) === sizeOf(theirs[positions.get(path)!]!),
  );
  const same = await sameContent(take, leading);
  const doomed = doomedOf(take);
  const plain = plainOf(take);
  paths.forEach((path, i) => {
    const leader = leaders.get(path);
    const here =
      leader !== undefined && (among.has(leader) || same.has(leader))
        ? asFurtherName(ours[i]!, leader, ours[positions.get(leader)!]!)
        : ours[i]!;
    const there = theirs[i]!;
    if (isProblem(here)) problems.push(here);
    else if (isProblem(there)) problems.push(there);
    else if (doomed.has(path)) {
      if (here.kind !== 'absent') problems.push(notDeleted(path, 'the master has it again'));
      else if (there.kind !== 'absent') problems.push(notDeleted(path, 'it changed meanwhile'));
    } else if (here.kind === 'link' && !takesLink(relation, take, path, here.target)) {
      const message = 'it became a link on the master that this block does not take as it is';
      problems.push({ path, code: 'changed', message, help: 'run the same command again' });
    } else if (here.kind === 'absent' || here.kind === 'special') {
      problems.push({
        path,
        code: 'gone',
        message: 'vanished on the master while it was synchronised',
        help: 'run the same command again',
      });
    } else if (here.kind === 'folder' && plain.has(path)) {
      const message = 'it became a folder on the master while it was synchronised';
      problems.push({ path, code: 'changed', message, help: 'run the same command again' });
    } else if (there.kind === 'special' || (there.kind !== 'absent' && isFolder(there) !== isFolder(here))) {
      problems.push({
        path,
        code: 'in-the-way',
        message: `a ${there.kind === 'special' ? there.what : there.kind} appeared there`,
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
    unseen: 0,
  });
  const shown = problems.map(problem => ({ ...problem, path: shownPath(take.take, problem.path) }));
  relation.problems.push(...shown);
  tell(shown);
  return found.changes;
};

/** What a listing of the master would have left out, followed or refused, a lookup by name does not tell. */
const takesLink = ({ block: { links } }: Relation, { take }: ComparedTake, path: Path, target: string): boolean => {
  const folder = take.from.folder === '' ? parent(path) : parent(join(take.from.folder, path));
  return links.symbolic === 'keep' && (links.escaping === 'keep' || !escapes(target, folder));
};

/** What was to be deleted. */
const doomedOf = ({ changes }: ComparedTake): ReadonlySet<Path> =>
  new Set(changes.flatMap(({ kind, path }) => (kind === 'delete' ? [path] : [])));

/** What was to become a file or a link. */
const plainOf = ({ changes }: ComparedTake): ReadonlySet<Path> =>
  new Set(changes.flatMap(change => (change.kind !== 'delete' && !isFolder(change.entry) ? [change.path] : [])));

const isFolder = ({ kind }: { readonly kind: string }): boolean => kind === 'folder';

const notDeleted = (path: Path, why: string): Problem => ({
  path,
  code: 'changed',
  message: `not deleted: ${why}`,
  help: 'run the same command again',
});

/** Which of these paths were to become further names, and of which file: a lookup by name cannot tell. */
const leadersOf = ({ changes }: ComparedTake, paths: readonly Path[]): ReadonlyMap<Path, Path> => {
  const among = new Set(paths);
  return new Map(
    changes.flatMap(change =>
      change.kind !== 'delete' && change.entry.kind === 'hard' && among.has(change.path)
        ? [[change.path, change.entry.leader] as const]
        : [],
    ),
  );
};

/** Still a name of that file, as far as size and time tell. */
const asFurtherName = (here: Found | Problem, leader: Path, its: Found | Problem): Found | Problem => {
  if (isProblem(here) || isProblem(its) || here.kind !== 'file' || its.kind !== 'file') return here;
  return here.size === its.size && here.modified === its.modified ? { kind: 'hard', leader } : here;
};

/** Of a file; null of anything else. */
const sizeOf = (found: Found | Problem): number | null =>
  !isProblem(found) && found.kind === 'file' ? found.size : null;

/** Those of these paths at which both sides have a file of the same content. */
const sameContent = async ({ master, remote }: ComparedTake, paths: readonly Path[]): Promise<ReadonlySet<Path>> => {
  if (paths.length === 0) return new Set();
  const [ours, theirs] = await Promise.all([master.digests(paths), remote.digests(paths)]);
  return new Set(paths.filter((_, i) => typeof ours[i] === 'string' && ours[i] === theirs[i]));
};

/** A lookup knows nothing of what is below a folder, and a single path needs no more. */
export const paged = (entry: Entry): PagedEntry =>
  entry.kind === 'folder' ? { ...entry, entries: 0, bytes: 0, digest: '' } : entry;
