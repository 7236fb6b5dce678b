// Attributes that have no effect, and fixed modes that a later run would stumble over.
import type { BlockModel, PlanModel, SetModel } from '../1-resolve/model.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';

export const checkFixed = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    checkSpecial(block, report);
    if (block.set === null) continue;
    checkModes(block.set, block, report);
    checkCarried(block.set, block, report);
  }
};

/** Its bits are those of modes, and what else is special are extended attributes. */
const checkSpecial = ({ attributes, saidAttributes, set }: BlockModel, report: Report): void => {
  const said = saidAttributes.get('special');
  const hasModes =
    attributes.includes('mode') || [set?.fixed.files, set?.fixed.folders].some(mode => typeof mode === 'number');
  if (said !== undefined && !hasModes && !attributes.includes('xattr')) report(finding(settings.idleSpecial, said, []));
};

const checkModes = ({ fixed, spans }: SetModel, block: BlockModel, report: Report): void => {
  for (const name of ['files', 'folders'] as const) {
    const mode = fixed[name];
    const span = spans.get(name);
    if (mode === null || span === undefined) continue;
    const needed = name === 'files' ? 0o400 : 0o700;
    if (mode > 0o777 && !block.attributes.includes('special')) {
      report(finding(settings.specialMode, span, [name, shown(mode)]));
    } else if ((mode & needed) !== needed)
      report(finding(settings.closedMode, span, [name, shown(mode), shown(mode | needed)]));
  }
};

/** Only of what is said: `mode` and `modified` are there without a word. */
const checkCarried = ({ fixed, spans }: SetModel, block: BlockModel, report: Report): void => {
  const idle: readonly (readonly [attribute: string, by: string, isFixed: boolean])[] = [
    ['owner', 'owner', fixed.owner !== null],
    ['group', 'group', fixed.group !== null],
    ['mode', 'files', fixed.files !== null && fixed.folders !== null],
  ];
  for (const [attribute, by, isFixed] of idle) {
    const said = block.saidAttributes.get(attribute);
    const span = spans.get(by);
    if (!isFixed || said === undefined || span === undefined) continue;
    report(finding(settings.idleAttribute, said, [attribute], { labels: [{ span, message: 'fixed here' }] }));
  }
};

const shown = (mode: number): string => `0${mode.toString(8).padStart(3, '0')}`;
