// Where the locks of a root are: the folder `lock` in its state folder, 0755, so that co-operating programs can take them too.
import type { Path } from '../../tree/path.js';
import { asText, leaf, parent } from '../../tree/path.js';
import { explainFault, hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import type { Locks, Root } from '../host.js';
import { HostError } from '../host-error.js';
import { performOne } from '../transaction/one-deed.js';
import { openOwn } from '../transaction/own-folder.js';
import { openState, type StatePlace, trustedIn } from '../transaction/state-folder.js';

/** A root as it was opened: `create` allows making its last component. */
export type RootPlace = {
  readonly path: Path;
  readonly create: boolean;
  readonly state: Path | null;
  /** Since when it is looked at, in seconds by the clock of leases; absent where that is another machine's. */
  readonly since?: number;
};

export type LockPlace = {
  readonly root: Folder;
  /** Null where there is none, and none was to be made. */
  readonly folder: Folder | null;
  /** `the root /srv/www on web-01`. */
  readonly where: string;
  readonly close: () => Promise<void>;
};

/** How a host opens the places of its locks. */
export type Placing = {
  readonly verbs: FileVerbs;
  readonly label: string;
  /** How this root was opened; throws where it was not. */
  readonly placeOf: (root: Root) => RootPlace;
};

export type HeldPlace = LockPlace & { readonly folder: Folder };

/** For a lock that is to be taken: whoever gets it closes the place. Throws HostError where the root is not there. */
export const takeInPlace = async <T>(
  { verbs, label, placeOf }: Placing,
  root: Root,
  take: (place: HeldPlace) => Promise<T>,
): Promise<T> => {
  const place = await openLockPlace(verbs, placeOf(root), label, true);
  if (place === null || place.folder === null) throw missingRoot(placeOf(root), label);
  try {
    return await take({ ...place, folder: place.folder });
  } catch (error) {
    await place.close();
    throw error;
  }
};

/** Where nothing was ever locked, nothing is. */
export const unlockInPlace = async (
  { verbs, label, placeOf }: Placing,
  root: Root,
  unlock: (place: HeldPlace) => Promise<Unlocked>,
): Promise<Unlocked> => {
  const place = await openLockPlace(verbs, placeOf(root), label, false);
  try {
    return place === null || place.folder === null ? 'not-locked' : await unlock({ ...place, folder: place.folder });
  } finally {
    await place?.close();
  }
};

export type Unlocked = Awaited<ReturnType<Locks['unlock']>>;

/** Of a block's lock file: single dots part the names of records from it, so its own are doubled. */
export const lockName = (block: string): string => block.replaceAll('.', '..');

export const missingRoot = ({ path }: RootPlace, label: string): HostError =>
  new HostError(
    'missing-root',
    `the root ${path} does not exist on ${label}`,
    `make it there, or correct the root's path in the plan`,
  );

/** Throws HostError where it cannot be made, or others could have written to it. */
export const openLockPlace = async (
  verbs: FileVerbs,
  { path, create, state }: RootPlace,
  label: string,
  make: boolean,
): Promise<LockPlace | null> => {
  const where = `the root ${asText(path)} on ${label}`;
  const opened = await openRoot(verbs, path, create && make, where);
  if (opened === null) return null;
  const place: StatePlace = {
    root: opened.folder,
    rootStat: opened.stat,
    elsewhere: state,
    within: null,
    userId: verbs.names.self().user,
    where,
  };
  const held: Folder[] = [opened.folder];
  const close = async (): Promise<void> => {
    for (const folder of held.splice(0)) await verbs.release(folder);
  };
  try {
    const own = await openState(verbs, place, make);
    if (own !== null) held.push(own);
    const options = { mode: make ? LOCK_FOLDER_MODE : null, trusted: trustedIn(place), where: `the state of ${where}` };
    const folder = own === null ? null : await openOwn(verbs, own, 'lock', options);
    if (folder !== null) held.push(folder);
    return { root: opened.folder, folder, where, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Null where there is none and it is not to be made. */
const openRoot = async (
  verbs: FileVerbs,
  path: Path,
  make: boolean,
  where: string,
): Promise<{ readonly folder: Folder; readonly stat: Stat } | null> => {
  const opened = await verbs.open(path);
  if (!isFault(opened)) return opened;
  if (opened.fault !== 'ENOENT') throw unusable(where, opened);
  if (!make) return null;
  const above = await verbs.open(parent(path) || '/');
  if (isFault(above)) throw unusable(where, above);
  const made = await performOne(verbs, { do: 'make-folder', at: above.folder, name: leaf(path), mode: ROOT_MODE });
  await verbs.release(above.folder);
  if (made !== null && made.fault !== 'EEXIST') throw hostErrorOf(`make ${where}`, made);
  const again = await verbs.open(path);
  if (isFault(again)) throw unusable(where, again);
  return again;
};

const unusable = (where: string, fault: Fault): HostError => {
  const { why, help } = explainFault(fault);
  return new HostError('bad-root', `${where} cannot be used: ${why}`, help);
};

const LOCK_FOLDER_MODE = 0o755;
const ROOT_MODE = 0o755;
