// The marker of a root: a random id in its state folder, so that a root that had one and lost it is known for an empty
// mount point.
//
//   marker = record `marker` 1: id:string root:string       — the root's path when it was made
//
// The path is looked at only where the state folder is elsewhere: two roots cannot share one, since what one of them keeps
// there would be taken for the other's. A marker that is damaged counts as lost, and the next transaction makes a new one.
import { makeWriter } from '../../bytes/wire.js';
import type { Path } from '../../tree/path.js';
import { hostErrorOf } from '../faults.js';
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { isDamage, putRecord, type RecordKind, readWhole, sealRecord, unsealRecord } from './record.js';
import type { StatePlace } from './state-folder.js';

export type Marker = { readonly id: string; readonly root: Path };

/** `state` is the held state folder; null where the root has none. */
export const readMarker = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder | null,
  root: Path,
): Promise<string | null> => {
  if (state === null) return null;
  const bytes = await readWhole(verbs, state, NAME);
  if (isFault(bytes)) {
    // Unreadable is not absent; but a master's root may be somebody else's remote.
    if (ABSENT.has(bytes.fault)) return null;
    throw hostErrorOf(`read the marker of ${place.where}`, bytes);
  }
  const marker = await unsealRecord(KIND, bytes, reader => ({ id: reader.string(), root: reader.string() }));
  if (isDamage(marker)) return null;
  if (place.elsewhere === null || marker.root === root) return marker.id;
  throw new HostError(
    'bad-root',
    `cannot use the state folder ${place.elsewhere} of ${place.where}: it belongs to the root ${marker.root}`,
    'give each root a state folder of its own',
  );
};

/** Makes one of this id. */
export const writeMarker = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  { id, root }: Marker,
): Promise<void> => {
  const body = makeWriter();
  body.string(id);
  body.string(root);
  const fault = await putRecord(verbs, state, NAME, await sealRecord(KIND, body.view()), true);
  if (fault !== null) throw hostErrorOf(`write the marker of ${place.where}`, fault);
};

const NAME = 'marker';
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM']);
const KIND: RecordKind = { name: 'marker', version: 1 };
