// References to the fleet: any dotted suffix that means one thing. And the shortest such name of every host, its id.
//
// A host outside any group is in `default`, which need not be written: `eu.web-01` and `eu.default.web-01` are the same.
// Where a name is the whole name of one thing as written and only the end of another's, it means the first.
import { finding } from '../catalog/finding.js';
import * as names from '../catalog/names.js';
import type { Surroundings } from './level.js';
import type { ExceptionModel, FindHosts, HostModel } from './model.js';

type Place = { readonly region: string; readonly group: string | null };

export const findHosts = (
  hosts: readonly HostModel[],
  places: readonly Place[],
  { report, isPoisoned }: Surroundings,
): FindHosts => {
  const nodes: readonly Node[] = [
    ...places.map(({ region, group }): Node => {
      const parts = group === null ? [region] : [region, group];
      return { parts, hosts: hosts.filter(host => host.region === region && (group === null || host.group === group)) };
    }),
    ...hosts.map((host): Node => ({ parts: [host.region, host.group, host.name], hosts: [host] })),
  ];
  const byName = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of suffixes(node)) byName.set(name, [...(byName.get(name) ?? []), node]);
  }
  return (reference, span) => {
    const found = byName.get(reference) ?? [];
    const whole = found.filter(node => written(node).join('.') === reference);
    const meant = whole.length === 1 ? whole : found;
    if (meant.length === 1) return meant[0]!.hosts;
    const candidates = meant.map(node => written(node).join('.'));
    if (meant.length > 1) report(finding(names.ambiguousHost, span, [reference, candidates]));
    else if (!isPoisoned(reference))
      report(finding(names.unknownHost, span, [reference, legalNames(nodes, reference)]));
    return null;
  };
};

/** All that a `for` means. */
export const hostsNamed = ({ named }: ExceptionModel): ReadonlySet<HostModel> =>
  new Set(named.flatMap(({ hosts }) => hosts ?? []));

type Node = { readonly parts: readonly string[]; readonly hosts: readonly HostModel[] };

const written = ({ parts }: Node): readonly string[] => {
  const [last, ...above] = [...parts].reverse();
  return [...above.filter(part => part !== 'default').reverse(), last ?? ''];
};

const suffixes = (node: Node): ReadonlySet<string> =>
  new Set([node.parts, written(node)].flatMap(parts => parts.map((_, at) => parts.slice(at).join('.'))));

/** Names of as many parts as the reference has, so that the nearest is one that could stand there. */
const legalNames = (nodes: readonly Node[], reference: string): readonly string[] => {
  const asked = reference.split('.');
  // A part left out in the middle: the whole name is meant.
  const skipping = nodes.filter(({ parts }) => asked.length > 1 && isSubsequence(asked, parts));
  if (skipping.length > 0) return skipping.map(node => written(node).join('.'));
  const count = asked.length;
  const ofCount = nodes.flatMap(node => [...suffixes(node)]).filter(name => name.split('.').length === count);
  // Nobody has written the region and group that a host is in by default.
  const legal = [...new Set(ofCount)].filter(name => !name.split('.').includes('default'));
  return legal.length > 0 ? legal : nodes.map(node => written(node).join('.')).filter(name => name !== 'default');
};

const isSubsequence = (some: readonly string[], all: readonly string[]): boolean => {
  let at = 0;
  for (const part of all) if (part === some[at]) at++;
  return at === some.length;
};

/** For each host its leaf name where that is unique, else the shortest unique dotted suffix. */
export const idsOf = (
  hosts: readonly { readonly region: string; readonly group: string; readonly name: string }[],
): readonly string[] => {
  const forms = hosts.map(({ region, group, name }) => [name, `${group}.${name}`, `${region}.${group}.${name}`]);
  const counts = new Map<string, number>();
  for (const form of forms.flat()) counts.set(form, (counts.get(form) ?? 0) + 1);
  return forms.map(form => form.find(name => counts.get(name) === 1) ?? form.at(-1) ?? '');
};
