// Ranges in host names and addresses: "web-{02..12}" written out, several ranges in step.
import type { Span } from '../../grammar/source.js';
import { finding, type Report } from '../catalog/finding.js';
import * as fleet from '../catalog/fleet.js';

/** All the texts; one where there is no range; null where a range is malformed, which is reported. */
export const expandRanges = (text: string, span: Span, report: Report): readonly string[] | null => {
  const pieces = text.split(/(\{[^{}]*\}?|\})/);
  const ranges = pieces.map((piece, at) => (at % 2 === 0 ? null : readRange(piece)));
  for (const [at, range] of ranges.entries()) {
    if (typeof range !== 'string') continue;
    report(finding(fleet.badRange, span, [pieces[at] ?? '', range]));
    return null;
  }
  const lengths = ranges.filter(range => range !== null).map(range => range.length);
  const [length = 1, ...others] = lengths;
  const unequal = others.find(other => other !== length);
  if (unequal !== undefined) {
    report(finding(fleet.unequalRanges, span, [length, unequal]));
    return null;
  }
  return Array.from({ length }, (_, step) => pieces.map((piece, at) => ranges[at]?.at(step) ?? piece).join(''));
};

export const MAX_HOSTS = 10_000;

/** The numbers as written, or what is wrong with the range. */
const readRange = (text: string): readonly string[] | string => {
  const found = /^\{(\d{1,9})\.\.(\d{1,9})\}$/.exec(text);
  if (found === null) return 'is not two whole numbers with `..` between';
  const [, first = '', last = ''] = found;
  const padded = first.length > 1 && first.startsWith('0');
  const low = Number(first);
  const high = Number(last);
  if (low > high) return 'runs backwards';
  if (padded && last.length < first.length) return 'has bounds of different width';
  if (high - low >= MAX_HOSTS) return `has more than ${MAX_HOSTS} members`;
  const width = padded ? first.length : 0;
  return Array.from({ length: high - low + 1 }, (_, step) => String(low + step).padStart(width, '0'));
};
