// Brings back from the trash what a run removed or replaced: looked at first, then done under the locks of its blocks.
//
// 1. Nothing is written before `restore` is called, and then only paths that the host's own trash named before.
// 2. Every block that uses a root is locked meanwhile, in the plan's order, so no run works on what comes back.
// 3. What stands in the place of a path goes into the trash in turn: a restore can be restored.
import type { HostPlan } from '../../compiler/plan.js';
import type { Host, Lock, Recovered, Root, Trashed } from '../host/host.js';
import { HostError, isRefusal } from '../host/host-error.js';
import { isWithin, type Path } from '../tree/path.js';
import { connectHosts } from './connect-hosts.js';
import { type PlaceUse, placesOf } from './places.js';
import type { Visiting } from './unlock.js';

export type Restoring = Visiting & {
  /** The run whose doing is undone, and the id of this one. */
  readonly run: string;
  readonly by: string;
  /** Only these, and what is below them; all, when empty. Relative to the roots. */
  readonly paths: readonly Path[];
};

/** What the trash of one root holds of the run, as far as it is asked for. */
export type TrashPlace = {
  readonly host: string;
  readonly path: Path;
  readonly items: readonly Trashed[];
};

export type RestoreFailure = {
  readonly host: string;
  readonly path: Path;
  readonly message: string;
  readonly help: string;
  readonly reason: 'failed' | 'refused' | 'locked';
};

export type Restored = TrashPlace & { readonly outcomes: readonly Recovered[] };

export type Trash = {
  readonly places: readonly TrashPlace[];
  readonly failures: readonly RestoreFailure[];
  /** Paths that were asked for and are nowhere in the trash of that run. */
  readonly missing: readonly Path[];
  readonly restore: () => Promise<{
    readonly restored: readonly Restored[];
    readonly failures: readonly RestoreFailure[];
  }>;
  readonly close: () => Promise<void>;
};

export const openTrash = async (restoring: Restoring): Promise<Trash> => {
  const hosts = connectHosts({ ...restoring, emit: () => undefined });
  const failures: RestoreFailure[] = [];
  const opened: Opened[] = [];
  await Promise.all(
    restoring.plan.hosts.map(async plan => {
      for (const place of placesOf(restoring.plan).filter(({ host, role }) => host === plan.id && role === 'remote')) {
        const found = await lookAt(place, () => hosts.get(plan.id), plan, restoring);
        if ('message' in found) failures.push(found);
        else if (found.items.length > 0) opened.push(found);
      }
    }),
  );
  const order = new Map(restoring.plan.hosts.map(({ id }, at) => [id, at]));
  opened.sort((a, b) => (order.get(a.place.host) ?? 0) - (order.get(b.place.host) ?? 0));
  const known = opened.flatMap(({ items }) => items.map(({ path }) => path));
  return {
    places: opened.map(shown),
    failures,
    missing: restoring.paths.filter(wanted => !known.some(path => isWithin(path, wanted))),
    async restore() {
      const restored: Restored[] = [];
      const failed: RestoreFailure[] = [];
      await Promise.all(
        opened.map(async one => {
          const outcomes = await restoreOne(one, restoring);
          if ('message' in outcomes) failed.push(outcomes);
          else restored.push({ ...shown(one), outcomes: outcomes.recovered });
        }),
      );
      return { restored, failures: failed };
    },
    close: hosts.close,
  };
};

/** The table of the contract, from what came back, what did not, and whom it could not reach. */
export const restoreExitCode = (
  restored: readonly Restored[],
  failures: readonly RestoreFailure[],
  missing: readonly Path[],
): number => {
  const outcomes = restored.flatMap(one => one.outcomes);
  const something = outcomes.some(({ result }) => result !== 'failed');
  const whole = failures.length + missing.length === 0 && outcomes.every(({ result }) => result !== 'failed');
  if (whole && something) return 0;
  if (something) return 5;
  if (failures.some(({ reason }) => reason === 'refused')) return 4;
  return failures.some(({ reason }) => reason === 'locked') ? 6 : 1;
};

type Opened = {
  readonly place: PlaceUse;
  readonly host: Host;
  readonly root: Root;
  readonly items: readonly Trashed[];
};

const lookAt = async (
  place: PlaceUse,
  connect: () => Promise<Host>,
  plan: HostPlan,
  { resolveRoot, resolveState, run, paths }: Restoring,
): Promise<Opened | RestoreFailure> => {
  const at = resolveRoot(plan, place.path);
  try {
    const host = await connect();
    const root = await host.openRoot(at, { create: true, state: resolveState(plan, place.path) });
    const trashed = root.exists ? await root.trashed(run) : [];
    return { place, host, root, items: trashed.filter(isMeant(place, paths)) };
  } catch (error) {
    return restoreFailure(error, plan.id, at);
  }
};

/** What is in the plan's folders, and asked for. */
export const isMeant = (place: PlaceUse, paths: readonly Path[]): ((item: Trashed) => boolean) => {
  const folders = place.uses.flatMap(use => use.folders);
  return ({ path }) =>
    folders.some(folder => isWithin(path, folder)) &&
    (paths.length === 0 || paths.some(wanted => isWithin(path, wanted)));
};

const restoreOne = async (
  { place, host, root, items }: Opened,
  { run, by }: Restoring,
): Promise<{ readonly recovered: readonly Recovered[] } | RestoreFailure> => {
  const locks: Lock[] = [];
  try {
    for (const { block } of place.uses) {
      const request = {
        root,
        block: block.name,
        mode: 'exclusive',
        run: by,
        wait: WAIT_SECONDS,
        hold: HOLD_SECONDS,
      } as const;
      const lock = await host.locks?.acquire({ ...request, by: { kind: 'advisory' }, folders: [] });
      if (lock !== undefined) locks.push(lock);
    }
    const blocks = place.uses.map(({ block }) => block);
    const trash = Math.max(...blocks.map(({ delete: policy }) => (policy.mode === 'mirror' ? policy.trash : WEEK)));
    const id = { run: by, block: blocks[0]!.name, trash, durability: 'strict', lock: locks[0] ?? null } as const;
    const recovered = await root.restore(
      run,
      items.map(({ path }) => path),
      id,
    );
    return { recovered };
  } catch (error) {
    return restoreFailure(error, place.host, root.path);
  } finally {
    for (const lock of locks.reverse()) await lock.release();
  }
};

const shown = ({ place, root, items }: Opened): TrashPlace => ({ host: place.host, path: root.path, items });

export const restoreFailure = (error: unknown, host: string, path: Path): RestoreFailure => {
  if (!(error instanceof HostError)) {
    return { host, path, message: error instanceof Error ? error.message : String(error), help: '', reason: 'failed' };
  }
  const reason = isRefusal(error) ? 'refused' : error.code === 'locked' ? 'locked' : 'failed';
  return { host, path, message: error.message, help: error.help, reason };
};

const WAIT_SECONDS = 30;
const HOLD_SECONDS = 300;
const WEEK = 7 * 86_400;
