// The catalogue: every finding there is, by code, for `syncplan explain` and for the tests.
import { MESSAGES } from '../grammar/messages.js';
import * as blocks from './catalog/blocks.js';
import type { AnyKind } from './catalog/finding.js';
import * as fleet from './catalog/fleet.js';
import * as later from './catalog/later.js';
import * as names from './catalog/names.js';
import * as settings from './catalog/settings.js';

export type Explanation = {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly text: string;
  /** A piece of a plan that has the finding. */
  readonly example: string;
};

export const explanation = (code: string): Explanation | null => BY_CODE.get(code) ?? null;

/** Sorted. */
export const allCodes = (): readonly string[] => [...BY_CODE.keys()].sort();

/** Findings that say something is missing: of a plan that could not be read to its end they say nothing. */
export const isAbsence = (code: string): boolean => ABSENCES.has(code);

const KINDS: readonly AnyKind[] = [names, settings, fleet, blocks, later].flatMap(page => Object.values(page));

const BY_CODE: ReadonlyMap<string, Explanation> = new Map(
  [...Object.values(MESSAGES), ...KINDS].map(({ code, severity, title, explanation, example }) => [
    code,
    { code, severity, title, text: explanation, example },
  ]),
);

const ABSENCES: ReadonlySet<string> = new Set(KINDS.filter(row => row.absence).map(row => row.code));
