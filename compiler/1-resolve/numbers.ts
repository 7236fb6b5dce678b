// Numbers of settings, within their bounds. (A count that is not whole was refused by the grammar.)
import type { Name, Value } from '../../grammar/ast.js';
import { finding } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import type { Surroundings } from './level.js';

export type Bounds = {
  readonly low: number;
  readonly high: number;
  /** The bounds as messages write them. */
  readonly shown: readonly [low: string, high: string];
};

/** null where nothing is written, or where it is out of bounds, which is reported. */
export const readNumber = (
  setting: string,
  written: Name | Value | null,
  bounds: Bounds,
  { values, report }: Surroundings,
): number | null => {
  const number = written === null ? null : values.numberOf(written);
  if (written === null || number === null) return null;
  if (number.value >= bounds.low && number.value <= bounds.high) return number.value;
  report(finding(settings.outOfRange, written.span, [setting, number.text, ...bounds.shown]));
  return null;
};
