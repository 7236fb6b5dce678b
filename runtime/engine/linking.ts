// Opens data links between hosts, beside everything else, and remembers for a run where there can be none.
//
//  1. A link is opened only where so much is to be sent that the ways there and back are worth it.
//  2. Nobody waits for one longer than it takes to give it up (runtime/link/protocol.ts: seconds), and once for each pair.
//  3. An address of loopback is used only within one machine: elsewhere it would be another machine's own.
import type { Host, Link } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { type Relation, transferOf } from './relation.js';
import { about, type Telling } from './state.js';

export type Linking = {
  /** From the master. */
  readonly open: (relation: Relation, bytes: number) => OwnLink;
  /** From another remote of the block; the same, where it was given up before. */
  readonly openFrom: (relation: Relation, sender: Sender) => OwnLink;
  readonly isGivenUp: (sender: string, receiver: string) => boolean;
  /** Bytes that links carried so far, protocol and encryption included. */
  readonly carried: () => number;
  readonly countCarried: (bytes: number) => void;
};

/** The link of one relation, for as long as it sends. */
export type OwnLink = {
  /** Null where there is none, or none yet: `opening` tells. */
  readonly now: () => Ends | null;
  readonly opening: () => boolean;
  /** The receiver has been asked: what it is asked after this cannot hold the answer up. */
  readonly asked: Promise<void>;
  readonly settled: Promise<void>;
  /** It broke: from now on there is none, for nobody between these two. */
  readonly lose: (why: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type Ends = { readonly sender: Host; readonly out: Link; readonly into: Link };

export type Sender = { readonly id: string; readonly host: Promise<Host>; readonly encrypt: boolean };

export type LinkingOptions = Telling & {
  readonly masterHost: (id: string) => Promise<Host>;
  /** 32 random bytes as a byte string. */
  readonly newKey: () => string;
};

export const makeLinking = (options: LinkingOptions): Linking => {
  /** Pairs of hosts between which there is no link in this run. */
  const given = new Set<string>();
  let carried = 0;
  const pairOf = (sender: string, receiver: string): string => `${sender} ${receiver}`;
  const openFrom: Linking['openFrom'] = (relation, sender) => {
    const pair = pairOf(sender.id, relation.host);
    const remote = relation.remoteHost;
    if (remote === null || remote.links === null || given.has(pair)) return NO_LINK;
    return ownLink(relation, sender, remote, options, () => {
      const first = !given.has(pair);
      given.add(pair);
      return first;
    });
  };
  return {
    carried: () => carried,
    countCarried: bytes => {
      carried += bytes;
    },
    isGivenUp: (sender, receiver) => given.has(pairOf(sender, receiver)),
    openFrom,
    open(relation, bytes) {
      if (bytes < WORTHWHILE) return NO_LINK;
      const { master } = relation.block;
      return openFrom(relation, {
        id: master,
        host: options.masterHost(master),
        encrypt: transferOf(relation).encrypt,
      });
    },
  };
};

/** `giveUp` is false where that was said before. */
const ownLink = (
  relation: Relation,
  { id: from, host, encrypt }: Sender,
  remote: Host,
  options: LinkingOptions,
  giveUp: () => boolean,
): OwnLink => {
  let ends: Ends | null = null;
  let opening = true;
  const tell = (state: 'open' | 'refused' | 'lost', more: { encrypted?: boolean; message?: string }): void =>
    options.emit({ type: 'link', ...about(relation, options), from, state, ...more });
  const asking = host.then(sender => ({ ends: openEnds(sender, remote, { key: options.newKey(), encrypt }) }));
  const open = async (): Promise<void> => {
    try {
      ends = await (await asking).ends;
      if (ends !== null) tell('open', { encrypted: encrypt });
    } catch (error) {
      // A host that is lost is noticed, and told, by whoever works with it.
      if (!(error instanceof HostError)) throw error;
      if (giveUp()) tell('refused', { message: error.message });
    } finally {
      opening = false;
    }
  };
  const settled = open();
  settled.catch(() => undefined);
  const close = async (): Promise<void> => {
    const { out, into } = ends ?? {};
    ends = null;
    await Promise.allSettled([out?.close(), into?.close()]);
  };
  return {
    now: () => ends,
    opening: () => opening,
    asked: asking.then(NOTHING, NOTHING),
    settled,
    async lose(message) {
      if (giveUp()) tell('lost', { message });
      await close();
    },
    async close() {
      await settled.catch(() => undefined);
      await close();
    },
  };
};

/** Null where nothing is gained by a link, or no address is known for one. */
const openEnds = async (
  sender: Host,
  remote: Host,
  terms: { readonly key: string; readonly encrypt: boolean },
): Promise<Ends | null> => {
  const address = addressOf(sender, remote);
  if (address === null || sender.links === null || remote.links === null) return null;
  const { link: into, port } = await remote.links.listen(terms);
  try {
    return { sender, into, out: await sender.links.dial({ address, port }, terms) };
  } catch (error) {
    await into.close();
    throw error;
  }
};

/** Where `receiver` can be reached from `sender`: as this machine reached it, or as `sender` was reached from this machine. */
export const addressOf = (sender: Host, receiver: Host): string | null => {
  if (sender.links === null || receiver.links === null) return null;
  const address = receiver.kind === 'local' ? sender.links.reached.from : receiver.links.reached.at;
  if (address === '') return null;
  const within = sender.facts.machine !== '' && sender.facts.machine === receiver.facts.machine;
  return LOOPBACK.test(address) && !within ? null : address;
};

const NO_LINK: OwnLink = {
  now: () => null,
  opening: () => false,
  asked: Promise.resolve(),
  settled: Promise.resolve(),
  lose: async () => undefined,
  close: async () => undefined,
};

const NOTHING = (): void => undefined;

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
/** Less than this has gone through this machine by the time a link would be there. */
const WORTHWHILE = 4_194_304;
