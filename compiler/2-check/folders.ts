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
  const sources = locate(master, pair.from.root, pair.from.folder, block.roots);
  for (const remote of block.remotes ?? []) {
    if (remote === master) continue;
    for (const target of locate(remote, pair.into.root, pair.into.folder, block.roots)) {
      const source = sources.find(one => one.domain === target.domain && collide(take, base, one, target));
      if (source === undefined) continue;
      const labels = [{ span: target.from.span, message: `the root on ${remote.id}` }];
      const shown = [target.from.place.path, pair.into.folder].filter(part => part !== '').join('/');
      const isInside = source.path !== target.path;
      report(finding(blocks.sameFolder, take.into.span, [master.id, remote.id, shown, isInside], { labels }));
      return;
    }
  }
};

const collide = (take: TakeModel, base: string, source: Location, target: Location): boolean =>
  source.path === target.path || meets(take, base, source, target);

/** One lies in the other, and what is taken reaches into it. */
const meets = (take: TakeModel, base: string, source: Location, target: Location): boolean => {
  const test = testOf(take);
  if (test === null) return false;
  const reaches = (from: Location, to: Location): boolean =>
    within(to.path, from.path) &&
    !areDisjoint(selectionOf(moved(moved(test, base), from.path)), selectionOf({ is: 'under', folder: to.path }));
  return reaches(source, target) || reaches(target, source);
};
