// Counts of one relation, as they grow, and of all relations together.
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

/** The counts of a run: what a master has listed for all remotes of a block at once counts once, all else once for each. */
export const totalsOf = (relations: readonly { readonly block: string; readonly tally: Totals }[]): Tally => {
  const totals = newTally();
  const skipped = new Map<string, number>();
  for (const { block, tally } of relations) {
    for (const key of Object.keys(totals) as (keyof Totals)[]) totals[key] += tally[key];
    skipped.set(block, Math.max(skipped.get(block) ?? 0, tally.skipped));
  }
  totals.skipped = [...skipped.values()].reduce((sum, count) => sum + count, 0);
  return totals;
};
