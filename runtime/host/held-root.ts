// A root as its host holds it: its folder, and its state folder with what is in there to be known before anything is done.
import { asText, isWithin, leaf, type Path, parent } from '../tree/path.js';
import { explainFolderFault } from './faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from './file-verbs.js';
import type { OpenRoot, Root } from './host.js';
import { HostError } from './host-error.js';
import { markFirst } from './transaction/first-marker.js';
import { readMarker } from './transaction/marker.js';
import { performOne } from './transaction/one-deed.js';
import { openState, STATE_FOLDER, type StatePlace } from './transaction/state-folder.js';

export type HeldRoot = {
  readonly path: Path;
  readonly elsewhere: Path | null;
  open: { readonly folder: Folder; readonly stat: Stat } | null;
  marker: string | null;
};

/** Throws HostError where it is missing and may not be made, or cannot be used. Makes nothing. */
export const holdRoot = async (
  verbs: FileVerbs,
  path: Path,
  { create, state }: OpenRoot,
  label: string,
): Promise<HeldRoot> => {
  const opened = await verbs.open(path);
  if (!isFault(opened)) {
    const holding: HeldRoot = { path: opened.path, elsewhere: state, open: opened, marker: null };
    try {
      holding.marker = await markerOf(verbs, holding, label);
    } catch (error) {
      await verbs.release(opened.folder);
      throw error;
    }
    return holding;
  }
  if (opened.fault !== 'ENOENT') throw badRoot(path, opened, label);
  const above = create ? await verbs.open(parentOf(path)) : opened;
  if (isFault(above)) {
    throw new HostError(
      'missing-root',
      `the root ${asText(path)} does not exist on ${label}${create ? ', nor does the folder it would be made in' : ''}`,
      create
        ? `make ${asText(parentOf(path))} there, or correct the root's path in the plan`
        : `make it there, or correct the root's path in the plan`,
    );
  }
  await verbs.release(above.folder);
  const whole = above.path === '/' ? `/${nameIn(path)}` : `${above.path}/${nameIn(path)}`;
  return { path: whole, elsewhere: state, open: null, marker: null };
};

/** A root that is to be created is made when the first transaction begins on it: its last component only. */
export const ensureRoot = async (
  verbs: FileVerbs,
  holding: HeldRoot,
  label: string,
): Promise<{ readonly folder: Folder; readonly stat: Stat }> => {
  if (holding.open !== null) return holding.open;
  const above = await verbs.open(parentOf(holding.path));
  if (isFault(above)) throw badRoot(holding.path, above, label);
  const name = nameIn(holding.path);
  const made = await performOne(verbs, { do: 'make-folder', at: above.folder, name, mode: ROOT_MODE });
  if (made === null) await performOne(verbs, { do: 'sync-folder', at: above.folder });
  await verbs.release(above.folder);
  if (made !== null && made.fault !== 'EEXIST') throw badRoot(holding.path, made, label);
  const opened = await verbs.open(holding.path);
  if (isFault(opened)) throw badRoot(holding.path, opened, label);
  holding.open = opened;
  return opened;
};

/** Null where the root does not exist. */
export const placeOf = (verbs: FileVerbs, holding: HeldRoot, label: string): StatePlace | null => {
  const { path, elsewhere, open } = holding;
  if (open === null) return null;
  return {
    root: open.folder,
    rootStat: open.stat,
    elsewhere,
    within: withinOf(holding),
    userId: verbs.names.self().user,
    where: `the root ${asText(path)} on ${label}`,
  };
};

/** The state folder's path from the root, null where it lies elsewhere. */
export const withinOf = ({ path, elsewhere }: Pick<HeldRoot, 'path' | 'elsewhere'>): Path | null => {
  if (elsewhere === null) return STATE_FOLDER;
  const clean = withoutEnd(elsewhere);
  const top = path === '/' ? '' : path;
  return clean !== path && isWithin(clean, top) && clean.startsWith(`${top}/`) ? clean.slice(top.length + 1) : null;
};

/** The identity of a state folder that the plan puts elsewhere; null where there is none yet. */
export const stateFolderOf = async (verbs: FileVerbs, { elsewhere }: HeldRoot): Promise<Stat | null> => {
  const opened = elsewhere === null ? null : await verbs.open(elsewhere);
  if (opened === null || isFault(opened)) return null;
  await verbs.release(opened.folder);
  return opened.stat;
};

/** The first transaction in a root gives it its marker; one that comes at the same moment uses that. */
export const mark = async (
  verbs: FileVerbs,
  holding: HeldRoot,
  state: Folder,
  label: string,
  newId: () => string,
): Promise<void> => {
  const place = placeOf(verbs, holding, label)!;
  holding.marker = await readMarker(verbs, place, state, holding.path);
  if (holding.marker !== null) return;
  holding.marker = await markFirst(verbs, place, state, { id: newId(), root: holding.path });
};

export const spaceAt = async (verbs: FileVerbs, holding: HeldRoot): Promise<Root['space']> =>
  (await atRoot(verbs, holding, folder => verbs.space(folder))) ?? null;

export const fileSystemAt = async (verbs: FileVerbs, holding: HeldRoot): Promise<string> =>
  (await atRoot(verbs, holding, folder => verbs.fileSystem(folder))) ?? '';

/** Why nothing could be made there, '' where it could. */
export const writeFaultAt = async (verbs: FileVerbs, holding: HeldRoot): Promise<string> => {
  const fault = await atRoot(verbs, holding, folder => verbs.mayWrite(folder));
  return fault === null ? '' : fault.fault;
};

/** Where the root does not exist yet, of the folder that it would be made in. */
const atRoot = async <T>(
  verbs: FileVerbs,
  holding: HeldRoot,
  ask: (folder: Folder) => T | Promise<T>,
): Promise<T | null> => {
  if (holding.open !== null) return ask(holding.open.folder);
  const above = await verbs.open(parentOf(holding.path));
  if (isFault(above)) return null;
  try {
    return await ask(above.folder);
  } finally {
    await verbs.release(above.folder);
  }
};

const markerOf = async (verbs: FileVerbs, holding: HeldRoot, label: string): Promise<string | null> => {
  const place = placeOf(verbs, holding, label)!;
  const state = await openState(verbs, place, false);
  if (state === null) return null;
  try {
    return await readMarker(verbs, place, state, holding.path, true);
  } finally {
    await verbs.release(state);
  }
};

const badRoot = (path: Path, fault: Fault, label: string): HostError => {
  const { why, help } = explainFolderFault(fault);
  return new HostError('bad-root', `the root ${asText(path)} on ${label} cannot be used: ${why}`, help);
};

const withoutEnd = (path: Path): Path => path.replace(/\/+$/, '');
const parentOf = (path: Path): Path => parent(withoutEnd(path)) || '/';
const nameIn = (path: Path): string => leaf(withoutEnd(path));

const ROOT_MODE = 0o755;
