// Reaches folders of a finished scan again: as a cursor does, but through the links that the scan followed by policy.
import { type Path, parent } from '../tree/path.js';
import { type Cursor, openCursor } from './cursor.js';
import { type Fault, type FileVerbs, type Folder, isFault } from './file-verbs.js';

export type Reach = {
  readonly at: (folder: Path) => Promise<Folder | Fault>;
  readonly close: () => Promise<void>;
};

/** Where a take begins: held, and its absolute path, for what is reached through a followed link. */
export type Start = { readonly folder: Folder; readonly path: string };

/** `followed` holds the folders that the scan entered through a link; a `start` of null does not exist. One caller at a time. */
export const openReach = (verbs: FileVerbs, start: Start | null, followed: ReadonlySet<Path>): Reach => {
  if (start === null) return NOWHERE;
  const straight = openCursor(verbs, start.folder);
  if (followed.size === 0) return straight;
  let detour: { readonly from: Path; readonly folder: Folder; readonly cursor: Cursor } | null = null;

  const leave = async (): Promise<void> => {
    if (detour === null) return;
    await detour.cursor.close();
    await verbs.release(detour.folder);
    detour = null;
  };

  return {
    async at(path) {
      const from = lastFollowed(path, followed);
      if (from === null) return straight.at(path);
      if (detour?.from !== from) {
        await leave();
        const opened = await verbs.open(`${start.path}/${from}`);
        if (isFault(opened)) return opened;
        detour = { from, folder: opened.folder, cursor: openCursor(verbs, opened.folder) };
      }
      return detour.cursor.at(path.slice(from.length + 1));
    },
    async close() {
      await leave();
      await straight.close();
    },
  };
};

/** The innermost followed folder on the way to a path. */
const lastFollowed = (path: Path, followed: ReadonlySet<Path>): Path | null => {
  for (let at = path; at !== ''; at = parent(at)) if (followed.has(at)) return at;
  return null;
};

const NOWHERE: Reach = {
  at: async () => ({ fault: 'ENOENT', message: 'the folder taken does not exist' }),
  close: async () => {},
};
