// The way by which content comes to a remote: straight from the master, or along the block's route from other remotes.
import type { Transaction } from '../host/host.js';
import { type Carry, makeCarry } from './carry.js';
import type { OwnLink } from './linking.js';
import type { Relation } from './relation.js';
import { makeRelayedCarry, type Relaying } from './relayed.js';
import type { Work } from './work.js';

export type Way = {
  readonly carry: Carry;
  /** A link has been asked for, where one is to be opened now. */
  readonly asked: Promise<void>;
  /** Waits for who is to send to it; it holds no place among those that transfer meanwhile. */
  readonly ready: () => Promise<void>;
  /** It stages now, and can be asked for what it stages. */
  readonly serve: () => void;
  readonly close: () => Promise<void>;
};

export const openWay = (relation: Relation, work: Work, transaction: Transaction, context: Relaying): Way => {
  const { linking, relays } = context;
  const bytes = work.progress.totalBytes;
  const isRelayed = bytes >= WORTHWHILE && relays.isReceiver(relation);
  // Opened beside all that comes before the first byte, so that nobody waits for it; from a relay's receiver, when it is needed.
  let link: OwnLink | null = isRelayed ? null : linking.open(relation, bytes);
  let straight: Carry | null = null;
  const direct: Carry = (...wanted) => {
    link ??= linking.open(relation, bytes);
    straight ??= makeCarry(relation, work, transaction, link, context);
    return straight(...wanted);
  };
  return {
    carry: isRelayed ? makeRelayedCarry(relation, work, transaction, direct, context) : direct,
    asked: link?.asked ?? Promise.resolve(),
    ready: async () => (isRelayed ? relays.ready(relation) : undefined),
    serve: () => relays.serve(relation, transaction, work),
    async close() {
      relays.leave(relation);
      await link?.close();
    },
  };
};

/** Less than this is here sooner from the master than from anybody else. */
const WORTHWHILE = 262_144;
