// Restores from the trash: a transaction of its own whose content comes from there, so it is as safe as any other.
//
// 1. What stands at a path goes into the trash in turn. What was brought back leaves the trash when all is done.
// 2. The baseline does not advance: what was restored is not what the plan says, so it is kept before it is replaced again.
import type { Action } from '../../tree/action.js';
import { comparePaths, isWithin, leaf, type Path, parent } from '../../tree/path.js';
import { type Cursor, openCursor } from '../cursor.js';
import { problemOf } from '../faults.js';
import { type Fault, isFault, isSameInode, type Stat } from '../file-verbs.js';
import type { Recovered, TransactionId } from '../host.js';
import { asCheckedLock } from '../lock-check.js';
import type { Seen } from '../seen.js';
import { closeWork, NOTHING_KEPT } from './close.js';
import { commitWork } from './commit.js';
import { copyFile } from './copy-file.js';
import { openDesk } from './desk.js';
import { performOne } from './one-deed.js';
import { precheckSteps, refuseSteps } from './precheck.js';
import { stagedName } from './staged.js';
import type { StatePlace } from './state-folder.js';
import { makeWork, type TransactionTools } from './transaction.js';
import { type InTrash, withTrash } from './trashed.js';
import { failedBy, makePart, type PartScan, type Work } from './work.js';

/** `root` is the root's path; `paths` are from the root, each with all below it; none of them means everything. */
export const restoreFromTrash = (
  tools: TransactionTools,
  { place, root }: { readonly place: StatePlace; readonly root: Path },
  run: string,
  paths: readonly Path[],
  by: TransactionId,
): Promise<Recovered[]> =>
  withTrash(tools.verbs, place, run, async all => {
    const wanted = all.filter(({ path }) => paths.length === 0 || paths.some(folder => isWithin(path, folder)));
    if (wanted.length === 0) return [];
    const plan = await planRestoring(tools, place, wanted);
    const desk = await openDesk(tools.verbs, place, by);
    const part = makePart(tools.verbs, { root: place.root, path: root, scan: plan.scan, desk });
    const lock = by.lock === null ? null : asCheckedLock(by.lock);
    const work = makeWork(tools, {
      id: {
        run: by.run,
        block: by.block,
        trash: Math.max(0, by.trash),
        strict: by.durability === 'strict',
        remembers: false,
        locked: lock !== null,
      },
      parts: [part],
      steps: plan.actions.map(action => ({ part: 0, action })),
      again: false,
      check: () => lock?.check(),
    });
    try {
      return [...plan.settled, ...(await carryOut(work, plan))];
    } finally {
      await closeWork(work, NOTHING_KEPT);
    }
  });

type Restoring = {
  readonly actions: readonly Action[];
  /** What of the trash each action brings back, by its index. */
  readonly sources: ReadonlyMap<number, InTrash>;
  /** Parents first; those that stand there already included. */
  readonly folders: readonly InTrash[];
  readonly scan: PartScan;
  /** Nothing needs to be done, or nothing can. */
  readonly settled: readonly Recovered[];
};

/** Folders first, those that nobody speaks of included; then everything else, by what stands there now. */
const planRestoring = async (
  { verbs, privileged }: TransactionTools,
  place: StatePlace,
  wanted: readonly InTrash[],
): Promise<Restoring> => {
  const cursor = openCursor(verbs, place.root);
  const actions: Action[] = [];
  const sources = new Map<number, InTrash>();
  const settled: Recovered[] = [];
  const seen = new Map<Path, Seen>();
  const made = new Set<Path>();
  const makeFolder = async (path: Path, entry: InTrash | null): Promise<void> => {
    if (path === '' || made.has(path)) return;
    await makeFolder(parent(path), null);
    made.add(path);
    const now = await statAt(verbs, cursor, path);
    if (!isFault(now) && now.kind === 'folder') return;
    const [owner, group] = entry !== null && privileged ? [String(entry.owner), String(entry.group)] : ['', ''];
    const mode = (entry?.mode ?? DEFAULT_FOLDER) & 0o1777;
    actions.push({ do: 'folder', path, mode, owner, group, extra: '', whole: false });
  };
  const sorted = [...wanted].sort((a, b) => comparePaths(a.path, b.path));
  const folders = sorted.filter(({ kind }) => kind === 'folder');
  for (const entry of folders) await makeFolder(entry.path, entry);
  for (const entry of sorted) {
    const { path, kind, stat, bin } = entry;
    if (kind === 'folder') {
      settled.push({ path, result: 'done' });
      continue;
    }
    await makeFolder(parent(path), null);
    const now = await statAt(verbs, cursor, path);
    if (!isFault(now) && isSameInode(now, stat)) {
      settled.push({ path, result: 'done' });
      continue;
    }
    const target = kind === 'link' ? await readTarget(verbs, bin, path) : '';
    if (isFault(target)) {
      settled.push({ path, result: 'failed', problem: problemOf(path, 'read the link', target) });
      continue;
    }
    if (!isFault(now)) seen.set(path, now);
    const common = {
      path,
      ...UNOWNED,
      modified: stat.modified,
      expect: isFault(now) ? 'absent' : 'seen',
      keep: true,
    } as const;
    sources.set(actions.length, entry);
    if (kind === 'link') actions.push({ do: 'link', ...common, target });
    else actions.push({ do: 'file', ...common, size: stat.size, mode: stat.mode, extra: '' });
  }
  await cursor.close();
  const scan: PartScan = {
    seen: path => seen.get(path) ?? null,
    // What was closed to its owner may be opened to him for the moment (closed-folders.ts).
    selection: { folder: '', attributes: ['mode'], algorithm: 'xxh128' },
    summary: { exists: true },
  };
  return { actions, sources, folders, scan, settled };
};

