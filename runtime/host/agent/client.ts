// The near end of an agent: the whole host port, forwarded over one connection.
import type { Readable, Writable } from 'node:stream';
import { WireError } from '../../bytes/wire.js';
import type { Host, Part, Root } from '../host.js';
import { HostError } from '../host-error.js';
import { makeCalls } from './calls.js';
import { remoteLinks } from './client-links.js';
import { remoteLocks, remotePrograms, transactionId } from './client-lock.js';
import { type Known, remoteRoot } from './client-root.js';
import { remoteTransaction } from './client-transaction.js';
import { type Connection, openConnection } from './connection.js';
import type { Frame } from './frames.js';
import { ABOUT, BEGUN, HELLO, NOTHING, ROOT, unpackFailure, unpackMessage } from './messages.js';
import { CLIENT_PATIENCE_MS, FRAME, PROTOCOL_VERSION } from './protocol.js';

/** The streams of an agent that has said `ready`, and the process that carries them. */
export type Channel = {
  readonly input: Readable;
  readonly output: Writable;
  /** Bytes that went over the connection before the first frame. */
  readonly greeting: { readonly sent: number; readonly received: number };
  /** After the input has ended: why, as far as the process that carried it can tell. */
  readonly diagnose: () => Promise<HostError>;
  /** Ends the process at once. */
  readonly kill: () => void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
};

export type AgentOptions = {
  /** Milliseconds without a byte after which the agent is given up. */
  readonly patience?: number;
};

/** Waits for the agent's greeting. `kind` is how the host is driven: 'local' traffic counts as none. */
export const agentHost = async (
  channel: Channel,
  label: string,
  kind: 'local' | 'agent',
  { patience = CLIENT_PATIENCE_MS }: AgentOptions = {},
): Promise<Host> => {
  const known: Known = { roots: new WeakMap(), scans: new WeakMap(), changing: new Map() };
  const calls = makeCalls(
    () => connection,
    error => refuse(error),
  );
  let closing: Promise<void> | null = null;
  let greeted: (hello: Frame) => void = () => {};
  let refused: (error: HostError) => void = () => {};
  const hello = new Promise<Frame>((resolve, reject) => {
    greeted = resolve;
    refused = reject;
  });
  /** An answer that does not fit ends the connection, as a broken frame does. */
  const refuse = (error: unknown): Error => {
    if (!(error instanceof WireError)) return error instanceof Error ? error : new Error(String(error));
    const failure = broken(label, error);
    over(failure);
    return failure;
  };
  const over = (error: HostError): void => {
    connection.stop();
    channel.kill();
    refused(error);
    calls.fail(error);
  };

  const connection: Connection = openConnection({
    input: channel.input,
    output: channel.output,
    patience: () => patience,
    onFrame: frame => {
      if (frame.type === FRAME.hello) greeted(frame);
      else if (frame.request !== 0) calls.onFrame(frame);
      else if (frame.type === FRAME.fail) over(unpackFailure(frame.payload));
    },
    onEnding: ending => {
      switch (ending.why) {
        case 'silent':
          return over(silent(label, patience));
        case 'broken':
          return over(broken(label, ending.error));
        case 'end':
          void channel.diagnose().then(over);
      }
    },
  });

  const { payload } = await hello;
  const { facts, locks, programs, links } = checkHello(payload, label, over);
  return {
    label,
    kind,
    facts,
    openRoot: async (path, { create, state }) => {
      const root = await calls.ask({ verb: 'openRoot', path, create, state }, ROOT, 'a root');
      return remoteRoot(calls, known, root);
    },
    begin: async (id, parts) => {
      const numbered = parts.map(part => numbers(part, known, label));
      const call = { verb: 'begin', id: transactionId(id, calls), parts: numbered } as const;
      const begun = await calls.ask(call, BEGUN, 'a transaction');
      return remoteTransaction(calls, known, begun.id);
    },
    locks: locks ? remoteLocks(calls, root => numberOfRoot(root, known, label)) : null,
    programs: programs ? remotePrograms(calls) : null,
    links: links === null ? null : remoteLinks(calls, links),
    about: () => calls.ask({ verb: 'about' }, ABOUT, 'what it is'),
    traffic: () =>
      kind === 'local'
        ? { sent: 0, received: 0 }
        : {
            sent: channel.greeting.sent + connection.sent(),
            received: channel.greeting.received + connection.received(),
          },
    close: () => {
      closing ??= close();
      return closing;
    },
  };

  /** Lets the agent put its things away, then ends its input; it exits by that. */
  async function close(): Promise<void> {
    await calls.ask({ verb: 'close' }, NOTHING, 'a farewell').catch(() => {});
    connection.stop();
    calls.fail(new HostError('cancelled', `${label}: the connection is closed`, 'Connect again.'));
    connection.finish();
    const late = setTimeout(channel.kill, CLOSE_MS);
    await channel.ended;
    clearTimeout(late);
  }
};

const checkHello = (payload: Buffer, label: string, over: (error: HostError) => void) => {
  try {
    const hello = unpackMessage(HELLO, payload, 'the greeting');
    if (hello.protocol === PROTOCOL_VERSION) return hello;
    throw new Error(`it speaks version ${hello.protocol} of the protocol, this is version ${PROTOCOL_VERSION}`);
  } catch (error) {
    const failure = new HostError(
      'protocol',
      `${label}: the agent cannot be used: ${(error as Error).message}`,
      'Run the same version of syncplan everywhere.',
      error,
    );
    over(failure);
    throw failure;
  }
};

const numbers = (part: Part, known: Known, label: string): { root: number; scan: number } => {
  const scan = known.scans.get(part.scan);
  if (scan === undefined) throw notOurs(label);
  return { root: numberOfRoot(part.root, known, label), scan };
};

const numberOfRoot = (root: Root, known: Known, label: string): number => {
  const number = known.roots.get(root);
  if (number === undefined) throw notOurs(label);
  return number;
};

const notOurs = (label: string): HostError =>
  new HostError('failed', `${label}: a root or scan of another host was named`, 'This is a fault in syncplan.');

const silent = (label: string, patience: number): HostError =>
  new HostError(
    'silent',
    `${label}: the agent has not been heard for ${Math.round(patience / 1000)} s`,
    'Look whether the machine is overloaded or its network is gone, then run the same command again.',
  );

const broken = (label: string, error: Error): HostError =>
  new HostError(
    'protocol',
    `${label}: what the agent sent cannot be understood: ${error.message}`,
    'Run the same command again; if it comes back, look for a program that writes into the SSH session.',
    error,
  );

const CLOSE_MS = 5_000;
