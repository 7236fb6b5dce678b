// Is what is worked in still what stands at the roots' paths? A root that was replaced, moved away or unmounted stays held.
//
// A link in place of a root that leads to another folder by now counts as well: whoever reads by the path reads that one.
// Where a kind of host does not tell one folder from another, only that there is a folder can be told.
import { explainFault, hostErrorOf } from '../faults.js';
import { isFault, isSameInode } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import type { Work } from './work.js';

/** Throws HostError where one is not. */
export const confirmRoots = async ({ verbs, parts }: Pick<Work, 'verbs' | 'parts'>): Promise<void> => {
  const paths = new Map(parts.map(({ desk, path }) => [desk.place, path]));
  for (const [{ rootStat, where }, path] of paths) {
    const opened = await verbs.open(path);
    if (isFault(opened)) {
      if (!GONE.has(opened.fault)) throw hostErrorOf(`look whether ${where} is still there`, opened);
      throw replaced(where, explainFault(opened).why);
    }
    await verbs.release(opened.folder);
    if (rootStat.inode !== 0 && !isSameInode(opened.stat, rootStat))
      throw replaced(where, 'another folder stands there now');
  }
};

const replaced = (where: string, why: string): HostError =>
  new HostError(
    'bad-root',
    `${where} was replaced or unmounted while it was worked in: ${why}`,
    'see what stands there now and whether it is mounted, then run the same command again',
  );

const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
