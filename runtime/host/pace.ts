// Pacing of long synchronous work: a pause after about 50 ms of it, so that a host can show that it is alive.

/** Adds work that was done; a promise to be awaited where a pause is due. One unit is a name listed or a KiB hashed. */
export type Pace = (work: number) => Promise<void> | null;

export const makePace = (breathe: () => Promise<void>): Pace => {
  let done = 0;
  return work => {
    done += work;
    if (done < UNITS) return null;
    done = 0;
    return breathe();
  };
};

/** Opening and closing a file, in units. */
export const OPENING = 32;
const UNITS = 4096;
