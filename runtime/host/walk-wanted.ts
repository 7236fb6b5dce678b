// Which folders a walk is going to list, told beforehand: for hosts that list ahead of it.
import type { Scope } from '../tree/matcher.js';
import { join, MAX_NAME, MAX_PATH, type Path } from '../tree/path.js';
import type { Wanted } from './file-verbs.js';

/** `folder` lies below the take's own, so deep. syncplan's own folder, `isOwn`, is not listed. */
export const wantedBelow = (scope: Scope, isOwn: (path: Path) => boolean, folder: Path = '', depth = 1): Wanted => ({
  enter(name) {
    if (depth > MAX_DEPTH || !isBearable(name, folder)) return null;
    const path = join(folder, name);
    const inner = isOwn(path) ? null : scope.enter(name);
    return inner === null ? null : wantedBelow(inner, isOwn, path, depth + 1);
  },
});

/** Longer names and paths are not carried by the formats. */
export const isBearable = (name: string, folder: Path): boolean =>
  name.length <= MAX_NAME && folder.length + name.length < MAX_PATH;

/** Folders in folders, below the take's own. */
export const MAX_DEPTH = 512;
