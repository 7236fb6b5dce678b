// Safety nets that hold nothing: a deletion guard that allows everything, a lock lease that is too short.
import type { Statement } from '../../grammar/ast.js';
import type { PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';

export const checkGuards = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const policy = block.delete;
    if (policy.mode === 'mirror' && policy.maxPercent === 100 && policy.maxFiles === null && block.guard !== null) {
      report(finding(blocks.openGuard, block.guard.span, []));
    }
    checkLeases(block.statement, report);
  }
};

/** Also in `for`, and in locks that are not built yet: the warning is about the plan. */
const checkLeases = (owner: Statement, report: Report): void => {
  for (const statement of owner.body?.statements ?? []) {
    if (statement.head.text === 'for') checkLeases(statement, report);
    if (statement.head.text !== 'consistency') continue;
    for (const inner of statement.body?.statements ?? []) {
      const [lease] = inner.items;
      if (inner.head.text !== 'hold' || lease?.kind !== 'number' || lease.unit !== 'duration' || lease.value >= 60)
        continue;
      report(finding(settings.shortLease, lease.span, [lease.text]));
    }
  }
};
