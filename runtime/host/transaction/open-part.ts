// The file that comes into staging in parts: each is digested and written, and where it is to be durable, its disk begins to
// write it out long before all of it is there.
import type { Hasher } from '../../bytes/digest.js';
import { updateZeros } from '../../bytes/zeros.js';
import { type Fault, isFault, type Sink } from '../file-verbs.js';
import type { Work } from './work.js';

export type Open = {
  readonly index: number;
  /** Null when it has failed, and the rest of it is passed over. */
  sink: Sink | null;
  received: number;
  /** So much was there when its sink was last told to persist it. */
  persisted: number;
};

export const newOpen = (index: number, sink: Sink | null): Open => ({ index, sink, received: 0, persisted: 0 });

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

/** Writes what was received last, zeros where there is no content. After a fault, which is told once, the rest is passed over. */
export const writeOpen = async (
  { id, arrivals }: Pick<Work, 'id' | 'arrivals'>,
  open: Open,
  length: number,
  content: Buffer | null,
): Promise<null | Fault> => {
  const { index, sink, received } = open;
  if (sink === null) return null;
  const written = await (content === null ? sink.skip(length) : sink.write(content));
  if (isFault(written)) {
    await discardOpen(open);
    return written;
  }
  if (id.strict && received - open.persisted >= PERSIST_EVERY) {
    open.persisted = received;
    sink.persist?.();
  }
  arrivals.grew(index, received);
  return null;
};

export const discardOpen = async (open: Open): Promise<void> => {
  const { sink } = open;
  open.sink = null;
  await sink?.discard();
};

/** Zeros that are digested before the host may show that it is alive. */
const ZEROS_AT_ONCE = 67_108_864;
/** Bytes of a file. */
const PERSIST_EVERY = 33_554_432;
