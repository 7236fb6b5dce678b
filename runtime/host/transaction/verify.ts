// Verifies: looks again at every path that was committed, and names those that no longer hold what was put there.
import type { Outcome } from '../../tree/action.js';
import type { Path } from '../../tree/path.js';
import { type Fault, isFault, type Stat } from '../file-verbs.js';
import { makePace } from '../pace.js';
import { lookAt, type Stretch, stretches } from './destination.js';
import { NONE } from './table.js';
import {
  folderOf,
  fromRoot,
  inconsistent,
  isTime,
  modeOf,
  nameOf,
  returnToRoots,
  type Work,
  type WorkPart,
} from './work.js';

export const verifySteps = async (work: Work): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  const last = lastOfEachPath(work);
  await returnToRoots(work);
  const pace = makePace(work.breathe);
  const { look, end } = work.verbs.writeMany === undefined ? { look: lookAt, end: () => {} } : lookInLists(work);
  for (const stretch of stretches(work, index => last.has(index))) {
    const found = await look(work, stretch);
    stretch.indexes.forEach((index, i) => {
      const why = differsFromPlaced(work, index, found[i]!);
      if (why !== null) outcomes.push(inconsistent(index, why));
    });
    const rest = pace(stretch.indexes.length);
    if (rest !== null) await rest;
  }
  end();
  return outcomes;
};

type Looking = { readonly look: typeof lookAt; readonly end: () => void };

/**
 * A folder that was put in place whole holds what it brought and no more: where every call is a way there and back it is
 * listed, together with all that is below it where that is possible.
 */
const lookInLists = ({ parts, table, verbs }: Work): Looking => {
  let carrier = NONE;
  let endAhead = (): void => {};
  let listed: (Pick<Stretch, 'part' | 'folder'> & { readonly stats: ReadonlyMap<string, Stat> | Fault }) | null = null;
  const begin = async (part: WorkPart): Promise<void> => {
    endAhead();
    const top = await part.places.at(fromRoot(part, table.step(carrier)!.action.path));
    endAhead = (isFault(top) ? null : verbs.ahead?.(top)) ?? ((): void => {});
  };
  const list = async (part: WorkPart, path: Path): Promise<ReadonlyMap<string, Stat> | Fault> => {
    const at = await folderOf(part, path);
    if (isFault(at)) return at.fault === 'ENOENT' ? { ...at, fault: 'ENOTDIR' } : at;
    const named = await verbs.list(at);
    return isFault(named) ? named : new Map(named.map(({ name, stat }) => [name, stat]));
  };
  return {
    async look(work, stretch) {
      const { part: number, folder, indexes } = stretch;
      const [first] = indexes;
      const part = parts[number]!;
      const brought = table.carrier(first!);
      if (brought === NONE) return lookAt(work, stretch);
      if (brought !== carrier) {
        carrier = brought;
        await begin(part);
      }
      if (listed?.part !== number || listed.folder !== folder) {
        listed = { part: number, folder, stats: await list(part, table.step(first!)!.action.path) };
      }
      const { stats } = listed;
      return indexes.map(index =>
        isFault(stats) ? stats : (stats.get(nameOf(part, table.step(index)!.action.path)) ?? GONE),
      );
    },
    end: () => endAhead(),
  };
};

const GONE: Fault = { fault: 'ENOENT', message: 'no such file or directory' };

/** A path may be cleared by one step and filled by another: what removes leaves nothing to look at. */
const lastOfEachPath = ({ table }: Work): ReadonlySet<number> => {
  const done = new Set<number>();
  for (let index = 0; index < table.size; index++) {
    const action = table.step(index)?.action;
    if (action === undefined || action.do === 'remove' || action.do === 'remove-folder') continue;
    if (table.state(index) === 'done') done.add(index);
  }
  return done;
};

const differsFromPlaced = (work: Work, index: number, now: Stat | Fault): string | null => {
  if (isFault(now)) return 'it vanished after it was put in place';
  const { part, action } = work.table.step(index)!;
  const other = `a ${now.kind} stands there that was not put there`;
  const placed = work.placed.get(index);
  if (placed !== undefined) {
    if (placed.inode !== now.inode) return other;
    if (placed.changed !== now.changed && !work.disturbed.has(now.inode)) return AFTERWARDS;
  }
  switch (action.do) {
    case 'file':
      if (now.kind !== 'file') return other;
      return now.size === action.size && isTime(now, action.modified) ? null : AFTERWARDS;
    case 'link':
      if (now.kind !== 'link') return other;
      return isTime(now, action.modified) ? null : AFTERWARDS;
    case 'hard':
      return now.kind === 'file' ? null : other;
    case 'folder':
      return now.kind === 'folder' ? null : other;
    case 'adjust': {
      const at = work.parts[part]!;
      // Special bits that are not carried stay as they were.
      const same = action.mode === null || now.kind === 'link' || modeOf(at, now.mode) === modeOf(at, action.mode);
      return same && isTime(now, action.modified) ? null : AFTERWARDS;
    }
    case 'remove':
    case 'remove-folder':
      return null;
  }
};

const AFTERWARDS = 'it was changed after it was put in place';
