// The state folder in a root: where a transaction stages, and where what it removed is kept.
//
//   .syncplan/                   0711
//     staging/                   0700
//       RUN-BLOCK/               0700   one transaction; removed when it ends
//         INDEX                         a file, link or hard link that will be renamed into place
//         INDEX.d/…                     a whole folder that will be renamed into place
//     trash/                     0700
//       RUN/PATH…                0700   what that run removed; a name that is taken gets `.1`, `.2`, … (of a folder: RUN.1)
//
// What belongs to another user, or may be written by others, is not used: whoever can change staging could change what is put in place.
import { MAX_NAME, type Path } from '../../tree/path.js';
import { type Cursor, openCursor } from '../cursor.js';
import { explainFault, hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { ensureFolder, performOne } from './one-deed.js';

export const STATE_FOLDER = '.syncplan';

export type StateFolder = {
  readonly folder: Folder;
  readonly stagingParent: Folder;
  /** Name of this transaction's folder in it. */
  readonly stagingName: string;
  readonly staging: Folder;
  /** The trash folder for what stood in `folder` (from the root); made when first asked for. */
  readonly trashFor: (folder: Path) => Promise<Folder | Fault>;
  readonly release: () => Promise<void>;
};

/** Throws HostError where it cannot be made or used. `where` names root and host. */
export const openStateFolder = async (
  verbs: FileVerbs,
  root: Folder,
  rootOwner: number,
  names: { readonly staging: string; readonly trash: string },
  where: string,
): Promise<StateFolder> => {
  const folder = await openOwn(verbs, root, STATE_FOLDER, 0o711, where);
  const stagingParent = await openOwn(verbs, folder, 'staging', 0o700, where);
  const { name: stagingName, folder: staging } = await makeFresh(verbs, stagingParent, names.staging, where);
  await checkOwners(verbs, { root, rootOwner, folder, stagingParent, stagingName }, where);
  const bins: { readonly folder: Folder; readonly cursor: Cursor }[] = [];
  const openBin = async (number: number): Promise<Cursor | Fault> => {
    const all = await enterOwn(verbs, folder, 'trash', 0o700);
    if (isFault(all)) return all;
    const own = await enterOwn(verbs, all, number === 0 ? names.trash : `${names.trash}.${number}`, 0o700);
    await verbs.release(all);
    if (isFault(own)) return own;
    const cursor = openCursor(verbs, own);
    bins.push({ folder: own, cursor });
    return cursor;
  };
  /** A removed file may stand in the trash where a folder of that name is needed now: then another bin takes it. */
  const trashFor = async (path: Path, number = 0): Promise<Folder | Fault> => {
    const cursor = bins[number]?.cursor ?? (await openBin(number));
    if (isFault(cursor)) return cursor;
    const found = await ensureFolder(verbs, cursor, path, () => 0o700);
    if (isFault(found) && found.fault === 'ENOTDIR' && number < MAX_BINS) return trashFor(path, number + 1);
    return found;
  };
  return {
    folder,
    stagingParent,
    stagingName,
    staging,
    trashFor: path => trashFor(path),
    async release() {
      for (const { cursor, folder: bin } of bins) {
        await cursor.close();
        await verbs.release(bin);
      }
      for (const one of [staging, stagingParent, folder]) await verbs.release(one);
    },
  };
};

/** A name that is surely one component of bearable length. */
export const plainName = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, MAX_NAME - 16) || '_';

/** A folder of our own, made where it is missing; throws where it cannot be used. */
const openOwn = async (verbs: FileVerbs, at: Folder, name: string, mode: number, where: string): Promise<Folder> => {
  const folder = await enterOwn(verbs, at, name, mode);
  if (!isFault(folder)) return folder;
  if (!MISUSED.has(folder.fault)) throw hostErrorOf(`make the folder ${name} in ${where}`, folder);
  const why = folder.fault === OPEN_TO_OTHERS ? folder.message : explainFault(folder).why;
  const help = 'see what is in it, then remove it or take the right to write from group and others';
  throw new HostError('bad-root', `cannot use ${name} in ${where}: ${why}`, help);
};

const enterOwn = async (verbs: FileVerbs, at: Folder, name: string, mode: number): Promise<Folder | Fault> => {
  const made = await performOne(verbs, { do: 'make-folder', at, name, mode });
  if (made !== null && made.fault !== 'EEXIST') return made;
  const folder = await verbs.enter(at, name);
  if (isFault(folder)) return folder;
  const [stat] = await verbs.stat([{ at, name }]);
  if (stat !== undefined && !isFault(stat) && (stat.mode & 0o022) === 0) return folder;
  await verbs.release(folder);
  return isFault(stat) ? stat : { fault: OPEN_TO_OTHERS, message: 'others may write to it' };
};

/** Only this user, root and the owner of the root's folder may own it: the latter can change what is in the root anyway. */
const checkOwners = async (
  verbs: FileVerbs,
  at: {
    readonly root: Folder;
    readonly rootOwner: number;
    readonly folder: Folder;
    readonly stagingParent: Folder;
    readonly stagingName: string;
  },
  where: string,
): Promise<void> => {
  const stats = await verbs.stat([
    { at: at.stagingParent, name: at.stagingName },
    { at: at.root, name: STATE_FOLDER },
    { at: at.folder, name: 'staging' },
  ]);
  const owners = stats.map(stat => (isFault(stat) ? null : stat.owner));
  const trusted = new Set([0, owners[0], at.rootOwner]);
  if (owners.every(owner => owner !== null && trusted.has(owner))) return;
  throw new HostError(
    'bad-root',
    `cannot use ${STATE_FOLDER} in ${where}: it belongs to another user`,
    `see what is in it, then remove it, or log in as its owner`,
  );
};

/** A folder that was not there before: another attempt of the same run may have left one behind. */
const makeFresh = async (
  verbs: FileVerbs,
  at: Folder,
  wanted: string,
  where: string,
): Promise<{ readonly name: string; readonly folder: Folder }> => {
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? wanted : `${wanted}.${attempt}`;
    const made = await performOne(verbs, { do: 'make-folder', at, name, mode: 0o700 });
    if (made?.fault === 'EEXIST' && attempt < MAX_ATTEMPTS) continue;
    const folder = made ?? (await verbs.enter(at, name));
    if (isFault(folder)) throw hostErrorOf(`make a staging folder in ${where}`, folder);
    return { name, folder };
  }
};

const OPEN_TO_OTHERS = 'EPERM';
const MISUSED: ReadonlySet<string> = new Set(['ENOTDIR', 'ELOOP', OPEN_TO_OTHERS]);
const MAX_ATTEMPTS = 1000;
const MAX_BINS = 10;
