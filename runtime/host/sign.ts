// Signs files as they stand here, block by block as they are read, for a master that sends only what is new in them.
import { blockOf, openSigner, unsigned } from '../bytes/signature.js';
import { leaf, parent } from '../tree/path.js';
import { isFault, type Source } from './file-verbs.js';
import type { Wanted } from './host.js';
import { OPENING } from './pace.js';
import { reachFrom, type ScanState } from './scan-state.js';

/** In the order asked. What cannot be read is told as unsigned: its content then comes whole. */
export async function* signFiles(state: ScanState, wanted: readonly Wanted[]): AsyncGenerator<Buffer> {
  const { content, sign: signPiece } = openSigner(AT_ONCE);
  const reach = reachFrom(state);
  const sign = async function* (source: Source, index: number): AsyncGenerator<Buffer> {
    const { size } = source.stat;
    const of = { index, size, block: blockOf(size) };
    const blocks = Math.floor(size / of.block);
    const most = Math.floor(AT_ONCE / of.block);
    for (let first = 0; first < blocks || first === 0; first += most) {
      const piece = content.subarray(0, Math.min(most, blocks - first) * of.block);
      const count = piece.length === 0 ? 0 : await source.read(piece);
      // It changed: sums that fit nothing find nothing, and a copy of what they do find is checked by whoever makes it.
      if (isFault(count) || count < piece.length) piece.fill(0, isFault(count) ? 0 : count);
      yield signPiece(of, first, piece.length);
      const pause = state.pace(piece.length / 1024);
      if (pause !== null) await pause;
    }
  };
  try {
    for (const { path, index } of wanted) {
      const at = await reach.at(parent(path));
      const source = isFault(at) ? at : await state.verbs.read(at, leaf(path), false);
      if (isFault(source)) yield unsigned(index);
      else {
        try {
          yield* sign(source, index);
        } finally {
          await source.close();
        }
      }
      const pause = state.pace(OPENING);
      if (pause !== null) await pause;
    }
  } finally {
    await reach.close();
  }
}

/** A multiple of the largest block. */
const AT_ONCE = 1_048_576;
