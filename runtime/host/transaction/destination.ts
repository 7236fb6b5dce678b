// Looks at what stands at a step's path and judges whether the step may go ahead there.
import type { Action, Outcome } from '../../tree/action.js';
import { type Path, parent } from '../../tree/path.js';
import { type Fault, isFault, type Stat } from '../file-verbs.js';
import { differsFromSeen, type Seen } from '../seen.js';
import { NONE } from './table.js';
import { failedBy, folderOf, inconsistent, nameOf, type Work } from './work.js';

/** A run of steps whose paths lie in one folder, so that it is entered once and asked in one batch. */
export type Stretch = { readonly part: number; readonly folder: Path; readonly indexes: readonly number[] };

/** Neighbours in the list that `belongs` takes, cut where the folder changes or a name comes twice. */
export function* stretches(
  work: Work,
  belongs: (index: number) => boolean,
  apart: (index: number) => boolean = () => false,
): Generator<Stretch> {
  let current: { part: number; folder: Path; indexes: number[]; names: Set<Path> } | null = null;
  for (let index = 0; index < work.table.size; index++) {
    if (!belongs(index)) continue;
    const { part, action } = work.table.step(index)!;
    const folder = parent(action.path);
    const joins =
      current !== null &&
      current.part === part &&
      current.folder === folder &&
      current.indexes.length < BATCH &&
      !current.names.has(action.path) &&
      !apart(index) &&
      !apart(current.indexes[0]!);
    if (current !== null && !joins) yield current;
    if (current === null || !joins) current = { part, folder, indexes: [], names: new Set() };
    current.indexes.push(index);
    current.names.add(action.path);
  }
  if (current !== null) yield current;
}

/** What stands at the path of each step now; one fault for all where their folder cannot be entered, never ENOENT. */
export const lookAt = async (work: Work, { part, indexes }: Stretch): Promise<readonly (Stat | Fault)[]> => {
  const paths = indexes.map(index => work.table.step(index)!.action.path);
  const at = await folderOf(work.parts[part]!, paths[0]!);
  if (isFault(at)) {
    const fault = at.fault === 'ENOENT' ? { ...at, fault: 'ENOTDIR' } : at;
    return paths.map(() => fault);
  }
  return work.verbs.stat(paths.map(path => ({ at, name: nameOf(work.parts[part]!, path) })));
};

/**
 * May the step go ahead? null where it may. Before the commit (`early`) the list's own steps have not been done yet: a
 * folder it is to make is not there, and what it is to clear away still is.
 */
export const judge = (work: Work, index: number, now: Stat | Fault, early: boolean): Outcome | null => {
  const { part, action } = work.table.step(index)!;
  const absent = isFault(now) && now.fault === 'ENOENT';
  if (isFault(now) && !absent) {
    if (early && MISSING.has(now.fault) && awaitsFolder(work, part, action.path)) return null;
    if (MISSING.has(now.fault)) return inconsistent(index, 'the folder it stood in is gone');
    return failedBy(index, action.path, 'look at what is there', now);
  }
  const stat = isFault(now) ? null : now;
  if (early && stat === null && awaitsFolder(work, part, action.path)) return null;
  switch (action.do) {
    case 'file':
    case 'link':
    case 'hard':
      return judgePlacing(work, index, action, stat, early && work.table.clears(part, action.path));
    case 'folder': {
      if (stat === null || (early && work.table.clears(part, action.path))) return null;
      if (stat.kind === 'folder' && !action.whole) return null;
      return inconsistent(index, `a ${stat.kind} appeared there meanwhile`);
    }
    case 'adjust':
      return judgeAdjusting(work, index, action, stat, early);
    case 'remove': {
      if (stat === null) return null;
      if (stat.kind === 'folder') return inconsistent(index, 'a folder stands there now');
      const why = differs(work, index, stat);
      return why === null ? null : inconsistent(index, why);
    }
    case 'remove-folder':
      return stat === null || stat.kind === 'folder'
        ? null
        : inconsistent(index, `it was a folder and is a ${stat.kind} now`);
  }
};

const judgePlacing = (
  work: Work,
  index: number,
  action: Action & { do: 'file' | 'link' | 'hard' },
  stat: Stat | null,
  cleared: boolean,
): Outcome | null => {
  if (cleared) return null;
  if (action.expect === 'absent') {
    return stat === null ? null : inconsistent(index, `a ${stat.kind} appeared there meanwhile`);
  }
  if (stat === null) return inconsistent(index, 'it vanished meanwhile');
  const why = differs(work, index, stat);
  return why === null ? null : inconsistent(index, why);
};

/** Attributes are changed on what was seen, or on what this very list has put there. */
const judgeAdjusting = (
  work: Work,
  index: number,
  action: Action & { do: 'adjust' },
  stat: Stat | null,
  early: boolean,
): Outcome | null => {
  const { part } = work.table.step(index)!;
  const ours = work.table.makerOf(part, action.path) !== NONE || work.parts[part]!.scan.seen(action.path) === null;
  if (stat === null) return early && ours ? null : inconsistent(index, 'it vanished meanwhile');
  if (ours) return null;
  if (work.again && stat.kind !== 'folder' && stat.modified === action.modified) return null;
  // What is in a folder changes its size and times, by our own hand too: it must only still be that folder.
  const seen = work.parts[part]!.scan.seen(action.path)!;
  const why =
    stat.kind === 'folder' && seen.kind === 'folder' && stat.inode === seen.inode ? null : differs(work, index, stat);
  return why === null ? null : inconsistent(index, why);
};

const differs = (work: Work, index: number, now: Stat): string | null => {
  const { part, action } = work.table.step(index)!;
  const seen = work.parts[part]!.scan.seen(action.path);
  if (seen === null) return 'it was not there when the host was looked at';
  const ours = work.disturbed.has(now.inode) || (work.again && mayBeDisturbed(work, index));
  return differsFromSeen(ours ? withoutOurs(work, now, seen) : now, seen);
};

/** As it would be, had we not linked, unlinked or touched it by another of its names. */
export const withoutOurs = ({ timed }: Pick<Work, 'timed'>, now: Stat, seen: Seen): Stat => {
  const given = timed.get(now.inode);
  // Not every host keeps times finer than a second.
  const isGiven = given !== undefined && Math.abs(now.modified - given) < 1_000_000;
  return { ...now, changed: seen.changed, modified: isGiven ? seen.modified : now.modified };
};

/** Before a crash we may have given the file a name in the trash, or have taken another of its names away. */
const mayBeDisturbed = (work: Work, index: number): boolean => {
  const { action } = work.table.step(index)!;
  return work.linked.has(index) || ('keep' in action && action.keep) || action.do === 'adjust';
};

/** The list itself makes a folder that the path lies in. */
const awaitsFolder = (work: Work, part: number, path: Path): boolean => {
  if (!work.parts[part]!.scan.summary.exists) return true;
  for (let at = parent(path); at !== ''; at = parent(at)) if (work.table.makerOf(part, at) !== NONE) return true;
  return false;
};

/** A folder on the way is missing, or something else stands in its place. */
const MISSING: ReadonlySet<string> = new Set(['ENOTDIR', 'ELOOP', 'ESTALE']);
const BATCH = 64;
