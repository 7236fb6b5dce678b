// Prepares the trash for a commit: says what will go there, and gives what will be replaced a further name in it.
//
// Invariants:
//  1. It happens before the intent record, so all of it is durable before anything at a final path changes.
//  2. What is kept never goes missing: it gets a further name, and only then is something renamed over the old one. On file
//     systems without hard links it is copied.
//  3. A step whose old content cannot be kept fails, and nothing is put in its place. Nor is anything where what is to be
//     kept cannot be looked at, or is not what was expected: by the commit it might be that again, and would be lost.
import { leaf, parent } from '../../tree/path.js';
import { type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import type { TrashEntry } from './bin.js';
import { copyFile } from './copy-file.js';
import type { Desk } from './desk.js';
import { judge, lookAt, stretches } from './destination.js';
import { lendersOf } from './lent.js';
import { performOne } from './one-deed.js';
import { failedBy, folderOf, fromRoot, nameOf, type Work } from './work.js';

export const keepWhatGoes = async (work: Work): Promise<void> => {
  const { table } = work;
  const lenders = lendersOf(work);
  const entries = new Map<Desk, TrashEntry[]>();
  const goes = (index: number): boolean => table.state(index) === 'ready' && mayGo(work, index);
  for (const stretch of stretches(work, goes)) {
    const part = work.parts[stretch.part]!;
    const bin = await part.desk.openBin();
    const folder = parent(fromRoot(part, table.step(stretch.indexes[0]!)!.action.path));
    const into = await bin.at(folder);
    const found = await lookAt(work, stretch);
    for (const [i, index] of stretch.indexes.entries()) {
      const { action } = table.step(index)!;
      const now = found[i]!;
      const trouble = 'keep' in action && action.keep ? judge(work, index, now, true) : null;
      if (trouble !== null) table.settle(trouble);
      if (trouble !== null || isFault(now)) continue;
      const fault = isFault(into) ? into : await keepOne(work, index, now, into);
      if (fault !== null) {
        table.settle(failedBy(index, action.path, 'keep what stands there in the trash', fault));
        continue;
      }
      const entry = entryOf(work, index, now, lenders.has(index));
      if (entry === null) continue;
      const list = entries.get(part.desk) ?? [];
      entries.set(part.desk, list);
      list.push(entry);
    }
    await work.breathe();
  }
  for (const [desk, list] of entries) {
    const bin = await desk.openBin();
    await bin.describe(list, work.id.trash, work.id.strict);
  }
};

/** Another name of a file that nobody expected to change on the way: what stands there is kept after all. */
export const keepNow = async (work: Work, index: number, now: Stat): Promise<null | Fault> => {
  const part = work.parts[work.table.step(index)!.part]!;
  const bin = await part.desk.openBin();
  const into = await bin.at(parent(fromRoot(part, work.table.step(index)!.action.path)));
  if (isFault(into)) return into;
  const kept = await keepFile(work, index, now, into);
  if (kept !== null && kept.fault !== 'EEXIST') return kept;
  return work.id.strict ? performOne(work.verbs, { do: 'sync-folder', at: into }) : null;
};

/** Is it removed, replaced while it is to be kept, or one of several names, which a crash may leave half-way? */
const mayGo = (work: Work, index: number): boolean => {
  const { action } = work.table.step(index)!;
  switch (action.do) {
    case 'remove':
    case 'remove-folder':
      return true;
    case 'file':
    case 'link':
    case 'hard':
      return action.keep || (action.expect === 'seen' && work.linked.has(index));
    case 'folder':
    case 'adjust':
      return false;
  }
};

const keepOne = async (work: Work, index: number, now: Stat, into: Folder): Promise<null | Fault> => {
  const { action } = work.table.step(index)!;
  if (action.do === 'remove-folder') {
    const part = work.parts[work.table.step(index)!.part]!;
    const bin = await part.desk.openBin();
    const made = now.kind === 'folder' ? await bin.at(fromRoot(part, action.path)) : null;
    return isFault(made) ? made : null;
  }
  if (!('keep' in action) || !action.keep || now.kind === 'folder') return null;
  return keepFile(work, index, now, into);
};

const keepFile = async (work: Work, index: number, now: Stat, into: Folder): Promise<null | Fault> => {
  const { action, part: number } = work.table.step(index)!;
  const part = work.parts[number]!;
  const at = await folderOf(part, action.path);
  if (isFault(at)) return at;
  const [name, toName] = [nameOf(part, action.path), leaf(fromRoot(part, action.path))];
  if (now.kind === 'link') return copyLink(work, at, name, now, into);
  work.disturbed.add(now.inode);
  const linked = await performOne(work.verbs, { do: 'hard-link', at, name, to: into, toName });
  if (linked === null || !WITHOUT_LINKS.has(linked.fault)) return linked;
  return copyFile(work.verbs, { at, name, to: into, toName, stat: now, durable: work.id.strict });
};

/** The name of a link is all there is to it. */
const copyLink = async (work: Work, at: Folder, name: string, now: Stat, into: Folder): Promise<null | Fault> => {
  const target = await work.verbs.readLink(at, name);
  if (isFault(target)) return target;
  const made = await performOne(work.verbs, { do: 'make-link', at: into, name, target });
  if (made !== null) return made;
  const [owner, group] = work.privileged ? [now.owner, now.group] : [null, null];
  return performOne(work.verbs, { do: 'set', at: into, name, mode: null, modified: now.modified, owner, group });
};

const entryOf = (work: Work, index: number, now: Stat, moved: boolean): TrashEntry | null => {
  const { action, part } = work.table.step(index)!;
  if (now.kind !== 'file' && now.kind !== 'link' && now.kind !== 'folder') return null;
  return {
    path: fromRoot(work.parts[part]!, action.path),
    kind: now.kind,
    why: moved ? 'moved' : action.do === 'remove' || action.do === 'remove-folder' ? 'deleted' : 'replaced',
    size: now.kind === 'file' ? now.size : 0,
    mode: now.mode,
    owner: now.owner,
    group: now.group,
  };
};

/** What says that this file system, or this file, cannot have a further name. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
]);
