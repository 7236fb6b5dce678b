// Random numbers from a seed: the same seed, the same numbers, so that what failed can be run again.

export type Random = {
  /** At least 0, below 1. */
  readonly fraction: () => number;
  /** A whole number, at least 0, below `end`. */
  readonly below: (end: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(among: readonly T[]) => T;
};

/** Mulberry32: 32 bits of state, good enough to choose what goes wrong. */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (end: number): number => Math.floor(fraction() * end);
  return {
    fraction,
    below,
    chance: probability => fraction() < probability,
    pick: among => among[below(among.length)]!,
  };
};
