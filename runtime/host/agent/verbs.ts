// What each call does on the host that is served: the port, one verb after another, over what this connection has opened.
//
// 1. A call reaches only roots, scans, transactions and locks that this connection opened, by their numbers.
// 2. What goes only forward – a commit, a recovery, a restoration – is carried to its end whoever still listens, and none
//    of it begins once the client is gone.
import type {
  FolderPage,
  Host,
  Leftover,
  Link,
  Lock,
  Recovered,
  Root,
  Scan,
  Transaction,
  TransactionId,
  Twins,
} from '../host.js';
import { HostError } from '../host-error.js';
import { encodeDigests, encodeFollowers, encodeFounds, encodeOutcomes, encodePages } from './answers.js';
import { collect, decodeIndexes, decodePaths, decodeWanted, encodeIndexes } from './lists.js';
import { type Call, MAX_TRASHED_RUNS } from './messages.js';
import {
  decodeLeftovers,
  encodeExtraTexts,
  encodeLeftovers,
  encodeProvenances,
  encodeRecovered,
  encodeTrashed,
  encodeTwins,
} from './past.js';
import { encodeReceived } from './received.js';
import { makeOrder, makeShelf } from './shelf.js';
import { decodeChanges, decodeSteps } from './steps.js';

/** A request's input, and where the pieces of its answer go: false when they are not wanted any more. */
export type Session = {
  readonly input: AsyncIterable<Buffer>;
  readonly send: (piece: Uint8Array) => Promise<boolean>;
};

export type Verbs = {
  /** Performs a call; its value is the answer's last word. */
  readonly perform: (call: Call, session: Session) => Promise<unknown>;
  /** Seconds of the shortest lease that is held, Infinity where none is. */
  readonly shortestHold: () => number;
  /** The client is gone: resolves when what goes only forward has come to its end. */
  readonly finish: () => Promise<void>;
};

