// Digests one file in bounded memory, and remembers the digest if the file stayed the same meanwhile.
import type { Hasher } from '../bytes/digest.js';
import type { Identity } from '../tree/listing.js';
import type { DigestTable } from './digest-cache.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Source, type Stat } from './file-verbs.js';

export type FileDigester = {
  /** The digest of what the file holds, up to the size it had when it was opened. */
  readonly digest: (at: Folder, file: SeenFile, follow: boolean) => Promise<string | Fault>;
  /** The same of files of one folder, as many as are worth asking for together. */
  readonly digestAll: (at: Folder, files: readonly SeenFile[], follow: boolean) => Promise<readonly (string | Fault)[]>;
  readonly together: number;
};

/** A name in a folder, and what was seen there before: it need not be that any more. */
export type SeenFile = { readonly name: string; readonly seen: Identity };

export const makeFileDigester = (verbs: FileVerbs, hasher: Hasher, table: DigestTable): FileDigester => {
  const scratch = Buffer.allocUnsafeSlow(SCRATCH);

  const readAll = async (source: Source): Promise<string | Fault> => {
    const { size } = source.stat;
    if (size > SCRATCH) hasher.init();
    for (let done = 0; ; ) {
      const wanted = Math.min(SCRATCH, size - done);
      const count = wanted === 0 ? 0 : await source.read(scratch.subarray(0, wanted));
      if (isFault(count)) return count;
      if (size <= SCRATCH) return hasher.hash(scratch.subarray(0, count));
      hasher.update(scratch.subarray(0, count));
      done += count;
      if (count < wanted || done === size) return hasher.digest();
    }
  };

  /** One call for a small file that still is what was seen, and one look for before and after; null for any other. */
  const digestSmall = async (at: Folder, { name, seen }: SeenFile, follow: boolean): Promise<string | null> => {
    if (verbs.readWhole === undefined || seen.size > SCRATCH) return null;
    const moment = table.moment();
    const content = scratch.subarray(0, seen.size);
    const read = await verbs.readWhole(at, name, follow, content);
    if (isFault(read) || read.count < seen.size || !isSame(read.stat, seen)) return null;
    const digest = hasher.hash(content);
    remember(table, read.stat, digest, moment);
    return digest;
  };

  const digestOpened = async (at: Folder, name: string, follow: boolean): Promise<string | Fault> => {
    const moment = table.moment();
    const source = await verbs.read(at, name, follow);
    if (isFault(source)) return source;
    try {
      const digest = await readAll(source);
      const after = isFault(digest) ? digest : await source.restat();
      if (!isFault(after) && !isFault(digest) && isSame(source.stat, after)) remember(table, after, digest, moment);
      return digest;
    } finally {
      await source.close();
    }
  };

  const far = verbs.digester?.(hasher.algorithm) ?? null;
  if (far !== null) return farDigester(far, table);

  return {
    together: 1,
    async digestAll(at, files, follow) {
      const digests: (string | Fault)[] = [];
      for (const file of files) digests.push(await this.digest(at, file, follow));
      return digests;
    },
    digest: async (at, file, follow) =>
      (await digestSmall(at, file, follow)) ?? (await digestOpened(at, file.name, follow)),
  };
};

/** What changed while it was digested may have given any digest at all: whoever acts on one checks that. */
const farDigester = (
  far: NonNullable<ReturnType<NonNullable<FileVerbs['digester']>>>,
  table: DigestTable,
): FileDigester => {
  const digestAll: FileDigester['digestAll'] = async (at, files, follow) => {
    const moment = table.moment();
    const names = files.map(({ name }) => name);
    const answers = await far(at, names, follow);
    return answers.map(one => {
      if (isFault(one)) return one;
      if (isSame(one.before, one.after)) remember(table, one.after, one.digest, moment);
      return one.digest;
    });
  };
  return {
    together: FAR_TOGETHER,
    digestAll,
    digest: async (at, file, follow) => (await digestAll(at, [file], follow))[0]!,
  };
};

/** The same inode, untouched. */
export const isSame = (a: Pick<Stat, SameFields>, b: Pick<Stat, SameFields>): boolean =>
  a.inode === b.inode && a.size === b.size && a.modified === b.modified && a.changed === b.changed;
type SameFields = 'inode' | 'size' | 'modified' | 'changed';

export const remember = (table: DigestTable, stat: Stat, digest: string, moment: number): void =>
  table.add([stat.device, stat.inode, stat.size, stat.modified, stat.changed], digest, moment);

const SCRATCH = 1_048_576;
/** A few programs' worth: what is on its way at once is bounded. */
const FAR_TOGETHER = 2_000;
