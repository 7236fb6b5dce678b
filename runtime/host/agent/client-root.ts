// A root of an agent as the engine sees it: what it is, what earlier runs left in it, and its scans.
import type * as z from 'zod/mini';
import { WireError } from '../../bytes/wire.js';
import type { Path } from '../../tree/path.js';
import type { Recovered, Root, Scan } from '../host.js';
import type { Calls } from './calls.js';
import { transactionId } from './client-lock.js';
import { remoteScan, scanCall } from './client-scan.js';
import { encodePaths } from './lists.js';
import { type CHANGED_ROOTS, NOTHING, type ROOT, SCANNED, TRASHED_RUNS, UNFINISHED_LIST } from './messages.js';
import { decodeRecovered, decodeTrashed } from './past.js';

/** The agent's numbers of what this connection opened. */
export type Known = {
  readonly roots: WeakMap<Root, number>;
  readonly scans: WeakMap<Scan, number>;
  /** What a transaction made of them, by number. */
  readonly changing: Map<number, Changing>;
};

type Changing = Pick<Root, 'exists' | 'identity' | 'marker'>;

export const remoteRoot = (
  calls: Calls,
  known: Known,
  { id, path, space, fileSystem, writeFault, ...changing }: z.infer<typeof ROOT>,
): Root => {
  known.changing.set(id, changing);
  const now = (): Changing => known.changing.get(id) ?? changing;
  const root: Root = {
    path,
    space,
    fileSystem,
    writeFault,
    get exists() {
      return now().exists;
    },
    get identity() {
      return now().identity;
    },
    get marker() {
      return now().marker;
    },
    unfinished: () => calls.ask({ verb: 'unfinished', root: id }, UNFINISHED_LIST, 'what is unfinished'),
    recover: unfinished =>
      calls.list({ verb: 'recover', root: id, unfinished: { ...unfinished } }, undefined, decodeRecovered, () => {}),
    paid: transaction => calls.ask({ verb: 'paid', root: id, transaction }, NOTHING, 'an end'),
    trashedRuns: () => calls.ask({ verb: 'trashedRuns', root: id }, TRASHED_RUNS, 'the runs in the trash'),
    trashed: run => calls.list({ verb: 'trashed', root: id, run }, undefined, decodeTrashed, () => {}),
    restore: async (run, paths, by) => {
      const call = { verb: 'restore', root: id, run, by: transactionId(by, calls) } as const;
      return calls.list(call, encodePaths(paths), decodeRecovered, restored => onlyOf(paths, restored));
    },
    scan: async selection => {
      const scanned = await calls.ask(scanCall(id, selection), SCANNED, 'a scan');
      const scan = remoteScan(calls, scanned.id, scanned.summary);
      known.scans.set(scan, scanned.id);
      return scan;
    },
  };
  known.roots.set(root, id);
  return root;
};

/** The roots of a transaction that has begun to write. */
export const renewRoots = (known: Known, roots: z.infer<typeof CHANGED_ROOTS>): void => {
  for (const { root, ...changing } of roots) {
    if (known.changing.has(root)) known.changing.set(root, changing);
  }
};

/** Each answer is about a path asked for, or one below it; with no path asked for, all are. */
const onlyOf = (paths: readonly Path[], restored: readonly Recovered[]): void => {
  if (paths.length === 0) return;
  const asked = new Set(paths);
  const isAsked = (path: Path): boolean => {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
      if (asked.has(at)) return true;
      if (!at.includes('/')) return asked.has('');
    }
  };
  const other = restored.find(({ path }) => !isAsked(path));
  if (other !== undefined) throw new WireError('the agent restored a path that was not asked for');
};
