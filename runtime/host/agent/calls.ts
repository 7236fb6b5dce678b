// The near end: many requests over one connection, each with its input on the way and its answer coming in.
//
// 1. A request is settled once: by the agent's END or FAIL, or by the loss of the connection.
// 2. An input that fails makes its request fail with the input's own error, once the agent has answered.
// 3. An answer that does not decode, or does not fit the question, ends the connection (`refuse`).
import type * as z from 'zod/mini';
import { WireError } from '../../bytes/wire.js';
import type { HostError } from '../host-error.js';
import type { Connection } from './connection.js';
import { packCredit, unpackCredit } from './credit.js';
import type { Frame } from './frames.js';
import { collect } from './lists.js';
import { type Call, packFailure, packMessage, unpackFailure, unpackMessage } from './messages.js';
import { FRAME } from './protocol.js';
import { type Inbox, makeInbox, makeOutlet, type Outlet } from './stream.js';

export type Input = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export type Calls = {
  /** One value. */
  readonly ask: <T>(call: Call, schema: z.ZodMiniType<T>, what: string, input?: Input) => Promise<T>;
  /** An answer in pieces, decoded as it comes. The request is made when its first item is wanted. */
  readonly stream: <T>(
    call: Call,
    input: Input | undefined,
    decode: (pieces: AsyncIterable<Buffer>) => AsyncIterable<T>,
  ) => AsyncGenerator<T>;
  /** An answer in pieces as one list; `check` throws WireError where it does not fit the question. */
  readonly list: <T>(
    call: Call,
    input: Input | undefined,
    decode: (piece: Buffer) => readonly T[],
    check: (list: readonly T[]) => void,
  ) => Promise<T[]>;
  /** Takes a frame that came; throws WireError where it does not fit. */
  readonly onFrame: (frame: Frame) => void;
  /** The connection is over: every request, now and later, ends with this error. */
  readonly fail: (error: HostError) => void;
};

export const makeCalls = (connection: () => Connection, refuse: (error: unknown) => Error): Calls => {
  const pending = new Map<number, Pending>();
  let last = 0;
  let over: HostError | null = null;

  const begin = (call: Call, input?: Input): { pieces: AsyncIterable<Buffer>; value: Promise<Buffer> } => {
    const request = ++last;
    const { value, resolve, reject } = promised();
    const inbox = makeInbox(
      bytes => connection().send(FRAME.credit, request, packCredit(bytes)),
      () => connection().send(FRAME.cancel, request),
    );
    const outlet = makeOutlet(piece => connection().send(FRAME.data, request, piece));
    const entry: Pending = { inbox, outlet, inputError: null, stopInput: () => {}, settle };
    function settle(settled: Buffer | HostError): void {
      pending.delete(request);
      outlet.close();
      entry.stopInput();
      const error = entry.inputError ?? (settled instanceof Error ? settled : null);
      if (error === null) {
        inbox.finish();
        resolve(settled as Buffer);
      } else {
        inbox.fail(error);
        reject(error);
      }
    }
    if (over === null) {
      pending.set(request, entry);
      connection().send(FRAME.call, request, packMessage(call));
      if (input !== undefined) void carry(input, request, entry);
    } else settle(over);
    return { pieces: inbox.items, value };
  };

  const carry = async (input: Input, request: number, entry: Pending): Promise<void> => {
    const iterator = Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
    let ended = false;
    entry.stopInput = () => {
      if (!ended) void Promise.resolve(iterator.return?.()).catch(() => {});
    };
    try {
      for (;;) {
        const next = await iterator.next();
        ended = next.done === true;
        if (next.done === true || !pending.has(request)) break;
        if (!(await entry.outlet.send(next.value))) return;
      }
      if (pending.has(request)) connection().send(FRAME.end, request);
    } catch (error) {
      ended = true;
      if (!pending.has(request)) return;
      entry.inputError = error instanceof Error ? error : new Error(String(error));
      connection().send(FRAME.fail, request, packFailure(error));
    }
  };

  async function* stream<T>(
    call: Call,
    input: Input | undefined,
    decode: (pieces: AsyncIterable<Buffer>) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    try {
      const { pieces, value } = begin(call, input);
      yield* decode(pieces);
      await value;
    } catch (error) {
      throw refuse(error);
    }
  }

  return {
    stream,
    async ask(call, schema, what, input) {
      try {
        return unpackMessage(schema, await begin(call, input).value, what);
      } catch (error) {
        throw refuse(error);
      }
    },
    async list(call, input, decode, check) {
      try {
        const { pieces, value } = begin(call, input);
        const list = await collect(pieces, decode);
        await value;
        check(list);
        return list;
      } catch (error) {
        throw refuse(error);
      }
    },
    onFrame(frame) {
      if (frame.request > last) throw new WireError(`an answer to request ${frame.request}, which was never made`);
      const entry = pending.get(frame.request);
      if (entry !== undefined) take(frame, entry);
      // What was on the way still comes; but an answer that went astray is one that somebody waits for in vain.
      else if (frame.type === FRAME.end || frame.type === FRAME.fail)
        throw new WireError(`a second answer to request ${frame.request}`);
    },
    fail(error) {
      if (over !== null) return;
      over = error;
      for (const entry of [...pending.values()]) entry.settle(error);
    },
  };
};

type Pending = {
  readonly inbox: Inbox;
  readonly outlet: Outlet;
  readonly settle: (settled: Buffer | HostError) => void;
  inputError: Error | null;
  stopInput: () => void;
};

const take = (frame: Frame, { inbox, outlet, settle }: Pending): void => {
  switch (frame.type) {
    case FRAME.data:
      inbox.push(frame.payload);
      return;
    case FRAME.end:
      settle(frame.payload);
      return;
    case FRAME.fail:
      settle(unpackFailure(frame.payload));
      return;
    case FRAME.credit:
      outlet.credit(unpackCredit(frame.payload));
      return;
    case FRAME.hello:
    case FRAME.call:
    case FRAME.cancel:
    case FRAME.beat:
      throw new WireError(`an agent does not send frames of type ${frame.type} here`);
  }
};

/** A promise whose rejection need not be heard: whoever takes the pieces gets the error there. */
const promised = () => {
  let resolve: (value: Buffer) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const value = new Promise<Buffer>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  value.catch(() => {});
  return { value, resolve, reject };
};
