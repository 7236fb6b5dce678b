// Takes the lease of a run that is gone away from every root and block of a plan; a lock that is held stays.
import type { HostPlan, Plan, RootPath } from '../../compiler/plan.js';
import type { Host } from '../host/host.js';
import { HostError, isRefusal } from '../host/host-error.js';
import type { Path } from '../tree/path.js';
import { connectHosts } from './connect-hosts.js';
import { type PlaceUse, placesOf } from './places.js';

export type Visiting = {
  readonly plan: Plan;
  readonly connect: (host: HostPlan) => Promise<Host>;
  readonly resolveRoot: (host: HostPlan, root: RootPath) => Path;
  readonly resolveState: (host: HostPlan, root: RootPath) => Path | null;
  readonly clock: () => number;
};

export type Unlocked = {
  readonly host: string;
  /** Absolute where the root could be opened, else as the plan has it. */
  readonly path: Path;
  readonly block: string;
  readonly result: 'unlocked' | 'not-locked' | 'held' | 'failed';
  readonly message?: string;
  readonly help?: string;
  /** A protection, not a machine out of order. */
  readonly refusal?: boolean;
};

export const unlock = async (visiting: Visiting, run: string): Promise<readonly Unlocked[]> => {
  const hosts = connectHosts({ ...visiting, emit: () => undefined });
  const places = placesOf(visiting.plan);
  try {
    const byHost = visiting.plan.hosts.map(async ({ id }) => {
      const found: Unlocked[] = [];
      for (const place of places.filter(({ host }) => host === id)) {
        found.push(...(await unlockPlace(place, await settled(hosts.get(id)), hosts.plan(id), run, visiting)));
      }
      return found;
    });
    return (await Promise.all(byHost)).flat();
  } finally {
    await hosts.close();
  }
};

/** The table of the contract: what could not be unlocked decides. */
export const unlockExitCode = (found: readonly Unlocked[]): number => {
  const bad = found.filter(({ result }) => result === 'held' || result === 'failed');
  if (bad.length === 0) return 0;
  if (found.some(({ result }) => result === 'unlocked')) return 5;
  if (bad.some(({ refusal }) => refusal === true)) return 4;
  return bad.some(({ result }) => result === 'held') ? 6 : 1;
};

const unlockPlace = async (
  { role, path, uses }: PlaceUse,
  host: Host | HostError,
  hostPlan: HostPlan,
  run: string,
  { resolveRoot, resolveState }: Visiting,
): Promise<Unlocked[]> => {
  const at = resolveRoot(hostPlan, path);
  const fail = (error: unknown, block: string): Unlocked => ({
    host: hostPlan.id,
    path: at,
    block,
    ...failure(error),
  });
  if (host instanceof HostError) return uses.map(({ block }) => fail(host, block.name));
  try {
    const root = await host.openRoot(at, { create: role === 'remote', state: resolveState(hostPlan, path) });
    const found: Unlocked[] = [];
    for (const { block } of uses) {
      const about = { host: hostPlan.id, path: root.path, block: block.name };
      if (!root.exists || host.locks === null) found.push({ ...about, result: 'not-locked' });
      else {
        const result = await host.locks.unlock(root, block.name, run).catch(failure);
        found.push(typeof result === 'string' ? { ...about, ...heldAdvice(result, run) } : { ...about, ...result });
      }
    }
    return found;
  } catch (error) {
    return uses.map(({ block }) => fail(error, block.name));
  }
};

const heldAdvice = (
  result: 'unlocked' | 'not-locked' | 'held',
  run: string,
): Pick<Unlocked, 'result' | 'message' | 'help'> =>
  result === 'held'
    ? {
        result,
        message: `run ${run}, or what is left of it there, holds the lock`,
        help: 'wait: what a run that is gone left there ends within two minutes; one that goes on is ended where it was started; a held lock is never taken away',
      }
    : { result };

const failure = (error: unknown): Pick<Unlocked, 'message' | 'help' | 'refusal'> & { readonly result: 'failed' } =>
  error instanceof HostError
    ? { result: 'failed', message: error.message, help: error.help, refusal: isRefusal(error) }
    : { result: 'failed', message: error instanceof Error ? error.message : String(error), help: '' };

const settled = (host: Promise<Host>): Promise<Host | HostError> =>
  host.catch(error => (error instanceof HostError ? error : new HostError('failed', String(error), '')));
