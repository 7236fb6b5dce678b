// File verbs that see through our own closing: a folder that a lock has closed still shows the mode it will have again.
//
// Whoever scans or writes under such a lock must not take the closed mode for the folder's own, nor open it by setting one:
// a mode that is set meanwhile is kept for when it is reopened. Other processes see the folder as it is.
import { type Deed, type Fault, type FileVerbs, isFault, type Stat } from '../file-verbs.js';
import { faultOf } from '../local-folder.js';

export type ClosedFolder = {
  /** What it will have again. */
  readonly mode: number;
  readonly closed: number;
  /** Has it reopened with another mode, also after a crash; throws as node:fs does. */
  readonly amend: (mode: number) => void;
};

type Identity = Pick<Stat, 'device' | 'inode'>;

export type ClosedView = {
  readonly verbs: FileVerbs;
  readonly close: (identity: Identity, folder: ClosedFolder) => void;
  readonly open: (identity: Identity) => void;
};

export const makeClosedView = (verbs: FileVerbs): ClosedView => {
  const folders = new Map<string, ClosedFolder>();
  const keyOf = ({ device, inode }: Identity): string => `${device}:${inode}`;
  const find = (stat: Stat | Fault | undefined): ClosedFolder | null => {
    if (stat === undefined || isFault(stat) || stat.kind !== 'folder') return null;
    const folder = folders.get(keyOf(stat));
    return folder !== undefined && folder.closed === stat.mode ? folder : null;
  };
  const see = <T extends Stat | Fault>(stat: T): T => {
    const folder = folders.size === 0 ? null : find(stat);
    return folder === null ? stat : { ...stat, mode: folder.mode };
  };
  const seeNamed = <T extends { readonly stat: Stat }>(named: T): T => ({ ...named, stat: see(named.stat) });
  const { listKept } = verbs;
  const performOne = async (deed: Deed): Promise<null | Fault> => {
    if (deed.do !== 'set' || deed.mode === null) return (await verbs.perform([deed]))[0] ?? null;
    const folder = find((await verbs.stat([{ at: deed.at, name: deed.name }]))[0]);
    const [set = null] = await verbs.perform([folder === null ? deed : { ...deed, mode: null }]);
    if (folder === null || set !== null) return set;
    try {
      folder.amend(deed.mode);
      return null;
    } catch (error) {
      return faultOf(error);
    }
  };
  return {
    close: (identity, folder) => void folders.set(keyOf(identity), folder),
    open: identity => void folders.delete(keyOf(identity)),
    verbs: {
      ...verbs,
      open: async path => {
        const opened = await verbs.open(path);
        return isFault(opened) ? opened : { ...opened, stat: see(opened.stat) };
      },
      list: folder => {
        if (folders.size === 0) return verbs.list(folder);
        return Promise.resolve(verbs.list(folder)).then(listed => (isFault(listed) ? listed : listed.map(seeNamed)));
      },
      ...(listKept === undefined
        ? {}
        : {
            listKept: (folder, kept, sameNames) => {
              const found = listKept(folder, kept, sameNames);
              if (folders.size === 0) return found;
              return Promise.resolve(found).then(listed => {
                if (isFault(listed)) return listed;
                return 'folders' in listed ? { folders: listed.folders.map(seeNamed) } : listed.map(seeNamed);
              });
            },
          }),
      stat: batch => {
        if (folders.size === 0) return verbs.stat(batch);
        return Promise.resolve(verbs.stat(batch)).then(stats => stats.map(see));
      },
      followed: async (at, name) => see(await verbs.followed(at, name)),
      perform: deeds => {
        if (folders.size === 0) return verbs.perform(deeds);
        return inTurn(deeds, performOne);
      },
    },
  };
};

const inTurn = async <T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> => {
  const done: U[] = [];
  for (const item of items) done.push(await work(item));
  return done;
};
