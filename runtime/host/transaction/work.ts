// What a transaction works with: its parts with their folders held open, its table of steps, and how it reports trouble.
import type { Algorithm } from '../../../compiler/plan.js';
import { type Hasher, openDigests } from '../../bytes/digest.js';
import type { Outcome } from '../../tree/action.js';
import type { Problem } from '../../tree/entry.js';
import { join, leaf, type Path, parent } from '../../tree/path.js';
import { type Cursor, openCursor } from '../cursor.js';
import { hostErrorOf, problemOf, stopsHost } from '../faults.js';
import type { Fault, FileVerbs, Folder, Maybe, Source, Stat } from '../file-verbs.js';
import type { Scan, ScanSummary, Selection } from '../host.js';
import type { SeenScan } from '../seen.js';
import type { Arrivals } from './arrivals.js';
import type { Desk } from './desk.js';
import type { Dirty } from './dirty.js';
import type { StepDigests } from './step-digests.js';
import type { SyncAhead } from './sync-ahead.js';
import type { Table } from './table.js';

export type Work = {
  readonly id: WorkId;
  readonly label: string;
  readonly verbs: FileVerbs;
  readonly parts: readonly WorkPart[];
  readonly table: Table;
  /** Owners may be changed. */
  readonly privileged: boolean;
  /** Finishes what another process began: what is in place already is done. */
  readonly again: boolean;
  /** Throws HostError 'locked' where the lock it works under was lost: asked before whatever writes. */
  readonly check: () => Maybe<void>;
  /** Inodes whose change time we moved ourselves, by linking, unlinking or adjusting another of their names. */
  readonly disturbed: Set<number>;
  /** Times that we gave to files which stayed in place, by inode. */
  readonly timed: Map<number, number>;
  /** Steps whose staged file is a further name of one that another step takes away, by their index (lend.ts). */
  readonly lent: Map<number, Lent>;
  /** Steps at whose destination a file with further names was seen. */
  readonly linked: Set<number>;
  /** Steps whose paths are no paths: nothing is staged for them. */
  readonly refused: Set<number>;
  /** What stood at a step's path right after its commit. */
  readonly placed: Map<number, Placed>;
  /** Inode of what lies in staging for a step; known from the intent record on. */
  readonly lying: Map<number, number>;
  /** Digests of staged content, by step. */
  readonly digests: StepDigests;
  /** Steps whose content was made durable when it was staged. */
  readonly synced: Set<number>;
  /** Staged folders that were made beforehand, by the steps that they are of. */
  readonly made: Map<number, { readonly folder: Folder; readonly mode: number }>;
  /** Of files that are kept aside because their stream broke: how much of each is there (begun.ts). */
  readonly begun: Map<number, number>;
  /** For those who pass on what is staged. */
  readonly arrivals: Arrivals;
  /** What was changed and is not durable yet. */
  readonly dirty: Dirty;
  /** Has what is staged made durable before the commit asks for it. */
  readonly ahead: SyncAhead;
  /** Old files that were replaced, held open so that they are freed after the acknowledgement. */
  readonly lingering: Source[];
  /** Folders that are open to their owner for as long as they are worked in, with the mode that each had (closed-folders.ts). */
  readonly opened: Map<string, { readonly part: number; readonly path: Path; readonly mode: number }>;
  readonly breathe: () => Promise<void>;
};

export type WorkId = {
  readonly run: string;
  readonly block: string;
  /** Seconds for which what it removes is kept. */
  readonly trash: number;
  readonly strict: boolean;
  /** The baseline takes in what it does. */
  readonly remembers: boolean;
  /** It has its block for itself; where not, nobody else can tell whether it still goes on. */
  readonly locked: boolean;
};

/** The step that takes the other name away, and what the file was when it got its further name. */
export type Lent = { readonly by: number; readonly stat: Pick<Stat, 'inode' | 'changed' | 'modified' | 'size'> };

export type Placed = Pick<Stat, 'inode' | 'changed' | 'modified' | 'size'>;

