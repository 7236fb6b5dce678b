// Times in whole microseconds, in and out of Node.js, so that what is written is read back as the same number.
//
// Node.js reads a time as milliseconds in a double, right to a quarter of a microsecond until the year 2100: rounding gives the
// microsecond. It writes a time as seconds in a double and cuts off below the microsecond, towards zero: half a
// microsecond away from zero keeps the cut from taking the last digit. A negative number means "now" to it, but
// the same number as text is taken as it stands.
import type { Stats } from 'node:fs';

export const modifiedOf = (stats: Stats): number => Math.round(stats.mtimeMs * 1000);

export const changedOf = (stats: Stats): number => Math.round(stats.ctimeMs * 1000);

/** For utimes, lutimes and futimes. */
export const secondsOf = (micros: number): number | string =>
  micros < 0 ? String((micros - 0.5) / 1e6) : (micros + 0.5) / 1e6;
