// What a transaction changed and has not made durable yet.
import type { Path } from '../../tree/path.js';

export type Dirty = {
  /** Folders by part and path from the root: names in them changed. */
  readonly folders: Map<number, Set<Path>>;
  /** Files whose attributes changed in place. */
  readonly files: Map<number, Set<Path>>;
  count: number;
  /** Folders were made: they must be durable before anything is put into them. */
  barrier: boolean;
  /** Something was moved into the trash: it must be durable before the folder that it stood in is removed. */
  moved: boolean;
};

export const makeDirty = (): Dirty => ({
  folders: new Map(),
  files: new Map(),
  count: 0,
  barrier: false,
  moved: false,
});

export const markFolder = (dirty: Dirty, part: number, path: Path): void => mark(dirty, dirty.folders, part, path);

export const markFile = (dirty: Dirty, part: number, path: Path): void => mark(dirty, dirty.files, part, path);

const mark = (dirty: Dirty, into: Map<number, Set<Path>>, part: number, path: Path): void => {
  let paths = into.get(part);
  if (paths === undefined) {
    paths = new Set();
    into.set(part, paths);
  }
  if (paths.has(path)) return;
  paths.add(path);
  dirty.count++;
};
