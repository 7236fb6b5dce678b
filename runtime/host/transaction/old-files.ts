// The files that stand where staged ones will, read for what a delta copies out of them; one is held open at a time.
import type { Action } from '../../tree/action.js';
import { type Fault, isFault, type Source } from '../file-verbs.js';
import { folderOf, nameOf, type Work } from './work.js';

export type OldFiles = {
  /** So many bytes in pieces, each good until the next; a fault where they are not all there. */
  readonly read: (
    step: { readonly index: number; readonly part: number; readonly action: Action },
    from: number,
    length: number,
  ) => AsyncGenerator<Buffer | Fault>;
  readonly close: () => Promise<void>;
};

export const openOldFiles = (work: Work): OldFiles => {
  let open: { readonly index: number; readonly source: Source | Fault } | null = null;
  let buffer: Buffer | null = null;
  const close = async (): Promise<void> => {
    if (open !== null && !isFault(open.source)) await open.source.close();
    open = null;
  };
  return {
    close,
    async *read({ index, part: number, action }, from, length) {
      if (open?.index !== index) {
        await close();
        const part = work.parts[number]!;
        const at = await folderOf(part, action.path);
        open = { index, source: isFault(at) ? at : await work.verbs.read(at, nameOf(part, action.path), false) };
      }
      const { source } = open;
      if (isFault(source)) {
        yield source;
        return;
      }
      buffer ??= Buffer.allocUnsafeSlow(AT_ONCE);
      for (let done = 0; done < length; ) {
        const piece = buffer.subarray(0, Math.min(AT_ONCE, length - done));
        const count = await source.readAt(piece, from + done);
        if (isFault(count) || count < piece.length) {
          yield isFault(count) ? count : GONE;
          return;
        }
        yield piece;
        done += count;
        await work.breathe();
      }
    },
  };
};

const GONE: Fault = { fault: 'CHANGED', message: 'it is shorter than it was' };
const AT_ONCE = 1_048_576;
