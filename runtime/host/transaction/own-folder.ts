// Folders of our own below a root: entered only where nobody else could have put something into them.
//
// Whoever can change staging could change what is put in place, and whoever can write an intent record could have files
// moved: so a folder that is a link, that belongs to another user or that others may write to is not used.
import { explainFault, hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { performOne } from './one-deed.js';

/** Users who may own it: root, this user, and the owner of the root's folder, who can change what is in there anyway. */
export type Trusted = ReadonlySet<number>;

/** Throws where it cannot be made or used; null where it is not there and `mode` says not to make it. */
export const openOwn = async (
  verbs: FileVerbs,
  at: Folder,
  name: string,
  { mode, trusted, where }: { readonly mode: number | null; readonly trusted: Trusted; readonly where: string },
): Promise<Folder | null> => {
  const folder = await enterOwn(verbs, at, name, mode, trusted);
  if (!isFault(folder)) return folder;
  if (folder.fault === 'ENOENT' && mode === null) return null;
  throw unusableOwn(mode === null ? 'use' : 'make', `the folder ${name} in ${where}`, folder);
};

export const enterOwn = async (
  verbs: FileVerbs,
  at: Folder,
  name: string,
  mode: number | null,
  trusted: Trusted,
): Promise<Folder | Fault> => {
  const made = mode === null ? null : await performOne(verbs, { do: 'make-folder', at, name, mode });
  if (made !== null && made.fault !== 'EEXIST') return made;
  const folder = await verbs.enter(at, name);
  if (isFault(folder)) return folder;
  const [stat] = await verbs.stat([{ at, name }]);
  const wrong = stat === undefined || isFault(stat) ? stat : distrust(stat, trusted);
  if (wrong === null) return folder;
  await verbs.release(folder);
  return wrong ?? { fault: 'ENOENT', message: 'it vanished' };
};

/** Why a folder of ours is not to be used, or null. */
export const distrust = (stat: Stat, trusted: Trusted): Fault | null => {
  if ((stat.mode & 0o022) !== 0) return { fault: DISTRUSTED, message: 'others may write to it' };
  if (!trusted.has(stat.owner)) return { fault: DISTRUSTED, message: 'it belongs to another user' };
  return null;
};

export const unusableOwn = (doing: 'use' | 'make', what: string, fault: Fault): HostError => {
  if (!MISUSED.has(fault.fault)) return hostErrorOf(`${doing} ${what}`, fault);
  const why = fault.fault === DISTRUSTED ? fault.message : explainFault(fault).why;
  const help =
    'see what is in it, then remove it, give it to the user that syncplan logs in as, or take the right to write to it from group and others';
  return new HostError('bad-root', `cannot use ${what}: ${why}`, help);
};

const DISTRUSTED = 'distrusted';
const MISUSED: ReadonlySet<string> = new Set(['ENOTDIR', 'ELOOP', DISTRUSTED]);
