// The last lines of a preview: what the whole run would do.
import type { ChangeLine, Preview, PreviewRelation } from '../engine/events.js';
import { bytesText, countText, numberText } from './amounts.js';
import type { Palette } from './colour.js';

export const totalsText = (preview: Preview, interrupted: boolean, paint: Palette): string[] => {
  const { relations } = preview;
  // What is refused will not be done: the totals are those of a run.
  const planned = relations.filter(({ state }) => state === 'compared');
  const counts: Record<ChangeLine['change'], number> = { create: 0, replace: 0, attributes: 0, link: 0, delete: 0 };
  for (const { changes } of planned) for (const { change } of changes) counts[change]++;
  const all = planned.reduce((sum, { changes }) => sum + changes.length, 0);
  const bytes = planned.reduce((sum, relation) => sum + relation.bytes, 0);
  const lines = [
    paint.bold(all === 0 ? withoutChanges(preview, interrupted) : `${changesOn(planned)}, ${bytesText(bytes)} to send`),
  ];
  if (all > 0) {
    const words = WORDS.filter(([change]) => counts[change] > 0).map(
      ([change, word]) => `${numberText(counts[change])} ${word}`,
    );
    lines.push(words.join(', '));
  }
  const against = [
    [relations.filter(({ state }) => state === 'refused').length, 'refused'],
    [relations.filter(({ state }) => state === 'failed').length, 'failed'],
    [relations.filter(({ state }) => state === 'skipped').length, 'skipped'],
  ] as const;
  const troubles = against.filter(([count]) => count > 0).map(([count, word]) => `${numberText(count)} ${word}`);
  const problems = relations.reduce((sum, relation) => sum + relation.problems.length, 0);
  if (problems > 0) troubles.push(countText(problems, 'problem'));
  const drift = relations.reduce((sum, relation) => sum + relation.drift.length, 0);
  if (drift > 0) lines.push(paint.yellow(`! ${countText(drift, 'path')} changed by somebody else (drift)`));
  if (troubles.length > 0) lines.push(paint.red(`! ${troubles.join(', ')}`));
  return lines;
};

/** Nothing would be done: because nothing differs, or because of what stands above. The states are those that make the exit
 * code of a plan, so that text and code agree. */
const withoutChanges = ({ relations }: Preview, interrupted: boolean): string => {
  const of = (state: PreviewRelation['state']) => relations.filter(relation => relation.state === state);
  const refused = of('refused');
  const compared = of('compared');
  const held = of('skipped');
  if (interrupted && compared.length < relations.length) return 'Interrupted: not everything was compared.';
  if (refused.some(({ changes }) => changes.length > 0)) return `Refused: ${changesOn(refused)}, see above.`;
  if (refused.length > 0) return 'Refused, to protect data: see above.';
  if (held.some(({ changes }) => changes.length > 0)) return `Held back: ${changesOn(held)}, see above.`;
  if (compared.length + held.length === 0) return 'Nothing could be compared.';
  const whole = compared.length === relations.length && compared.every(({ problems }) => problems.length === 0);
  if (!whole) return 'Nothing to change where it could be compared.';
  const owed = compared.reduce((sum, { owed: hooks }) => sum + hooks.length, 0);
  return owed === 0 ? 'Nothing to change.' : `Nothing to change, and ${countText(owed, 'hook')} to run.`;
};

const changesOn = (relations: readonly PreviewRelation[]): string => {
  const changing = relations.filter(({ changes }) => changes.length > 0);
  const all = changing.reduce((sum, { changes }) => sum + changes.length, 0);
  return `${countText(all, 'change')} on ${countText(new Set(changing.map(({ host }) => host)).size, 'host')}`;
};

const WORDS: readonly (readonly [ChangeLine['change'], string])[] = [
  ['create', 'to create'],
  ['replace', 'to replace'],
  ['attributes', 'with other attributes'],
  ['link', 'to link'],
  ['delete', 'to delete'],
];
