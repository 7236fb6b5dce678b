// The sending end of a link: chunks as frames, no faster than they are taken, with a beat where there is nothing to send.
import type { Link } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { linkFault, shortly } from './fault.js';
import type { Opened } from './open.js';
import { BEAT_MS, HEADER, MARK, STUCK_MS } from './protocol.js';

export type Outgoing = Link & {
  /** Resolves when there is room for more. `used` is told once the bytes may change; never after the link broke. */
  readonly send: (chunk: Uint8Array, used: () => void) => Promise<void>;
  readonly mark: (mark: 'end' | 'fail') => Promise<void>;
  /** Why nothing goes over it any more. */
  readonly fault: () => HostError | null;
};

export const asOutgoing = (link: Link): Outgoing => {
  if ('send' in link) return link as Outgoing;
  throw new HostError('protocol', 'content was to be sent over a link that receives', 'this is a fault in syncplan');
};

export const openOutgoing = ({ socket, wire }: Opened): Outgoing => {
  let fault: HostError | null = null;
  let spoken = false;
  let before = -1;
  let stuck = 0;
  let wake: (() => void) | null = null;
  const wakeUp = (): void => {
    wake?.();
    wake = null;
  };
  const stop = (why: HostError): void => {
    if (fault !== null) return;
    fault = why;
    clearInterval(timer);
    wire.destroy();
    wakeUp();
  };
  const timer = setInterval(() => {
    const waiting = socket.writableLength;
    stuck = waiting > 0 && waiting === before ? stuck + BEAT_MS : 0;
    before = waiting;
    if (stuck >= STUCK_MS) stop(linkFault(`took nothing for ${STUCK_MS / 1000} s`));
    if (!spoken && waiting === 0) socket.write(headerOf(MARK.beat));
    spoken = false;
  }, BEAT_MS);
  socket.on('drain', wakeUp);
  socket.on('error', error => stop(linkFault(`broke: ${shortly(error)}`, error)));
  socket.on('close', () => stop(linkFault('was closed by its other end')));
  // The other end says nothing; its end is noticed only where somebody reads.
  socket.resume();

  const put = async (write: () => void): Promise<void> => {
    if (fault === null) {
      spoken = true;
      write();
      if (socket.writableLength > ENOUGH) {
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    }
    if (fault !== null) throw fault;
  };
  return {
    send: (chunk, used) =>
      put(() => {
        socket.cork();
        socket.write(headerOf(chunk.length));
        socket.write(chunk, error => {
          if (!error) used();
        });
        socket.uncork();
      }),
    mark: mark => put(() => socket.write(headerOf(MARK[mark]))),
    fault: () => fault,
    close: async () => stop(linkFault('was closed')),
  };
};

const headerOf = (length: number): Buffer => {
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt32LE(length);
  return header;
};

/** Bytes on their way beyond which more has to wait. */
const ENOUGH = 1_048_576;
