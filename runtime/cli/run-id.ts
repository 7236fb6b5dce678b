// Ids of runs: they sort by time, to the millisecond, and two runs of one millisecond still differ.
import { randomBytes } from 'node:crypto';

/** `20260131T235959-1a2b3c4d`: the second in UTC, then the millisecond in three hexadecimal digits and five random ones. */
export const newRunId = (started: Date): string => {
  const second = started.toISOString().replace(/[-:]/g, '').slice(0, 15);
  const millisecond = started.getUTCMilliseconds().toString(16).padStart(3, '0');
  return `${second}-${millisecond}${randomBytes(3).toString('hex').slice(0, 5)}`;
};
