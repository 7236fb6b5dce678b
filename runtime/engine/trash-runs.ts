// Which runs have put something into the trash of a plan's remote roots that can be brought back from there; nothing is written.
import type { Plan } from '../../compiler/plan.js';
import type { Host, Trashed, TrashedRun } from '../host/host.js';
import type { Path } from '../tree/path.js';
import { connectHosts } from './connect-hosts.js';
import { type PlaceUse, placesOf } from './places.js';
import { isMeant, type RestoreFailure, restoreFailure } from './restore.js';
import type { Visiting } from './unlock.js';

export type TrashFinding = Visiting & {
  /** Only these, and what is below them; all, when empty. Relative to the roots. */
  readonly paths: readonly Path[];
};

/** What the trash of one root holds of one run, as far as it is asked for: one item at least. */
export type TrashOfRun = TrashedRun & {
  readonly host: string;
  /** Of the root. */
  readonly path: Path;
  readonly items: readonly Trashed[];
};

export type TrashFound = { readonly found: readonly TrashOfRun[]; readonly failures: readonly RestoreFailure[] };

/** By host, in the plan's order, and of each the oldest run first. */
export const findTrash = async (finding: TrashFinding): Promise<TrashFound> => {
  const hosts = connectHosts({ ...finding, emit: () => undefined });
  const places = placesOf(finding.plan).filter(({ role }) => role === 'remote');
  try {
    const byHost = finding.plan.hosts.map(async ({ id }) => {
      const ofHost: (TrashOfRun | RestoreFailure)[] = [];
      for (const place of places.filter(({ host }) => host === id)) {
        const at = finding.resolveRoot(hosts.plan(id), place.path);
        try {
          ofHost.push(...(await findIn(place, await hosts.get(id), at, finding)));
        } catch (error) {
          ofHost.push(restoreFailure(error, id, at));
        }
      }
      return ofHost;
    });
    const all = (await Promise.all(byHost)).flat();
    return {
      found: all.filter(one => 'items' in one),
      failures: all.filter(one => 'message' in one),
    };
  } finally {
    await hosts.close();
  }
};

/** The table of the contract: something was looked at where fewer failed than there are. */
export const findTrashExitCode = ({ failures }: TrashFound, plan: Plan): number => {
  if (failures.length === 0) return 0;
  const remotes = placesOf(plan).filter(({ role }) => role === 'remote');
  if (failures.length < remotes.length) return 5;
  return failures.some(({ reason }) => reason === 'refused') ? 4 : 1;
};

const findIn = async (
  place: PlaceUse,
  host: Host,
  at: Path,
  { plan, resolveState, paths }: TrashFinding,
): Promise<readonly TrashOfRun[]> => {
  const hostPlan = plan.hosts.find(({ id }) => id === place.host)!;
  const root = await host.openRoot(at, { create: true, state: resolveState(hostPlan, place.path) });
  if (!root.exists) return [];
  const found: TrashOfRun[] = [];
  for (const run of await root.trashedRuns()) {
    const items = (await root.trashed(run.run)).filter(isMeant(place, paths));
    if (items.length > 0) found.push({ ...run, host: place.host, path: root.path, items });
  }
  return found;
};