export const makeVerbs = (host: Host): Verbs => {
  const roots = makeShelf<Root>('root');
  const scans = makeShelf<Scan>('scan');
  const transactions = makeShelf<Transaction>('transaction');
  const locks = makeShelf<Lock>('lock');
  const links = makeShelf<Link>('link');
  const holds = new Map<number, number>();
  /** Numbers of the roots that a transaction writes to. */
  const written = new Map<number, readonly number[]>();
  const order = makeOrder();
  const forward = makeForward();

  type Travelling = Extract<Call, { verb: 'begin' }>['id'];
  const idOf = (id: Travelling): TransactionId => ({ ...id, lock: id.lock === null ? null : locks.get(id.lock) });

  const perform: Verbs['perform'] = async (call, session) => {
    switch (call.verb) {
      case 'openRoot': {
        const root = await host.openRoot(call.path, { create: call.create, state: call.state });
        const { path, space, fileSystem, writeFault } = root;
        return { id: roots.put(root), path, space, fileSystem, writeFault, ...changing(root) };
      }
      case 'unfinished':
        return roots.get(call.root).unfinished();
      case 'recover': {
        const root = roots.get(call.root);
        return order.next(`root ${call.root}`, () =>
          forward.run(async () => sendRecovered(await root.recover(call.unfinished), session)),
        );
      }
      case 'paid':
        return roots.get(call.root).paid(call.transaction);
      case 'trashedRuns':
        return (await roots.get(call.root).trashedRuns()).slice(-MAX_TRASHED_RUNS);
      case 'trashed':
        return sendAll(encodeTrashed(await roots.get(call.root).trashed(call.run)), session);
      case 'restore': {
        const root = roots.get(call.root);
        const paths = await collect(session.input, decodePaths);
        return order.next(`root ${call.root}`, () =>
          forward.run(async () => sendRecovered(await root.restore(call.run, paths, idOf(call.by)), session)),
        );
      }
      case 'scan': {
        const scan = await roots.get(call.root).scan(call.selection);
        return { id: scans.put(scan), summary: scan.summary };
      }
      case 'pages':
      case 'subtrees':
      case 'contents': {
        const { verb } = call;
        return order.after(`scan ${call.scan}`, () => stream(verb, scans.get(call.scan), session));
      }
      case 'read':
        return order.after(`scan ${call.scan}`, async () =>
          sendAll(scans.get(call.scan).read(await collect(session.input, decodeWanted), call.travel), session),
        );
      case 'sign':
        return order.after(`scan ${call.scan}`, async () =>
          sendAll(scans.get(call.scan).sign(await collect(session.input, decodeWanted)), session),
        );
      case 'readDeltas':
        return order.after(`scan ${call.scan}`, () =>
          sendAll(scans.get(call.scan).readDeltas(call.wanted, session.input, call.travel), session),
        );
      case 'lookup':
      case 'digests':
      case 'provenance':
      case 'extras':
      case 'followers':
      case 'changed': {
        const { verb } = call;
        return order.next(`scan ${call.scan}`, () => answer(verb, scans.get(call.scan), session));
      }
      case 'closeScan':
        return order.next(`scan ${call.scan}`, () => scans.take(call.scan).close());
      case 'begin': {
        const parts = call.parts.map(part => ({ root: roots.get(part.root), scan: scans.get(part.scan) }));
        const id = transactions.put(await host.begin(idOf(call.id), parts));
        written.set(id, [...new Set(call.parts.map(part => part.root))]);
        return { id };
      }
      case 'commit':
        return order.next(`transaction ${call.transaction}`, () =>
          forward.run(() => commit(transactions.get(call.transaction), session)),
        );
      case 'prepare':
        return order.next(`transaction ${call.transaction}`, async () => {
          await transactions.get(call.transaction).prepare(await collect(session.input, decodeSteps));
          return (written.get(call.transaction) ?? []).map(root => ({ root, ...changing(roots.get(root)) }));
        });
      case 'leftovers':
      case 'adopt':
      case 'findTwins':
      case 'stageTwins':
      case 'amend':
      case 'stage':
      case 'missing':
      case 'begun':
      case 'precheck':
      case 'verify': {
        const { verb } = call;
        return order.next(`transaction ${call.transaction}`, () =>
          step(verb, transactions.get(call.transaction), session),
        );
      }
      case 'owe':
        return order.next(`transaction ${call.transaction}`, () => transactions.get(call.transaction).owe(call.owed));
      case 'end':
        return order.next(`transaction ${call.transaction}`, () => {
          written.delete(call.transaction);
          return transactions.take(call.transaction).end(call.keep);
        });
      case 'acquire': {
        const { verb: _, root, ...request } = call;
        const folders = await collect(session.input, decodePaths);
        const lock = await facet(host, 'locks').acquire({ ...request, root: roots.get(root), folders });
        const id = locks.put(lock);
        holds.set(id, call.hold);
        return { id, epoch: lock.epoch, waited: lock.waited };
      }
      case 'release': {
        const lock = locks.take(call.lock);
        const problems = await lock.release();
        holds.delete(call.lock);
        return problems.slice(0, MAX_PROBLEMS);
      }
      case 'unlock':
        return facet(host, 'locks').unlock(roots.get(call.root), call.block, call.run);
      case 'run':
        return facet(host, 'programs').run(call.command, { timeout: call.timeout, environment: call.environment });
      case 'listen': {
        const { link, port } = await facet(host, 'links').listen(call);
        return { id: links.put(link), port };
      }
      case 'dial':
        return { id: links.put(await facet(host, 'links').dial(call, call)) };
      case 'closeLink':
        return links.take(call.link).close();
      case 'sendOver':
        return order.after(`scan ${call.scan}`, async () => {
          const { travel, master } = call;
          const scan = scans.get(call.scan);
          const signatures = call.wanted === null ? null : session.input;
          const wanted = call.wanted ?? (await collect(session.input, decodeWanted));
          const over = call.links.map(links.get);
          return facet(host, 'links').send({ from: scan, wanted, travel, signatures, master }, over);
        });
      case 'passOver': {
        // Beside the other calls of the transaction: it passes on what these bring.
        const { travel, master, part } = call;
        const transaction = transactions.get(call.transaction);
        const signatures = call.wanted === null ? null : session.input;
        const wanted = call.wanted ?? (await collect(session.input, decodeWanted));
        const from = { transaction, part };
        return facet(host, 'links').send({ from, wanted, travel, signatures, master }, call.links.map(links.get));
      }
      case 'stagedDigests': {
        const transaction = transactions.get(call.transaction);
        const digests = await transaction.digests(await collect(session.input, decodeIndexes));
        return sendAll(encodeLeftovers(digests), session);
      }
      case 'receive':
        return order.next(`transaction ${call.transaction}`, () => {
          const received = facet(host, 'links').receive(links.get(call.link), transactions.get(call.transaction));
          return sendAll(encodeReceived(received), session);
        });
      case 'about':
        return host.about();
      case 'close':
        return host.close();
    }
  };
  return { perform, shortestHold: () => Math.min(...holds.values()), finish: forward.finish };
};

