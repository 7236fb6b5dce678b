// Amounts in plain English, the same in every locale: bytes, rates, durations, counts.

/** `0 B`, `999 B`, `1.2 KiB`, `34.0 MiB`, `512 GiB`: three digits at the most before the point, at most one behind it. */
export const bytesText = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  // 1023.95 KiB would be rounded to 1024.0 KiB: the next unit begins where rounding would reach it.
  while (value >= (unit === 0 ? 1024 : 999.95) && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
};

export const rateText = (bytesPerSecond: number): string => `${bytesText(bytesPerSecond)}/s`;

/** `1.2 of 3.4 MiB`, `512 KiB of 3.4 MiB`: the unit once where it is the same. */
export const bytesOf = (done: number, total: number): string => {
  const [value, unit] = bytesText(done).split(' ') as [string, string];
  const whole = bytesText(total);
  return whole.endsWith(` ${unit}`) ? `${value} of ${whole}` : `${value} ${unit} of ${whole}`;
};

/** `85 ms`, `4.2 s`, `42 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`. */
export const durationText = (milliseconds: number): string => {
  const ms = Math.max(0, milliseconds);
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** An estimate, in steps so coarse that it does not fidget: `4 s`, `35 s`, `2 min 10 s`, `14 min`, `2 h 10 min`. */
export const roughDuration = (milliseconds: number): string => {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds <= 10) return `${seconds} s`;
  if (seconds < 60) return `${stepUp(seconds, 5)} s`.replace(/^60 s$/, '1 min');
  if (seconds < 300) return minutesAndSeconds(stepUp(seconds, 10));
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.round(minutes / 60 / 24)} d`;
};

/** A clock since the start: `0:07`, `12:40`, `1:02:03`. */
export const elapsedText = (milliseconds: number): string => {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const minutes = Math.floor(seconds / 60);
  const tail = `${two(seconds % 60)}`;
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`;
};

/** `1 file`, `12,345 files`; an irregular plural is given in full. */
export const countText = (count: number, noun: string, plural = `${noun}s`): string =>
  `${numberText(count)} ${count === 1 ? noun : plural}`;

/** A whole number with a comma every three digits. */
export const numberText = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** `a`, `a and b`, `a, b and c`. */
export const listText = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;

const two = (value: number): string => String(value).padStart(2, '0');

const stepUp = (value: number, step: number): number => Math.ceil(value / step) * step;

const minutesAndSeconds = (seconds: number): string =>
  seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
