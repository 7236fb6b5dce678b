// A cursor in a tree: goes from folder to folder one component at a time, never through a link, and keeps its way open.
//
// Invariants:
//  1. Every folder it hands out was reached from the start by entering held folders, so no link on the way was followed.
//  2. Moving to a folder near the last one enters only what is not on the way already.
//  3. At most MAX_HELD folders are open, however deep the tree is.
// One caller at a time; a folder it handed out is held until it is asked for another path.
import { type Path, refusePath } from '../tree/path.js';
import { type Fault, type FileVerbs, type Folder, isFault } from './file-verbs.js';

export type Cursor = {
  /** The folder at `path` below the start ('' is the start itself). */
  readonly at: (path: Path) => Promise<Folder | Fault>;
  /** Lets go of the folder at `path` and of all below it: something else may stand there from now on. */
  readonly forget: (path: Path) => Promise<void>;
  /** Lets go of all but the start, which belongs to the caller. */
  readonly close: () => Promise<void>;
};

export const openCursor = (verbs: FileVerbs, start: Folder): Cursor => {
  /** Names from the start down, and the folder behind each; null where it was let go to keep invariant 3. */
  const names: string[] = [];
  const held: (Folder | null)[] = [];
  let current: Path = '';

  const cutTo = async (depth: number): Promise<void> => {
    for (const folder of held.splice(depth)) if (folder !== null) await verbs.release(folder);
    names.length = Math.min(names.length, depth);
    current = names.join('/');
  };

  const walk = async (path: Path): Promise<Folder | Fault> => {
    const refused = refusePath(path);
    if (refused !== null) return { fault: 'EINVAL', message: `the path ${refused}` };
    const wanted = path === '' ? [] : path.split('/');
    let common = 0;
    while (common < names.length && names[common] === wanted[common]) common++;
    await cutTo(common > 0 && held[common - 1] === null ? 0 : common);
    while (names.length < wanted.length) {
      const name = wanted[names.length]!;
      const entered = await verbs.enter(held.at(-1) ?? start, name);
      if (isFault(entered)) return entered;
      names.push(name);
      held.push(entered);
      current = names.join('/');
      const oldest = held.length - MAX_HELD;
      const over = oldest > 0 ? held[oldest - 1] : null;
      if (over) {
        held[oldest - 1] = null;
        await verbs.release(over);
      }
    }
    return held.at(-1) ?? start;
  };

  return {
    at: async path => (path === current ? (held.at(-1) ?? start) : walk(path)),
    async forget(path) {
      if (path === '') return cutTo(0);
      if (current !== path && !current.startsWith(`${path}/`)) return;
      await cutTo(path.split('/').length - 1);
      if (held.at(-1) === null) await cutTo(0);
    },
    close: () => cutTo(0),
  };
};

const MAX_HELD = 100;
