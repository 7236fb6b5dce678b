// Verifies: looks again at every path that was committed, and names those that no longer hold what was put there.
import type { Outcome } from '../../tree/action.js';
import { isWithin, join, type Path, parent } from '../../tree/path.js';
import { openCursor } from '../cursor.js';
import { type Fault, type Folder, isFault, type Stat, type Wanted } from '../file-verbs.js';
import { makePace } from '../pace.js';
import { lookAt, stretches } from './destination.js';
import { NONE } from './table.js';
import { fromRoot, inconsistent, isTime, modeOf, nameOf, returnToRoots, type Work } from './work.js';

export const verifySteps = async (work: Work): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  const last = lastOfEachPath(work);
  await returnToRoots(work);
  const pace = makePace(work.breathe);
  const { look, end } =
    work.verbs.writeMany === undefined ? { look: lookAt, end: async () => {} } : lookInLists(work, last);
  try {
    for (const stretch of stretches(work, index => last.has(index))) {
      const found = await look(work, stretch);
      stretch.indexes.forEach((index, i) => {
        const why = differsFromPlaced(work, index, found[i]!);
        if (why !== null) outcomes.push(inconsistent(index, why));
      });
      const rest = pace(stretch.indexes.length);
      if (rest !== null) await rest;
    }
  } finally {
    await end();
  }
  return outcomes;
};

type Looking = { readonly look: typeof lookAt; readonly end: () => Promise<void> };

/** In a folder that was put in place whole: the folders below it. */
type Inside = { readonly at: (folder: Path) => Promise<Folder | Fault>; readonly leave: () => Promise<void> };

/**
 * A folder that was put in place whole holds what it brought and no more: where every call is a way there and back it is
 * listed, together with all that is below it where that is possible.
 */
const lookInLists = ({ parts, table, verbs }: Work, last: ReadonlySet<number>): Looking => {
  const looked = foldersOf(table, last);
  let carrier = NONE;
  let inside: Inside | null = null;
  /** Of the folder that is looked at, and of those above it, which are come back to. */
  const listed = new Map<Path, ReadonlyMap<string, Stat> | Fault>();
  const enter = async (number: number): Promise<Inside> => {
    const { path } = table.step(carrier)!.action;
    const part = parts[number]!;
    const top = await part.leaders.at(fromRoot(part, path));
    if (isFault(top)) return { at: async () => top, leave: async () => {} };
    const endAhead = verbs.ahead?.(top, wantedIn(looked[number]!, path));
    const below = openCursor(verbs, top);
    return {
      at: folder => below.at(path === '' ? folder : folder.slice(path.length + 1)),
      async leave() {
        endAhead?.();
        await below.close();
      },
    };
  };
  const list = async ({ at }: Inside, folder: Path): Promise<ReadonlyMap<string, Stat> | Fault> => {
    const held = await at(folder);
    if (isFault(held)) return held.fault === 'ENOENT' ? { ...held, fault: 'ENOTDIR' } : held;
    const named = await verbs.list(held);
    return isFault(named) ? named : new Map(named.map(({ name, stat }) => [name, stat]));
  };
  return {
    async look(work, stretch) {
      const { part: number, folder, indexes } = stretch;
      const [first] = indexes;
      const brought = table.carrier(first!);
      if (brought === NONE) return lookAt(work, stretch);
      if (inside === null || brought !== carrier) {
        carrier = brought;
        listed.clear();
        await inside?.leave();
        inside = await enter(number);
      }
      for (const path of listed.keys()) if (!isWithin(folder, path)) listed.delete(path);
      const stats = listed.get(folder) ?? (await list(inside, folder));
      listed.set(folder, stats);
      return indexes.map(index =>
        isFault(stats) ? stats : (stats.get(nameOf(parts[number]!, table.step(index)!.action.path)) ?? GONE),
      );
    },
    end: async () => inside?.leave(),
  };
};

/** Those of each part in which something is looked at that a folder brought. */
const foldersOf = ({ step, carrier }: Work['table'], looked: ReadonlySet<number>): readonly ReadonlySet<Path>[] => {
  const folders: Set<Path>[] = [];
  for (const index of looked) {
    if (carrier(index) === NONE) continue;
    const { part, action } = step(index)!;
    folders[part] ??= new Set();
    folders[part].add(parent(action.path));
  }
  return folders;
};

const wantedIn = (looked: ReadonlySet<Path>, folder: Path): Wanted => ({
  enter(name) {
    const path = join(folder, name);
    return looked.has(path) ? wantedIn(looked, path) : null;
  },
});

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
