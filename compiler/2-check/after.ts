// Blocks that wait for each other in a circle.
import type { BlockModel, PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';

export const checkAfter = (model: PlanModel, report: Report): void => {
  // Of several with one name, the first counts: whom `after` means else nobody knows.
  const byName = new Map([...model.blocks].reverse().map(block => [block.name, block]));
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (block: BlockModel): void => {
    state.set(block.name, 'open');
    trail.push(block.name);
    for (const { block: name, span } of block.after) {
      const next = byName.get(name);
      if (next === undefined || state.get(name) === 'done') continue;
      if (state.get(name) === 'open')
        report(finding(blocks.afterCycle, span, [[...trail.slice(trail.indexOf(name)), name]]));
      else visit(next);
    }
    trail.pop();
    state.set(block.name, 'done');
  };
  for (const block of model.blocks) if (!state.has(block.name)) visit(block);
};
