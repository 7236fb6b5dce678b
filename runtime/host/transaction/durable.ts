// Makes durable what a transaction did: a few files and folders one by one, many by one call for their whole file system.
//
// Invariants:
//  1. Content is durable in staging, with the folders it lies in, before the intent record is.
//  2. A folder that was made is durable before anything is put into it, and what was moved into the trash is durable before
//     the folder it stood in is removed: no order of writing back loses a file.
//  3. Every folder in which a name changed is durable before the transaction is done.
//  4. A sync that fails is never tried again: the system may have forgotten what it could not write. It fails the block.
import { leaf, parent } from '../../tree/path.js';
import { explainFault } from '../faults.js';
import { type Deed, type Fault, type Folder, isFault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { performOne } from './one-deed.js';
import { stagedFolder, stagedName } from './staged.js';
import { desksOf, type Work } from './work.js';

/** Invariant 1: everything in staging and in the trash, and the folders in which these lie. */
export const syncStaged = async (work: Work): Promise<void> => {
  if (!work.id.strict) return;
  const doing = `make durable what is staged on ${work.label}`;
  const { covers, fault } = await work.ahead.settle();
  if (fault !== null) throw failedSync(doing, fault);
  // The trash is filled after everything was staged.
  if (covers && [...desksOf(work)].every(desk => desk.bin() === null)) return;
  if (areMany(work) && (await syncAll(work, doing))) return;
  if (work.verbs.syncsWrites === true) await syncUnsynced(work, doing);
  for (const { staging, stagingParent, folder, place, bin } of desksOf(work)) {
    if (work.verbs.syncsWrites !== true) await syncTree(work, staging, doing);
    const held = bin();
    if (held !== null) {
      await syncTree(work, held.folder, doing);
      for (const above of held.above) await syncFolder(work, above, doing);
    }
    for (const above of [stagingParent, folder, place.root]) await syncFolder(work, above, doing);
  }
};

/** Begins what `syncStaged` will ask for, where that is one call: from now on nothing is staged, or `work.ahead` is told. */
export const beginSync = (work: Work): void => {
  if (work.id.strict && areMany(work)) work.ahead.begin(() => syncFileSystems(work));
};

/** More steps are ready than are worth a sync each. */
const areMany = ({ table }: Work): boolean => {
  let few = 0;
  for (let index = 0; index < table.size && few <= FEW; index++) if (table.state(index) === 'ready') few++;
  return few > FEW;
};

/** Invariants 2 and 3: everything marked since the last time. */
export const syncChanged = async (work: Work): Promise<void> => {
  const { dirty } = work;
  const marked = dirty.count;
  if (work.id.strict && marked > 0) {
    const doing = `make durable what was put in place on ${work.label}`;
    if (marked <= FEW || !(await syncAll(work, doing))) await syncMarked(work, doing);
  }
  dirty.folders.clear();
  dirty.files.clear();
  dirty.count = 0;
  dirty.barrier = false;
  dirty.moved = false;
};

const syncMarked = async (work: Work, doing: string): Promise<void> => {
  for (const desk of desksOf(work)) {
    const bin = desk.bin();
    if (bin !== null) await syncTree(work, bin.folder, doing);
  }
  for (const [part, paths] of work.dirty.files) {
    for (const path of paths) {
      const at = await work.parts[part]!.places.at(parent(path));
      if (!isFault(at)) await syncOne(work, { do: 'sync-file', at, name: leaf(path) }, doing);
      else if (!GONE.has(at.fault)) await syncAround(work, at, doing);
    }
  }
  for (const [part, paths] of work.dirty.folders) {
    for (const path of paths) {
      const at = await work.parts[part]!.places.at(path);
      // One that was removed since is gone from its parent, which is marked as well. What cannot be entered is not synced.
      if (!isFault(at)) await syncFolder(work, at, doing);
      else if (!GONE.has(at.fault)) await syncAround(work, at, doing);
    }
  }
};

/** False where there is no such call. */
const syncAll = async (work: Work, doing: string): Promise<boolean> => {
  const fault = await syncFileSystems(work);
  if (fault !== null && fault.fault !== 'ENOSYS') throw failedSync(doing, fault);
  return fault === null;
};

/** Each file system that the transaction works on, once; the first fault. */
const syncFileSystems = async (work: Work): Promise<Fault | null> => {
  const seen = new Set<number>();
  for (const { place } of desksOf(work)) {
    if (seen.has(place.rootStat.device)) continue;
    seen.add(place.rootStat.device);
    const fault = await work.verbs.syncAll(place.root);
    if (fault !== null) return fault;
  }
  return null;
};

/** The staged files that were not made durable when they were written. */
const syncUnsynced = async (work: Work, doing: string): Promise<void> => {
  const { table, synced } = work;
  for (let index = 0; index < table.size; index++) {
    if (table.step(index)?.action.do !== 'file' || !table.isStaged(index) || synced.has(index)) continue;
    const at = await stagedFolder(work, index);
    if (isFault(at)) throw failedSync(doing, at);
    await syncOne(work, { do: 'sync-file', at, name: stagedName(work, index) }, doing);
  }
};

/** Files first, then the folders from the bottom up. */
const syncTree = async (work: Work, folder: Folder, doing: string): Promise<void> => {
  const listed = await work.verbs.list(folder);
  if (isFault(listed)) throw failedSync(doing, listed);
  const files = listed.filter(({ stat }) => stat.kind === 'file');
  for (let at = 0; at < files.length; at += TOGETHER) {
    const deeds = files.slice(at, at + TOGETHER).map(({ name }): Deed => ({ do: 'sync-file', at: folder, name }));
    for (const fault of await work.verbs.perform(deeds)) await settleSync(work, fault, doing);
  }
  for (const { name, stat } of listed) {
    if (stat.kind !== 'folder') continue;
    const inside = await work.verbs.enter(folder, name);
    if (isFault(inside)) throw failedSync(doing, inside);
    try {
      await syncTree(work, inside, doing);
    } finally {
      await work.verbs.release(inside);
    }
  }
  await syncFolder(work, folder, doing);
  await work.breathe();
};

const syncFolder = (work: Work, folder: Folder, doing: string): Promise<void> =>
  syncOne(work, { do: 'sync-folder', at: folder }, doing);

const syncOne = async (work: Work, deed: Deed, doing: string): Promise<void> => {
  await settleSync(work, await performOne(work.verbs, deed), doing);
};

const settleSync = async (work: Work, fault: null | Fault, doing: string): Promise<void> => {
  if (fault !== null && fault.fault !== 'ENOENT') await syncAround(work, fault, doing);
};

/** What may not even be opened by its owner is synced with its whole file system; any other fault is a failed sync. */
const syncAround = async (work: Work, fault: Fault, doing: string): Promise<void> => {
  if (fault.fault !== 'EACCES' || !(await syncAll(work, doing))) throw failedSync(doing, fault);
};

const failedSync = (doing: string, fault: Fault): HostError => {
  const { code, why } = explainFault(fault);
  return new HostError(
    code === 'no-space' ? 'no-space' : 'failed',
    `${doing}: ${why}`,
    'look at the disk and the system log of that host; then run the same command again: what is not surely on the disk is made anew',
  );
};

/** Something else stands there by now, or nothing. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
/** Up to so many, syncing one by one costs less than writing out all that the file system holds back. */
const FEW = 16;
/** Files that are synced by one call of the verbs. */
const TOGETHER = 64;
