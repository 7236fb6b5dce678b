// Goes on with large files whose stream broke: says to whoever sends them what their receiver holds of each.
//
// Whether that is the master's is found out where the master's file is read; what is not is sent from its beginning.
import type { Leftover, Transaction, Wanted } from '../host/host.js';

/** After a stream that broke; a host that cannot say so has nothing. */
export const goingOn = async (transaction: Transaction, wanted: readonly Wanted[]): Promise<readonly Wanted[]> =>
  wanted.length === 0 ? wanted : withBegun(wanted, await transaction.begun());

export const withBegun = <T extends Wanted>(wanted: readonly T[], leftovers: readonly Leftover[]): readonly T[] => {
  const begun = new Map(
    leftovers.flatMap(({ index, digest, bytes }) => (bytes === undefined ? [] : [[index, { bytes, digest }] as const])),
  );
  if (begun.size === 0) return wanted;
  return wanted.map(one => {
    const held = begun.get(one.index);
    return held === undefined ? one : { ...one, begun: held };
  });
};
