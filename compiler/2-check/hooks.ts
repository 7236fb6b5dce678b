// Hooks that could never run: what they wait for is nothing that their block takes.
import type { BlockModel, PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import type { FileTest } from '../plan.js';
import { areDisjoint, emptyListIn, isEmpty, selectionOf } from './selection.js';
import { testOf } from './takes.js';

export const checkHooks = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const tests = block.takes.map(testOf);
    if (tests.length === 0 || !tests.every((test): test is FileTest => test !== null)) continue;
    const taken = selectionOf({ is: 'or', tests });
    for (const hook of block.hooks) checkHook(hook, taken, block, report);
  }
};

const checkHook = (
  { changed }: BlockModel['hooks'][number],
  taken: ReturnType<typeof selectionOf>,
  block: BlockModel,
  report: Report,
): void => {
  if (changed === null || changed.test === null) return;
  const waited = selectionOf(changed.test);
  if (isEmpty(waited)) report(finding(blocks.idleItem, changed.span, [changed.shown, emptyListIn(changed.test)]));
  else if (areDisjoint(waited, taken)) {
    const labels = block.takes.slice(0, 3).map(({ span }) => ({ span, message: 'what the block takes' }));
    report(finding(blocks.idleHook, changed.span, [changed.shown], { labels }));
  }
};
