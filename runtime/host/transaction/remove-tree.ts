// Removes what stands at a name, with all that is below it, following no link, in bounded memory.
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { performOne } from './one-deed.js';

/** True when nothing is left. What cannot be removed stays, and is no error: it is tried again another time. */
export const removeTree = async (
  verbs: FileVerbs,
  at: Folder,
  name: string,
  breathe: () => Promise<void>,
): Promise<boolean> => {
  const removed = await performOne(verbs, { do: 'remove', at, name });
  if (removed === null || removed.fault === 'ENOENT') return true;
  let folder = await verbs.enter(at, name);
  if (isFault(folder)) return false;
  let listed = await verbs.list(folder);
  if (isFault(listed)) {
    // A folder of ours that was given a mode without access for its owner.
    await verbs.release(folder);
    await performOne(verbs, { do: 'set', at, name, mode: 0o700, modified: null, owner: null, group: null });
    folder = await verbs.enter(at, name);
    if (isFault(folder)) return false;
    listed = await verbs.list(folder);
  }
  const held = folder;
  if (!isFault(listed)) {
    const folders = listed.filter(({ stat }) => stat.kind === 'folder');
    const others = listed.filter(({ stat }) => stat.kind !== 'folder');
    for (let start = 0; start < others.length; start += BATCH) {
      await verbs.perform(
        others.slice(start, start + BATCH).map(({ name: below }) => ({ do: 'remove', at: held, name: below })),
      );
      await breathe();
    }
    for (const { name: below } of folders) await removeTree(verbs, held, below, breathe);
  }
  await verbs.release(held);
  return (await performOne(verbs, { do: 'remove-folder', at, name })) === null;
};

const BATCH = 256;
