// `by permissions`: folders that a lock closes, and that hold another block's files as well.
//
// 1. What a block selects lies in known folders, or below known folders. A lock closes those that hold its files, and with
//    them everything below.
// 2. It is taken on the master, too, so sources count like targets; only what stands on one machine can meet.
import type { Span } from '../../grammar/source.js';
import type { BlockModel, HostModel, PlanModel, TakeModel } from '../1-resolve/model.js';
import { placeTake } from '../1-resolve/take-place.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import { locate } from './places.js';
import { selectionOf } from './selection.js';
import { moved, shapesOf, within } from './shapes.js';
import { lockOf, strategiesOf } from './strategies.js';
import { testOf } from './takes.js';

export const checkClosedFolders = (model: PlanModel, report: Report): void => {
  const known = new Map<BlockModel, Areas>();
  const areasIn = (block: BlockModel): Areas => {
    const areas = known.get(block) ?? areasOf(block);
    known.set(block, areas);
    return areas;
  };
  for (const block of model.blocks) {
    for (const { strategy, hosts } of strategiesOf(block)) {
      const span = strategy.lock?.by ?? null;
      if (span === null || lockOf(strategy.consistency)?.by.kind !== 'permissions' || hosts.length === 0) continue;
      const locked = new Set([...(block.masters ?? []), ...hosts]);
      for (const other of model.blocks) {
        const met = other.name === block.name ? undefined : meeting(areasIn(block), locked, areasIn(other));
        if (met === undefined) continue;
        const labels = [{ span: met.span, message: `taken by ${other.name}` }];
        report(finding(blocks.closedFolder, span, [block.name, other.name, met.host.id], { labels }));
      }
    }
  }
};

/** By machine. */
type Areas = ReadonlyMap<string, readonly Area[]>;

/** The first of the others' areas that closing folders on these hosts would close. */
const meeting = (closed: Areas, hosts: ReadonlySet<HostModel>, others: Areas): Area | undefined => {
  for (const [domain, areas] of closed) {
    const locked = areas.filter(({ host }) => hosts.has(host));
    const met = others.get(domain)?.find(area => locked.some(folder => holds(folder, area)));
    if (met !== undefined) return met;
  }
  return undefined;
};

/** A folder of a machine in which files may lie: in it, or (`deep`) anywhere below as well. */
type Area = {
  readonly host: HostModel;
  readonly folder: string;
  readonly deep: boolean;
  readonly span: Span;
};

const areasOf = (block: BlockModel): Areas => {
  const areas = new Map<string, Area[]>();
  for (const take of block.takes) {
    const { pair } = placeTake(take);
    const inside = insideOf(take);
    const add = (host: HostModel, { root, folder: top }: typeof pair.from): void => {
      for (const { domain, path } of locate(host, root, top, block.roots)) {
        const known = areas.get(domain) ?? [];
        areas.set(domain, known);
        for (const { folder, deep } of inside) known.push({ host, folder: below(path, folder), deep, span: take.span });
      }
    };
    for (const remote of block.remotes ?? []) add(remote, pair.into);
    for (const master of block.masters ?? []) add(master, pair.from);
  }
  return areas;
};

/** The folders that what is taken may lie in, seen from the pair's folder. */
const insideOf = (take: TakeModel): readonly Inside[] => {
  const test = testOf(take);
  if (test === null) return [];
  const selection = selectionOf(moved(test, placeTake(take).base)) ?? [[]];
  return selection.flatMap(literals =>
    narrowest(
      literals.flatMap(({ leaf, negated }) => {
        const shapes = negated ? null : shapesOf(leaf);
        return shapes === null ? [] : [shapes.map(({ folder, path }) => ({ folder, deep: path === null }))];
      }),
    ),
  );
};

type Inside = { readonly folder: string; readonly deep: boolean };

/** All conditions hold together, so the deepest folder that one of them names is told; several where one gives a choice. */
const narrowest = (conditions: readonly (readonly Inside[])[]): readonly Inside[] => {
  const depth = (choice: readonly Inside[]): number =>
    Math.min(...choice.map(({ folder, deep }) => (folder === '' ? 0 : folder.split('/').length) * 2 + (deep ? 0 : 1)));
  const sorted = conditions.filter(choice => choice.length > 0).sort((a, b) => depth(b) - depth(a));
  return sorted[0] ?? [{ folder: '', deep: true }];
};

/** Of one machine: closing the first area's folders closes some of the second's files. */
const holds = (closed: Area, area: Area): boolean =>
  within(area.folder, closed.folder) || (area.deep && within(closed.folder, area.folder));

const below = (path: string, folder: string): string =>
  folder === '' ? path : path === '' ? folder : `${path}/${folder}`;
