// The steps of one transaction with what the engine knows of each: its change, what has been sent, what came of it.
import { type Counts, countsOf } from '../bytes/squeeze.js';
import type { Step } from '../host/host.js';
import type { Action } from '../tree/action.js';
import type { Change } from '../tree/change.js';
import { type Path, parent } from '../tree/path.js';
import { inOrder, schedule } from '../tree/schedule.js';
import { withExtras } from './extras.js';
import { withFolderModes } from './folder-modes.js';
import { lostOnMaster } from './on-master.js';
import { rankOf } from './rank.js';
import { type Relation, shownPath } from './relation.js';
import { asSelected, isShared } from './shared-folders.js';

export type Amendment = { readonly index: number; readonly action: Action | null };

/** Where a step acts: the path is relative to the folder of the part's take. */
export type Place = { readonly part: number; readonly path: Path };

export type Work = {
  readonly steps: readonly Step[];
  readonly progress: { totalFiles: number; totalBytes: number; files: number; bytes: number };
  /** Steps whose content the remote has made of a file that goes. */
  readonly moved: Set<number>;
  /** The file steps that remain (of `among`), by part, in order. */
  readonly fileSteps: (among?: ReadonlySet<number>) => Map<number, { readonly index: number; readonly path: Path }[]>;
  /** The same of symbolic links, and of what is to be deleted. */
  readonly linkSteps: () => Map<number, { readonly index: number; readonly path: Path }[]>;
  readonly deletions: () => Map<number, { readonly index: number; readonly path: Path }[]>;
  readonly placeOf: (index: number) => Place;
  /** What a step does by now; null where it was taken out. */
  readonly actionOf: (index: number) => Action | null;
  /** The path as events show it. */
  readonly shown: (index: number) => Path;
  /** The change a step belongs to; null for one that only makes room or finishes another's. */
  readonly changeOf: (index: number) => Change | null;
  /** These, and the steps that give further names to the files they are about. */
  readonly withFollowers: (indexes: readonly number[]) => readonly number[];
  /** Those of the remaining steps that act in folders which these were to make. */
  readonly within: (indexes: readonly number[]) => readonly number[];
  /** Takes steps out, with the hard names that would lead to them. */
  readonly drop: (indexes: readonly number[]) => Amendment[];
  /** Replaces steps by what was observed since. */
  readonly replaceWith: (indexes: readonly number[], again: readonly (readonly Change[])[]) => Promise<Amendment[]>;
  /** Counts content that has reached the remote's staging, or is on its way there. */
  readonly count: (counts: Omit<Counts, 'lost'>) => void;
  /** So many bytes that were counted come once more: they are not counted again. */
  readonly comeAgain: (bytes: number) => void;
  /** Passes a pack on, counts what is in it, and names the master where it lost something. */
  readonly counted: (
    pack: AsyncIterable<Uint8Array>,
    tell: () => void,
    signal: AbortSignal,
  ) => AsyncIterable<Uint8Array>;
  /** Counts files whose content was on the remote already as if it had been sent; their bytes. */
  readonly countAdopted: (indexes: readonly number[]) => number;
  readonly remaining: () => number;
  /** The changes that the remaining steps make. */
  readonly remainingChanges: () => Change[];
};

/** The relation's changes as ordered steps; `changes` (by part) instead of all of them for a redo after a commit. */
export const workOf = async (relation: Relation, changes?: readonly (readonly Change[])[]): Promise<Work> => {
  const rank = rankOf(relation);
  const perTake = await Promise.all(
    relation.takes.map(async (take, part) => {
      const some = changes === undefined ? take.changes : (changes[part] ?? []);
      const { extra, sendable } = await withExtras(
        relation,
        take,
        await withFolderModes(take, asSelected(relation, take, some)),
      );
      // What is done again was changed by somebody meanwhile: its content is never ours to lose.
      const keep = (path: Path): boolean => changes !== undefined || take.foreign.has(path);
      const apart = (path: Path): boolean => isShared(relation, take, path);
      const options = { rules: relation.rules, rank, keep, extra, apart };
      return { changes: sendable, schedule: schedule(sendable, options) };
    }),
  );
  const steps = inOrder(perTake.map(({ schedule: one }) => one));
  return makeWork(
    relation,
    steps,
    perTake.map(({ changes: some }) => some),
  );
};

