// Digests a file in a held folder, in pieces, letting the host show that it is alive.
import type { Hasher } from '../../bytes/digest.js';
import { type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';

export const hashFile = async (
  { verbs, breathe }: { readonly verbs: FileVerbs; readonly breathe: () => Promise<void> },
  at: Folder,
  name: string,
  hasher: Hasher,
): Promise<string | Fault> => {
  const source = await verbs.read(at, name, false);
  if (isFault(source)) return source;
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    hasher.init();
    for (;;) {
      const count = await source.read(buffer);
      if (isFault(count)) return count;
      hasher.update(buffer.subarray(0, count));
      if (count < buffer.length) return hasher.digest();
      await breathe();
    }
  } finally {
    await source.close();
  }
};

const CHUNK = 4_194_304;
