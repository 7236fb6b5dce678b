// Long runs of zeros in content: found by the sender, who names them instead of sending them, and made by the receiver.
import { ZERO_RUN } from './pack.js';

export type Stretch = { readonly zeros: boolean; readonly start: number; readonly end: number };

/** Cuts content that begins at a multiple of ZERO_RUN into what is zeros for a whole ZERO_RUN at least, and what is not. */
export const stretchesOf = (content: Uint8Array): Stretch[] => {
  const stretches: { zeros: boolean; start: number; end: number }[] = [];
  for (let start = 0; start < content.length; start += ZERO_RUN) {
    const end = Math.min(start + ZERO_RUN, content.length);
    const zeros = end - start === ZERO_RUN && isZeros(content.subarray(start, end));
    const last = stretches.at(-1);
    if (last !== undefined && last.zeros === zeros) last.end = end;
    else stretches.push({ zeros, start, end });
  }
  return stretches;
};

/** Feeds that many zeros to a digest. */
export const updateZeros = (update: (bytes: Uint8Array) => void, length: number): void => {
  for (let left = length; left > 0; left -= ZERO_RUN) update(left < ZERO_RUN ? ZEROS.subarray(0, left) : ZEROS);
};

const isZeros = (bytes: Uint8Array): boolean => bytes[0] === 0 && Buffer.compare(bytes, ZEROS) === 0;

const ZEROS = Buffer.alloc(ZERO_RUN);
