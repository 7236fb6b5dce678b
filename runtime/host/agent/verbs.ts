// What each call does on the host that is served: the port, one verb after another, over numbered roots, scans, transactions.
import { WireError } from '../../bytes/wire.js';
import type { Outcome } from '../../tree/action.js';
import type { FolderPage, Host, Root, Scan, Transaction } from '../host.js';
import { HostError } from '../host-error.js';
import { encodeDigests, encodeFollowers, encodeFounds, encodeOutcomes, encodePages } from './answers.js';
import { collect, decodePaths, decodeWanted, encodeIndexes } from './lists.js';
import type { Call } from './messages.js';
import { decodeChanges, decodeSteps } from './steps.js';

/** A request's input, and where the pieces of its answer go: false when they are not wanted any more. */
export type Session = {
  readonly input: AsyncIterable<Buffer>;
  readonly send: (piece: Uint8Array) => Promise<boolean>;
};

/** Performs a call; its value is the answer's last word. */
export const makeVerbs = (host: Host): ((call: Call, session: Session) => Promise<unknown>) => {
  const roots = makeShelf<Root>('root');
  const scans = makeShelf<Scan>('scan');
  const transactions = makeShelf<Transaction>('transaction');
  const order = makeOrder();

  return async (call, session) => {
    switch (call.verb) {
      case 'openRoot': {
        const root = await host.openRoot(call.path, { create: call.create });
        const { path, exists, identity, space } = root;
        return { id: roots.put(root), path, exists, identity, space };
      }
      case 'scan': {
        const scan = await roots.get(call.root).scan(call.selection);
        return { id: scans.put(scan), summary: scan.summary };
      }
      case 'pages':
      case 'subtrees':
      case 'contents':
      case 'read': {
        const { verb } = call;
        return order.after(`scan ${call.scan}`, () => stream(verb, scans.get(call.scan), session));
      }
      case 'lookup':
      case 'digests':
      case 'followers':
      case 'changed': {
        const { verb } = call;
        return order.next(`scan ${call.scan}`, () => answer(verb, scans.get(call.scan), session));
      }
      case 'closeScan':
        return order.next(`scan ${call.scan}`, () => scans.take(call.scan).close());
      case 'begin': {
        const parts = call.parts.map(part => ({ root: roots.get(part.root), scan: scans.get(part.scan) }));
        return { id: transactions.put(await host.begin(call.id, parts)) };
      }
      case 'prepare':
      case 'amend':
      case 'stage':
      case 'precheck':
      case 'commit':
      case 'verify': {
        const { verb } = call;
        return order.next(`transaction ${call.transaction}`, () =>
          step(verb, transactions.get(call.transaction), session),
        );
      }
      case 'end':
        return order.next(`transaction ${call.transaction}`, () => transactions.take(call.transaction).end());
      case 'close':
        return host.close();
    }
  };
};

type Streaming = 'pages' | 'subtrees' | 'contents' | 'read';

const stream = async (verb: Streaming, scan: Scan, session: Session): Promise<void> => {
  if (verb === 'read') return sendAll(scan.read(await collect(session.input, decodeWanted)), session);
  const folders = await collect(session.input, decodePaths);
  const pages: AsyncIterable<FolderPage> = scan[verb](folders);
  return sendAll(encodePages(pages), session);
};

type Answering = 'lookup' | 'digests' | 'followers' | 'changed';

const answer = async (verb: Answering, scan: Scan, session: Session): Promise<void> => {
  const paths = await collect(session.input, decodePaths);
  switch (verb) {
    case 'lookup':
      return sendAll(encodeFounds(await scan.lookup(paths)), session);
    case 'digests':
      return sendAll(encodeDigests(await scan.digests(paths)), session);
    case 'followers':
      return sendAll(encodeFollowers(await scan.followers(paths)), session);
    case 'changed':
      return sendAll(encodeIndexes(await scan.changed(paths)), session);
  }
};

type Stepping = 'prepare' | 'amend' | 'stage' | 'precheck' | 'commit' | 'verify';

const step = async (verb: Stepping, transaction: Transaction, session: Session): Promise<void> => {
  switch (verb) {
    case 'prepare':
      return transaction.prepare(await collect(session.input, decodeSteps));
    case 'amend':
      return transaction.amend(await collect(session.input, decodeChanges));
    case 'stage':
      return sendAll(encodeOutcomes(await transaction.stage(session.input)), session);
    case 'precheck':
      return sendAll(encodeOutcomes(await transaction.precheck()), session);
    case 'commit':
      return sendAll(encodeBatches(transaction.commit()), session);
    case 'verify':
      return sendAll(encodeOutcomes(await transaction.verify()), session);
  }
};

async function* encodeBatches(batches: AsyncIterable<readonly Outcome[]>): AsyncGenerator<Buffer> {
  for await (const batch of batches) yield* encodeOutcomes(batch);
}

const sendAll = async (pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, session: Session): Promise<void> => {
  for await (const piece of pieces) if (!(await session.send(piece))) return;
};

/** Numbered things of this connection; a number that was never given, or was given back, is refused. */
const makeShelf = <T>(what: string) => {
  const shelf = new Map<number, T>();
  let last = 0;
  const get = (id: number): T => {
    const thing = shelf.get(id);
    if (thing === undefined) throw new WireError(`there is no ${what} ${id} on this connection`);
    return thing;
  };
  return {
    get,
    put(thing: T): number {
      if (shelf.size === MAX_HELD) {
        throw new HostError('failed', `more than ${MAX_HELD} of a kind (${what}) are open`, 'Close some first.');
      }
      shelf.set(++last, thing);
      return last;
    },
    take(id: number): T {
      const thing = get(id);
      shelf.delete(id);
      return thing;
    },
  };
};

/** Calls on one thing, one after another: `next` waits for all before it, `after` too but lets later ones pass. */
const makeOrder = () => {
  const tails = new Map<string, Promise<unknown>>();
  return {
    after: async <T>(key: string, work: () => Promise<T>): Promise<T> => {
      await tails.get(key);
      return work();
    },
    next: <T>(key: string, work: () => Promise<T>): Promise<T> => {
      const before = tails.get(key);
      const result = before === undefined ? work() : before.then(work);
      // A call that fails does not stop the next; the last one to end cleans up.
      const tail: Promise<unknown> = result
        .catch(() => {})
        .then(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      tails.set(key, tail);
      return result;
    },
  };
};

const MAX_HELD = 100_000;