export type WorkPart = {
  readonly scan: PartScan;
  /** The root, as its host resolves it. */
  readonly path: Path;
  /** The take's folder within the root. */
  readonly base: Path;
  readonly desk: Desk;
  /** From the root's folder; the second follows leaders of hard links. */
  readonly places: Cursor;
  readonly leaders: Cursor;
  /** From this transaction's staging folder. */
  readonly staged: Cursor;
  readonly stagedLeaders: Cursor;
};

/** What a transaction needs to know of the scan that its steps rest on. */
export type PartScan = Pick<SeenScan, 'seen'> & {
  readonly selection: Pick<Selection, 'folder' | 'attributes' | 'algorithm'>;
  readonly summary: Pick<ScanSummary, 'exists'>;
  /** What stood there before, for others that want it; not where an unfinished transaction is taken up. */
  readonly read?: Scan['read'];
  /** To find and digest what may serve in place of what would be sent; likewise. */
  readonly listed?: SeenScan['listed'];
  readonly digests?: Scan['digests'];
};

/** A part with its cursors, all of them at their start. */
export const makePart = (
  verbs: FileVerbs,
  { root, path, scan, desk }: { root: Folder; path: Path; scan: PartScan; desk: Desk },
): WorkPart => ({
  scan,
  path,
  base: scan.selection.folder,
  desk,
  places: openCursor(verbs, root),
  leaders: openCursor(verbs, root),
  staged: openCursor(verbs, desk.staging),
  stagedLeaders: openCursor(verbs, desk.staging),
});

/** The places of a transaction in the roots it works in, each once. */
export const desksOf = ({ parts }: Pick<Work, 'parts'>): ReadonlySet<Desk> => new Set(parts.map(({ desk }) => desk));

export const closeParts = async ({ parts }: Pick<Work, 'parts'>): Promise<void> => {
  for (const { places, leaders, staged, stagedLeaders } of parts) {
    for (const cursor of [places, leaders, staged, stagedLeaders]) await cursor.close();
  }
};

/** A path of a step, from the root. */
export const fromRoot = (part: WorkPart, path: Path): Path => (path === '' ? part.base : join(part.base, path));

/** Begins a phase from the roots: a folder held since the last one may stand elsewhere by now. */
export const returnToRoots = async (work: Work): Promise<void> => {
  for (const { places, leaders } of work.parts) {
    await places.close();
    await leaders.close();
  }
};

/** The folder at its final place in which a step's path lies. */
export const folderOf = (part: WorkPart, path: Path): Promise<Folder | Fault> =>
  part.places.at(parent(fromRoot(part, path)));

export const nameOf = (part: WorkPart, path: Path): string => leaf(fromRoot(part, path));

export const inconsistent = (index: number, why: string): Outcome => ({ index, result: 'inconsistent', why });

export const failed = (index: number, problem: Problem): Outcome => ({ index, result: 'failed', problem });

/** A fault at one path as its outcome. */
export const failedBy = (index: number, path: Path, doing: string, fault: Fault): Outcome =>
  failed(index, problemOf(path, doing, fault));

/** The same while staging, when nothing has been switched yet: an end to everything where each next path would fail alike. */
export const failedOrStopped = (work: Work, index: number, path: Path, doing: string, fault: Fault): Outcome => {
  if (stopsHost(fault)) throw hostErrorOf(`${doing} in the staging area on ${work.label}`, fault);
  return failedBy(index, path, doing, fault);
};

/** Bits that a selection does not carry are never set, whatever a peer says. */
export const modeOf = (part: WorkPart, mode: number): number =>
  mode & (part.scan.selection.attributes.includes('special') ? 0o7777 : 0o777);

/** File systems keep times more coarsely than asked; that is no change. */
export const isTime = (now: Stat, modified: number | null): boolean =>
  modified === null || Math.abs(now.modified - modified) <= COARSEST;

/** One hasher for whole files and one for files in parts, by algorithm. */
export const openHashers = async (
  algorithms: ReadonlySet<Algorithm>,
): Promise<ReadonlyMap<Algorithm, { readonly whole: Hasher; readonly parts: Hasher }>> =>
  new Map(
    await Promise.all(
      [...algorithms].map(
        async algorithm =>
          [algorithm, { whole: await openDigests(algorithm), parts: await openDigests(algorithm) }] as const,
      ),
    ),
  );

const COARSEST = 2_000_000;
