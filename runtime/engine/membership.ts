// Decides what a path means that only one side listed: new, unmanaged, to be deleted, or in the way.

import type { Scan } from '../host/host.js';
import type { Found } from '../tree/action.js';
import { type Change, compareEntries, type Located, plain } from '../tree/change.js';
import type { Problem } from '../tree/entry.js';
import { decodePage } from '../tree/page.js';
import { join, type Path, parent } from '../tree/path.js';
import { type Comparing, isCounted } from './comparing.js';
import { batches, entriesBelow, FILES_AT_ONCE, FOLDERS_AT_ONCE } from './descend.js';

/** The master has it and it complies there: it is managed, whatever stands on the remote. */
export const decideMasterOnly = async (comparing: Comparing): Promise<void> => {
  const { master, remote, rules, found, problems } = comparing;
  const leave = (problem: Problem, { path, entry }: Located): void => {
    problems.push(problem);
    if (isCounted(entry)) comparing.unseen++;
    if (entry.kind === 'folder') found.unknown.push(path);
  };
  const decide = (located: Located, there: Found | Problem): 'shared' | null => {
    const { path, entry } = located;
    if (isProblem(there)) leave(there, located);
    else if (there.kind === 'special') leave(inTheWay(path, `a ${there.what} stands there`), located);
    else if (there.kind === 'folder' && entry.kind === 'folder') return 'shared';
    else if (there.kind === 'folder')
      leave(inTheWay(path, 'a folder stands there that holds nothing of this block'), located);
    else if (there.kind === 'absent') found.changes.push({ kind: 'create', path, entry: plain(entry) });
    else compareEntries(path, entry, there, rules, found);
    return null;
  };
  for (let wave: readonly Located[] = found.masterOnly; wave.length > 0; ) {
    wave = await pagesOf(master, await lookUp(remote, wave, decide));
  }
  const fresh = found.changes.filter(makesFolder).map(({ path }) => path);
  for await (const page of entriesBelow(master, fresh)) {
    for (const { path, entry } of page) found.changes.push({ kind: 'create', path, entry: plain(entry) });
  }
};

/** Only the remote listed it: deleted where the block mirrors and the master truly has nothing there. */
export const decideRemoteOnly = async ({
  master,
  remote,
  found,
  problems,
  mirror,
  isProtected,
}: Comparing): Promise<void> => {
  if (!mirror) return;
  const gone: Path[] = [];
  const doomed: Located[] = [];
  const decide = (located: Located, here: Found | Problem): 'shared' | null => {
    if (isProblem(here)) problems.push(here);
    else if (here.kind === 'absent') {
      doomed.push(located);
      if (located.entry.kind === 'folder') gone.push(located.path);
    } else if (located.entry.kind !== 'folder' || here.kind === 'special') return null;
    else if (here.kind === 'folder') return 'shared';
    // The master's file there is none of this block, and neither is the folder in its place; what that holds is gone.
    else gone.push(located.path);
    return null;
  };
  for (let wave: readonly Located[] = found.remoteOnly; wave.length > 0; ) {
    wave = await pagesOf(remote, await lookUp(master, wave, decide));
  }
  for await (const page of entriesBelow(remote, gone)) for (const located of page) doomed.push(located);
  for (const { path, entry } of deletable(doomed, isProtected)) {
    found.changes.push(deletion({ path, entry }));
  }
};

/** A folder on the remote where the master has a file or link: it must be empty, or be emptied by a mirroring block. */
export const emptyFoldersInTheWay = async (comparing: Comparing): Promise<void> => {
  const { remote, found, problems, mirror, isProtected } = comparing;
  const folders = found.changes.filter(replacesFolder).map(({ path }) => path);
  const blocked = new Map<Path, string>();
  const doomed: Located[] = [];
  for (const folder of folders) {
    const below: Located[] = [];
    for await (const page of entriesBelow(remote, [folder])) for (const located of page) below.push(located);
    if (below.length > 0 && !mirror)
      blocked.set(
        folder,
        `a folder with ${below.length === 1 ? '1 entry' : `${below.length} entries`} stands there, and this block deletes nothing`,
      );
    else if (deletable(below, isProtected).length < below.length)
      blocked.set(folder, 'a folder that holds protected or unmanaged entries stands there');
    else doomed.push(...below);
  }
  for (const [path, why] of blocked) problems.push(inTheWay(path, why));
  comparing.unseen += blocked.size;
  const free = blocked.size === 0 ? found.changes : found.changes.filter(({ path }) => !blocked.has(path));
  found.changes = doomed.length === 0 ? free : free.concat(doomed.map(deletion));
};

/** Asks `side` for each path by name and returns the folders that both sides turn out to have. */
const lookUp = async (
  side: Scan,
  wave: readonly Located[],
  decide: (located: Located, answer: Found | Problem) => 'shared' | null,
): Promise<Path[]> => {
  const shared: Path[] = [];
  for (const located of batches(wave, FILES_AT_ONCE)) {
    const answers = await side.lookup(located.map(({ path }) => path));
    located.forEach((one, i) => {
      if (decide(one, answers[i]!) === 'shared') shared.push(one.path);
    });
  }
  return shared;
};

/** What stands directly in these folders, by the side that listed them. */
const pagesOf = async (side: Scan, folders: readonly Path[]): Promise<Located[]> => {
  const located: Located[] = [];
  for (const some of batches(folders, FOLDERS_AT_ONCE)) {
    for await (const { folder, page } of side.pages(some)) {
      for (const { name, entry } of decodePage(page)) located.push({ path: join(folder, name), entry });
    }
  }
  return located;
};

/** Without what is protected, unreadable or a folder nobody selected, and without the folders that hold such a thing. */
const deletable = (doomed: readonly Located[], isProtected: (path: Path) => boolean): Located[] => {
  const kept = new Set<Path>();
  const free = doomed.filter(({ path, entry }) => {
    const stays = isProtected(path) || (entry.kind === 'folder' && (!entry.selected || entry.unreadable));
    if (stays) for (let at = path; at !== '' && !kept.has(at); at = parent(at)) kept.add(at);
    return !stays;
  });
  return kept.size === 0 ? free : free.filter(({ path }) => !kept.has(path));
};

const deletion = ({ path, entry }: Located): Change => ({ kind: 'delete', path, was: plain(entry) });

const replacesFolder = (change: Change): boolean =>
  change.kind === 'replace' && change.was.kind === 'folder' && change.entry.kind !== 'folder';

/** A folder where the remote has none: all that it holds is new too. */
const makesFolder = (change: Change): boolean =>
  (change.kind === 'create' || change.kind === 'replace') && change.entry.kind === 'folder';

const inTheWay = (path: Path, why: string): Problem => ({
  path,
  code: 'in-the-way',
  message: `cannot be put in place: ${why}`,
  help: 'move or remove it on the remote, then run the same command again',
});

export const isProblem = (value: Found | Problem): value is Problem => 'code' in value;
