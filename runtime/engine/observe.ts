// Observes and compares one relation: opens roots, scans both sides, asks where what stands there comes from. Writes nothing.
import type { BlockPlan, HostPlan, RootPath, TakePlan } from '../../compiler/plan.js';
import type { Host, Root, Scan, Selection } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { makeProtect } from '../tree/matcher.js';
import { asText, type Path } from '../tree/path.js';
import { numbersIn } from './by-number.js';
import { checkLocks } from './check-locks.js';
import { checkOwners } from './check-owners.js';
import { type Compared, compareTake } from './compare.js';
import { countedAs, losingBits } from './describe.js';
import { foreignPaths } from './drift.js';
import type { RunEvent } from './events.js';
import { checkGuards, entriesOf, type Guard, type Guarding } from './guards.js';
import { scanOnMaster } from './on-master.js';
import { type ComparedTake, type Relation, resetRelation, shownPath } from './relation.js';
import { type Bounds, boundsOf, likelyBounds, pairsOf, selectionOf } from './selection.js';

/** What observing needs of the run. */
export type Observing = Omit<Guarding, 'masterHost'> & {
  readonly host: (id: string) => Promise<Host>;
  readonly hostPlan: (id: string) => HostPlan;
  readonly resolveRoot: (host: HostPlan, root: RootPath) => Path;
  /** Where syncplan keeps its own files for a root; null for `.syncplan` in it. */
  readonly resolveState: (host: HostPlan, root: RootPath) => Path | null;
  readonly emit: (event: RunEvent) => void;
  readonly clock: () => number;
  /** The run's start, milliseconds since 1970. */
  readonly started: number;
  /** Scans of masters, so that each is listed once for all its remotes. */
  readonly masters: Map<string, Promise<Side>>;
  /** Looks at what earlier runs left in a remote's root, before it is scanned. */
  readonly attendRoot: (relation: Relation, root: Root) => Promise<void>;
};

export type Side = { readonly scan: Scan; readonly root: Root };

/** Fills in the relation's takes, problems, counts and guards; throws HostError where a side cannot be observed. */
export const observeRelation = async (relation: Relation, observing: Observing): Promise<readonly Guard[]> => {
  const { block } = relation;
  resetRelation(relation);
  const pairs = [...block.takes.entries()].flatMap(([index, take]) =>
    pairsOf(take, block.master, relation.host).map(({ from, into }) => ({ index, take, from, into })),
  );
  const observeOurs = ({ index, take, from }: (typeof pairs)[number], { timeStep, hardLinks }: Bounds): Promise<Side> =>
    memo(observing.masters, `${block.name}/${index}/${timeStep}/${hardLinks}/${from.base}/${from.path}`, () =>
      observeMaster(block, take, from, { timeStep, hardLinks }, observing),
    );
  // The master is listed while the remote is still being reached, by what the plan lets expect of both.
  const likely = boundsOf(
    likelyBounds(observing.hostPlan(block.master)),
    likelyBounds(observing.hostPlan(relation.host)),
  );
  const first = pairs[0] === undefined ? null : observeOurs(pairs[0], likely);
  first?.catch(() => undefined);
  const host = await observing.host(relation.host);
  relation.remoteHost = host;
  const masterHost = await observing.host(block.master);
  checkLocks(relation, host, masterHost);
  checkOwners(relation, host, masterHost);
  const bounds = boundsOf(masterHost.facts, host.facts);
  const before = host.traffic();
  for (const pair of pairs) {
    const { take, into } = pair;
    // Both sides work at the same time; a failure of either is the relation's.
    const [ours, theirs] = await Promise.all([
      observeOurs(pair, bounds),
      observeRemote(relation, take, into, bounds, observing),
    ]);
    const byNumber = (numbers: Selection['numbers']): Promise<Scan> =>
      theirs.root.scan(selectionOf('remote', block, take, observing.started, bounds, numbers));
    relation.takes.push(await compared(relation, take, ours, theirs, byNumber));
  }
  const { tally } = relation;
  const after = host.traffic();
  tally.bytesSent += after.sent - before.sent;
  tally.bytesReceived += after.received - before.received;
  return checkGuards(relation, { ...observing, masterHost });
};

