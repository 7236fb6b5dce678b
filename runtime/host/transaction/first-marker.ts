// Gives a new root its marker: of several who do so at the same moment, whichever machines they are on, one is first.
//
//   marker.ID/marker       a proposal: whole and durable, of one writer
//   marker.first/marker    the proposal that was first
//
// 1. A proposal becomes `marker.first` by a rename of its folder, which fails where one with something in it stands there.
//    No kind of host replaces such a folder, and each can rename one; not all have hard links.
// 2. Everybody puts what `marker.first` holds in place as `marker`, so it does not matter who does, or who dies meanwhile.
// 3. `marker.first` is removed only when `marker` is there; and what was read in it is used only where `marker` is not there
//    even after that: so it is the first one, not one that came later.
import { hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { MARKER, type Marker, readMarker, sealMarker, unsealMarker } from './marker.js';
import { performOne } from './one-deed.js';
import { openOwn } from './own-folder.js';
import { isDamage, putRecord, readWhole, UNFINISHED } from './record.js';
import { makeFresh, plainName, type StatePlace, trustedIn } from './state-folder.js';

/** The id of the marker that stands there afterwards: this one, or that of somebody who was quicker. */
export const markFirst = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  proposed: Marker,
): Promise<string> => {
  const doing = `write the marker of ${place.where}`;
  const sealed = await sealMarker(proposed);
  const { name, folder } = await makeFresh(verbs, state, `${MARKER}.${plainName(proposed.id)}`, place.where);
  try {
    const written = await putRecord(verbs, folder, MARKER, sealed, true);
    await verbs.release(folder);
    if (written !== null) throw hostErrorOf(doing, written);
    for (let attempt = 1; ; attempt++) {
      const put = await performOne(verbs, { do: 'rename', at: state, name, to: state, toName: FIRST });
      const first = await readFirst(verbs, place, state);
      let there = await readMarker(verbs, place, state, proposed.root);
      if (there === null && first !== null) {
        const fault = await putRecord(verbs, state, MARKER, first, true, `${name}${UNFINISHED}`);
        if (fault !== null) throw hostErrorOf(doing, fault);
        there = await readMarker(verbs, place, state, proposed.root);
      }
      if (there !== null) {
        await drop(verbs, state, FIRST);
        return there;
      }
      if (attempt === ATTEMPTS) throw hostErrorOf(doing, put ?? GONE);
      // Who died while he tidied up left it empty, and not every server replaces that.
      await performOne(verbs, { do: 'remove-folder', at: state, name: FIRST });
    }
  } finally {
    await drop(verbs, state, name);
  }
};

/** Null where it is not there, or not any more. */
const readFirst = async (verbs: FileVerbs, place: StatePlace, state: Folder): Promise<Buffer | null> => {
  const folder = await openOwn(verbs, state, FIRST, { mode: null, trusted: trustedIn(place), where: place.where });
  if (folder === null) return null;
  const bytes = await readWhole(verbs, folder, MARKER);
  await verbs.release(folder);
  if (isFault(bytes)) {
    if (bytes.fault === 'ENOENT') return null;
    throw hostErrorOf(`read the marker of ${place.where}`, bytes);
  }
  const marker = await unsealMarker(bytes);
  if (!isDamage(marker)) return bytes;
  const what = `the file ${FIRST}/${MARKER} in the state folder of ${place.where}`;
  throw new HostError('bad-root', `cannot use ${what}: ${marker.damage}`, `remove the folder ${FIRST} there`);
};

/** With the one file in it; where it is not there, nothing happens. */
const drop = async (verbs: FileVerbs, state: Folder, name: string): Promise<void> => {
  const folder = await verbs.enter(state, name);
  if (isFault(folder)) return;
  await performOne(verbs, { do: 'remove', at: folder, name: MARKER });
  await verbs.release(folder);
  await performOne(verbs, { do: 'remove-folder', at: state, name });
};

const FIRST = `${MARKER}.first`;
const ATTEMPTS = 5;
const GONE: Fault = { fault: 'ENOENT', message: 'it vanished again' };
