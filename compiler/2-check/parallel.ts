// Parallel roots: which of them exist, how those of a master pair with those of a remote, and that each is a folder of its own.
import type { BlockModel, HostModel, PathModel, PlanModel, RootModel } from '../1-resolve/model.js';
import { chosen } from '../1-resolve/root-choice.js';
import { placeTake } from '../1-resolve/take-place.js';
import { finding, type Report } from '../catalog/finding.js';
import * as fleet from '../catalog/fleet.js';
import { type Located, locate } from './places.js';
import { within } from './shapes.js';

export const checkParallel = (model: PlanModel, report: Report): void => {
  const seen = new Set<RootModel['span']>();
  for (const block of model.blocks) {
    const pairs = new Map(block.takes.map(take => [JSON.stringify(placeTake(take).pair), take]));
    for (const { from, into } of pairs.values()) {
      reportSecond(into.root, block, report);
      reportCounts(from.root, into.root, block, report);
      for (const host of block.masters ?? []) reportNested(host, from.root, seen, report);
      for (const host of block.remotes ?? []) reportNested(host, into.root, seen, report);
    }
  }
};

/** A master of one path pairs with whatever a remote has, so only a remote must have a second one. */
const reportSecond = (root: string, block: BlockModel, report: Report): void => {
  if (block.roots !== 'second') return;
  const without = (block.remotes ?? []).filter(host => host.roots.get(root)?.paths?.length === 1);
  if (without.length === 0) return;
  report(finding(fleet.noSecondPath, block.rootsSpan, [root, without.map(({ id }) => id)]));
};

const reportCounts = (from: string, into: string, block: BlockModel, report: Report): void => {
  const [master, ...others] = block.masters ?? [];
  if (master === undefined || others.length > 0) return;
  const here = chosen(master.roots.get(from)?.paths ?? [], block.roots);
  if (here.length < 2) return;
  const odd = (block.remotes ?? []).find(remote => {
    const count = countOf(remote, into, block);
    return count !== 0 && count !== here.length;
  });
  if (odd === undefined) return;
  const labels = [
    { span: spanOf(here), message: `the paths on ${master.id}` },
    { span: spanOf(odd.roots.get(into)?.paths ?? here), message: `the paths on ${odd.id}` },
  ];
  const count = countOf(odd, into, block);
  report(finding(fleet.unequalPaths, block.rootsSpan, [into, here.length, master.id, count, odd.id], { labels }));
};

const countOf = (host: HostModel, root: string, { roots }: BlockModel): number =>
  chosen(host.roots.get(root)?.paths ?? [], roots).length;

/** From the first path to the last. */
const spanOf = (paths: readonly PathModel[]) => {
  const { file, start } = paths[0]!.span;
  return { file, start, end: paths.at(-1)!.span.end };
};

/** Whatever a block uses of them: each would list what the other holds. */
const reportNested = (host: HostModel, name: string, seen: Set<RootModel['span']>, report: Report): void => {
  const root = host.roots.get(name);
  if (root === undefined || seen.has(root.span)) return;
  const located = locate(host, name, '', 'all');
  if (located.length > 0) seen.add(root.span);
  for (const [at, later] of located.entries()) {
    const earlier = located.slice(0, at).find(one => isNested(one, later));
    if (earlier === undefined) continue;
    const labels = [{ span: earlier.from.span, message: 'the other path' }];
    report(
      finding(fleet.nestedPaths, later.from.span, [name, earlier.from.place.path, later.from.place.path], { labels }),
    );
  }
};

const isNested = (a: Located, b: Located): boolean =>
  a.domain === b.domain && (within(a.path, b.path) || within(b.path, a.path));
