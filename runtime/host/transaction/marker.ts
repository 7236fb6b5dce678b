// The marker of a root: a random id in its state folder, so that a root that had one and lost it is known for an empty
// mount point.
//
//   marker = record `marker` 1: id:string root:string       — the root's path when it was made
// Where several mark a new root at the same moment, one of them is first, and all of them use its marker (first-marker.ts).
// The path is looked at only where the state folder is elsewhere: two roots cannot share one, since what one of them keeps
// there would be taken for the other's. A marker that is damaged counts as lost, and the next transaction makes a new one.
import { makeWriter } from '../../bytes/wire.js';
import type { Path } from '../../tree/path.js';
import { hostErrorOf } from '../faults.js';
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { type Damage, isDamage, type RecordKind, readWhole, sealRecord, unsealRecord } from './record.js';
import type { StatePlace } from './state-folder.js';

export type Marker = { readonly id: string; readonly root: Path };

/** `state` is the held state folder. Only who looks may take a marker that cannot be read for one that is not there: a
 * master's root may be somebody else's remote. */
export const readMarker = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  root: Path,
  looking = false,
): Promise<string | null> => {
  const bytes = await readWhole(verbs, state, MARKER);
  if (isFault(bytes)) {
    if (bytes.fault === 'ENOENT' || (looking && UNREADABLE.has(bytes.fault))) return null;
    throw hostErrorOf(`read the marker of ${place.where}`, bytes);
  }
  const marker = await unsealMarker(bytes);
  if (isDamage(marker)) return null;
  if (place.elsewhere === null || marker.root === root) return marker.id;
  throw new HostError(
    'bad-root',
    `cannot use the state folder ${place.elsewhere} of ${place.where}: it belongs to the root ${marker.root}`,
    'give each root a state folder of its own',
  );
};

export const sealMarker = ({ id, root }: Marker): Promise<Buffer> => {
  const body = makeWriter();
  body.string(id);
  body.string(root);
  return sealRecord(KIND, body.view());
};

export const unsealMarker = (bytes: Buffer): Promise<Marker | Damage> =>
  unsealRecord(KIND, bytes, reader => ({ id: reader.string(), root: reader.string() }));

export const MARKER = 'marker';
const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
const KIND: RecordKind = { name: 'marker', version: 1 };
