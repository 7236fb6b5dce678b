// Observes and compares one relation: opens roots, scans both sides, checks the guards. Writes nothing anywhere.
import type { BlockPlan, FileTest, HostPlan, RootPath, TakePlan } from '../../compiler/plan.js';
import type { Host, Root, Scan, Selection } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { checkDeletions } from '../tree/guard.js';
import { makeProtect } from '../tree/matcher.js';
import { type Path, toText } from '../tree/path.js';
import { compareTake } from './compare.js';
import { contentBytes, countedAs } from './describe.js';
import type { RunEvent } from './events.js';
import { scanOnMaster } from './on-master.js';
import { type ComparedTake, type Relation, shownPath } from './relation.js';

/** What observing needs of the run. */
export type Observing = {
  readonly host: (id: string) => Promise<Host>;
  readonly hostPlan: (id: string) => HostPlan;
  readonly resolveRoot: (host: HostPlan, root: RootPath) => Path;
  readonly emit: (event: RunEvent) => void;
  readonly clock: () => number;
  /** The run's start, milliseconds since 1970. */
  readonly started: number;
  readonly allowDelete: boolean;
  /** Scans of masters, so that each is listed once for all its remotes; by `masterKey`. */
  readonly masters: Map<string, Promise<Scan>>;
};

/** Fills in the relation's takes, problems, guards and counts; throws HostError where a side cannot be observed. */
export const observeRelation = async (relation: Relation, observing: Observing): Promise<void> => {
  const { block } = relation;
  const host = await observing.host(relation.host);
  relation.remoteHost = host;
  const before = host.traffic();
  for (const [index, take] of block.takes.entries()) {
    const key = `${block.name}/${index}`;
    const master = memo(observing.masters, key, () => observeMaster(block, take, observing));
    // Both sides work at the same time; a failure of either is the relation's.
    const [ours, theirs] = await Promise.all([master, observeRemote(relation, take, host, observing)]);
    relation.takes.push(await compared(relation, take, ours, theirs));
  }
  const { tally } = relation;
  const after = host.traffic();
  tally.bytesSent += after.sent - before.sent;
  tally.bytesReceived += after.received - before.received;
  checkGuards(relation, observing);
};

const observeMaster = async (block: BlockPlan, take: TakePlan, observing: Observing): Promise<Scan> => {
  const { scan, root } = await scanSide(
    'master',
    block,
    block.master,
    take,
    await observing.host(block.master),
    observing,
  );
  if (!scan.summary.exists) {
    const folder = shownText(take.from.folder);
    throw new HostError(
      'missing-root',
      `block ${block.name}: folder "${folder}" does not exist in root ${take.from.root} (${shownText(root.path)}) of the master ${block.master}`,
      'check the folder in the plan, and whether its file system is mounted',
    );
  }
  return scanOnMaster(scan, block.master);
};

const observeRemote = async (relation: Relation, take: TakePlan, host: Host, observing: Observing) =>
  scanSide('remote', relation.block, relation.host, take, host, observing);

const scanSide = async (
  side: 'master' | 'remote',
  block: BlockPlan,
  id: string,
  take: TakePlan,
  host: Host,
  observing: Observing,
): Promise<{ scan: Scan; root: Root }> => {
  const path = observing.resolveRoot(observing.hostPlan(id), take.roots[id]!);
  const root = await host.openRoot(path, { create: side === 'remote' });
  const scan = await root.scan(selectionOf(side, block, take, observing.started));
  const { files, folders, links, hard, bytes, skipped } = scan.summary;
  observing.emit({
    type: 'observed',
    time: observing.clock(),
    host: id,
    block: block.name,
    side,
    entries: files + folders + links + hard,
    bytes,
    skipped,
  });
  return { scan, root };
};

/** Modes are always listed, because new files and folders need them; whether they count as a difference is in the rules. */
const selectionOf = (side: 'master' | 'remote', block: BlockPlan, take: TakePlan, now: number): Selection => {
  const tests = block.order.map(({ test }) => test);
  const needs = (what: FileTest['is']) => tests.some(test => mentions(test, what));
  const attributes = new Set(block.attributes).add('mode');
  if (needs('owner')) attributes.add('owner');
  if (needs('group')) attributes.add('group');
  return {
    side,
    folder: side === 'master' ? take.from.folder : take.into.folder,
    terms: take.terms,
    attributes: [...attributes],
    times: block.compare.by === 'quick' || attributes.has('modified') || needs('age'),
    links: block.links,
    algorithm: block.compare.by === 'checksum' ? block.compare.algorithm : 'xxh128',
    now,
  };
};

const mentions = (test: FileTest, what: FileTest['is']): boolean => {
  if (test.is === what) return true;
  if (test.is === 'not') return mentions(test.test, what);
  return (test.is === 'and' || test.is === 'or') && test.tests.some(part => mentions(part, what));
};

const compared = async (
  relation: Relation,
  take: TakePlan,
  master: Scan,
  { scan, root }: { scan: Scan; root: Root },
): Promise<ComparedTake> => {
  const policy = relation.block.delete;
  const { changes, problems } = await compareTake(master, scan, {
    rules: relation.rules,
    delete: policy,
    isProtected: makeProtect(policy.mode === 'mirror' ? policy.protect : []),
  });
  for (const problem of problems) relation.problems.push({ ...problem, path: shownPath(take, problem.path) });
  const { files, folders, links, hard, skipped } = master.summary;
  const touched = changes.reduce((count, change) => count + (countedAs(change) === 'deleted' ? 0 : 1), 0);
  relation.tally.unchanged += Math.max(0, files + folders + links + hard - touched);
  relation.tally.skipped += skipped;
  return { take, master, remote: scan, remoteRoot: root, changes };
};

const checkGuards = (relation: Relation, { allowDelete }: Observing): void => {
  const loss = { deletions: 0, remoteEntries: 0, masterEntries: 0 };
  let bytes = 0;
  for (const { changes, master, remote } of relation.takes) {
    loss.deletions += changes.filter(({ kind }) => kind === 'delete').length;
    loss.remoteEntries += entriesOf(remote);
    loss.masterEntries += entriesOf(master);
    for (const change of changes) bytes += contentBytes(change);
  }
  const verdict = allowDelete ? null : checkDeletions(relation.block.delete, loss);
  if (verdict !== null) {
    relation.guards.push({
      ...verdict,
      help: 'look at the deletions with `syncplan plan`; if they are meant, run with --allow-delete',
    });
  }
  const space = relation.takes[0]?.remoteRoot.space ?? null;
  if (space !== null && bytes > space.bytes) {
    const message = `${bytes} bytes must be staged, ${space.bytes} are free at ${shownText(relation.takes[0]!.remoteRoot.path)}`;
    relation.guards.push({ guard: 'space', message, help: 'make room on the remote' });
  }
};

const entriesOf = ({ summary }: Scan): number => summary.files + summary.folders + summary.links + summary.hard;

const shownText = (path: Path): string => toText(path) ?? path;

const memo = <T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};
