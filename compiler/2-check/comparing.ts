// A comparison by times that the block does not carry: it would never find two files equal.
import type { PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';

export const checkComparing = (model: PlanModel, report: Report): void => {
  for (const { name, compare, attributes, saidAttributes } of model.blocks) {
    if (compare.by !== 'quick' || attributes.includes('modified')) continue;
    const [first] = saidAttributes.values();
    if (first !== undefined) report(finding(blocks.timesNotCarried, first, [name, attributes]));
  }
};
