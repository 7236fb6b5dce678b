// Looks paths up by name, whatever the selection: what is there now counts from then on as what the scan has seen.
//
// Attributes are masked as in pages, but a folder shows its own whether selected or not: it may have to be made elsewhere.
// No link is followed, with one exception: where the policy follows links on the master, one that leads to a file is that
// file, as it would be in a page, and one that leads to a folder which the scan has entered is that folder.
import type { Found } from '../tree/action.js';
import type { Problem } from '../tree/entry.js';
import { isWithin, join, leaf, type Path, parent, refusePath } from '../tree/path.js';
import type { ExtraReader } from './extra-reader.js';
import { problemOf } from './faults.js';
import { type Fault, type Folder, isFault, type Stat } from './file-verbs.js';
import { fileOf, folderOf, linkOf } from './managed.js';
import { lookUpExtras } from './scan-extras.js';
import { reachFrom, type ScanState } from './scan-state.js';
import { isInInnerState } from './transaction/state-folder.js';

export const lookup = async (state: ScanState, paths: readonly Path[]): Promise<(Found | Problem)[]> => {
  const reach = reachFrom(state);
  const answers: (Found | Problem)[] = [];
  try {
    for (let start = 0; start < paths.length; ) {
      const end = endOfFolder(paths, start);
      const some = paths.slice(start, end);
      answers.push(...(await lookupInFolder(state, await reach.at(parent(some[0]!)), some)));
      const pause = state.pace((end - start) * 2 + 4);
      if (pause !== null) await pause;
      start = end;
    }
  } finally {
    await reach.close();
  }
  return answers;
};

/** Paths of one folder that stand one after another are asked for together; a refused one stands alone. */
export const endOfFolder = (paths: readonly Path[], start: number): number => {
  const folder = parent(paths[start]!);
  let end = start + 1;
  while (end < paths.length && end - start < TOGETHER && parent(paths[end]!) === folder) end++;
  return end;
};

const lookupInFolder = async (
  state: ScanState,
  at: Folder | Fault,
  paths: readonly Path[],
): Promise<(Found | Problem)[]> => {
  const refused = paths.map(path => refuse(state, path));
  const asked = paths.filter((_, i) => refused[i] === null);
  const stats = isFault(at)
    ? asked.map(() => at)
    : await state.verbs.stat(asked.map(path => ({ at, name: leaf(path) })));
  const answers: (Found | Problem)[] = [];
  let next = 0;
  for (const [i, path] of paths.entries()) {
    const problem = refused[i]!;
    if (problem !== null) answers.push(problem);
    else answers.push(await found(state, at, path, stats[next++]!));
  }
  if (state.extras !== null && !isFault(at)) await addExtras(state, state.extras, at, paths, answers);
  return answers;
};

/** The digest of its extended attributes in each entry that can have some. */
const addExtras = async (
  { lookedUp }: ScanState,
  reader: ExtraReader,
  at: Folder,
  paths: readonly Path[],
  answers: (Found | Problem)[],
): Promise<void> => {
  const bearing = paths.flatMap((path, i) => {
    const answer = answers[i]!;
    const bears = 'kind' in answer && (answer.kind === 'file' || answer.kind === 'folder');
    return bears ? [{ path, follow: lookedUp.get(path)?.followed ?? false, i }] : [];
  });
  const digests = bearing.length === 0 ? [] : await lookUpExtras(reader, at, bearing);
  bearing.forEach(({ i }, n) => {
    const extra = digests[n]!;
    answers[i] = typeof extra === 'string' ? ({ ...answers[i], extra } as Found) : extra;
  });
};

const found = async (
  state: ScanState,
  at: Folder | Fault,
  path: Path,
  stat: Stat | Fault,
): Promise<Found | Problem> => {
  const { lookedUp, managed, selection, verbs, walked } = state;
  if (isFault(stat) || isFault(at)) {
    const fault = isFault(stat) ? stat : (at as Fault);
    if (!NOTHING_THERE.has(fault.fault)) return problemOf(path, 'look it up', fault);
    lookedUp.set(path, null);
    return { kind: 'absent' };
  }
  const see = (seen: Stat, followed: boolean): void => {
    const { kind, size, modified, changed, inode } = seen;
    lookedUp.set(path, { kind, size, modified, changed, inode, followed });
  };
  see(stat, false);
  switch (stat.kind) {
    case 'file':
      return fileOf(stat, managed);
    case 'folder':
      return asFolder(state, path, stat);
    case 'link': {
      if (selection.links.symbolic === 'follow' && selection.side === 'master') {
        const target = await verbs.followed(at, leaf(path));
        const usable = !isFault(target) && (target.kind === 'file' || walked.followedFolders.has(path));
        if (usable) {
          see(target, true);
          return target.kind === 'file' ? fileOf(target, managed) : asFolder(state, path, target);
        }
      }
      const target = await verbs.readLink(at, leaf(path));
      if (!isFault(target)) return linkOf(stat, target, managed);
      lookedUp.delete(path);
      return problemOf(path, 'read the link', target);
    }
    default:
      return { kind: 'special', what: stat.kind };
  }
};

const asFolder = ({ managed, matcher }: ScanState, path: Path, stat: Stat): Found => {
  const { size, mode, modified } = stat;
  const owner = managed.userName(stat.owner);
  const group = managed.groupName(stat.group);
  const selected = matcher.selectsFolder(path, {
    kind: 'folder',
    name: leaf(path),
    size,
    mode,
    modified,
    owner,
    group,
  });
  return { ...folderOf(stat, true, false, managed), selected, mode: managed.folderMode(stat) };
};

const refuse = ({ selection: { folder }, own: state }: ScanState, path: Path): Problem | null => {
  const own = isInInnerState(path) || (state !== null && isWithin(folder === '' ? path : join(folder, path), state));
  const why = path === '' ? 'is empty' : own ? "is in syncplan's own folder" : refusePath(path);
  if (why === null) return null;
  return { path, code: 'bad-path', message: `look it up: the path ${why}`, help: 'this is a fault in syncplan' };
};

/** On the way to the path something is missing, or is no folder: nothing can be there. */
const NOTHING_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const TOGETHER = 1000;
