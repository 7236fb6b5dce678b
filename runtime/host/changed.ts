// Tells which paths no longer are what the scan has seen there, by inode, size, times of content and of attributes.
import { leaf, type Path, parent } from '../tree/path.js';
import { isFault, type Stat } from './file-verbs.js';
import { endOfFolder } from './lookup.js';
import type { Reach } from './reach.js';
import { reachFrom, type ScanState, seenAt } from './scan-state.js';
import { differsFromSeen } from './seen.js';

/** Indexes of `paths`, ascending. A path that the scan has not seen counts as changed if something is there now. */
export const findChanged = async (state: ScanState, paths: readonly Path[]): Promise<number[]> => {
  const reach = reachFrom(state);
  const changed: number[] = [];
  try {
    for (let start = 0; start < paths.length; ) {
      const end = endOfFolder(paths, start);
      const now = await look(state, reach, paths.slice(start, end));
      now.forEach((stat, i) => {
        const seen = seenAt(state, paths[start + i]!);
        const same = stat === null || seen === null ? stat === seen : differsFromSeen(stat, seen) === null;
        if (!same) changed.push(start + i);
      });
      const pause = state.pace((end - start) * 2 + 4);
      if (pause !== null) await pause;
      start = end;
    }
  } finally {
    await reach.close();
  }
  return changed;
};

/** What is at paths of one folder now; null where nothing is, or nothing can be seen. */
const look = async (state: ScanState, reach: Reach, paths: readonly Path[]): Promise<(Stat | null)[]> => {
  const { verbs } = state;
  const at = await reach.at(parent(paths[0]!));
  if (isFault(at)) return paths.map(() => null);
  const stats = [...(await verbs.stat(paths.map(path => ({ at, name: leaf(path) }))))];
  for (const [i, path] of paths.entries()) {
    const stat = stats[i]!;
    const follow = !isFault(stat) && stat.kind === 'link' && isFollowed(state, path);
    if (follow) stats[i] = await verbs.followed(at, leaf(path));
  }
  return stats.map(stat => (isFault(stat) ? null : stat));
};

const isFollowed = (state: ScanState, path: Path): boolean =>
  (seenAt(state, path)?.followed ?? false) || state.walked.followedFolders.has(path);
