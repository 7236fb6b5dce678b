// `by permissions`: folders that a lock closes, and that hold another block's files as well.
//
// 1. What a block selects lies in known folders, or below known folders. A lock closes those that hold its files, and with
//    them everything below.
// 2. It is taken on the master, too, so sources count like targets; only what stands on one machine can meet.
import type { Span } from '../../grammar/source.js';
import type { BlockModel, HostModel, PlanModel } from '../1-resolve/model.js';
import { placeTake } from '../1-resolve/take-place.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import { locate } from './places.js';
import { selectionOf } from './selection.js';
import { moved, shapesOf, within } from './shapes.js';
import { lockOf, strategiesOf } from './strategies.js';
import { testOf } from './takes.js';

export const checkClosedFolders = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const told = new Set<Span>();
    for (const { strategy, hosts } of strategiesOf(block)) {
      const span = strategy.lock?.by ?? null;
      if (span === null || lockOf(strategy.consistency)?.by.kind !== 'permissions' || told.has(span)) continue;
      told.add(span);
      checkLock(block, span, new Set(hosts), model, report);
    }
  }
};

const checkLock = (
  block: BlockModel,
  span: Span,
  remotes: ReadonlySet<HostModel>,
  model: PlanModel,
  report: Report,
): void => {
  const closed = areasOf(block, host => remotes.has(host));
  for (const other of model.blocks) {
    if (other === block) continue;
    const met = areasOf(other, () => true).find(area => closed.some(folder => holds(folder, area)));
    if (met === undefined) continue;
    const labels = [{ span: met.span, message: `taken by ${other.name}` }];
    report(finding(blocks.closedFolder, span, [block.name, other.name, met.host.id], { labels }));
  }
};

/** A folder of a machine in which files may lie: in it, or (`deep`) anywhere below as well. */
type Area = {
  readonly host: HostModel;
  readonly domain: string;
  readonly folder: string;
  readonly deep: boolean;
  readonly span: Span;
};

const areasOf = (block: BlockModel, counts: (remote: HostModel) => boolean): readonly Area[] => {
  const remotes = (block.remotes ?? []).filter(counts);
  const masters = remotes.length === 0 ? [] : (block.masters ?? []);
  return block.takes.flatMap(take => {
    const { pair, base } = placeTake(take);
    const test = testOf(take);
    if (test === null) return [];
    const shapes = (selectionOf(moved(test, base)) ?? [[]]).map(literals =>
      literals
        .filter(({ negated }) => !negated)
        .flatMap(({ leaf }) => {
          const found = shapesOf(leaf);
          return found === null ? [] : [found.map(({ folder, path }) => ({ folder, deep: path === null }))];
        }),
    );
    const inside = shapes.flatMap(narrowest);
    const sides = [
      ...remotes.map(host => ({ host, place: pair.into })),
      ...masters.map(host => ({ host, place: pair.from })),
    ];
    return sides.flatMap(({ host, place }) =>
      locate(host, place.root, place.folder, block.roots).flatMap(({ domain, path }) =>
        inside.map(({ folder, deep }) => ({ host, domain, folder: below(path, folder), deep, span: take.span })),
      ),
    );
  });
};

type Inside = { readonly folder: string; readonly deep: boolean };

/** All conditions hold together, so the deepest folder that one of them names is told; several where one gives a choice. */
const narrowest = (conditions: readonly (readonly Inside[])[]): readonly Inside[] => {
  const depth = (choice: readonly Inside[]): number =>
    Math.min(...choice.map(({ folder, deep }) => (folder === '' ? 0 : folder.split('/').length) * 2 + (deep ? 0 : 1)));
  const sorted = conditions.filter(choice => choice.length > 0).sort((a, b) => depth(b) - depth(a));
  return sorted[0] ?? [{ folder: '', deep: true }];
};

/** Closing the first area's folders closes some of the second's files. */
const holds = (closed: Area, area: Area): boolean =>
  closed.domain === area.domain &&
  (within(area.folder, closed.folder) || (area.deep && within(closed.folder, area.folder)));

const below = (path: string, folder: string): string =>
  folder === '' ? path : path === '' ? folder : `${path}/${folder}`;
