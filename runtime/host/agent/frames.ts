// Frames out of bytes and into bytes: the lowest layer of the protocol (protocol.ts, 2).
//
// The parser takes chunks as the operating system hands them out and copies each byte of a payload at most once. It throws
// WireError on an unknown type or a length over the cap of its type, before any memory is taken for it.
import { MAX_CHUNK } from '../../bytes/pack.js';
import { takeBuffer } from '../../bytes/pool.js';
import { WireError } from '../../bytes/wire.js';
import { FRAME, type FrameType } from './protocol.js';

export type Frame = { readonly type: FrameType; readonly request: number; readonly payload: Buffer };

/** Calls `onFrame` for each whole frame. After it threw, nothing more is taken. */
export const makeFrameParser = (onFrame: (frame: Frame) => void): { push: (chunk: Buffer) => void } => {
  const header = Buffer.alloc(HEADER);
  let headed = 0;
  let type: FrameType = FRAME.beat;
  let request = 0;
  let payload: Buffer | null = null;
  let filled = 0;
  let broken = false;

  const readHeader = (from: Buffer, at: number): number => {
    type = checkType(from[at]!);
    request = from.readUInt32LE(at + 1);
    const length = from.readUInt32LE(at + 5);
    if (length > CAPS[type]) throw new WireError(`a frame of type ${type} and ${length} bytes is over its cap`);
    return length;
  };
  const push = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (payload === null) {
        let length: number;
        if (headed === 0 && chunk.length - at >= HEADER) {
          length = readHeader(chunk, at);
          at += HEADER;
        } else {
          const taken = chunk.copy(header, headed, at, at + HEADER - headed);
          headed += taken;
          at += taken;
          if (headed < HEADER) return;
          headed = 0;
          length = readHeader(header, 0);
        }
        if (chunk.length - at >= length) {
          onFrame({ type, request, payload: chunk.subarray(at, at + length) });
          at += length;
          continue;
        }
        payload = takeBuffer(length);
        filled = 0;
      }
      const taken = chunk.copy(payload, filled, at);
      filled += taken;
      at += taken;
      if (filled < payload.length) return;
      const whole = payload;
      payload = null;
      onFrame({ type, request, payload: whole });
    }
  };
  return {
    push(chunk) {
      if (broken) return;
      try {
        push(chunk);
      } catch (error) {
        broken = true;
        throw error;
      }
    },
  };
};

/** The bytes before a payload of that length. */
export const frameHeader = (type: FrameType, request: number, length: number): Buffer => {
  if (length > CAPS[type]) throw new WireError(`a frame of type ${type} and ${length} bytes is over its cap`);
  const header = Buffer.allocUnsafe(HEADER);
  header[0] = type;
  header.writeUInt32LE(request, 1);
  header.writeUInt32LE(length, 5);
  return header;
};

const checkType = (value: number): FrameType => {
  if (value < FRAME.hello || value > FRAME.beat) throw new WireError(`a frame of unknown type ${value}`);
  return value as FrameType;
};

const HEADER = 9;
/** DATA: a chunk of a pack. CALL: a selection may list many paths. */
const CAPS: Readonly<Record<FrameType, number>> = {
  [FRAME.hello]: 65_536,
  [FRAME.call]: 67_108_864,
  [FRAME.data]: MAX_CHUNK,
  [FRAME.end]: 8_388_608,
  [FRAME.fail]: 65_536,
  [FRAME.credit]: 8,
  [FRAME.cancel]: 0,
  [FRAME.beat]: 0,
};
export const MAX_DATA = CAPS[FRAME.data];
