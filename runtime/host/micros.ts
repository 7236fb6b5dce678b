// Times in whole microseconds, in and out of Node.js, so that what is written is read back as the same number.
//
// Node.js reads a time as milliseconds in a double, right to a quarter of a microsecond until the year 2100: rounding gives the
// microsecond. It writes a time as seconds in a double, right to as much, and its libuv either keeps the nanoseconds of that
// (from 1.52 on, with Node.js 24 and 26), or cuts off below the microsecond, towards zero: then half a microsecond away from
// zero keeps the cut from taking the last digit. A negative number means "now" to Node.js, but the same number as text is
// taken as it stands.
import type { Stats } from 'node:fs';

export const modifiedOf = (stats: Pick<Stats, 'mtimeMs'>): number => Math.round(stats.mtimeMs * 1000);

export const changedOf = (stats: Stats): number => Math.round(stats.ctimeMs * 1000);

/** For utimes, lutimes and futimes. */
export const secondsOf = (micros: number): number | string => secondsFor(micros, CUTS);

/** `cuts`: what is below the microsecond is cut off. */
export const secondsFor = (micros: number, cuts: boolean): number | string => {
  const seconds = cuts ? (micros + (micros < 0 ? -0.5 : 0.5)) / 1e6 : nearest(micros);
  return micros < 0 ? String(seconds) : seconds;
};

/** By the version of libuv, of which some packages of Node.js use another one than theirs. */
export const cutsTimes = (libuv: string): boolean => {
  const [major = 0, minor = 0] = libuv.split('.').map(Number);
  return major < 1 || (major === 1 && minor < 52);
};

/** From the year 2038 on the closest number of seconds may be just too far away for the closest number of milliseconds. */
const nearest = (micros: number): number => {
  const seconds = micros / 1e6;
  const beside = [seconds, (micros + BESIDE) / 1e6, (micros - BESIDE) / 1e6];
  return beside.find(one => modifiedOf({ mtimeMs: millisecondsOf(one) }) === micros) ?? seconds;
};

/** Of a file that got these seconds, as Node.js reads it. */
const millisecondsOf = (seconds: number): number => {
  const whole = Math.trunc(seconds);
  return whole * 1e3 + Math.trunc((seconds - whole) * 1e9) / 1e6;
};

/** Microseconds: beyond the next double in every case. */
const BESIDE = 0.5;
const CUTS = cutsTimes(process.versions.uv);
