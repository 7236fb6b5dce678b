// Links of an agent as the engine sees them. The agent holds the connection; here is only its number.
import type { Link, Links, Received, Scan, Transaction } from '../host.js';
import { HostError } from '../host-error.js';
import type { Calls } from './calls.js';
import { encodeWanted } from './lists.js';
import { LINKED, LISTENING, NOTHING } from './messages.js';
import { decodeReceived } from './received.js';

/** What a host hands out carries its number in it, so that it is known however it was wrapped on its way. */
export type Held<T> = T & { readonly held: { readonly by: Calls; readonly number: number } };

export const held = <T>(thing: T, by: Calls, number: number): Held<T> => ({ ...thing, held: { by, number } });

export const remoteLinks = (calls: Calls, reached: Links['reached']): Links => ({
  reached,
  async listen({ key, encrypt }) {
    const { id, port } = await calls.ask({ verb: 'listen', key, encrypt }, LISTENING, 'a port');
    return { link: remoteLink(calls, id), port };
  },
  async dial({ address, port }, { key, encrypt }) {
    const { id } = await calls.ask({ verb: 'dial', address, port, key, encrypt }, LINKED, 'a link');
    return remoteLink(calls, id);
  },
  send({ from, wanted, travel, signatures, master }, over) {
    const shared = {
      links: over.map(link => numberOf(link, calls, 'link')),
      travel,
      master,
      wanted: signatures === null ? null : [...wanted],
    };
    const call =
      'transaction' in from
        ? ({
            verb: 'passOver',
            transaction: numberOf(from.transaction, calls, 'transaction'),
            part: from.part,
            ...shared,
          } as const)
        : ({ verb: 'sendOver', scan: numberOf(from, calls, 'scan'), ...shared } as const);
    return calls.ask(call, NOTHING, 'an end', signatures ?? encodeWanted(wanted));
  },
  receive: (from, transaction) => {
    const link = numberOf(from, calls, 'link');
    const call = { verb: 'receive', link, transaction: numberOf(transaction, calls, 'transaction') } as const;
    return calls.stream(call, undefined, decoded);
  },
});

async function* decoded(pieces: AsyncIterable<Buffer>): AsyncGenerator<Received> {
  for await (const piece of pieces) yield decodeReceived(piece);
}

const remoteLink = (calls: Calls, number: number): Link => {
  let closing: Promise<void> | null = null;
  const link: Link = {
    close: () => {
      // Without a connection there is nothing to close: the agent's links end with it.
      closing ??= calls.ask({ verb: 'closeLink', link: number }, NOTHING, 'an end').catch(() => {});
      return closing;
    },
  };
  return held(link, calls, number);
};

const numberOf = (thing: Link | Scan | Transaction, calls: Calls, what: string): number => {
  const { held: by } = thing as Partial<Held<object>>;
  if (by?.by === calls) return by.number;
  throw new HostError('failed', `a ${what} of another host was named`, 'This is a fault in syncplan.');
};
