// The lease record of a lock: who holds it, since when and for how long, for people and for a holder that must know itself.
//
// It never decides who holds the lock: flock does, and its holder's death ends it. Times are seconds by the monotonic clock
// of the machine that wrote it, and mean something only to a reader with the same boot id; `at` is for people alone.
//
//   lock/BLOCK.lease           the exclusive holder's, kept when it has let go: the next one counts its epoch on
//   lock/BLOCK.sharer-PID-N    one for each shared holder, removed when it lets go; N is when it came, in microseconds
import { readdirSync } from 'node:fs';
import * as z from 'zod/mini';
import type { Folder } from '../file-verbs.js';
import { folderPath } from '../local-folder.js';
import { readRecord, removeRecord } from './record.js';

/** The machine and process that takes locks, as its records name them. */
export type Holder = {
  /** `user@machine`. */
  readonly name: string;
  readonly process: number;
  /** Tells one start of the system from the next; '' where the system has no such id. */
  readonly boot: string;
  /** Seconds by a clock that never goes back and is the same for all processes of this machine. */
  readonly monotonic: () => number;
  /** Milliseconds since 1970, written down for people only. */
  readonly now: () => number;
};

const text = (cap: number) => z.string().check(z.maxLength(cap));
const LEASE = z.strictObject({
  lease: z.literal(1),
  block: text(256),
  mode: z.enum(['shared', 'exclusive']),
  run: text(256),
  holder: text(1024),
  process: z.int(),
  boot: text(256),
  epoch: z.int().check(z.gte(0)),
  /** Seconds without a word from its client after which a holder lets go by itself. */
  hold: z.number(),
  taken: z.number(),
  refreshed: z.number(),
  at: text(64),
  released: z.boolean(),
});
export type Lease = z.infer<typeof LEASE>;

export const leaseName = (block: string): string => `${block}.lease`;

/** What cannot be read counts as none: the flock alone decides. */
export const readLease = (folder: Folder, block: string): Lease | null => leaseIn(folder, leaseName(block));

/** The same of a record's text, as another kind of host brings it. */
export const parseLease = (text: string): Lease | null => {
  try {
    const checked = z.safeParse(LEASE, JSON.parse(text));
    return checked.success ? checked.data : null;
  } catch {
    return null;
  }
};

export const newLease = (
  holder: Holder,
  request: Pick<Lease, 'block' | 'mode' | 'run' | 'hold'>,
  epoch: number,
): Lease => ({
  lease: 1,
  block: request.block,
  mode: request.mode,
  run: request.run,
  holder: holder.name,
  process: holder.process,
  boot: holder.boot,
  epoch,
  hold: request.hold,
  taken: holder.monotonic(),
  refreshed: holder.monotonic(),
  at: new Date(holder.now()).toISOString(),
  released: false,
});

/** The same holding, not only the same holder: neither refreshing nor letting go changes it. */
export const isSameHolding = (a: Lease, b: Lease): boolean =>
  a.run === b.run && a.process === b.process && a.boot === b.boot && a.epoch === b.epoch && a.taken === b.taken;

export const sharerName = (block: string, { process, taken }: Lease): string =>
  `${block}.sharer-${process}-${Math.floor(taken * 1e6)}`;

export const readSharers = (folder: Folder, block: string): Lease[] =>
  sharersIn(folder, block).flatMap(name => leaseIn(folder, name) ?? []);

/** For who holds the block exclusively: nobody shares it now, whatever a killed process left. */
export const forgetSharers = (folder: Folder, block: string): void => {
  for (const name of sharersIn(folder, block)) removeRecord(folder, name);
};

/** `run r of deploy@web-01, process 123, for 12 s`; what cannot be compared is not. */
export const describeLease = (lease: Lease, here: Holder): string => {
  const who = `run ${lease.run} of ${lease.holder}, process ${lease.process}`;
  if (lease.boot === '' || lease.boot !== here.boot) return `${who}, since ${lease.at} by its own clock`;
  const held = Math.max(0, here.monotonic() - lease.taken);
  const silent = here.monotonic() - lease.refreshed;
  const late = silent > lease.hold ? `, which has not been heard of for ${Math.round(silent)} s` : '';
  return `${who}, for ${Math.round(held)} s${late}`;
};

const leaseIn = (folder: Folder, name: string): Lease | null => {
  const read = readRecord(folder, name, LEASE);
  return read.is === 'there' ? read.value : null;
};

const sharersIn = (folder: Folder, block: string): string[] =>
  readdirSync(folderPath(folder), { encoding: 'latin1' }).filter(
    name => name.startsWith(`${block}.sharer-`) && /^\d+-\d+$/.test(name.slice(block.length + '.sharer-'.length)),
  );
