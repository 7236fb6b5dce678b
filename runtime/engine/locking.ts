// Takes the locks of a relation around its block: exclusive on the remote always, shared on the master where the strategy says.
//
// 1. Every remote's block is locked against other runs whatever the strategy; strategy `lock` also blocks access.
// 2. A master is locked once for all its remotes whose locks do the same, and let go when the last of them is done.
// 3. Locks are taken in one order, masters first, so that two runs never wait for each other in a circle.
// 4. A lock command runs once for a host and block, however many roots it has there: when all of them are locked.
// 5. Where remotes want a master's block under different commands, one has its turn after the other.
import type { LockBy, LockStrategy } from '../../compiler/plan.js';
import type { Host, Lock, LockRequest, Locks, Root } from '../host/host.js';
import { HostError, WAIT_FOR_RUN } from '../host/host-error.js';
import type { Problem } from '../tree/entry.js';
import { join, type Path, parent } from '../tree/path.js';
import { ADVISORY, lockOnMaster } from './check-locks.js';
import type { Side } from './observe.js';
import type { Relation } from './relation.js';
import { about, type Telling } from './state.js';

export type Locking = Telling & {
  readonly run: string;
  readonly masterHost: (id: string) => Promise<Host>;
  /** Shared locks of masters, by block, root and what they do. */
  readonly masters: Map<string, SharedMaster>;
};

export type SharedMaster = {
  holders: number;
  /** The block and root that a command of it blocks alone; null where it runs none. */
  readonly blocks: string | null;
  readonly lock: Promise<Lock>;
  /** Comes when the last holder has let go. */
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** Scans made under this lock: they stay true while it is held. */
  readonly scans: Map<string, Promise<Side>>;
};

export type HeldLocks = {
  /** What was observed before may no longer hold. */
  readonly waited: boolean;
  /** The remote's, for its transaction. */
  readonly remote: Lock | null;
  /** Scans of the master under its lock; null where it is not locked. */
  readonly scans: Map<string, Promise<Side>> | null;
  readonly release: () => Promise<readonly Problem[]>;
};

/** Throws HostError 'locked' where one of them is not to be had in time; then none is held. */
export const lockRelation = async (
  relation: Relation,
  strategy: LockStrategy | null,
  context: Locking,
): Promise<HeldLocks> => {
  const releases: (() => Promise<readonly Problem[]>)[] = [];
  const release = async (): Promise<readonly Problem[]> => {
    const problems: Problem[] = [];
    for (const letGo of releases.splice(0).reverse()) problems.push(...(await letGo()));
    return problems;
  };
  try {
    const shared = strategy === null ? [] : await lockMasters(relation, strategy, context, releases);
    const locks: Lock[] = [];
    const takes = distinct(relation.takes, ({ remoteRoot }) => remoteRoot.path);
    for (const { remoteRoot } of takes) {
      const locked = await acquire(relation.remoteHost!, relation, context, {
        ...timing(strategy),
        root: remoteRoot,
        block: relation.block.name,
        mode: 'exclusive',
        run: context.run,
        by: byAt(strategy?.by ?? ADVISORY, remoteRoot === takes.at(-1)!.remoteRoot),
        folders: strategy?.by.kind === 'permissions' ? foldersIn(remoteRoot, relation) : [],
      });
      if (locked === null) continue;
      locks.push(locked);
      releases.push(() => locked.release());
    }
    return {
      waited: locks.some(({ waited }) => waited),
      remote: locks[0] ?? null,
      scans: shared[0]?.scans ?? null,
      release,
    };
  } catch (error) {
    await release();
    throw advised(error, strategy);
  }
};

const lockMasters = async (
  relation: Relation,
  strategy: LockStrategy,
  context: Locking,
  releases: (() => Promise<readonly Problem[]>)[],
): Promise<SharedMaster[]> => {
  const held: SharedMaster[] = [];
  const takes = distinct(relation.takes, ({ masterRoot }) => masterRoot.path);
  for (const { masterRoot } of takes) {
    const by = lockOnMaster(byAt(strategy.by, masterRoot === takes.at(-1)!.masterRoot));
    const key = JSON.stringify([relation.block.name, masterRoot.path, by]);
    const known = context.masters.get(key);
    const shared = known ?? shareMaster(relation, masterRoot, { ...strategy, by }, context);
    context.masters.set(key, shared);
    shared.holders += 1;
    releases.push(async () => {
      shared.holders -= 1;
      if (shared.holders > 0) return [];
      if (context.masters.get(key) === shared) context.masters.delete(key);
      return shared.lock
        .then(lock => lock.release())
        .catch(() => [])
        .finally(shared.end);
    });
    await shared.lock;
    held.push(shared);
  }
  return held;
};

