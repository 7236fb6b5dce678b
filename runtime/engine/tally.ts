// Counts of one relation, as they grow.
import type { Totals } from './events.js';

export type Tally = { -readonly [Key in keyof Totals]: number };

export const newTally = (): Tally => ({
  created: 0,
  replaced: 0,
  attributes: 0,
  linked: 0,
  moved: 0,
  deleted: 0,
  unchanged: 0,
  inconsistent: 0,
  failed: 0,
  skipped: 0,
  bytesSent: 0,
  bytesReceived: 0,
  bytesLiteral: 0,
  bytesMatched: 0,
  bytesRelayed: 0,
});
