// Looks once more for what is to be deleted: what the master has again by now is not deleted.
//
//  1. Below a folder that the master still does not have there is nothing to look for.
//  2. Where nothing tells whether the master has it, it counts as there.
import type { Scan } from '../host/host.js';
import { type Path, parent } from '../tree/path.js';
import { batches, FILES_AT_ONCE } from './descend.js';
import { isProblem } from './membership.js';

type Doomed = { readonly index: number; readonly path: Path };

/** Those of them that are on the master now. */
export const cameBack = async (master: Pick<Scan, 'lookup'>, doomed: readonly Doomed[]): Promise<Doomed[]> => {
  const paths = new Set(doomed.map(({ path }) => path));
  const below = new Map<Path, Doomed[]>();
  const tops: Doomed[] = [];
  for (const one of doomed) {
    const above = parent(one.path);
    const siblings = paths.has(above) ? (below.get(above) ?? []) : tops;
    siblings.push(one);
    if (siblings !== tops) below.set(above, siblings);
  }
  const back: Doomed[] = [];
  for (let wave: readonly Doomed[] = tops; wave.length > 0; ) {
    const there: Doomed[] = [];
    for (const some of batches(wave, FILES_AT_ONCE)) {
      const found = await master.lookup(some.map(({ path }) => path));
      there.push(
        ...some.filter((_, at) => {
          const now = found[at]!;
          return isProblem(now) || now.kind !== 'absent';
        }),
      );
    }
    back.push(...there);
    wave = there.flatMap(({ path }) => below.get(path) ?? []);
  }
  return back;
};
