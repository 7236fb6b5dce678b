// A source and its target on one machine: never the same folder, and never one inside the other where files would meet.

import type { BlockModel, HostModel, PlanModel, TakeModel } from '../1-resolve/model.js';
import { placeTake } from '../1-resolve/take-place.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import { type Location, locate } from './places.js';
import { areDisjoint, selectionOf } from './selection.js';
import { moved, within } from './shapes.js';
import { testOf } from './takes.js';

export const checkFolders = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const [master, ...others] = block.masters ?? [];
    if (master === undefined || others.length > 0) continue;
    for (const take of block.takes) checkTake(take, master, block, report);
  }
};

/** Each take is told once, of the first remote that has it. */
const checkTake = (take: TakeModel, master: HostModel, block: BlockModel, report: Report): void => {
  const { pair, base } = placeTake(take);
  const source = locate(master, pair.from.root, pair.from.folder);
  if (source === null) return;
  for (const remote of block.remotes ?? []) {
    const target = remote === master ? null : locate(remote, pair.into.root, pair.into.folder);
    if (target === null || target.domain !== source.domain) continue;
    const isSame = source.path === target.path;
    if (!isSame && !meets(take, base, source, target)) continue;
    const path = remote.roots.get(pair.into.root);
    const labels = path === undefined ? [] : [{ span: path.span, message: `the root on ${remote.id}` }];
    const shown = [path?.path?.path ?? '', pair.into.folder].filter(part => part !== '').join('/');
    report(finding(blocks.sameFolder, take.into.span, [master.id, remote.id, shown, !isSame], { labels }));
    return;
  }
};

/** One lies in the other, and what is taken reaches into it. */
const meets = (take: TakeModel, base: string, source: Location, target: Location): boolean => {
  const test = testOf(take);
  if (test === null) return false;
  const reaches = (from: Location, to: Location): boolean =>
    within(to.path, from.path) &&
    !areDisjoint(selectionOf(moved(moved(test, base), from.path)), selectionOf({ is: 'under', folder: to.path }));
  return reaches(source, target) || reaches(target, source);
};
