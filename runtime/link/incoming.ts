// The receiving end of a link: frames as chunks, each copied once, with a bound on what waits to be taken.
import type { Socket } from 'node:net';
import { takeBuffer } from '../bytes/pool.js';
import type { Link } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { linkFault, shortly } from './fault.js';
import type { Listener, Opened } from './open.js';
import { BEAT_MS, HEADER, MARK, MAX_FRAME, MAX_WAITING, PATIENCE_MS } from './protocol.js';

export type Incoming = Link & {
  /** The chunks of one content, until its end; throws the link's fault where it does not come to it. `pooled` ones are to
   * be given back (bytes/pool.ts). */
  readonly chunks: (pooled: boolean) => AsyncGenerator<Buffer>;
  /** Bytes that came over the connection since it was asked last, encryption included. */
  readonly receivedSince: () => number;
};

export const asIncoming = (link: Link): Incoming => {
  if ('chunks' in link) return link as Incoming;
  throw new HostError('protocol', 'content was awaited from a link that sends', 'this is a fault in syncplan');
};

/** Opens by itself when the peer has come. */
export const openIncoming = (listener: Listener): Incoming => {
  const waiting: (Buffer | 'end')[] = [];
  let bytes = 0;
  let told = 0;
  let fault: HostError | null = null;
  let opened: Opened | null = null;
  let quiet = 0;
  let pooled = false;
  let holding = false;
  let wake: (() => void) | null = null;
  const wakeUp = (): void => {
    wake?.();
    wake = null;
  };
  const stop = (why: HostError): void => {
    fault ??= why;
    clearInterval(timer);
    opened?.wire.destroy();
    wakeUp();
  };
  const parser = makeParser(
    length => (pooled ? takeBuffer(length) : Buffer.allocUnsafeSlow(length)),
    item => {
      if (item === 'fail') return stop(linkFault('ended: its sender could not go on'));
      waiting.push(item);
      if (item !== 'end') bytes += item.length;
      wakeUp();
    },
  );
  const flow = (socket: Socket): void => {
    const tooMuch = bytes >= MAX_WAITING;
    if (tooMuch === holding) return;
    holding = tooMuch;
    if (tooMuch) socket.pause();
    else socket.resume();
  };
  const timer = setInterval(() => {
    // Who does not read cannot blame the other for what it does not hear.
    if (opened === null || holding) return;
    quiet += BEAT_MS;
    if (quiet > PATIENCE_MS) stop(linkFault(`was silent for ${PATIENCE_MS / 1000} s`));
  }, BEAT_MS);
  listener.opened.then(
    connection => {
      if (fault !== null) return connection.wire.destroy();
      opened = connection;
      const { socket } = connection;
      socket.on('data', (chunk: Buffer) => {
        quiet = 0;
        try {
          if (fault === null) parser(chunk);
        } catch (error) {
          stop(linkFault(`carries what is not its protocol: ${(error as Error).message}`, error));
        }
        flow(socket);
      });
      socket.on('error', error => stop(linkFault(`broke: ${shortly(error)}`, error)));
      socket.on('end', () => stop(linkFault('was ended by its other end')));
      socket.on('close', () => stop(linkFault('was closed by its other end')));
      socket.resume();
      return undefined;
    },
    (error: unknown) => stop(error instanceof HostError ? error : linkFault(shortly(error))),
  );
  return {
    receivedSince() {
      const before = told;
      told = opened?.wire.bytesRead ?? 0;
      return told - before;
    },
    async close() {
      listener.close();
      stop(linkFault('was closed'));
    },
    async *chunks(wantsPooled) {
      pooled = wantsPooled;
      for (;;) {
        const next = waiting.shift();
        if (next === 'end') return;
        if (next === undefined) {
          if (fault !== null) throw fault;
          await new Promise<void>(resolve => {
            wake = resolve;
          });
          continue;
        }
        bytes -= next.length;
        if (opened !== null) flow(opened.socket);
        yield next;
      }
    },
  };
};

/** Takes bytes as they come; `room` for a chunk is asked for only after its length was looked at. */
const makeParser = (room: (length: number) => Buffer, take: (item: Buffer | 'end' | 'fail') => void) => {
  const header = Buffer.alloc(HEADER);
  let headed = 0;
  let chunk: Buffer | null = null;
  let filled = 0;
  return (from: Buffer): void => {
    for (let at = 0; at < from.length; ) {
      if (chunk === null) {
        const taken = from.copy(header, headed, at, at + HEADER - headed);
        headed += taken;
        at += taken;
        if (headed < HEADER) return;
        headed = 0;
        const length = header.readUInt32LE();
        if (length === MARK.end) take('end');
        else if (length === MARK.fail) take('fail');
        else if (length > MAX_FRAME && length !== MARK.beat) throw new Error(`a chunk of ${length} bytes`);
        else if (length !== MARK.beat && length > 0) {
          chunk = room(length);
          filled = 0;
        }
        continue;
      }
      const taken = from.copy(chunk, filled, at);
      filled += taken;
      at += taken;
      if (filled < chunk.length) return;
      const whole = chunk;
      chunk = null;
      take(whole);
    }
  };
};
