// The deeds of a commit that are done one at a time: folders, hard links, attributes, removal of folders.
import type { Action, Outcome } from '../../tree/action.js';
import { leaf, parent } from '../../tree/path.js';
import { type Deed, type Folder, isFault, isSameInode, type Stat } from '../file-verbs.js';
import { differsFromSeen } from '../seen.js';
import { givenOf, giveOne, keepingSpecial, managesExtras } from './attributes.js';
import { performOneIn } from './closed-folders.js';
import { withoutOurs } from './destination.js';
import { markFile, markFolder } from './dirty.js';
import { performOne } from './one-deed.js';
import { givenOwners, type Owners } from './owners.js';
import { stagedName } from './staged.js';
import { NONE } from './table.js';
import { failedBy, fromRoot, inconsistent, modeOf, nameOf, type Work, type WorkPart } from './work.js';

/** One rename for a folder and all that it carries. The destination was found absent. */
export const commitWhole = async (work: Work, index: number, at: Folder): Promise<Outcome> => {
  const { part: number, action } = work.table.step(index)!;
  const part = work.parts[number]!;
  const name = stagedName(work, index);
  await part.staged.forget(name);
  await part.stagedLeaders.forget(name);
  const fault = await performOneIn(work, number, parent(fromRoot(part, action.path)), {
    do: 'rename',
    at: part.desk.staging,
    name,
    to: at,
    toName: nameOf(part, action.path),
  });
  if (fault === null) return { index, result: 'done' };
  if (fault.fault === 'ENOTEMPTY' || fault.fault === 'EEXIST' || fault.fault === 'ENOTDIR') {
    return inconsistent(index, 'something appeared there meanwhile');
  }
  return failedBy(index, action.path, 'put in place', fault);
};

/** In place; one that is there already gets the attributes. */
export const commitFolder = async (
  work: Work,
  index: number,
  action: Action & { do: 'folder' },
  at: Folder,
): Promise<Outcome> => {
  const { part: number } = work.table.step(index)!;
  const part = work.parts[number]!;
  const name = nameOf(part, action.path);
  let mode = modeOf(part, action.mode);
  markFolder(work.dirty, number, fromRoot(part, action.path));
  work.dirty.barrier = true;
  const owners = givenOwners(work, action);
  const made = await performOneIn(work, number, parent(fromRoot(part, action.path)), {
    do: 'make-folder',
    at,
    name,
    mode,
  });
  if (made !== null && made.fault !== 'EEXIST') return failedBy(index, action.path, 'make the folder', made);
  const [stat] = made === null ? [] : await work.verbs.stat([{ at, name }]);
  if (stat !== undefined && (isFault(stat) || stat.kind !== 'folder')) {
    return inconsistent(index, 'something appeared there meanwhile');
  }
  const complete = made === null && owners.owner === null && owners.group === null && !managesExtras(part);
  if (complete) return { index, result: 'done' };
  if (stat !== undefined) mode = keepingSpecial(part, mode, stat.mode);
  const set = await giveOne(work, part, at, name, givenOf(action, owners, mode));
  return set === null ? { index, result: 'done' } : failedBy(index, action.path, 'set the attributes', set);
};

/** A further name of a file: linked in staging, then renamed over what stands there. */
export const commitHard = async (
  work: Work,
  index: number,
  action: Action & { do: 'hard' },
  at: Folder,
  now: Stat | null,
): Promise<Outcome> => {
  const { part: number } = work.table.step(index)!;
  const part = work.parts[number]!;
  const leading = work.table.leaderOf(index);
  // What stands there then is the old file, whose content this name must not show.
  if (leading !== NONE && work.table.state(leading) !== 'done') return inconsistent(index, UNLED);
  const from = await part.leaders.at(parent(fromRoot(part, action.leader)));
  const leaderName = leaf(action.leader);
  const [leader] = isFault(from) ? [from] : await work.verbs.stat([{ at: from, name: leaderName }]);
  if (leader === undefined || isFault(leader) || isFault(from)) {
    return inconsistent(index, UNLED);
  }
  const why = leaderTrouble(work, number, action.leader, leader);
  if (why !== null) return inconsistent(index, why);
  work.disturbed.add(leader.inode);
  if (now !== null && isSameInode(now, leader)) return { index, result: 'done' };
  const { staging } = part.desk;
  const name = String(index);
  const linking: Deed = { do: 'hard-link', at: from, name: leaderName, to: staging, toName: name };
  let linked = await performOne(work.verbs, linking);
  if (linked?.fault === 'EEXIST') {
    // An attempt that was interrupted here left its link behind.
    await performOne(work.verbs, { do: 'remove', at: staging, name });
    linked = await performOne(work.verbs, linking);
  }
  if (linked !== null) return failedBy(index, action.path, 'link', linked);
  const toName = nameOf(part, action.path);
  const placing: Deed = { do: 'rename', at: staging, name, to: at, toName };
  const moved = await performOneIn(work, number, parent(fromRoot(part, action.path)), placing);
  if (moved !== null) {
    await performOne(work.verbs, { do: 'remove', at: staging, name });
    if (moved.fault === 'EISDIR') return inconsistent(index, 'a folder appeared there meanwhile');
    return failedBy(index, action.path, 'put in place', moved);
  }
  const { inode, changed, modified, size } = leader;
  work.placed.set(index, { inode, changed, modified, size });
  return { index, result: 'done' };
};

