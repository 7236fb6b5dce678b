// State folders (`state "path"`): on their own, outside of every root of that machine, and each of one root only.
//
// Roots and state folders of a machine are put side by side, whichever hosts of the fleet it is; only what blocks use counts.
import type { Span } from '../../grammar/source.js';
import type { HostModel, PlanModel } from '../1-resolve/model.js';
import { finding, type Report } from '../catalog/finding.js';
import * as fleet from '../catalog/fleet.js';
import { type Location, locate, locateText } from './places.js';
import { within } from './shapes.js';

export const checkStates = (model: PlanModel, report: Report): void => {
  const used = usedRoots(model);
  reportSeveral(used, report);
  const roots = byDomain(used.flatMap(rootPlaces));
  const told = new Set<Span>();
  for (const [domain, states] of byDomain(used.flatMap(statePlaces))) {
    reportMeetings(states, roots.get(domain) ?? [], told, report);
  }
};

const reportMeetings = (states: readonly Placed[], roots: readonly Placed[], told: Set<Span>, report: Report): void => {
  for (const [at, state] of states.entries()) {
    if (told.has(state.span)) continue;
    const near = roots.find(root => meet(root.at, state.at));
    const same = states.slice(0, at).find(other => meet(other.at, state.at) && other.root !== state.root);
    if (near !== undefined) {
      const labels = [{ span: near.span, message: `a root of ${near.host.id}` }];
      report(
        finding(fleet.stateInRoot, state.span, [state.text, near.text, within(state.at.path, near.at.path)], {
          labels,
        }),
      );
    } else if (same !== undefined) {
      const labels = same.span === state.span ? [] : [{ span: same.span, message: 'the other one' }];
      report(finding(fleet.sharedState, state.span, [state.text, same.text], { labels }));
    } else continue;
    told.add(state.span);
  }
};

type Use = { readonly host: HostModel; readonly root: string };

type Placed = {
  readonly host: HostModel;
  readonly at: Location;
  readonly text: string;
  readonly span: Span;
  /** Which folder of which machine it belongs to. */
  readonly root: string;
};

const usedRoots = (model: PlanModel): readonly Use[] => {
  const uses = new Map<string, Use>();
  const add = (host: HostModel, root: string): void => void uses.set(`${host.id} ${root}`, { host, root });
  for (const { takes, masters, remotes } of model.blocks) {
    for (const { from, into } of takes) {
      for (const host of masters ?? []) add(host, from.root);
      for (const host of remotes ?? []) add(host, into.root);
    }
  }
  return [...uses.values()];
};

/** Parallel paths are parallel file systems, and a state folder lies on the same one as its root. */
const reportSeveral = (used: readonly Use[], report: Report): void => {
  const told = new Set<Span>();
  for (const { host, root: name } of used) {
    const root = host.roots.get(name);
    if (root === undefined || root.state === null || told.has(root.state) || (root.paths?.length ?? 0) < 2) continue;
    told.add(root.state);
    report(finding(fleet.stateOfSeveral, root.state, [name]));
  }
};

const rootPlaces = ({ host, root }: Use): readonly Placed[] =>
  locate(host, root, '', 'all').map(at => ({
    host,
    at,
    text: at.from.place.path,
    span: at.from.span,
    root: keyOf(at),
  }));

const statePlaces = ({ host, root }: Use): readonly Placed[] => {
  const span = host.roots.get(root)?.state ?? null;
  const located = locate(host, root, '', 'all');
  const [one] = located;
  if (span === null || one === undefined || one.from.place.state === null || located.length > 1) return [];
  const text = one.from.place.state;
  const at = locateText(host, text, one.from.place.base, '');
  return at === null ? [] : [{ host, at, text, span, root: keyOf(one) }];
};

const byDomain = (placed: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> => {
  const domains = new Map<string, Placed[]>();
  for (const one of placed) {
    const known = domains.get(one.at.domain);
    if (known === undefined) domains.set(one.at.domain, [one]);
    else known.push(one);
  }
  return domains;
};

const keyOf = ({ domain, path }: Location): string => `${domain} ${path}`;

const meet = (a: Location, b: Location): boolean => within(a.path, b.path) || within(b.path, a.path);
