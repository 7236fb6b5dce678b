// A moving average: how fast a total that never falls has grown over the last seconds.
//
// Samples are at least STEP apart and the oldest kept is about WINDOW old, so a meter stays small however often it is
// told. The rate is measured up to `now`: when nothing comes any more, it falls.

export type Meter = { readonly times: number[]; readonly totals: number[]; latest: number };

export const makeMeter = (): Meter => ({ times: [], totals: [], latest: 0 });

/** The total stands at `total` at `time`. */
export const measure = (meter: Meter, time: number, total: number): void => {
  meter.latest = Math.max(meter.latest, total);
  const last = meter.times[meter.times.length - 1];
  if (last !== undefined && time - last < STEP) return;
  meter.times.push(time);
  meter.totals.push(meter.latest);
  while (meter.times.length > 2 && time - meter.times[1]! >= WINDOW) {
    meter.times.shift();
    meter.totals.shift();
  }
};

/** Growth over the window before `now`, and how many milliseconds that is; null while there is too little to say. */
export const growth = (meter: Meter, now: number): { readonly grown: number; readonly ms: number } | null => {
  const { times, totals } = meter;
  let first = 0;
  while (first + 1 < times.length && now - times[first + 1]! >= WINDOW) first++;
  const since = times[first];
  if (since === undefined || now - since < SHORTEST) return null;
  return { grown: meter.latest - totals[first]!, ms: now - since };
};

/** The same per second. */
export const perSecond = (meter: Meter, now: number): number | null => {
  const seen = growth(meter, now);
  return seen === null ? null : (seen.grown * 1000) / seen.ms;
};

export const STEP = 500;
const WINDOW = 10_000;
const SHORTEST = 1_000;
