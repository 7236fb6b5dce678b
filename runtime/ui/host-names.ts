// Many hosts by name: in the order in which people count, and neighbours named by the first and the last of them.
import { displayText } from './display.js';
import type { Marks } from './marks.js';

/** `db`, `web-2`, `web-10`. */
export const compareNames = (a: string, b: string): number => {
  const [one, other] = [countedName(a), countedName(b)];
  if (one.stem !== other.stem) return one.stem < other.stem ? -1 : 1;
  return one.number - other.number || (a < b ? -1 : a > b ? 1 : 0);
};

/** `db, web-01 … web-12, web-14`: what stands between two names is all there. */
export const hostNames = (hosts: readonly string[], { ellipsis }: Marks): string => {
  const named: string[] = [];
  const sorted = [...hosts].sort(compareNames);
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end + 1 < sorted.length && isNext(sorted[end]!, sorted[end + 1]!)) end++;
    const [first, last] = [displayText(sorted[start]!), displayText(sorted[end]!)];
    // An ellipsis stands for one name at least.
    if (end - start < 2) end = start;
    named.push(end === start ? first : `${first} ${ellipsis} ${last}`);
    start = end + 1;
  }
  return named.join(', ');
};

const isNext = (a: string, b: string): boolean => {
  const [one, other] = [countedName(a), countedName(b)];
  if (one.stem !== other.stem || one.number + 1 !== other.number) return false;
  return one.digits === other.digits || (one.digits < other.digits && !isPadded(a) && !isPadded(b));
};

const isPadded = (name: string): boolean => /(?:^|\D)0\d*$/.test(name);

/** A name ends in a number, or in none. */
const countedName = (name: string): { readonly stem: string; readonly number: number; readonly digits: number } => {
  const [, stem = name, digits = ''] = /^(.*?)(\d{1,9})$/.exec(name) ?? [];
  return { stem, number: digits === '' ? -1 : Number(digits), digits: digits.length };
};
