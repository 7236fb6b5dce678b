// Ends a transaction: removes what is left in staging, what dead runs left there, and trash that is past its age.
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { removeTree } from './remove-tree.js';
import type { StateFolder } from './state-folder.js';

/** Ages are told by the clock of the file system itself, never by another machine's. `trash` in seconds. */
export const endStaging = async (
  verbs: FileVerbs,
  state: StateFolder,
  trash: number,
  breathe: () => Promise<void>,
): Promise<void> => {
  await removeTree(verbs, state.stagingParent, state.stagingName, breathe);
  // Removing from it has just set the time of the folder.
  const [stat] = await verbs.stat([{ at: state.folder, name: 'staging' }]);
  if (stat !== undefined && !isFault(stat)) {
    await removeOlder(verbs, state.stagingParent, stat.modified - LEFTOVER_AGE * MICROS, breathe);
    const bin = await verbs.enter(state.folder, 'trash');
    if (!isFault(bin)) {
      await removeOlder(verbs, bin, stat.modified - trash * MICROS, breathe);
      await verbs.release(bin);
    }
  }
};

const removeOlder = async (
  verbs: FileVerbs,
  folder: Folder,
  limit: number,
  breathe: () => Promise<void>,
): Promise<void> => {
  const listed = await verbs.list(folder);
  if (isFault(listed)) return;
  for (const { name, stat } of listed) {
    if (stat.modified < limit) await removeTree(verbs, folder, name, breathe);
  }
};

/** A run that is still alive touches its staging more often than once a day. */
const LEFTOVER_AGE = 86_400;
const MICROS = 1_000_000;
