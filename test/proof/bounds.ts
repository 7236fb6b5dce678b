// How much a test of this room does: bounded in `npm test`; in a round of `npm run soak` more, and other seeds each time.

/** All that is random follows from it. Rounds of a soak have seeds in a row. */
export const SEED = Number(process.env.SYNCPLAN_SEED ?? 20_261_121);

/** A round of a soak. */
export const THOROUGH = process.env.SYNCPLAN_THOROUGH === '1';

export const bounded = <T>(few: T, many: T): T => (THOROUGH ? many : few);

/** Where one round would take too long for all cases, each takes every nth of them, and n rounds in a row take all. */
export const isTurn = (number: number, among: number): boolean => number % among === SEED % among;

/** What a soak adds up over its rounds: `Total` lines are uvu's, these are ours. */
export type Figure = 'images' | 'faults' | 'kills' | 'runs' | 'reads';

/** Says what was done; soak reads it off the output (`node test/proof/soak.mjs`). */
export const figure = (name: Figure, count: number): void => {
  if (THOROUGH) console.log(`figure ${name} ${count}`);
};
