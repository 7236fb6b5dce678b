// The far end: serves a host over two streams until its input ends.
//
// 1. A request's answer is exactly one END or FAIL, and nothing follows it.
// 2. Whatever a request says, it reaches only what this connection opened (verbs.ts).
// 3. Input that is not the protocol ends the connection; it is never guessed at.
// 4. A client that is silent for the shortest lease it holds is given up, so that its locks end with the connection.
import type { Readable, Writable } from 'node:stream';
import { WireError } from '../../bytes/wire.js';
import type { Host } from '../host.js';
import { openConnection } from './connection.js';
import { packCredit, unpackCredit } from './credit.js';
import { type Frame, frameHeader } from './frames.js';
import { CALL, packFailure, packMessage, unpackFailure, unpackMessage } from './messages.js';
import { AGENT_PATIENCE_MS, BEAT_MS, FRAME, PROTOCOL_VERSION } from './protocol.js';
import { type Inbox, makeInbox, makeOutlet, type Outlet } from './stream.js';
import { makeVerbs } from './verbs.js';

export type ServeOptions = {
  /** Version of syncplan, for the greeting. */
  readonly version: string;
  readonly pid: number;
  /** Milliseconds of silence after which the client is given up. */
  readonly patience?: number;
};

/**
 * Resolves when the input has ended, the client fell silent or what came was not the protocol – and a commit that was under
 * way then has come to its end. The host is still open: whoever serves it closes it, which lets go of its locks.
 */
export const serve = (host: Host, input: Readable, output: Writable, options: ServeOptions): Promise<void> =>
  new Promise(resolve => {
    const sessions = new Map<number, { readonly inbox: Inbox; readonly outlet: Outlet }>();
    const verbs = makeVerbs(host);
    let lastRequest = 0;

    const begin = ({ request, payload }: Frame): void => {
      if (request <= lastRequest) throw new WireError(`request ${request} comes after request ${lastRequest}`);
      lastRequest = request;
      const call = unpackMessage(CALL, payload, 'a call');
      const outlet = makeOutlet(piece => connection.send(FRAME.data, request, piece));
      const inbox = makeInbox(
        bytes => connection.send(FRAME.credit, request, packCredit(bytes)),
        () => {},
      );
      sessions.set(request, { inbox, outlet });
      const finish = (): void => {
        sessions.delete(request);
        void inbox.items.return?.();
      };
      verbs.perform(call, { input: inbox.items, send: piece => sendInTurn(outlet, piece) }).then(
        value => {
          finish();
          connection.send(FRAME.end, request, value === undefined ? undefined : packMessage(value));
        },
        error => {
          finish();
          connection.send(FRAME.fail, request, packFailure(error));
        },
      );
    };
    const onFrame = (frame: Frame): void => {
      if (frame.type === FRAME.call) {
        begin(frame);
        return;
      }
      const session = sessions.get(frame.request);
      // What arrives for a request that is answered already was sent before the answer was read.
      if (session === undefined) return;
      switch (frame.type) {
        case FRAME.data:
          session.inbox.push(frame.payload);
          return;
        case FRAME.end:
          session.inbox.finish();
          return;
        case FRAME.fail:
          session.inbox.fail(unpackFailure(frame.payload));
          return;
        case FRAME.credit:
          session.outlet.credit(unpackCredit(frame.payload));
          return;
        case FRAME.cancel:
          session.outlet.close();
          return;
        case FRAME.hello:
        case FRAME.beat:
          throw new WireError(`a client does not send frames of type ${frame.type}`);
      }
    };
    const connection = openConnection({
      input,
      output,
      patience: () => Math.min(options.patience ?? AGENT_PATIENCE_MS, Math.max(verbs.shortestHold() * 1000, HEARD_MS)),
      onFrame: frame => {
        try {
          onFrame(frame);
        } catch (error) {
          connection.send(FRAME.fail, 0, packFailure(error));
          throw error;
        }
      },
      onEnding: () => {
        for (const { inbox, outlet } of sessions.values()) {
          outlet.close();
          inbox.fail(new WireError('the connection has ended'));
        }
        connection.finish();
        void verbs.finish().then(resolve);
      },
    });
    const hello = {
      protocol: PROTOCOL_VERSION,
      version: options.version,
      pid: options.pid,
      facts: host.facts,
      locks: host.locks !== null,
      programs: host.programs !== null,
      links: host.links?.reached ?? null,
    };
    connection.send(FRAME.hello, 0, packMessage(hello));
  });

/** Instead of serving: tells the client why this machine cannot be. */
export const excuse = (output: Writable, error: unknown): void => {
  const payload = packFailure(error);
  output.write(Buffer.concat([frameHeader(FRAME.fail, 0, payload.length), payload]));
};

/** One turn of the event loop: heartbeats go out, requests and the end of the input come in. For long work between steps. */
export const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** A turn after each piece, so that one long answer does not keep the rest waiting. */
const sendInTurn = async (outlet: Outlet, piece: Uint8Array): Promise<boolean> => {
  const wanted = await outlet.send(piece);
  await breathe();
  return wanted;
};

/** Whoever lives is heard within it: a shorter lease cannot be told from a lost client. */
const HEARD_MS = 1.5 * BEAT_MS;
