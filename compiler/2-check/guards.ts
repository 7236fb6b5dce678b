// Safety nets that hold nothing: a deletion guard that allows everything.
import type { PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';

export const checkGuards = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const policy = block.delete;
    if (policy.mode === 'mirror' && policy.maxPercent === 100 && policy.maxFiles === null && block.guard !== null) {
      report(finding(blocks.openGuard, block.guard.span, []));
    }
  }
};