const changing = ({ exists, identity, marker }: Root) => ({ exists, identity, marker });

type Streaming = 'pages' | 'subtrees' | 'contents';

const stream = async (verb: Streaming, scan: Scan, session: Session): Promise<void> => {
  const folders = await collect(session.input, decodePaths);
  const pages: AsyncIterable<FolderPage> = scan[verb](folders);
  return sendAll(encodePages(pages), session);
};

type Answering = 'lookup' | 'digests' | 'provenance' | 'extras' | 'followers' | 'changed';

const answer = async (verb: Answering, scan: Scan, session: Session): Promise<void> => {
  const paths = await collect(session.input, decodePaths);
  switch (verb) {
    case 'lookup':
      return sendAll(encodeFounds(await scan.lookup(paths)), session);
    case 'digests':
      return sendAll(encodeDigests(await scan.digests(paths)), session);
    case 'provenance':
      return sendAll(encodeProvenances(await scan.provenance(paths)), session);
    case 'extras':
      return sendAll(encodeExtraTexts(await scan.extras(paths)), session);
    case 'followers':
      return sendAll(encodeFollowers(await scan.followers(paths)), session);
    case 'changed':
      return sendAll(encodeIndexes(await scan.changed(paths)), session);
  }
};

type Stepping =
  | 'leftovers'
  | 'adopt'
  | 'findTwins'
  | 'stageTwins'
  | 'amend'
  | 'stage'
  | 'missing'
  | 'begun'
  | 'precheck'
  | 'verify';

const step = async (verb: Stepping, transaction: Transaction, session: Session): Promise<void> => {
  switch (verb) {
    case 'leftovers':
      return sendAll(encodeLeftovers(await transaction.leftovers()), session);
    case 'adopt':
      return sendAll(encodeOutcomes(await transaction.adopt(await collect(session.input, decodeIndexes))), session);
    case 'findTwins':
      return sendAll(encodeIndexes(await twinsOf(transaction).find()), session);
    case 'stageTwins':
      return sendAll(encodeTwins(await twinsOf(transaction).stage(leftoversIn(session.input))), session);
    case 'amend':
      return transaction.amend(await collect(session.input, decodeChanges));
    case 'stage':
      return sendAll(encodeOutcomes(await transaction.stage(session.input)), session);
    case 'missing':
      return sendAll(encodeIndexes(await transaction.missing()), session);
    case 'begun':
      return sendAll(encodeLeftovers(await transaction.begun()), session);
    case 'precheck':
      return sendAll(encodeOutcomes(await transaction.precheck()), session);
    case 'verify':
      return sendAll(encodeOutcomes(await transaction.verify()), session);
  }
};

async function* leftoversIn(pieces: AsyncIterable<Buffer>): AsyncGenerator<readonly Leftover[]> {
  for await (const piece of pieces) yield decodeLeftovers(piece);
}

const twinsOf = ({ twins }: Transaction): Twins => {
  if (twins !== null) return twins;
  throw new HostError('unsupported', 'content there would have to leave its machine', 'This is a fault in syncplan.');
};

/** From the intent record on a block goes forward: outcomes that nobody wants any more do not stop it. */
const commit = async (transaction: Transaction, session: Session): Promise<void> => {
  let wanted = true;
  for await (const batch of transaction.commit()) {
    for (const piece of encodeOutcomes(batch)) if (wanted) wanted = await session.send(piece);
  }
};

const sendRecovered = (recovered: readonly Recovered[], session: Session): Promise<void> =>
  sendAll(encodeRecovered(recovered), session);

const sendAll = async (pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, session: Session): Promise<void> => {
  for await (const piece of pieces) if (!(await session.send(piece))) return;
};

const makeForward = () => {
  const running = new Set<Promise<unknown>>();
  let gone = false;
  return {
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      if (gone) throw new HostError('cancelled', 'the client is gone', 'Run the same command again.');
      const result = work();
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    finish: async (): Promise<void> => {
      gone = true;
      await Promise.allSettled(running);
    },
  };
};

const facet = <Name extends 'locks' | 'programs' | 'links'>(host: Host, name: Name): NonNullable<Host[Name]> => {
  const present = host[name];
  if (present !== null) return present;
  throw new HostError('unsupported', `${host.label} has no ${name}`, 'Choose another consistency or hook there.');
};

const MAX_PROBLEMS = 1000;