/** Is it another name of its leader by now? Then an attempt that was interrupted has made it. */
export const isLinked = async (work: Work, index: number, now: Stat): Promise<boolean> => {
  const { part: number, action } = work.table.step(index)!;
  if (action.do !== 'hard') return false;
  const part = work.parts[number]!;
  const path = fromRoot(part, action.leader);
  const from = await part.leaders.at(parent(path));
  const [leader] = isFault(from) ? [] : await work.verbs.stat([{ at: from, name: leaf(path) }]);
  if (leader === undefined || isFault(leader)) return false;
  return isSameInode(leader, now);
};

/** Before the record is written: whoever finishes the transaction knows only of steps that were ready. */
export const settleUnled = ({ table }: Pick<Work, 'table'>): void => {
  for (let index = 0; index < table.size; index++) {
    const leading = table.state(index) === 'ready' ? table.leaderOf(index) : NONE;
    if (leading !== NONE && table.state(leading) !== 'ready') table.settle(inconsistent(index, UNLED));
  }
};

const UNLED = 'the file it is another name of is not in place';

/** In place, on what was seen there or on what this list has put there. */
export const commitAdjust = async (
  work: Work,
  index: number,
  action: Action & { do: 'adjust' },
  at: Folder,
): Promise<Outcome> => {
  const { part: number } = work.table.step(index)!;
  const part = work.parts[number]!;
  const name = nameOf(part, action.path);
  const [stat] = await work.verbs.stat([{ at, name }]);
  if (stat === undefined || isFault(stat)) return inconsistent(index, 'it vanished meanwhile');
  const owners = givenOwners(work, action);
  const { modified, extra } = action;
  const mode = modeFor(part, action, owners, stat);
  const given = { ...owners, mode, modified, extra, modeNow: mode ?? stat.mode };
  const fault =
    stat.kind === 'link'
      ? await performOne(work.verbs, { do: 'set', at, name, mode: null, modified, ...owners })
      : await giveOne(work, part, at, name, given);
  work.disturbed.add(stat.inode);
  if (modified !== null) work.timed.set(stat.inode, modified);
  const path = fromRoot(part, action.path);
  if (stat.kind === 'file') markFile(work.dirty, number, path);
  else markFolder(work.dirty, number, stat.kind === 'folder' ? path : parent(path));
  return fault === null ? { index, result: 'done' } : failedBy(index, action.path, 'set the attributes', fault);
};

/** Special bits that are not carried stay, also where a new owner or an access list would take them away. */
const modeFor = (part: WorkPart, action: Action & { do: 'adjust' }, owners: Owners, now: Stat): number | null => {
  if (action.mode !== null) return keepingSpecial(part, modeOf(part, action.mode), now.mode);
  const disturbed = owners.owner !== null || owners.group !== null || action.extra !== null;
  return disturbed && (now.mode & 0o7000) !== 0 ? now.mode : null;
};

export const commitRemoveFolder = async (work: Work, index: number, at: Folder): Promise<Outcome> => {
  const { part: number, action } = work.table.step(index)!;
  const part = work.parts[number]!;
  const path = fromRoot(part, action.path);
  await part.places.forget(path);
  await part.leaders.forget(path);
  const fault = await performOneIn(work, number, parent(path), { do: 'remove-folder', at, name: leaf(path) });
  if (fault === null || fault.fault === 'ENOENT') return { index, result: 'done' };
  if (fault.fault === 'ENOTEMPTY' || fault.fault === 'EEXIST') return { index, result: 'kept' };
  return failedBy(index, action.path, 'remove the folder', fault);
};

/** A leader must be what this list put there, or else what was seen: its content is what the new name will show. */
const leaderTrouble = (work: Work, part: number, leader: string, now: Stat): string | null => {
  if (now.kind !== 'file') return 'the file it is another name of is no file any more';
  const seen = work.parts[part]!.scan.seen(leader);
  if (seen === null || seen.inode !== now.inode) return null;
  // An attempt that was interrupted may have linked it in staging already.
  const ours = work.disturbed.has(now.inode) || work.again;
  return differsFromSeen(ours ? withoutOurs(work, now, seen) : now, seen) === null
    ? null
    : 'the file it is another name of was changed meanwhile';
};