/** A command has its turn when those of others have been released: the time it may wait is for other runs. */
const shareMaster = (relation: Relation, root: Root, strategy: LockStrategy, context: Locking): SharedMaster => {
  const blocks = strategy.by.kind === 'command' ? JSON.stringify([relation.block.name, root.path]) : null;
  const before = [...context.masters.values()].filter(other => blocks !== null && other.blocks === blocks);
  const turn = Promise.all(before.map(({ ended }) => ended));
  let end = (): void => {};
  const ended = new Promise<void>(resolve => {
    end = resolve;
  });
  const lock = turn.then(() => lockMaster(relation, root, strategy, context));
  return { holders: 0, blocks, lock, ended, end, scans: new Map() };
};

const lockMaster = async (relation: Relation, root: Root, strategy: LockStrategy, context: Locking): Promise<Lock> => {
  const host = await context.masterHost(relation.block.master);
  const lock = await acquire(host, relation, context, {
    ...timing(strategy),
    root,
    block: relation.block.name,
    mode: 'shared',
    run: context.run,
    by: strategy.by,
    folders: [],
  });
  return lock ?? { epoch: 0, waited: false, release: async () => [] };
};

/** Null where the host has no locks at all and none is asked for by the plan. */
const acquire = async (
  host: Host,
  relation: Relation,
  context: Locking,
  request: LockRequest,
): Promise<Lock | null> => {
  const where = { type: 'lock', ...about(relation, context), on: host.label } as const;
  if (host.locks === null) {
    if (request.mode === 'exclusive' && request.by === ADVISORY) return null;
    throw new HostError(
      'unsupported',
      `${host.label} cannot lock block ${request.block}`,
      'choose another consistency for this host',
    );
  }
  try {
    const lock = await waitFor(host.locks, request, message =>
      context.emit({ ...where, time: context.clock(), state: 'waiting', ...(message === null ? {} : { message }) }),
    );
    context.emit({ ...where, time: context.clock(), state: 'held' });
    return {
      ...lock,
      release: async () => {
        const problems = await lock.release();
        context.emit({ ...where, time: context.clock(), state: 'released' });
        return problems;
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.emit({ ...where, time: context.clock(), state: 'refused', message });
    throw error;
  }
};

/** Tells of waiting only when there has been some, and then who holds it, as far as that is known. */
const waitFor = async (locks: Locks, request: LockRequest, tell: (message: string | null) => void): Promise<Lock> => {
  if (request.wait <= MOMENT) return locks.acquire(request);
  // What a command says is no word of who holds the lock, and it is run once.
  if (request.by.kind === 'command') {
    const timer = setTimeout(() => tell(null), MOMENT * 1000);
    return locks.acquire(request).finally(() => clearTimeout(timer));
  }
  try {
    return await locks.acquire({ ...request, wait: MOMENT });
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'locked') throw error;
    tell(error.message);
  }
  return { ...(await locks.acquire({ ...request, wait: request.wait - MOMENT })), waited: true };
};

/** `wait` belongs to a strategy that locks: without one there is none to be made longer. */
const advised = (error: unknown, strategy: LockStrategy | null): unknown =>
  strategy !== null && error instanceof HostError && error.help === WAIT_FOR_RUN
    ? new HostError(
        error.code,
        error.message,
        `${error.help} Or let it wait longer: \`lock { wait … }\` in its consistency.`,
      )
    : error;

/** A command is about the whole host: of several roots, the last that is locked runs it, and gives it back first. */
const byAt = (by: LockBy, isLast: boolean): LockBy => (by.kind === 'command' && !isLast ? ADVISORY : by);

const timing = (strategy: LockStrategy | null): { readonly wait: number; readonly hold: number } =>
  strategy === null ? { wait: DEFAULT_WAIT, hold: DEFAULT_HOLD } : { wait: strategy.wait, hold: strategy.hold };

/** The folders of a root that hold what the block would change, and those of its takes. */
const foldersIn = (root: Root, { takes }: Relation): Path[] => {
  const folders = new Set<Path>();
  for (const { take, changes, remoteRoot } of takes) {
    if (remoteRoot.path !== root.path) continue;
    const { folder } = take.into;
    folders.add(folder);
    for (const { path } of changes) folders.add(parent(join(folder, path)));
  }
  return [...folders];
};

const distinct = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.map(item => [key(item), item] as const)).values(),
];

/** Seconds. */
const MOMENT = 1;
const DEFAULT_WAIT = 30;
const DEFAULT_HOLD = 300;
