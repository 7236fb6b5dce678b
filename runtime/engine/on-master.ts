// What fails on the master says so: a relation goes by its remote's name, and so would its problems.
import { type PackRecord, readRecords, writeRecord } from '../bytes/pack.js';
import { makeWriter } from '../bytes/wire.js';
import type { Scan } from '../host/host.js';
import type { Problem } from '../tree/entry.js';

/** The scan of a master, all of whose problems name it. Content says what is lost in its own stream: `lostOnMaster`. */
export const scanOnMaster = (scan: Scan, master: string): Scan => {
  const named = <T>(answer: T | Problem): T | Problem => (isProblem(answer) ? onMaster(answer, master) : answer);
  return {
    ...scan,
    summary: { ...scan.summary, problems: scan.summary.problems.map(problem => onMaster(problem, master)) },
    lookup: async paths => (await scan.lookup(paths)).map(named),
    digests: async paths => (await scan.digests(paths)).map(named),
    extras: async paths => (await scan.extras(paths)).map(named),
  };
};

/** The same chunk of a pack, with the master named by the records of what it cannot send. */
export const lostOnMaster = (chunk: Uint8Array, master: string): Uint8Array => {
  const writer = makeWriter(chunk.length + MORE);
  for (const record of readRecords(chunk))
    writeRecord(writer, record.is === 'lost' ? onMaster(record, master) : record);
  return writer.copy();
};

const onMaster = <T extends Problem | (PackRecord & { is: 'lost' })>(problem: T, master: string): T => ({
  ...problem,
  message: `on ${master}: ${problem.message}`,
  help:
    problem.code === 'denied'
      ? `give the user that syncplan works as on ${master} the right to read it, or leave it out`
      : problem.help.replace('that host', master),
});

const isProblem = (answer: unknown): answer is Problem =>
  typeof answer === 'object' && answer !== null && 'code' in answer;

const MORE = 1024;
