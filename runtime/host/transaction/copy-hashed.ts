// Copies a file within a host and tells what was written: as a clone where that is possible, which is then read, else in pieces.
import type { Algorithm } from '../../../compiler/plan.js';
import { type Hasher, openDigests } from '../../bytes/digest.js';
import { stretchesOf, updateZeros } from '../../bytes/zeros.js';
import { type Fault, type Folder, isFault, type Sink, type Source } from '../file-verbs.js';
import { GROWN } from './copy-file.js';
import { hashFile } from './hash-file.js';
import { performOne } from './one-deed.js';
import type { Work } from './work.js';

export type Copying = {
  readonly at: Folder;
  readonly name: string;
  readonly to: Folder;
  readonly toName: string;
  readonly algorithm: Algorithm;
  /** What has become larger is not copied: it might never end. */
  readonly size: number;
};

/** Size and digest of the copy, whose attributes are still to be given; after a fault nothing of it is left. */
export type Copier = (copying: Copying) => Promise<{ readonly size: number; readonly digest: string } | Fault>;

export const makeCopier = (work: Pick<Work, 'verbs' | 'breathe'>): Copier => {
  const { verbs } = work;
  /** One that failed once on a file system fails again. */
  let clones = verbs.clone !== undefined;
  return async ({ at, name, to, toName, algorithm, size }) => {
    const hasher = await openDigests(algorithm);
    // An attempt at it that failed half-way was not removed.
    await performOne(verbs, { do: 'remove', at: to, name: toName });
    const cloned = clones ? await verbs.clone!(at, name, to, toName) : WITHOUT;
    if (cloned !== null) {
      clones = false;
      return copyInPieces(work, { at, name, to, toName, size }, hasher);
    }
    const [stat] = await verbs.stat([{ at: to, name: toName }]);
    const isThere = stat !== undefined && !isFault(stat);
    const digest = !isThere ? WITHOUT : stat.size > size ? GROWN : await hashFile(work, to, toName, hasher);
    if (isThere && !isFault(digest)) return { size: stat.size, digest };
    await performOne(verbs, { do: 'remove', at: to, name: toName });
    return isFault(digest) ? digest : WITHOUT;
  };
};

const copyInPieces = async (
  { verbs, breathe }: Pick<Work, 'verbs' | 'breathe'>,
  { at, name, to, toName, size: most }: Omit<Copying, 'algorithm'>,
  hasher: Hasher,
): ReturnType<Copier> => {
  const source = await verbs.read(at, name, false);
  if (isFault(source)) return source;
  try {
    const sink = await verbs.write(to, toName);
    if (isFault(sink)) return sink;
    const size = await pour(source, sink, hasher, { breathe, most });
    if (isFault(size)) {
      await sink.discard();
      return size;
    }
    const fault = await sink.finish({ mode: UNFINISHED, modified: null });
    if (fault === null) return { size, digest: hasher.digest() };
    await performOne(verbs, { do: 'remove', at: to, name: toName });
    return fault;
  } finally {
    await source.close();
  }
};

/** How much it was. Long runs of zeros take no room, as in what arrives. */
const pour = async (
  source: Source,
  sink: Sink,
  hasher: Hasher,
  { breathe, most }: Pick<Work, 'breathe'> & { readonly most: number },
): Promise<number | Fault> => {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, source.stat.size + 1)));
  hasher.init();
  for (let size = 0; ; ) {
    const count = await source.read(buffer);
    if (isFault(count)) return count;
    if (size + count > most) return GROWN;
    for (const { zeros, start, end } of stretchesOf(buffer.subarray(0, count))) {
      if (zeros) updateZeros(hasher.update, end - start);
      else hasher.update(buffer.subarray(start, end));
      const written = await (zeros ? sink.skip(end - start) : sink.write(buffer.subarray(start, end)));
      if (isFault(written)) return written;
    }
    size += count;
    if (count < buffer.length) return size;
    await breathe();
  }
};

const WITHOUT: Fault = { fault: 'ENOTSUP', message: 'there are no clones here' };
const UNFINISHED = 0o600;
const CHUNK = 1_048_576;
