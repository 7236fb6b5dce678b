// Ids of runs: they sort by time, and two runs of one second still differ.
import { randomBytes } from 'node:crypto';

/** `20260131T235959-1a2b3c4d` */
export const newRunId = (started: Date): string =>
  `${started.toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(4).toString('hex')}`;
