// The tree along which content travels from a block's master to its remotes. Pure: of the plan, and of who can take part.
//
// What a host sends it sends over its one uplink, so a further receiver costs as much as the whole content takes; a further
// hop costs no more than one chunk does, because relays pass on while they receive. So a tree is deep before it is wide:
// each host sends to one other until a line is LINE hosts long. It crosses into a region, and into a group, only once.
import { type HostPlan, type RoutePlan, sectionOf } from '../../compiler/plan.js';

export type Stop = Pick<HostPlan, 'id' | 'region' | 'group'>;

/** A host that has its place in the tree: how far it is from the master, and to how many it sends. */
export type Placed = { readonly stop: Stop; readonly depth: number; readonly children: number };

/** Who sends to each of the remotes: the master or another remote, by host id. In sending order. */
export const routeTree = (route: RoutePlan, master: Stop, remotes: readonly Stop[]): ReadonlyMap<string, string> => {
  switch (route.shape) {
    case 'chain': {
      const line = byNearness(master, remotes);
      return new Map(line.map(({ id }, at) => [id, at === 0 ? master.id : line[at - 1]!.id]));
    }
    case 'tree':
      return grown(master, remotes);
    case 'edges': {
      const among = new Set(remotes.map(({ id }) => id));
      return new Map(remotes.map(({ id }) => [id, senderAmong(route, master, among, id)]));
    }
  }
};

/** The nearest of these to get from; null where there is none. */
export const nearestOf = (to: Stop, among: Iterable<Placed>): Placed | null => {
  let best: Placed | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const one of among) {
    const cost = FAR[sectionOf(one.stop, to)] + one.depth + LINE * one.children;
    if (cost >= least) continue;
    best = one;
    least = cost;
  }
  return best;
};

/** Those of the master's region first, and of its group; groups of a region side by side. */
const byNearness = (master: Stop, remotes: readonly Stop[]): readonly Stop[] => {
  const regionOf = (stop: Stop): string => `${stop.region === master.region ? 0 : 1}${stop.region}`;
  const groupOf = (stop: Stop): string => `${sectionOf(stop, master) === 'same-group' ? 0 : 1}${stop.group}`;
  return [...remotes].sort(
    (a, b) => ordered(regionOf(a), regionOf(b)) || ordered(groupOf(a), groupOf(b)) || ordered(a.id, b.id),
  );
};

const ordered = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The first gets from the master; each further one from the nearest that costs least, of its group where that has one. */
const grown = (master: Stop, remotes: readonly Stop[]): ReadonlyMap<string, string> => {
  const senders = new Map<string, string>();
  type Growing = { readonly stop: Stop; readonly depth: number; children: number };
  const all: Growing[] = [];
  const groups = new Map<string, Growing[]>();
  for (const stop of byNearness(master, remotes)) {
    const key = JSON.stringify([stop.region, stop.group]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    const sender = nearestOf(stop, group.length > 0 ? group : all) as Growing | null;
    senders.set(stop.id, sender?.stop.id ?? master.id);
    if (sender !== null) sender.children += 1;
    const placed: Growing = { stop, depth: (sender?.depth ?? 0) + 1, children: 0 };
    all.push(placed);
    group.push(placed);
  }
  return senders;
};

/** Who cannot take part is passed over: whoever sends to it sends further. */
const senderAmong = ({ senders }: RoutePlan, master: Stop, among: ReadonlySet<string>, id: string): string => {
  let sender = senders[id];
  while (sender !== undefined && sender !== master.id && !among.has(sender)) sender = senders[sender];
  return sender ?? master.id;
};

/** A further receiver is worth so many hops. */
const LINE = 8;
/** Nearness comes before everything else. */
const FAR = { 'same-group': 0, 'same-region': 1e9, 'other-region': 2e9 } as const;
