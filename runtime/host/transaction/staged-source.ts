// The content of a step as a file to be read: where it lies in staging, where it was put since, or while it is arriving.
//
//  1. What is arriving is read as far as it is written; a reader who is faster waits.
//  2. Its digest is the one that was verified here, told once all of it is there.
import { leaf, parent } from '../../tree/path.js';
import { openCursor } from '../cursor.js';
import { type Fault, isFault, type Source } from '../file-verbs.js';
import type { Arrival } from './arrivals.js';
import { stagedPath } from './staged.js';
import { fromRoot, type Work, type WorkPart } from './work.js';

export type StagedSource = {
  readonly size: number;
  /** Fills `into` from a place; waits for it where it is still to come. */
  readonly readAt: (into: Buffer, position: number) => Promise<Fault | null>;
  /** So much can be read without waiting. */
  readonly there: () => number;
  /** Of all of it, once all of it is there. */
  readonly digest: () => Promise<string | Fault>;
  readonly close: () => Promise<void>;
};

export type StagedSources = {
  /** Null where nothing of it is there yet; what is in place is there also after the transaction has ended. */
  readonly open: (index: number) => Promise<StagedSource | Fault | null>;
  readonly close: () => Promise<void>;
};

/** One file at a time; beside whatever else the transaction does. */
export const openStagedSources = (work: Work, part: WorkPart): StagedSources => {
  const staged = openCursor(work.verbs, part.desk.staging);
  const placed = openCursor(work.verbs, part.desk.place.root);
  const { table, arrivals, digests } = work;

  const openLying = async (index: number): Promise<Source | Fault> => {
    const path = stagedPath(work, index);
    const at = await staged.at(parent(path));
    return isFault(at) ? at : work.verbs.read(at, leaf(path), false);
  };

  /** What the commit put in place, if it still is that. */
  const openPlaced = async (index: number): Promise<Source | Fault> => {
    const path = fromRoot(part, table.step(index)!.action.path);
    await placed.close();
    const at = await placed.at(parent(path));
    const source = isFault(at) ? at : await work.verbs.read(at, leaf(path), false);
    const put = work.placed.get(index);
    if (isFault(source) || put === undefined || source.stat.inode === put.inode) return source;
    await source.close();
    return GONE;
  };

  return {
    async open(index) {
      const action = table.step(index)?.action;
      if (action?.do !== 'file') return GONE;
      const isDone = (): boolean => table.state(index) === 'done';
      const arrival = arrivals.of(index);
      if (!isDone() && arrivals.isClosed()) return GONE;
      // What did not come as it should is sent again, or dropped.
      if (!isDone() && arrival === null && !table.isStaged(index)) return null;
      const digest = arrival === null ? digests.get(index) : null;
      let source = isDone() ? await openPlaced(index) : await openLying(index);
      // It was put in place a moment ago.
      if (isFault(source) && isDone()) source = await openPlaced(index);
      if (isFault(source)) return source;
      if (arrival === null && source.stat.size !== action.size) {
        await source.close();
        return GONE;
      }
      return stagedSource(work, source, action.size, arrival, digest);
    },
    async close() {
      await staged.close();
      await placed.close();
    },
  };
};

const stagedSource = (
  work: Work,
  source: Source,
  size: number,
  arrival: Arrival | null,
  known: string | null,
): StagedSource => {
  const isWhole = (): boolean => arrival === null || arrival.end?.is === 'whole';
  const there = (): number => (isWhole() ? size : Math.min(arrival?.bytes ?? 0, size));
  /** Until so much is there, or nothing more will come. */
  const waitFor = async (bytes: number, whole: boolean): Promise<boolean> => {
    while (arrival?.end?.is !== 'gone') {
      if (whole ? isWhole() : there() >= bytes) return true;
      await nextNews(work);
    }
    return false;
  };
  return {
    size,
    there,
    async readAt(into, position) {
      if (!(await waitFor(position + into.length, false))) return GONE;
      const count = await source.readAt(into, position);
      if (isFault(count)) return count;
      // What was skipped at the end of what is written are zeros; all else is written.
      if (count < into.length) into.fill(0, count);
      return null;
    },
    async digest() {
      if (!(await waitFor(size, true))) return GONE;
      const digest = arrival === null ? known : arrival.end?.is === 'whole' ? arrival.end.digest : null;
      return digest === null || digest === '' ? GONE : digest;
    },
    close: async () => source.close(),
  };
};

/** Until something is said of any step, after so much was. */
export const nextNews = ({ arrivals }: Pick<Work, 'arrivals'>, after: number = arrivals.count()): Promise<void> =>
  new Promise(resolve => {
    if (arrivals.isClosed() || arrivals.count() !== after) return resolve();
    const unwatch = arrivals.watch(() => {
      unwatch();
      resolve();
    });
  });

export const GONE: Fault = { fault: 'CHANGED', message: 'it is not there any more' };
