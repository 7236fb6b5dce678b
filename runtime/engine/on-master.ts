// What fails on the master says so: a relation goes by its remote's name, and so would its problems.
import { mapLost } from '../bytes/pack-lost.js';
import type { Scan } from '../host/host.js';
import type { Problem } from '../tree/entry.js';
import { problemOn } from '../tree/on-host.js';

/** The scan of a master, all of whose problems name it. Content says what is lost in its own stream: `lostOnMaster`. */
export const scanOnMaster = (scan: Scan, master: string): Scan => {
  const named = <T>(answer: T | Problem): T | Problem => (isProblem(answer) ? problemOn(answer, master) : answer);
  return {
    ...scan,
    summary: { ...scan.summary, problems: scan.summary.problems.map(problem => problemOn(problem, master)) },
    lookup: async paths => (await scan.lookup(paths)).map(named),
    digests: async paths => (await scan.digests(paths)).map(named),
    extras: async paths => (await scan.extras(paths)).map(named),
  };
};

/** The same chunk of a pack, with the master named by the records of what it cannot send. */
export const lostOnMaster = (chunk: Uint8Array, master: string): Uint8Array =>
  mapLost(chunk, record => problemOn(record, master));

const isProblem = (answer: unknown): answer is Problem =>
  typeof answer === 'object' && answer !== null && 'code' in answer;
