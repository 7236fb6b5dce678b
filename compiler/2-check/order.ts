// Items that can match nothing, items of an order that the block does not take, and classes that overlap in an order.
import type { BlockModel, ItemModel, PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import type { FileTest } from '../plan.js';
import { areDisjoint, contains, emptyListIn, isEmpty, meetByName, type Selection, selectionOf } from './selection.js';
import { testOf } from './takes.js';

export const checkOrder = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const empty = new Set<string>();
    for (const take of block.takes) {
      for (const item of [...take.include, ...take.except]) reportEmpty(item, empty, report);
    }
    for (const item of block.order) reportEmpty(item, empty, report);
    const ordered = block.order.filter(item => !empty.has(item.shown));
    reportIdle(ordered, block, report);
    reportOverlaps(ordered, report);
  }
};

/** Once for each item of a block, where it stands first. */
const reportEmpty = (item: ItemModel, empty: Set<string>, report: Report): void => {
  if (item.test === null || empty.has(item.shown) || !isEmpty(selectionOf(item.test))) return;
  empty.add(item.shown);
  report(finding(blocks.idleItem, item.span, [item.shown, emptyListIn(item.test)]));
};

const reportIdle = (ordered: readonly ItemModel[], block: BlockModel, report: Report): void => {
  const tests = block.takes.map(testOf);
  if (tests.length === 0 || !tests.every((test): test is FileTest => test !== null)) return;
  const taken = selectionOf({ is: 'or', tests });
  for (const item of ordered) {
    if (item.test === null || !areDisjoint(selectionOf(item.test), taken)) continue;
    const labels = block.takes.slice(0, 3).map(({ span }) => ({ span, message: 'what the block takes' }));
    report(finding(blocks.idleOrder, item.span, [item.shown], { labels }));
  }
};

/** A quoted glob behind a class is an exception to it; two classes that overlap may be a mistake. */
const reportOverlaps = (ordered: readonly ItemModel[], report: Report): void => {
  const classes = ordered.flatMap((item): readonly { name: string; item: ItemModel; selection: Selection }[] =>
    item.className === null || item.className === 'all' || item.test === null
      ? []
      : [{ name: item.className, item, selection: selectionOf(item.test) }],
  );
  for (const [at, later] of classes.entries()) {
    for (const earlier of classes.slice(0, at)) {
      const { selection: a } = earlier;
      const { selection: b } = later;
      if (!meetByName(a, b) && !contains(a, b) && !contains(b, a)) continue;
      const labels = [{ span: earlier.item.span, message: 'the earlier one' }];
      report(finding(blocks.orderOverlap, later.item.span, [earlier.name, later.name], { labels }));
    }
  }
};
