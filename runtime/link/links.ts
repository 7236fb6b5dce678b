// The links of an agent: opens them, sends over them what it reads, and stages what comes over them.
import { randomBytes } from 'node:crypto';
import { mapLost } from '../bytes/pack-lost.js';
import { giveBack } from '../bytes/pool.js';
import { countsOf } from '../bytes/squeeze.js';
import { WireError } from '../bytes/wire.js';
import type { Link, LinkContent, Links, Received, Transaction } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { problemOn } from '../tree/on-host.js';
import { asIncoming, type Incoming, openIncoming } from './incoming.js';
import { dial, listen, type Random } from './open.js';
import { asOutgoing, openOutgoing } from './outgoing.js';
import { makeTold } from './told.js';

export type LinksOptions = {
  readonly reached: Links['reached'];
  readonly random?: Random;
};

export const makeLinks = ({ reached, random = randomBytes }: LinksOptions): Links => ({
  reached,
  async listen(terms) {
    const listener = await listen(terms, reached.at, random);
    return { link: openIncoming(listener), port: listener.port };
  },
  dial: async (at, terms) => openOutgoing(await dial(at, terms, random)),
  send,
  receive: (from, transaction) => receive(asIncoming(from), transaction),
});

/** Reads once, however many links it goes over; a link that breaks is left behind. */
const send = async (content: LinkContent, over: readonly Link[]): Promise<void> => {
  const outgoing = over.map(asOutgoing);
  const open = () => outgoing.filter(link => link.fault() === null);
  try {
    for await (const chunk of packOf(content)) {
      const told = toldChunk(chunk, content.master);
      let left = open().length;
      const used = (): void => {
        left -= 1;
        if (left === 0 && told === chunk) giveBack(chunk);
      };
      await Promise.allSettled(open().map(link => link.send(told, used)));
      // A turn after each chunk: heartbeats go out, and what ends a link is noticed, however fast it takes what is sent.
      await breathe();
      if (open().length === 0) throw outgoing[0]!.fault()!;
    }
  } catch (error) {
    await Promise.allSettled(open().map(link => link.mark('fail')));
    throw error;
  }
  await Promise.allSettled(open().map(link => link.mark('end')));
  if (open().length === 0) throw outgoing[0]!.fault()!;
};

const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

const packOf = ({ from, wanted, travel, signatures }: LinkContent): AsyncIterable<Uint8Array> => {
  if ('transaction' in from) {
    const { transaction, part } = from;
    if (signatures === null) return transaction.read(part, wanted, travel);
    return transaction.readDeltas(part, wanted, signatures, travel);
  }
  return signatures === null ? from.read(wanted, travel) : from.readDeltas(wanted, signatures, travel);
};

/** What cannot be sent names the machine that could not send it: the receiver's problems go by another name. */
const toldChunk = (chunk: Uint8Array, master: string): Uint8Array =>
  countsOf(chunk).lost ? mapLost(chunk, record => problemOn(record, master)) : chunk;

async function* receive(from: Incoming, transaction: Transaction): AsyncGenerator<Received> {
  const told = makeTold<Received>();
  const staging = transaction.stage(arriving(from, told.tell));
  staging.then(
    outcomes => {
      if (outcomes.length > 0) told.tell({ is: 'outcomes', outcomes });
      told.end(null);
    },
    (error: unknown) => told.end(error),
  );
  try {
    yield* told.items();
  } finally {
    // Whoever leaves before the end wants no more of it: what is under way ends with the link.
    if (!told.isOver()) await from.close();
    await staging.catch(() => {});
  }
}

async function* arriving(from: Incoming, tell: (received: Received) => void): AsyncGenerator<Buffer> {
  for await (const chunk of from.chunks(true)) {
    const { lost: _, ...counts } = counted(chunk);
    tell({ is: 'chunk', counts, bytes: from.receivedSince() });
    yield chunk;
  }
}

const counted = (chunk: Uint8Array) => {
  try {
    return countsOf(chunk);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new HostError(
      'protocol',
      `a data link carries damaged content: ${error.message}`,
      'run the same command again',
      error,
    );
  }
};