const observeMaster = async (
  block: BlockPlan,
  take: TakePlan,
  from: RootPath,
  bounds: Bounds,
  observing: Observing,
): Promise<Side> => {
  const host = await observing.host(block.master);
  const root = await openRoot(host, from, false, observing).catch(alsoMadeHere(block));
  const scan = await scanSide('master', block, take, root, host, bounds, observing);
  if (!scan.summary.exists) {
    const folder = asText(take.from.folder);
    throw new HostError(
      'missing-root',
      `block ${block.name}: folder "${folder}" does not exist in root ${take.from.root} (${asText(root.path)}) of the master ${block.master}`,
      `check the folder in the plan, and whether its file system is mounted${runAgain(block)}`,
    );
  }
  return { scan: scanOnMaster(scan, block.master), root };
};

/** What is missing may be what a block before this one makes: that is compared before it does, and there when it has. */
const alsoMadeHere =
  (block: BlockPlan) =>
  (error: unknown): never => {
    if (!(error instanceof HostError) || error.code !== 'missing-root') throw error;
    throw new HostError(error.code, error.message, `${error.help}${runAgain(block)}`, error);
  };

const runAgain = ({ after }: BlockPlan): string =>
  after.length === 0 ? '' : `; if block ${after.join(' or ')} makes it, run the same command again when it has`;

const observeRemote = async (
  relation: Relation,
  take: TakePlan,
  into: RootPath,
  bounds: Bounds,
  observing: Observing,
): Promise<Side> => {
  const host = relation.remoteHost!;
  const root = await openRoot(host, into, true, observing);
  await observing.attendRoot(relation, root);
  return { root, scan: await scanSide('remote', relation.block, take, root, host, bounds, observing) };
};

const openRoot = (host: Host, root: RootPath, create: boolean, observing: Observing): Promise<Root> => {
  const plan = observing.hostPlan(host.label);
  return host.openRoot(observing.resolveRoot(plan, root), { create, state: observing.resolveState(plan, root) });
};

const scanSide = async (
  side: 'master' | 'remote',
  block: BlockPlan,
  take: TakePlan,
  root: Root,
  host: Host,
  bounds: Bounds,
  { emit, clock, started }: Observing,
): Promise<Scan> => {
  const scan = await root.scan(selectionOf(side, block, take, started, bounds));
  const { bytes, skipped } = scan.summary;
  const specialBits = losingBits(block, scan);
  const about = { time: clock(), host: host.label, block: block.name, side };
  const lost = specialBits === 0 ? {} : { specialBits };
  emit({ type: 'observed', ...about, entries: entriesOf(scan), bytes, skipped, ...lost });
  return scan;
};

const compared = async (
  relation: Relation,
  take: TakePlan,
  master: Side,
  remote: Side,
  byNumber: (numbers: Selection['numbers']) => Promise<Scan>,
): Promise<ComparedTake> => {
  const policy = relation.block.delete;
  const isProtected = makeProtect(policy.mode === 'mirror' ? policy.protect : [], [
    '',
    ...take.terms.map(({ base }) => base),
  ]);
  const compare = async (theirs: Scan): Promise<Compared & { readonly theirs: Scan }> => ({
    ...(await compareTake(master.scan, theirs, { rules: relation.rules, delete: policy, isProtected })),
    theirs,
  });
  const { changes, problems, unseen, theirs } = await withNumbers(
    master.scan,
    await compare(remote.scan),
    async numbers => compare(await byNumber(numbers)),
  );
  for (const problem of problems) relation.problems.push({ ...problem, path: shownPath(take, problem.path) });
  const touched = changes.reduce((count, change) => count + (countedAs(change) === 'deleted' ? 0 : 1), 0);
  relation.tally.unchanged += Math.max(0, entriesOf(master.scan) - touched - unseen);
  relation.tally.skipped += master.scan.summary.skipped;
  return {
    take,
    master: master.scan,
    masterRoot: master.root,
    remote: theirs,
    remoteRoot: remote.root,
    changes,
    foreign: await foreignPaths(theirs, changes),
  };
};

/** What differs by name alone is equal, unless the remote has somebody's name for one and somebody's number for another. */
const withNumbers = async <T extends Compared & { readonly theirs: Scan }>(
  master: Scan,
  first: T,
  again: (numbers: Selection['numbers']) => Promise<T>,
): Promise<T> => {
  const numbers = await numbersIn(master, first.changes);
  if (numbers === null) return first;
  const second = await again(numbers);
  const [better, other] = second.changes.length < first.changes.length ? [second, first] : [first, second];
  await other.theirs.close();
  return better;
};

const memo = <T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};
