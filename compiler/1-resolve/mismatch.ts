// Words for a statement that does not fit its signature: the smallest place, what was expected there, and what was found.
import type { Statement } from '../../grammar/ast.js';
import type { Setting } from '../../grammar/schema.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import type { Match } from './signature.js';
import { describe, SLOTS } from './slots.js';

type Mismatch = Exclude<Match, { readonly captures: unknown }>;

export const reportMismatch = (setting: Setting, statement: Statement, mismatch: Mismatch, report: Report): void => {
  const { item, span } = mismatch;
  const { name, signature } = setting;
  const expected = expectation(mismatch);
  if (item === null) report(finding(settings.incompleteSetting, atEnd(statement), [name, expected, signature]));
  else if (item === 'body' && expected === '') report(finding(settings.misplacedBody, span, [name]));
  else if (item === 'body') report(finding(settings.incompleteSetting, atEnd(statement), [name, expected, signature]));
  else if (item === 'where') report(finding(settings.unexpectedItem, span, [name, 'a condition', expected, signature]));
  else if (item.kind === 'name' && legalWords(mismatch) !== null) {
    report(finding(settings.wrongWord, span, [name, item.text, legalWords(mismatch) ?? []]));
  } else if (isValueOnly(mismatch) && item.kind !== 'comma' && item.kind !== 'arrow') {
    report(finding(settings.wrongType, span, [name, describe(item), expected, signature.includes(', …')]));
  } else report(finding(settings.unexpectedItem, span, [name, describe(item), expected, signature]));
};

/** The last thing that was said, where something should have followed. */
const atEnd = (statement: Statement) => statement.items.at(-1)?.span ?? statement.head.span;

/** All that could stand here are words of a few, or null. */
const legalWords = ({ words, slots }: Mismatch): readonly string[] | null => {
  const ofSlots = slots.map(slot => SLOTS[slot]?.words ?? null);
  if (words.includes(',') || ofSlots.includes(null)) return null;
  const legal = [...words, ...ofSlots.flatMap(found => found ?? [])];
  return legal.length === 0 || legal.includes('{ }') ? null : legal;
};

const isValueOnly = ({ words, slots }: Mismatch): boolean => words.length === 0 && slots.length > 0;

const expectation = ({ words, slots }: Mismatch): string => {
  const shown = [
    ...slots.map(slot => (slot === 'CONDITION' ? 'a condition' : (SLOTS[slot]?.shown ?? slot))),
    ...words.filter(word => word !== ',').map(word => (word === '{ }' ? 'braces' : `\`${word}\``)),
  ];
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
};
