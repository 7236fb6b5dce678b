// The two ends of one direction of a request: an inbox that grants credit as it is emptied, an outlet that waits for it.
//
// 1. Bytes pushed but not yet taken from an inbox never exceed WINDOW plus one frame; a peer that sends more is refused.
// 2. Credit is granted only for what the consumer has taken, so a slow consumer slows its producer, however far away.
// 3. A consumer that leaves early empties the inbox for good; what still arrives is dropped and credited to nobody.
import { WireError } from '../../bytes/wire.js';
import { MAX_DATA } from './frames.js';
import { WINDOW } from './protocol.js';

export type Inbox = {
  readonly push: (payload: Buffer) => void;
  readonly finish: () => void;
  /** What was pushed before is still delivered, then the consumer gets the error. */
  readonly fail: (error: Error) => void;
  readonly items: AsyncIterableIterator<Buffer>;
};

export const makeInbox = (grant: (bytes: number) => void, onLeave: () => void): Inbox => {
  const queue: Buffer[] = [];
  let head = 0;
  let unused = 0;
  let taken = 0;
  let state: 'open' | 'finished' | 'left' | Error = 'open';
  let waiting: { resolve: (result: IteratorResult<Buffer>) => void; reject: (error: Error) => void } | null = null;

  const use = (payload: Buffer): void => {
    unused -= payload.length;
    taken += payload.length;
    if (taken < GRANT || state !== 'open') return;
    grant(taken);
    taken = 0;
  };
  const items: AsyncIterableIterator<Buffer> = {
    next() {
      if (head < queue.length) {
        const payload = queue[head++]!;
        if (head === queue.length) {
          queue.length = 0;
          head = 0;
        }
        use(payload);
        return Promise.resolve({ done: false, value: payload });
      }
      if (state instanceof Error) return Promise.reject(state);
      if (state !== 'open') return Promise.resolve(DONE);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
    return() {
      queue.length = 0;
      head = 0;
      const wasOpen = state === 'open';
      state = 'left';
      waiting?.resolve(DONE);
      waiting = null;
      if (wasOpen) onLeave();
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]: () => items,
  };
  return {
    push(payload) {
      if (state === 'left') return;
      if (state !== 'open') throw new WireError('data arrived after the end of its stream');
      unused += payload.length;
      if (unused > WINDOW + MAX_DATA) throw new WireError('more data arrived than was asked for');
      if (waiting === null) queue.push(payload);
      else {
        const { resolve } = waiting;
        waiting = null;
        use(payload);
        resolve({ done: false, value: payload });
      }
    },
    finish() {
      if (state !== 'open') return;
      state = 'finished';
      waiting?.resolve(DONE);
      waiting = null;
    },
    fail(error) {
      if (state !== 'open') return;
      state = error;
      waiting?.reject(error);
      waiting = null;
    },
    items,
  };
};

export type Outlet = {
  /** Waits for credit, then hands the payload on. False when the stream was closed meanwhile: stop sending. */
  readonly send: (payload: Uint8Array) => Promise<boolean>;
  readonly credit: (bytes: number) => void;
  readonly close: () => void;
};

export const makeOutlet = (put: (payload: Uint8Array) => void): Outlet => {
  let onTheWay = 0;
  let closed = false;
  let wake: (() => void) | null = null;
  const wakeUp = (): void => {
    wake?.();
    wake = null;
  };
  return {
    async send(payload) {
      while (!closed && onTheWay > 0 && onTheWay + payload.length > WINDOW) {
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      if (closed) return false;
      onTheWay += payload.length;
      put(payload);
      return true;
    },
    credit(bytes) {
      if (bytes > onTheWay) throw new WireError('credit was given for more than was sent');
      onTheWay -= bytes;
      wakeUp();
    },
    close() {
      closed = true;
      wakeUp();
    },
  };
};

const GRANT = WINDOW / 8;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
