// The state folder of a root: where syncplan keeps its own files, on the same file system, never listed.
//
//   .syncplan/                   0711   or where the root's `state` says
//     marker                            identifies this root (marker.ts)
//     marker.first/, marker.ID/  0700   while it gets that (first-marker.ts)
//     lock/                      0755   locks; co-operating programs may take them too
//     staging/                   0700
//       RUN-BLOCK/               0700   one transaction; removed when it ends
//         INDEX                         a file, link or hard link that will be renamed into place
//         INDEX.d/…                     a whole folder that will be renamed into place
//         INDEX.begun                   what came of a large file before its stream broke (begun.ts)
//         files                         which path each INDEX is for (leftovers.ts)
//     intent/                    0700
//       RUN-BLOCK                       the intent record of a transaction (intent.ts)
//       RUN-BLOCK.done                  the same, done; kept while hooks are owed
//     baseline/                  0700
//       BLOCK-KEY/NUMBER                what was committed (baseline.ts)
//     trash/                     0700
//       RUN/BLOCK/PATH…          0700   what one transaction of that run removed or replaced (trash.ts)
//       RUN/BLOCK.trash                 why, and for how long it is kept
//
// A name that is taken gets `.1`, `.2`, …
import { MAX_NAME, type Path } from '../../tree/path.js';
import { explainFault, hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { performOne } from './one-deed.js';
import { distrust, openOwn, type Trusted, unusableOwn } from './own-folder.js';

export const STATE_FOLDER = '.syncplan';

/** Is it what a root keeps there that lies in this one, or in such a place? That is another plan's: neither listed nor written. */
export const isInInnerState = (path: Path): boolean =>
  path.includes(STATE_FOLDER) && path.split('/').includes(STATE_FOLDER);

/** What the record of a transaction is called when it is done and a hook is owed. */
export const DONE = '.done';

/** Where that record lies, for whoever has to remove it by hand; the root's path, and of a state folder elsewhere its own. */
export const owedRecord = (root: Path, elsewhere: Path | null, transaction: string): Path =>
  `${elsewhere ?? `${root}/${STATE_FOLDER}`}/intent/${transaction}${DONE}`.replace(/^\/+/, '/');

/** A held root, and where its state folder is. */
export type StatePlace = {
  readonly root: Folder;
  readonly rootStat: Stat;
  /** An absolute path; null for `.syncplan` in the root. */
  readonly elsewhere: Path | null;
  /** Its path from the root where it lies in it, null where it does not. */
  readonly within: Path | null;
  /** This user's number. */
  readonly userId: number;
  /** Names root and host: `the root /srv/www on web-01`. */
  readonly where: string;
};

export type Room = 'staging' | 'intent' | 'baseline' | 'trash';

/** Held; null where there is none and it is not to be made. Throws HostError where it cannot be made or trusted. */
export const openState = async (verbs: FileVerbs, place: StatePlace, make: boolean): Promise<Folder | null> => {
  const { root, elsewhere, where } = place;
  if (elsewhere !== null) return openElsewhere(verbs, place, elsewhere, make);
  return openOwn(verbs, root, STATE_FOLDER, { mode: make ? STATE_MODE : null, trusted: trustedIn(place), where });
};

/** One of its folders. */
export const openRoom = (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  room: Room,
  make: boolean,
): Promise<Folder | null> =>
  openOwn(verbs, state, room, {
    mode: make ? 0o700 : null,
    trusted: trustedIn(place),
    where: `${STATE_FOLDER} of ${place.where}`,
  });

export const trustedIn = ({ rootStat, userId }: StatePlace): Trusted => new Set([0, userId, rootStat.owner]);

export type Fresh = { readonly name: string; readonly folder: Folder };

/** A folder that was not there before: another attempt of the same run may have left one behind. */
export const makeFresh = async (
  verbs: FileVerbs,
  at: Folder,
  wanted: string,
  where: string,
  isTaken?: (name: string) => boolean,
): Promise<Fresh> => {
  const made = await tryFresh(verbs, at, wanted, isTaken);
  if (isFault(made)) throw hostErrorOf(`make a folder for the transaction in ${where}`, made);
  return made;
};

export const tryFresh = async (
  verbs: FileVerbs,
  at: Folder,
  wanted: string,
  isTaken: (name: string) => boolean = () => false,
): Promise<Fresh | Fault> => {
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? wanted : `${wanted}.${attempt}`;
    if (attempt < MAX_ATTEMPTS && isTaken(name)) continue;
    const made = await performOne(verbs, { do: 'make-folder', at, name, mode: 0o700 });
    if (made?.fault === 'EEXIST' && attempt < MAX_ATTEMPTS) continue;
    const folder = made ?? (await verbs.enter(at, name));
    return isFault(folder) ? folder : { name, folder };
  }
};

/** A name that is surely one component of bearable length. */
export const plainName = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, MAX_NAME - 16) || '_';

/** Was it made from `wanted` because that was taken? */
export const isNumbered = (name: string, wanted: string): boolean =>
  name === wanted || (name.startsWith(`${wanted}.`) && /^\d+$/.test(name.slice(wanted.length + 1)));

/** The folder itself is made where only its last component is missing. */
const openElsewhere = async (
  verbs: FileVerbs,
  place: StatePlace,
  path: Path,
  make: boolean,
): Promise<Folder | null> => {
  const what = `the state folder ${path} of ${place.where}`;
  let opened = await verbs.open(path);
  if (isFault(opened) && opened.fault === 'ENOENT') {
    if (!make) return null;
    await makeIn(verbs, path, what);
    opened = await verbs.open(path);
  }
  if (isFault(opened)) throw unusableOwn('use', what, opened);
  const wrong = distrust(opened.stat, trustedIn(place));
  if (wrong === null && opened.stat.device === place.rootStat.device) return opened.folder;
  await verbs.release(opened.folder);
  if (wrong !== null) throw unusableOwn('use', what, wrong);
  throw new HostError(
    'bad-root',
    `cannot use ${what}: it is on another file system than the root`,
    'choose a folder on the file system of the root: what is staged there is put in place by renaming it',
  );
};

const makeIn = async (verbs: FileVerbs, path: Path, what: string): Promise<void> => {
  const clean = path.replace(/\/+$/, '');
  const cut = clean.lastIndexOf('/');
  const above = await verbs.open(clean.slice(0, cut) || '/');
  if (isFault(above)) {
    const help = `make ${clean.slice(0, cut) || '/'} there, or choose another state folder`;
    throw new HostError('bad-root', `cannot use ${what}: ${explainFault(above).why}`, help);
  }
  const made = await performOne(verbs, {
    do: 'make-folder',
    at: above.folder,
    name: clean.slice(cut + 1),
    mode: STATE_MODE,
  });
  if (made === null) await performOne(verbs, { do: 'sync-folder', at: above.folder });
  await verbs.release(above.folder);
  if (made !== null && made.fault !== 'EEXIST') throw hostErrorOf(`make ${what}`, made);
};

const STATE_MODE = 0o711;
const MAX_ATTEMPTS = 1000;
