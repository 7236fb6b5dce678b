// File verbs that tell of a file only what SFTP tells: no inode, no device, no further names, no time of change.
import { type Fault, type FileVerbs, isFault, type Stat } from '../../runtime/host/file-verbs.js';

export const blind = (verbs: FileVerbs): FileVerbs => ({
  ...verbs,
  async open(path) {
    const opened = await verbs.open(path);
    return isFault(opened) ? opened : { ...opened, stat: dim(opened.stat) };
  },
  async list(folder) {
    const listed = await verbs.list(folder);
    return isFault(listed) ? listed : listed.map(named => ({ ...named, stat: dim(named.stat) }));
  },
  stat: async batch => (await verbs.stat(batch)).map(dim),
  followed: async (at, name) => dim(await verbs.followed(at, name)),
  async read(at, name, follow) {
    const source = await verbs.read(at, name, follow);
    if (isFault(source)) return source;
    return { ...source, stat: dim(source.stat), restat: async () => dim(await source.restat()) };
  },
  ...(verbs.readWhole === undefined ? {} : { readWhole: dimmed(verbs.readWhole) }),
});

const dimmed =
  (readWhole: NonNullable<FileVerbs['readWhole']>): NonNullable<FileVerbs['readWhole']> =>
  async (...asked) => {
    const read = await readWhole(...asked);
    return isFault(read) ? read : { ...read, stat: dim(read.stat) };
  };

const dim = <T extends Stat | Fault>(stat: T): T =>
  isFault(stat) ? stat : { ...stat, inode: 0, device: 0, names: 1, changed: 0 };
