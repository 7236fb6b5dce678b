// Closes a block's folders to everybody else while its lock is held, and reopens them exactly as they were.
//
//   lock/BLOCK.modes   0600   {modes: 1, run, folders: [{path, mode, closed, device, inode}]}; there while they are closed
//
// 1. The record is durable before the first folder is closed, and goes only when all are open again.
// 2. A folder is reopened only if it is the one that was closed and its mode is still the one we gave it: whoever changed
//    it meanwhile – the plan, or its owner – has had the last word. It is told by its inode on the file system of the root, whose
//    own number (`device`) may be another one after the next start of the system.
// 3. Under the lock this process sees them as they will be again, and sets what they will be (closed-view.ts).
// 4. Whoever opens them again holds the lock that guards the block, so nobody closes them at the same time.
import { chmodSync, fstatSync } from 'node:fs';
import * as z from 'zod/mini';
import type { Problem } from '../../tree/entry.js';
import { asText, MAX_PATH, type Path, refusePath } from '../../tree/path.js';
import { type Cursor, openCursor } from '../cursor.js';
import { explainFault, problemOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import type { LockMode } from '../host.js';
import { HostError } from '../host-error.js';
import { faultOf, folderPath } from '../local-folder.js';
import type { ClosedView } from './closed-view.js';
import { readRecord, removeRecord, writeRecord } from './record.js';

/** The lock folder, and the root that it belongs to. */
export type Closing = {
  /** Not those of the view. */
  readonly verbs: FileVerbs;
  readonly view: ClosedView;
  readonly root: Folder;
  readonly folder: Folder;
  readonly block: string;
  readonly where: string;
};

const closedFolder = z.strictObject({
  path: z.string().check(
    z.maxLength(MAX_PATH),
    z.refine(path => refusePath(path) === null),
  ),
  mode: z.int().check(z.gte(0), z.lte(0o7777)),
  closed: z.int().check(z.gte(0), z.lte(0o7777)),
  device: z.number(),
  inode: z.number(),
});
const MODES = z.strictObject({
  modes: z.literal(1),
  run: z.string().check(z.maxLength(256)),
  folders: z.array(closedFolder),
});
type ClosedFolder = z.infer<typeof closedFolder>;

/** Folders that are not there are left out. Throws HostError where one cannot be closed; then none is. */
export const closeFolders = async (
  closing: Closing,
  folders: readonly Path[],
  mode: LockMode,
  run: string,
): Promise<void> => {
  const { verbs, view, root, folder, block, where } = closing;
  const cursor = openCursor(verbs, root);
  const closed: ClosedFolder[] = [];
  try {
    for (const path of new Set(folders)) {
      const at = await cursor.at(path);
      if (isFault(at) && at.fault === 'ENOENT') continue;
      if (isFault(at)) throw cannotClose(path, where, explainFault(at).why);
      const stats = fstatSync(at.held);
      const wanted = closedMode(verbs, stats, mode);
      if (wanted === (stats.mode & 0o7777)) continue;
      const refused = refuseClosing(verbs, stats);
      if (refused !== null) throw cannotClose(path, where, refused);
      closed.push({ path, mode: stats.mode & 0o7777, closed: wanted, device: stats.dev, inode: stats.ino });
    }
    if (closed.length === 0) return;
    const record = (): void =>
      writeRecord(folder, modesName(block), { modes: 1, run, folders: closed }, { mode: 0o600, durable: true });
    record();
    for (const one of closed) {
      const changed = await change(cursor, root, one, one.mode, one.closed);
      if (changed === null) {
        view.close(one, viewOf(one, record));
        continue;
      }
      await cursor.close();
      await reopenFolders(closing);
      throw cannotClose(one.path, where, explainFault(changed).why);
    }
  } finally {
    await cursor.close();
  }
};

const viewOf = (one: ClosedFolder, record: () => void): Parameters<ClosedView['close']>[1] => ({
  get mode() {
    return one.mode;
  },
  closed: one.closed,
  amend(mode) {
    one.mode = mode;
    record();
  },
});

/** What could not be opened again; the record stays then. */
export const reopenFolders = async (closing: Closing): Promise<readonly Problem[]> => {
  const { verbs, view, root, folder, block } = closing;
  const read = readRecord(folder, modesName(block), MODES);
  if (read.is === 'absent') return [];
  const distrusted = read.is === 'damaged' ? read.why : distrustRecord(verbs, read);
  if (distrusted !== null || read.is === 'damaged') return [unreadable(modesName(block), distrusted ?? '')];
  const cursor = openCursor(verbs, root);
  const problems: Problem[] = [];
  try {
    for (const one of [...read.value.folders].reverse()) {
      view.open(one);
      const changed = await change(cursor, root, one, one.closed, one.mode);
      if (changed !== null) problems.push(problemOf(one.path, 'reopen the folder', changed));
    }
    if (problems.length === 0) {
      const synced = await syncAll(verbs, root, cursor, read.value.folders);
      if (synced !== null) problems.push(problemOf('', 'make the modes of folders durable', synced));
    }
  } finally {
    await cursor.close();
  }
  if (problems.length === 0) removeRecord(folder, modesName(block));
  return problems;
};

/** The run whose folders are still closed, or null. */
export const closedBy = (folder: Folder, block: string): string | null => {
  const read = readRecord(folder, modesName(block), MODES);
  return read.is === 'absent' ? null : read.is === 'there' ? read.value.run : '';
};

/** A record that decides what is done with our rights must be ours, and nobody else's to write. */
export const distrustRecord = (
  verbs: FileVerbs,
  { owner, mode }: { readonly owner: number; readonly mode: number },
): string | null => {
  if (owner !== verbs.names.self().user) return 'another user wrote it';
  return (mode & 0o077) === 0 ? null : 'others may have read or written it';
};

export const unreadable = (name: string, why: string): Problem => ({
  path: '',
  code: 'io',
  message: `read the record ${name}: ${why}`,
  help: `see what is in lock/${name} of the state folder, undo by hand what it says, then remove it`,
});

const modesName = (block: string): string => `${block}.modes`;

type Owned = { readonly mode: number; readonly uid: number; readonly gid: number };

/** Others lose all, or on a side that may still be read the right to write. Where this process is root and the owner is
 * somebody else, the owner is one of the others; rights that we need ourselves stay. */
const closedMode = (verbs: FileVerbs, { mode, uid }: Owned, lock: LockMode): number => {
  const { user } = verbs.names.self();
  const taken = user === 0 && uid !== 0 ? 0o777 : 0o077;
  return mode & 0o7777 & ~(lock === 'shared' ? taken & 0o222 : taken);
};

/** Why it could not be given back exactly what it had, or null. */
const refuseClosing = (verbs: FileVerbs, { mode, uid, gid }: Owned): string | null => {
  const { user, groups } = verbs.names.self();
  if (user === 0) return null;
  if (uid !== user) return 'it belongs to another user';
  return (mode & 0o2000) === 0 || groups.includes(gid) ? null : 'its set-group-id bit would be lost';
};

/** Null: it has the wanted mode, or is not ours to change any more. */
const change = async (
  cursor: Cursor,
  root: Folder,
  one: ClosedFolder,
  from: number,
  to: number,
): Promise<Fault | null> => {
  const at = await cursor.at(one.path);
  if (isFault(at)) return GONE.has(at.fault) ? null : at;
  const { dev, ino, mode } = fstatSync(at.held);
  if (dev !== fstatSync(root.held).dev || ino !== one.inode || (mode & 0o7777) !== from) return null;
  try {
    chmodSync(folderPath(at), to);
    return null;
  } catch (error) {
    return faultOf(error);
  }
};

const syncAll = async (
  verbs: FileVerbs,
  root: Folder,
  cursor: Cursor,
  folders: readonly ClosedFolder[],
): Promise<Fault | null> => {
  const whole = folders.length > FEW ? await verbs.syncAll(root) : NO_CALL;
  if (whole === null || whole.fault !== 'ENOSYS') return whole;
  for (const { path } of folders) {
    const at = await cursor.at(path);
    if (isFault(at)) continue;
    const [synced = null] = await verbs.perform([{ do: 'sync-folder', at }]);
    if (synced !== null) return synced;
  }
  return null;
};

const cannotClose = (path: Path, where: string, why: string): HostError =>
  new HostError(
    'failed',
    `close the folder ${path === '' ? '.' : asText(path)} of ${where}: ${why}`,
    'Log in as the owner of these folders or as root, or choose `consistency lock { by advisory }`.',
  );

const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const FEW = 8;
const NO_CALL: Fault = { fault: 'ENOSYS', message: '' };
