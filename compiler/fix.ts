// Carries out the fixes of findings on the text of one file. Where two overlap, the smaller one wins.
import type { Diagnostic, Edit } from '../grammar/diagnostic.js';

/** What was left out for an overlap is found again in the new text. All findings are of this one file. */
export const applyFixes = (text: string, diagnostics: readonly Diagnostic[]): string => {
  const fixes = diagnostics.flatMap(({ fix }) => (fix === null || fix.length === 0 ? [] : [fix]));
  const smallestFirst = [...fixes].sort((a, b) => extent(a) - extent(b));
  const accepted: Edit[] = [];
  for (const fix of smallestFirst) {
    if (!fix.some(edit => accepted.some(other => overlap(edit, other)))) accepted.push(...fix);
  }
  const backwards = accepted
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => b.edit.span.start - a.edit.span.start || b.edit.span.end - a.edit.span.end || b.order - a.order);
  return backwards.reduce(
    (made, { edit }) => made.slice(0, edit.span.start) + edit.text + made.slice(edit.span.end),
    text,
  );
};

const extent = (fix: readonly Edit[]): number =>
  Math.max(...fix.map(edit => edit.span.end)) - Math.min(...fix.map(edit => edit.span.start));

/** Two insertions at one place do not: both are made, in the order of acceptance. An insertion beside a replacement does. */
const overlap = (a: Edit, b: Edit): boolean => {
  const isInsertion = (edit: Edit): boolean => edit.span.start === edit.span.end;
  if (isInsertion(a) && isInsertion(b)) return false;
  if (isInsertion(a) || isInsertion(b)) return a.span.start <= b.span.end && b.span.start <= a.span.end;
  return a.span.start < b.span.end && b.span.start < a.span.end;
};
