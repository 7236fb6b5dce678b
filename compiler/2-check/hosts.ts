// The hosts of each block: one master, none on both sides, and every root that the block needs on each of them.
import type { Span } from '../../grammar/source.js';
import type { BlockModel, HostModel, PlaceModel, PlanModel } from '../1-resolve/model.js';
import { isRelative, plainPath } from '../1-resolve/root-path.js';
import { finding, type Report } from '../catalog/finding.js';
import * as fleet from '../catalog/fleet.js';
import * as names from '../catalog/names.js';

export const checkHosts = (model: PlanModel, report: Report): void => {
  const relative = new Map<Span, { readonly path: string; readonly host: HostModel }>();
  const above = new Map<Span, string>();
  for (const block of model.blocks) {
    checkRoles(block, report);
    const needed = needs(block);
    reportUnknownRoots(needed, model, report);
    for (const need of needed) {
      checkPresence(need, model, report);
      for (const host of need.hosts) {
        if (host.isLocal) continue;
        const fromLogin = host.address?.kind === 'sftp';
        for (const { text, span } of textsOf(host, need.place.root)) {
          if (fromLogin && /^\.(?:\.|$)/.test(plainPath(text))) above.set(span, text);
          else if (!fromLogin && isRelative(text) && !relative.has(span)) relative.set(span, { path: text, host });
        }
      }
    }
  }
  // The login folder itself holds keys beside everything else, and what lies above it is not the account's.
  for (const [span, path] of above) report(finding(fleet.forbiddenRoot, span, [path]));
  for (const [span, { path, host }] of relative) report(finding(fleet.relativeRoot, span, [path, host.id]));
};

/** The paths of a root and of its state, as written. */
const textsOf = (host: HostModel, name: string): readonly { readonly text: string; readonly span: Span }[] => {
  const root = host.roots.get(name);
  const paths = root?.paths ?? [];
  const state = paths[0]?.place.state ?? null;
  const texts = paths.map(({ place, span }) => ({ text: place.path, span }));
  const span = root?.state ?? null;
  return state === null || span === null ? texts : [...texts, { text: state, span }];
};

const checkRoles = (block: BlockModel, report: Report): void => {
  const { masters, remotes } = block;
  if (masters !== null && masters.length > 1) {
    report(finding(fleet.severalMasters, block.rolesSpan, [block.name, block.from, masters.map(({ id }) => id)]));
  }
  if (masters?.length !== 1 || remotes === null) return;
  const [both] = masters.filter(host => remotes.includes(host));
  if (both !== undefined) report(finding(fleet.bothRoles, block.rolesSpan, [block.name, both.id]));
};

type Need = { readonly place: PlaceModel; readonly hosts: readonly HostModel[]; readonly role: 'master' | 'remote' };

/** Each root once for each side. */
const needs = (block: BlockModel): readonly Need[] => {
  const found = new Map<string, Need>();
  for (const take of block.takes) {
    const master: Need = { place: take.from, hosts: block.masters ?? [], role: 'master' };
    const remote: Need = { place: take.into, hosts: block.remotes ?? [], role: 'remote' };
    for (const need of [master, remote]) {
      const key = `${need.role} ${need.place.root}`;
      if (!found.has(key)) found.set(key, need);
    }
  }
  return [...found.values()];
};

/** Roots that no host at all has: misspelt, most likely. */
const reportUnknownRoots = (needed: readonly Need[], model: PlanModel, report: Report): void => {
  const reported = new Set<string>();
  for (const { place, hosts } of needed) {
    if (reported.has(place.root) || isKnown(place.root, model)) continue;
    reported.add(place.root);
    const here = hosts.length === 0 ? model.fleet.hosts : hosts;
    const legal = [...new Set(here.flatMap(host => [...host.roots.keys()]))].sort();
    if (model.fleet.hosts.length > 0) report(finding(names.unknownRoot, place.span, [place.root, legal]));
  }
};

const isKnown = (root: string, model: PlanModel): boolean =>
  model.isPoisoned(root) || model.fleet.hosts.some(host => host.roots.has(root));

const checkPresence = ({ place, hosts, role }: Need, model: PlanModel, report: Report): void => {
  if (!isKnown(place.root, model) || model.isPoisoned(place.root)) return;
  const without = hosts.filter(host => !host.roots.has(place.root));
  if (without.length > 0) {
    const labels = without.slice(0, 3).map(host => ({ span: host.span, message: 'has no such root' }));
    report(finding(fleet.missingRoot, place.span, [place.root, without.map(({ id }) => id), role], { labels }));
  }
};
