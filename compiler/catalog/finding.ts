// What a kind of finding is made of, and how one is made at a place.
import type { Diagnostic, Severity } from '../../grammar/diagnostic.js';
import { quoted } from '../../grammar/findings.js';
import type { Span } from '../../grammar/source.js';
import { nearest } from '../../grammar/suggest.js';

/** A row of the catalogue; `Facts` are what its wording is made of. */
export type Kind<Facts extends readonly unknown[]> = {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** What it means and what to do, for `syncplan explain`. */
  readonly explanation: string;
  /** A piece of a plan that has it. */
  readonly example: string;
  /** Says that something is missing, which nobody knows of a file that could not be read to its end. */
  readonly absence?: true;
  readonly say: (...facts: Facts) => Words;
};

/** The message, and the help line where there is one. */
export type Words = string | readonly [message: string, help: string | null];

/** A row whose wording need not be known. */
export type AnyKind = Omit<Kind<never>, 'say'>;

export const kind = <Facts extends readonly unknown[]>(row: Kind<Facts>): Kind<Facts> => row;

export const finding = <Facts extends readonly unknown[]>(
  of: Kind<Facts>,
  span: Span,
  facts: Facts,
  more: Partial<Pick<Diagnostic, 'labels' | 'fix'>> = {},
): Diagnostic => {
  const words = of.say(...facts);
  const [message, help] = typeof words === 'string' ? [words, null] : words;
  return {
    code: of.code,
    severity: of.severity,
    message,
    span,
    labels: more.labels ?? [],
    help,
    fix: more.fix ?? null,
  };
};

/** Takes in what is found on the way. */
export type Report = (found: Diagnostic) => void;

/** "`a`, `b` and `c`", cut after a dozen. */
export const listing = (names: readonly string[], joiner: 'and' | 'or' = 'and'): string => {
  const shown = names.slice(0, MOST_NAMES).map(quoted);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} ${joiner} ${rest} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${joiner} ${shown.at(-1)}`;
};

/** The nearest legal name, or all the legal ones where none is near. */
export const suggest = (name: string, legal: readonly string[], plural: string): string => {
  const near = nearest(name, legal);
  if (near !== null) return `did you mean ${quoted(near)}?`;
  return legal.length === 0 ? `there are no ${plural} here` : `the ${plural} here are ${listing(legal)}`;
};

const MOST_NAMES = 12;
