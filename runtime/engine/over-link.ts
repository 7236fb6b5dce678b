// Sends one content over a link that is open, and counts what comes of it at its receiver.
import { setTimeout } from 'node:timers/promises';
import type { LinkContent, Transaction } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import type { Outcome } from '../tree/action.js';
import type { Ends, Linking } from './linking.js';
import type { Relation } from './relation.js';
import { type Telling, tellProgress } from './state.js';
import type { Work } from './work.js';

export type SendingOver = Telling & { readonly signal: AbortSignal; readonly linking: Linking };

export type Receiver = {
  readonly relation: Relation;
  readonly work: Work;
  readonly transaction: Transaction;
  /** Closes the link: its end is what unblocks a sender whose bytes nobody takes any more. */
  readonly close: () => Promise<void>;
};

/** Both ends fail by themselves: what came until then is staged. */
export type Sent = {
  /** What could not be staged. */
  readonly outcomes: readonly Outcome[];
  readonly sending: Error | null;
  readonly receiving: Error | null;
};

/** `came` is called for every chunk. After all has come, or the link broke, its sender has `patience` milliseconds to say so. */
export const sendOver = async (
  ends: Ends,
  content: LinkContent,
  { relation, work, transaction, close }: Receiver,
  context: SendingOver,
  { came, patience }: { readonly came?: (bytes: number) => void; readonly patience?: number } = {},
): Promise<Sent> => {
  const outcomes: Outcome[] = [];
  const sending = ends.sender.links!.send(content, [ends.out]).then(() => null, asFault);
  const receive = async (): Promise<void> => {
    for await (const received of relation.remoteHost!.links!.receive(ends.into, transaction)) {
      if (received.is === 'outcomes') outcomes.push(...received.outcomes);
      else {
        work.count(received.counts);
        relation.tally.bytesSent += received.bytes;
        context.linking.countCarried(received.bytes);
        tellProgress(relation, work, context);
      }
      came?.(received.is === 'chunk' ? received.bytes : 0);
      if (context.signal.aborted) return;
    }
  };
  const receiving = await receive().then(() => null, asFault);
  if (receiving !== null || context.signal.aborted) await close();
  const silent = patience === undefined ? [] : [setTimeout(patience, new Error(SILENT), { ref: false })];
  return { outcomes, receiving, sending: await Promise.race([sending, ...silent]) };
};

export const isOfLink = (error: Error): boolean => error instanceof HostError && error.code === 'link';

const SILENT = 'it does not say that it has sent everything';

const asFault = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