const carryOut = async (work: Work, { sources, folders }: Restoring): Promise<Recovered[]> => {
  const { table } = work;
  refuseSteps(work);
  for (const [index, source] of sources) {
    const fault = table.state(index) === 'waiting' ? await stageFrom(work, index, source) : null;
    if (fault !== null) table.settle(failedBy(index, source.path, 'take it from the trash', fault));
    else if (table.state(index) === 'waiting') table.setStaged(index, true);
  }
  await precheckSteps(work);
  const recovered: Recovered[] = [];
  const restored: InTrash[] = [];
  for await (const outcomes of commitWork(work, '')) {
    for (const outcome of outcomes) {
      const { path, do: doing } = table.step(outcome.index)!.action;
      if (outcome.result === 'failed') recovered.push({ path, result: 'failed', problem: outcome.problem });
      else if (outcome.result === 'inconsistent') {
        const help = 'see what stands there, move it away, then run the same command again';
        const problem = { path, code: 'changed' as const, message: `restore it: ${outcome.why}`, help };
        recovered.push({ path, result: 'failed', problem });
      } else if (doing !== 'folder') recovered.push({ path, result: outcome.result });
      const source = sources.get(outcome.index);
      if (outcome.result === 'done' && source !== undefined) restored.push(source);
    }
  }
  for (const source of restored) await forget(work, source);
  const failed = new Set(recovered.filter(({ result }) => result === 'failed').map(({ path }) => path));
  for (const folder of [...folders].reverse()) if (!failed.has(folder.path)) await forget(work, folder);
  return recovered;
};

/** Until the transaction is done, it stays in the trash as well. */
const stageFrom = async (work: Work, index: number, { bin, path, kind, why, stat }: InTrash): Promise<null | Fault> => {
  const { action } = work.table.step(index)!;
  const to = work.parts[0]!.desk.staging;
  const toName = stagedName(work, index);
  if (kind === 'link' && action.do === 'link') {
    const made = await performOne(work.verbs, { do: 'make-link', at: to, name: toName, target: action.target });
    const [owner, group] = work.privileged ? [stat.owner, stat.group] : [null, null];
    const { modified } = stat;
    return made ?? performOne(work.verbs, { do: 'set', at: to, name: toName, mode: null, modified, owner, group });
  }
  const at = await bin.at(parent(path));
  if (isFault(at)) return at;
  const name = leaf(path);
  // What another path has as well must not be one file with that.
  const linked = why === 'moved' ? null : await performOne(work.verbs, { do: 'hard-link', at, name, to, toName });
  if (why !== 'moved' && (linked === null || linked.fault === 'ENOENT')) return linked;
  return copyFile(work.verbs, { at, name, to, toName, stat, durable: work.id.strict });
};

/** A folder in which something of the trash is left stays. */
const forget = async (work: Work, { bin, path, kind }: InTrash): Promise<void> => {
  await bin.forget(path);
  const at = await bin.at(parent(path));
  if (isFault(at)) return;
  await performOne(work.verbs, { do: kind === 'folder' ? 'remove-folder' : 'remove', at, name: leaf(path) });
};

const statAt = async (verbs: Work['verbs'], cursor: Cursor, path: Path): Promise<Stat | Fault> => {
  const at = await cursor.at(parent(path));
  if (isFault(at)) return at;
  return (await verbs.stat([{ at, name: leaf(path) }]))[0]!;
};

const readTarget = async (verbs: Work['verbs'], bin: Cursor, path: Path): Promise<string | Fault> => {
  const at = await bin.at(parent(path));
  return isFault(at) ? at : verbs.readLink(at, leaf(path));
};

const UNOWNED = { owner: '', group: '' };
const DEFAULT_FOLDER = 0o755;
