// Digests by file identity in typed arrays: open addressing over (device, inode), one living record for each file.
//
// A record is RECORD_FIELDS doubles – device, inode, size, modified, changed – and the digest, padded to whole doubles. The
// same layout stands in the cache file (digest-cache.ts), so that loading one is a matter of indexing it.

/** A file as its system knows it, in the order of a record. */
export type FileKey = readonly [device: number, inode: number, size: number, modified: number, changed: number];

export type Records = {
  /** Doubles of one record. */
  readonly stride: number;
  /** Takes in a record at this place of a store; one of the same device and inode is dead from now on. `fresh`: it counts
   * as used. */
  readonly put: (store: Float64Array, at: number, fresh: boolean) => void;
  /** Copies the digest of exactly this file; false where it is not known. Marks the record as used. */
  readonly find: (
    device: number,
    inode: number,
    size: number,
    modified: number,
    changed: number,
    into: Uint8Array,
    at: number,
  ) => boolean;
  readonly living: () => number;
  readonly used: () => number;
  /** Living records, the used ones or the others, the newest first. */
  readonly each: (used: boolean) => Iterable<{ readonly store: Float64Array; readonly at: number }>;
};

export const makeRecords = (digestSize: number): Records => {
  const stride = RECORD_FIELDS + Math.ceil(digestSize / 8);
  const stores: Float64Array[] = [];
  const bytes: Uint8Array[] = [];
  /** Of each living record: which store, where in it, was it used. */
  let storeOf = new Uint32Array(1024);
  let placeOf = new Uint32Array(1024);
  let usedMarks = new Uint8Array(1024);
  /** Record number + 1, or 0 where free; a power of two, never more than half full. */
  let slots = new Int32Array(2048);
  let living = 0;
  let used = 0;

  /** The slot of this file, or the free one where it belongs. */
  const slotOf = (device: number, inode: number): number => {
    const mask = slots.length - 1;
    let slot = hash(device, inode) & mask;
    for (let record = slots[slot]!; record !== 0; record = slots[slot]!) {
      const store = stores[storeOf[record - 1]!]!;
      const at = placeOf[record - 1]!;
      if (store[at + 1] === inode && store[at] === device) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  };

  const grow = (): void => {
    storeOf = doubled(storeOf);
    placeOf = doubled(placeOf);
    usedMarks = doubled(usedMarks);
    slots = new Int32Array(slots.length * 2);
    for (let record = 0; record < living; record++) {
      const store = stores[storeOf[record]!]!;
      const at = placeOf[record]!;
      slots[slotOf(store[at]!, store[at + 1]!)] = record + 1;
    }
  };

  const use = (record: number): void => {
    if (usedMarks[record] === 0) used++;
    usedMarks[record] = 1;
  };

  return {
    stride,
    put(store, at, fresh) {
      if (stores[stores.length - 1] !== store) {
        stores.push(store);
        bytes.push(new Uint8Array(store.buffer, store.byteOffset, store.byteLength));
      }
      if (living === storeOf.length) grow();
      const slot = slotOf(store[at]!, store[at + 1]!);
      const record = slots[slot] === 0 ? living++ : slots[slot]! - 1;
      slots[slot] = record + 1;
      storeOf[record] = stores.length - 1;
      placeOf[record] = at;
      if (fresh) use(record);
    },
    find(device, inode, size, modified, changed, into, target) {
      const record = slots[slotOf(device, inode)]! - 1;
      if (record < 0) return false;
      const store = stores[storeOf[record]!]!;
      const at = placeOf[record]!;
      if (store[at + 2] !== size || store[at + 3] !== modified || store[at + 4] !== changed) return false;
      const from = (at + RECORD_FIELDS) * 8;
      const source = bytes[storeOf[record]!]!;
      for (let i = 0; i < digestSize; i++) into[target + i] = source[from + i]!;
      use(record);
      return true;
    },
    living: () => living,
    used: () => used,
    *each(wanted) {
      for (let record = living - 1; record >= 0; record--) {
        if ((usedMarks[record] === 1) === wanted) {
          yield { store: stores[storeOf[record]!]!, at: placeOf[record]! };
        }
      }
    },
  };
};

const hash = (device: number, inode: number): number => {
  const low = Math.imul(inode | 0, 0x9e3779b1) ^ Math.imul((inode / 0x100000000) | 0, 0x85ebca6b);
  const mixed = low ^ Math.imul(device | 0, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
};

const doubled = <T extends Uint32Array | Uint8Array>(array: T): T => {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
};

export const RECORD_FIELDS = 5;