const makeWork = (relation: Relation, first: readonly Step[], changes: readonly (readonly Change[])[]): Work => {
  /** Made when it is first asked for: by then the hosts are at work. */
  const changeAt: Map<Path, Change>[] = [];
  const changesOf = (part: number): Map<Path, Change> => {
    changeAt[part] ??= new Map(changes[part]!.map(change => [change.path, change] as const));
    return changeAt[part];
  };
  const steps: (Step | null)[] = [...first];
  const progress = { totalFiles: 0, totalBytes: 0, files: 0, bytes: 0 };
  for (const { action } of first) {
    if (action.do !== 'file') continue;
    progress.totalFiles++;
    progress.totalBytes += action.size;
  }
  const placeOf = (index: number): Place => ({ part: first[index]!.part, path: first[index]!.action.path });
  const withFollowers = (indexes: readonly number[]): readonly number[] => {
    if (indexes.length === 0) return indexes;
    const leaders = new Set(indexes.map(index => keyOf(placeOf(index))));
    const all = new Set(indexes);
    steps.forEach((step, index) => {
      if (step?.action.do === 'hard' && leaders.has(keyOf({ part: step.part, path: step.action.leader })))
        all.add(index);
    });
    return [...all];
  };
  const within = (indexes: readonly number[]): readonly number[] => {
    const folders = new Set(
      indexes.filter(index => first[index]!.action.do === 'folder').map(index => keyOf(placeOf(index))),
    );
    if (folders.size === 0) return [];
    return steps.flatMap((step, index) => (step !== null && liesIn(folders, placeOf(index)) ? [index] : []));
  };
  const drop = (indexes: readonly number[]): Amendment[] => {
    const amendments = withFollowers(indexes).map(index => ({ index, action: null }));
    for (const { index } of amendments) steps[index] = null;
    return amendments;
  };
  const moved = new Set<number>();
  let again = 0;
  const count = ({ files, literal, zeros, copied }: Omit<Counts, 'lost'>): void => {
    const bytes = literal + zeros + copied;
    const known = Math.min(again, bytes);
    again -= known;
    progress.files = Math.min(progress.files + files, progress.totalFiles);
    progress.bytes += bytes - known;
    relation.tally.bytesLiteral += literal;
    relation.tally.bytesMatched += copied;
  };
  const changeOf = (index: number): Change | null => {
    const { part, path } = placeOf(index);
    const change = changesOf(part).get(path);
    return change !== undefined && isOwnStep(first[index]!.action, change) ? change : null;
  };
  const byPart = (belongs: (step: Step, index: number) => boolean) => {
    const parts = new Map<number, { index: number; path: Path }[]>();
    steps.forEach((step, index) => {
      if (step === null || !belongs(step, index)) return;
      const list = parts.get(step.part) ?? [];
      parts.set(step.part, list);
      list.push({ index, path: step.action.path });
    });
    return parts;
  };
  return {
    steps: first,
    progress,
    moved,
    placeOf,
    withFollowers,
    within,
    actionOf: index => steps[index]?.action ?? null,
    drop,
    shown: index => shownPath(relation.takes[placeOf(index).part]!.take, placeOf(index).path),
    changeOf,
    count,
    comeAgain: bytes => {
      again += Math.max(0, bytes);
    },
    remainingChanges: () => steps.flatMap((step, index) => (step === null ? [] : (changeOf(index) ?? []))),
    fileSteps: among => byPart(({ action }, index) => action.do === 'file' && (among?.has(index) ?? true)),
    linkSteps: () => byPart(({ action }) => action.do === 'link'),
    deletions: () => byPart(({ action }, index) => REMOVES.has(action.do) && changeOf(index)?.kind === 'delete'),
    async replaceWith(indexes, again) {
      const readied = await Promise.all(
        relation.takes.map((take, part) => withExtras(relation, take, again[part] ?? [])),
      );
      return indexes.map(index => {
        const { part, path } = placeOf(index);
        const { sendable, extra } = readied[part]!;
        const change = sendable.find(other => other.path === path);
        const fresh =
          change === undefined
            ? []
            : inOrder([schedule([change], { rules: relation.rules, rank: null, keep: () => true, extra })]);
        const action = fresh.length === 1 ? fresh[0]!.action : null;
        steps[index] = action === null ? null : { part, action };
        moved.delete(index);
        if (action?.do === 'file') {
          progress.totalFiles++;
          progress.totalBytes += action.size;
        }
        return { index, action };
      });
    },
    async *counted(pack, tell, signal) {
      for await (const chunk of pack) {
        const counts = countsOf(chunk);
        count(counts);
        yield counts.lost ? lostOnMaster(chunk, relation.block.master) : chunk;
        tell();
        if (signal.aborted) return;
      }
    },
    countAdopted(indexes) {
      let bytes = 0;
      for (const index of indexes) {
        const action = steps[index]?.action;
        if (action?.do === 'file') bytes += action.size;
      }
      progress.files += indexes.length;
      progress.bytes += bytes;
      return bytes;
    },
    remaining: () => steps.reduce((count, step) => count + (step === null ? 0 : 1), 0),
  };
};

const keyOf = ({ part, path }: Place): string => `${part}/${path}`;

const liesIn = (folders: ReadonlySet<string>, { part, path }: Place): boolean => {
  for (let at = parent(path); at !== ''; at = parent(at)) if (folders.has(keyOf({ part, path: at }))) return true;
  return false;
};

const REMOVES: ReadonlySet<Action['do']> = new Set(['remove', 'remove-folder']);

/** Is this the step that counts for the change, rather than one that makes room for it or finishes it? */
const isOwnStep = (action: Action, change: Change): boolean => {
  switch (change.kind) {
    case 'delete':
      return action.do === 'remove' || action.do === 'remove-folder';
    case 'attributes':
      return action.do === 'adjust';
    default:
      return action.do === change.entry.kind;
  }
};
