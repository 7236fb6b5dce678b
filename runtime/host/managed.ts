// What of a file's attributes a relation manages: everything else is listed as 0 or '', on both sides alike.
import type { FileEntry, FolderEntry, LinkEntry } from '../tree/entry.js';
import type { FileVerbs, Stat } from './file-verbs.js';
import type { Selection } from './host.js';

export type Managed = {
  readonly mode: (stat: Stat) => number;
  readonly modified: (stat: Stat) => number;
  readonly owner: (stat: Stat) => string;
  readonly group: (stat: Stat) => string;
  /** Names whether managed or not; numbers in decimal where there is none. */
  readonly userName: (id: number) => string;
  readonly groupName: (id: number) => string;
};

export const makeManaged = (selection: Selection, names: FileVerbs['names']): Managed => {
  const manages = new Set(selection.attributes);
  const userName = remember(names.user);
  const groupName = remember(names.group);
  const bits = manages.has('special') ? 0o7777 : 0o7777 & ~SET_ID;
  return {
    mode: manages.has('mode') ? stat => stat.mode & bits : () => 0,
    modified: selection.times ? stat => Math.max(-LATEST, Math.min(LATEST, stat.modified)) : () => 0,
    owner: manages.has('owner') ? stat => userName(stat.owner) : () => '',
    group: manages.has('group') ? stat => groupName(stat.group) : () => '',
    userName,
    groupName,
  };
};

export const fileOf = (stat: Stat, managed: Managed): FileEntry => ({
  kind: 'file',
  size: stat.size,
  mode: managed.mode(stat),
  modified: managed.modified(stat),
  owner: managed.owner(stat),
  group: managed.group(stat),
});

export const linkOf = (stat: Stat, target: string, managed: Managed): LinkEntry => ({
  kind: 'link',
  target,
  modified: managed.modified(stat),
  owner: managed.owner(stat),
  group: managed.group(stat),
});

/** As a page lists it: a folder that is not selected shows nothing of its own. */
export const folderOf = (stat: Stat, selected: boolean, unreadable: boolean, managed: Managed): FolderEntry => ({
  kind: 'folder',
  selected,
  unreadable,
  mode: selected ? managed.mode(stat) : 0,
  owner: selected ? managed.owner(stat) : '',
  group: selected ? managed.group(stat) : '',
});

const remember = (name: (id: number) => string | null): ((id: number) => string) => {
  const known = new Map<number, string>();
  return id => {
    let found = known.get(id);
    if (found === undefined) {
      found = name(id) ?? String(id);
      known.set(id, found);
    }
    return found;
  };
};

export const SET_ID = 0o6000;
/** The largest time a page can carry, in both directions. */
const LATEST = 2 ** 52 - 1;
