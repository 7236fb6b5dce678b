// One end of a connection: frames over two streams, written in batches, with heartbeat and patience.

import type { Readable, Writable } from 'node:stream';
import { giveBack } from '../../bytes/pool.js';
import { type Frame, frameHeader, makeFrameParser } from './frames.js';
import { BEAT_MS, FRAME, type FrameType } from './protocol.js';

export type Connection = {
  /** Puts a frame on its way; after the end it does nothing. The payload must not change afterwards. */
  readonly send: (type: FrameType, request: number, payload?: Uint8Array) => void;
  /** Ends what is written; whatever was sent before is still delivered. */
  readonly finish: () => void;
  /** No more frames, no more beats; the streams are left as they are. */
  readonly stop: () => void;
  readonly sent: () => number;
  readonly received: () => number;
};

export type Ending =
  /** The other end closed its stream, or reading it failed. */
  | { readonly why: 'end'; readonly error: Error | null }
  /** What came is not the protocol. */
  | { readonly why: 'broken'; readonly error: Error }
  /** No frame came for longer than `patience`, and next to nothing of one. */
  | { readonly why: 'silent' };

export type ConnectionOptions = {
  readonly input: Readable;
  readonly output: Writable;
  /** Milliseconds without a frame after which the other end is given up; asked for anew at every beat. */
  readonly patience: () => number;
  readonly onFrame: (frame: Frame) => void;
  /** Called once, at the first ending; no frame comes after it. */
  readonly onEnding: (ending: Ending) => void;
};

export const openConnection = ({ input, output, patience, onFrame, onEnding }: ConnectionOptions): Connection => {
  let sent = 0;
  let received = 0;
  let quietTicks = 0;
  /** Bytes of a frame that is not whole yet: beats that are swallowed by one which never ends are no sign of life. */
  let partial = 0;
  let spoken = false;
  let corked = false;
  let over = false;

  const stop = (): void => {
    if (over) return;
    over = true;
    clearInterval(timer);
    input.off('data', onData);
  };
  const conclude = (ending: Ending): void => {
    if (over) return;
    stop();
    onEnding(ending);
  };
  const parser = makeFrameParser(frame => {
    quietTicks = 0;
    partial = 0;
    if (!over && frame.type !== FRAME.beat) onFrame(frame);
  });
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    try {
      parser.push(chunk);
      partial += chunk.length;
      if (partial >= ALIVE) {
        quietTicks = 0;
        partial = 0;
      }
    } catch (error) {
      conclude({ why: 'broken', error: error as Error });
    }
  };
  /** Frames of one turn travel in one system call. */
  const uncork = (): void => {
    corked = false;
    output.uncork();
  };
  const send = (type: FrameType, request: number, payload: Uint8Array = EMPTY): void => {
    if (over || output.destroyed || output.writableEnded) return;
    const header = frameHeader(type, request, payload.length);
    if (!corked) {
      corked = true;
      output.cork();
      setImmediate(uncork);
    }
    spoken = true;
    sent += header.length + payload.length;
    if (payload.length === 0) output.write(header);
    else if (payload.length < SMALL) output.write(Buffer.concat([header, payload]));
    else {
      output.write(header);
      output.write(payload, () => giveBack(payload));
      // Much to carry: it need not wait for more.
      output.uncork();
      output.cork();
    }
  };
  // Ticks are counted, not time: a machine that slept does not blame the other for it.
  const timer = setInterval(() => {
    if (!spoken) send(FRAME.beat, 0);
    spoken = false;
    quietTicks++;
    if (quietTicks * BEAT_MS > patience()) conclude({ why: 'silent' });
  }, BEAT_MS);

  input.on('data', onData);
  input.once('end', () => conclude({ why: 'end', error: null }));
  input.once('close', () => conclude({ why: 'end', error: null }));
  input.on('error', error => conclude({ why: 'end', error }));
  // A reader that went away also closes the stream we read; that ending says more.
  output.on('error', () => {});
  return {
    send,
    finish: () => {
      if (!output.writableEnded && !output.destroyed) output.end();
    },
    stop,
    sent: () => sent,
    received: () => received,
  };
};

/** Bytes of a frame on a slow line; more than the beats that fall into the time that a silence may last. */
const ALIVE = 1_024;
const EMPTY = Buffer.alloc(0);
const SMALL = 4_096;
