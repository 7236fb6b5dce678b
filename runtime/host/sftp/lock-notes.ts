// The records beside a lock, read and written over SFTP: the lease files that agents and shells keep (lock/lease.ts).
import { type Fault, isFault } from '../file-verbs.js';
import { type Lease, leaseName, parseLease } from '../lock/lease.js';
import { performOne } from '../transaction/one-deed.js';
import { readWhole } from '../transaction/record.js';
import type { Claiming } from './claims.js';

/** A lease and the name of its record. */
export type Noted = { readonly lease: Lease; readonly record: string };

type Place = Pick<Claiming, 'verbs' | 'folder' | 'name'>;

/** The last exclusive holder's, and those that have not said that they let go. */
export const readNotes = async ({
  verbs,
  folder,
  name,
}: Place): Promise<{ readonly last: Lease | null; readonly holders: readonly Lease[] }> => {
  const sharers = await sharersIn({ verbs, folder, name });
  const [last = null, ...shared] = await Promise.all(
    [leaseName(name), ...sharers].map(async record => {
      const text = await readWhole(verbs, folder, record);
      return isFault(text) ? null : parseLease(text.toString('utf8'));
    }),
  );
  return { last, holders: [...(last === null || last.released ? [] : [last]), ...shared.filter(one => one !== null)] };
};

/** Written whole or not at all, to be read by all who can lock. The time that it got, by the server's clock, in microseconds. */
export const writeNote = async (
  { verbs, folder: at }: Place,
  record: string,
  lease: Lease,
): Promise<number | Fault> => {
  const name = `${record}.new`;
  const content = Buffer.from(`${JSON.stringify(lease)}\n`);
  const file = { at, name, content, attributes: { mode: 0o644, modified: null }, durable: false };
  // What stands there is of somebody who died: only who holds the lock writes its record.
  await performOne(verbs, { do: 'remove', at, name });
  const [written = null] = await verbs.writeMany!([file]);
  if (written !== null) return written;
  const placed = await performOne(verbs, { do: 'rename', at, name, to: at, toName: record });
  if (placed !== null) return placed;
  const [stat] = await verbs.stat([{ at, name: record }]);
  return stat === undefined || isFault(stat) ? (stat ?? GONE) : stat.modified;
};

export const removeNote = async ({ verbs, folder: at }: Place, name: string): Promise<void> => {
  await performOne(verbs, { do: 'remove', at, name });
};

/** For who holds the block exclusively: nobody shares it now, whatever a killed process left. */
export const forgetSharers = async (place: Place): Promise<void> => {
  for (const name of await sharersIn(place)) await removeNote(place, name);
};

/** Did an earlier holder leave something that it should have undone? */
export const isOwed = async ({ verbs, folder: at, name }: Place): Promise<boolean> => {
  const stats = await verbs.stat([`${name}.modes`, `${name}.release`].map(one => ({ at, name: one })));
  return stats.some(stat => !isFault(stat));
};

const sharersIn = async ({ verbs, folder, name }: Place): Promise<string[]> => {
  const listed = await verbs.list(folder);
  const start = `${name}.sharer-`;
  return (isFault(listed) ? [] : listed)
    .map(one => one.name)
    .filter(one => one.startsWith(start) && /^\d+-\d+$/.test(one.slice(start.length)));
};

const GONE: Fault = { fault: 'ENOENT', message: 'the record just written is gone' };
