// Every root that a plan's blocks use, host by host, once each: for what concerns roots rather than relations.
import type { BlockPlan, Plan, RootPath } from '../../compiler/plan.js';
import type { Path } from '../tree/path.js';

export type PlaceUse = {
  readonly host: string;
  readonly role: 'master' | 'remote';
  /** Its name in the plan. */
  readonly root: string;
  readonly path: RootPath;
  /** The blocks that use it, in the plan's order, each with its folders in this root. */
  readonly uses: readonly { readonly block: BlockPlan; readonly folders: readonly Path[] }[];
};

/** Hosts in the plan's order. A root that is a master's for one block and a remote's for another is there twice. */
export const placesOf = (plan: Plan): PlaceUse[] => {
  type Use = { readonly block: BlockPlan; readonly folders: Path[] };
  const places = new Map<string, Omit<PlaceUse, 'uses'> & { readonly uses: Use[] }>();
  for (const block of plan.blocks) {
    for (const host of [block.master, ...block.remotes]) {
      const role = host === block.master ? 'master' : 'remote';
      for (const take of block.takes) {
        const { root, folder } = role === 'master' ? take.from : take.into;
        for (const path of take.roots[host] ?? []) {
          const key = JSON.stringify([host, role, root, path.base, path.path]);
          const place = places.get(key) ?? { host, role, root, path, uses: [] };
          places.set(key, place);
          const use = place.uses.find(one => one.block === block);
          if (use === undefined) place.uses.push({ block, folders: [folder] });
          else use.folders.push(folder);
        }
      }
    }
  }
  const order = new Map(plan.hosts.map(({ id }, at) => [id, at]));
  return [...places.values()].sort((a, b) => (order.get(a.host) ?? 0) - (order.get(b.host) ?? 0));
};
