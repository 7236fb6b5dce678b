// The file that comes into staging in parts: one part of it is written while the next one is made or read.
//
// Its disk begins to write it out long before all of it is there, where it is to be durable.
import type { Hasher } from '../../bytes/digest.js';
import { updateZeros } from '../../bytes/zeros.js';
import { type Fault, isFault, type Maybe, type Sink } from '../file-verbs.js';
import type { Work } from './work.js';

export type Open = {
  readonly index: number;
  /** Null when it has failed, and the rest of it is passed over. */
  sink: Sink | null;
  received: number;
  /** What is being written, and how much of the file is there then. */
  writing: { readonly done: Maybe<null | Fault>; readonly bytes: number } | null;
  /** So much was there when its sink was last told to persist it. */
  persisted: number;
};

export const newOpen = (index: number, sink: Sink | null): Open => ({
  index,
  sink,
  received: 0,
  writing: null,
  persisted: 0,
});

/** Zeros where there is no content. */
export const digestPart = async (
  { breathe }: Pick<Work, 'breathe'>,
  { update }: Hasher,
  length: number,
  content: Buffer | null,
): Promise<void> => {
  if (content !== null) return update(content);
  for (let left = length; left > 0; left -= ZEROS_AT_ONCE) {
    updateZeros(update, Math.min(left, ZEROS_AT_ONCE));
    await breathe();
  }
};

/** Begins to write what was received last, zeros where there is no content. Before anything else comes, it is settled. */
export const writeOpen = (open: Open, length: number, content: Buffer | null): void => {
  const { sink, received: bytes } = open;
  if (sink === null) return;
  open.writing = { done: content === null ? sink.skip(length) : sink.write(content), bytes };
};

/** Waits for what is being written. After a fault, which is told once, the rest is passed over. */
export const settleOpen = async (
  { id, arrivals }: Pick<Work, 'id' | 'arrivals'>,
  open: Open,
): Promise<null | Fault> => {
  const { writing } = open;
  if (writing === null) return null;
  const written = await writing.done;
  if (isFault(written)) {
    await discardOpen(open);
    return written;
  }
  open.writing = null;
  if (id.strict && writing.bytes - open.persisted >= PERSIST_EVERY) {
    open.persisted = writing.bytes;
    open.sink?.persist?.();
  }
  arrivals.grew(open.index, writing.bytes);
  return null;
};

export const discardOpen = async (open: Open): Promise<void> => {
  const { sink, writing } = open;
  open.sink = null;
  open.writing = null;
  await writing?.done;
  await sink?.discard();
};

/** Zeros that are digested before the host may show that it is alive. */
const ZEROS_AT_ONCE = 67_108_864;
/** Bytes of a file. */
const PERSIST_EVERY = 33_554_432;
