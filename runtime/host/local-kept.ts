// Is a folder of this machine, the working folder now, still what its kept page tells? Looks at every name and builds nothing.
//
// Loops of a few lines on purpose: what Node.js makes of an answer of the system (a Stats with four dates) costs a good part of
// that again, and only where V8 takes a loop together with all it calls does it leave that out.
import { constants, lstatSync } from 'node:fs';
import type { KeptFolder } from '../tree/listing.js';
import { ROW_FIELDS } from '../tree/listing-store.js';
import { kindAt } from '../tree/page.js';
import type { KeptFolderOf } from './file-verbs.js';
import { bytesOf } from './local-folder.js';
import { statOf } from './local-stat.js';
import { changedOf, modifiedOf } from './micros.js';

/** `names` are those of the page. The folders among them as they are now, or null where something is not what it was. */
export const foldersAsKept = (
  { page, columns, count }: KeptFolder,
  names: readonly string[],
): KeptFolderOf[] | null => {
  const folders: KeptFolderOf[] = [];
  for (let row = 0; row < count; row++) {
    const name = names[row]!;
    const at = row * ROW_FIELDS;
    if (kindAt(page, columns[at]!) === 'file') {
      if (!isSame(bytesOf(name), columns, at)) return null;
    } else {
      const stats = lstatSync(bytesOf(name), MAY_VANISH);
      if (stats === undefined || (stats.mode & constants.S_IFMT) !== constants.S_IFDIR) return null;
      folders.push({ row, name, stat: statOf(stats) });
    }
  }
  return folders;
};

/** Another kind, mode or owner changes the time of the inode's last change as well: nothing is kept where it does not. */
const isSame = (name: string | Buffer, columns: Float64Array, at: number): boolean => {
  const stats = lstatSync(name, MAY_VANISH);
  return (
    stats !== undefined &&
    stats.size === columns[at + 1] &&
    modifiedOf(stats) === columns[at + 2] &&
    changedOf(stats) === columns[at + 3] &&
    stats.ino === columns[at + 4]
  );
};

const MAY_VANISH = { throwIfNoEntry: false } as const;
