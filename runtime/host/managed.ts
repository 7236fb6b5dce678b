// What of a file's attributes a relation manages: everything else is listed as 0 or '', on both sides alike.
//
// What the plan fixes (`set`) is managed whether the attributes name it or not, and the master lists its entries with it: so
// a remote that holds what the plan says has equal pages, and nothing needs to know of `set` when two sides are compared.
import type { FileEntry, FolderEntry, LinkEntry } from '../tree/entry.js';
import type { FileVerbs, Stat } from './file-verbs.js';
import type { Selection } from './host.js';

export type Managed = {
  readonly mode: (stat: Stat) => number;
  readonly modified: (stat: Stat) => number;
  readonly owner: (stat: Stat) => string;
  readonly group: (stat: Stat) => string;
  /** The mode a folder is made with elsewhere, managed or not. */
  readonly folderMode: (stat: Stat) => number;
  /** It is the master's, and of its mode only the permissions are carried: setuid, setgid and sticky are left out. */
  readonly losesBits: (stat: Stat) => boolean;
  /** Names whether managed or not; numbers in decimal where there is none. */
  readonly userName: (id: number) => string;
  readonly groupName: (id: number) => string;
  /** The same, but for numbers that are listed as such. */
  readonly listedUser: (id: number) => string;
  readonly listedGroup: (id: number) => string;
};

export const makeManaged = (
  { attributes, set, numbers, side, times, timeStep }: Selection,
  names: Pick<FileVerbs['names'], 'user' | 'group'>,
): Managed => {
  const manages = new Set(attributes);
  const userName = remember(names.user);
  const groupName = remember(names.group);
  const listedUser = unless(numbers?.owners, userName);
  const listedGroup = unless(numbers?.groups, groupName);
  const bits = manages.has('special') ? 0o7777 : 0o777;
  const loses = side === 'master' && manages.has('mode') ? 0o7777 & ~bits : 0;
  const lostOfFile = set?.files == null ? loses : 0;
  const lostOfFolder = set?.folders == null ? loses : 0;
  const fixed = side === 'master' ? set : null;
  const modeBy = (own: boolean, asked: number | null, given: number | null): ((stat: Stat) => number) => {
    if (given !== null) return () => given & bits;
    return own || asked !== null ? stat => stat.mode & bits : () => 0;
  };
  const fileMode = modeBy(manages.has('mode'), set?.files ?? null, fixed?.files ?? null);
  const folderMode = modeBy(manages.has('mode'), set?.folders ?? null, fixed?.folders ?? null);
  return {
    mode: stat => (stat.kind === 'folder' ? folderMode(stat) : fileMode(stat)),
    modified: times ? stat => inSteps(stat.modified, timeStep) : () => 0,
    owner: byName(
      manages.has('owner'),
      side,
      set?.owner ?? null,
      stat => stat.owner,
      unless(numbers?.owners, userName),
    ),
    group: byName(
      manages.has('group'),
      side,
      set?.group ?? null,
      stat => stat.group,
      unless(numbers?.groups, groupName),
    ),
    folderMode: stat => (fixed?.folders ?? stat.mode) & bits,
    losesBits: stat => (stat.mode & (stat.kind === 'folder' ? lostOfFolder : lostOfFile)) !== 0,
    userName,
    groupName,
    listedUser,
    listedGroup,
  };
};

/** Extended attributes are not here: they are read for a whole scan at once (extras.ts). */
export const fileOf = (stat: Stat, managed: Managed, extra = ''): FileEntry => ({
  kind: 'file',
  size: stat.size,
  mode: managed.mode(stat),
  modified: managed.modified(stat),
  owner: managed.owner(stat),
  group: managed.group(stat),
  extra,
});

export const linkOf = (stat: Stat, target: string, managed: Managed): LinkEntry => ({
  kind: 'link',
  target,
  modified: managed.modified(stat),
  owner: managed.owner(stat),
  group: managed.group(stat),
});

/** As a page lists it: a folder that is not selected shows nothing of its own. */
export const folderOf = (
  stat: Stat,
  selected: boolean,
  unreadable: boolean,
  managed: Managed,
  extra = '',
): FolderEntry => ({
  kind: 'folder',
  selected,
  unreadable,
  mode: selected ? managed.mode(stat) : 0,
  owner: selected ? managed.owner(stat) : '',
  group: selected ? managed.group(stat) : '',
  extra: selected ? extra : '',
});

/** A number that the plan fixes is met by whoever has it, whatever the name of that number is on the remote. */
const byName = (
  own: boolean,
  side: Selection['side'],
  given: string | null,
  idOf: (stat: Stat) => number,
  name: (id: number) => string,
): ((stat: Stat) => string) => {
  if (given === null) return own ? stat => name(idOf(stat)) : () => '';
  if (side === 'master') return () => given;
  return stat => (String(idOf(stat)) === given ? given : name(idOf(stat)));
};

/** Where another has no name for it, it goes by its number. */
const unless = (numbers: readonly string[] = [], name: (id: number) => string): ((id: number) => string) => {
  if (numbers.length === 0) return name;
  const nameless = new Set(numbers);
  return id => (nameless.has(String(id)) ? String(id) : name(id));
};

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

/** Whoever keeps whole seconds only has 32 bits for them, and no time before 1970. */
const inSteps = (modified: number, step: number): number =>
  step === 1
    ? Math.max(-LATEST, Math.min(LATEST, modified))
    : Math.max(0, Math.min(LAST_SECOND, Math.floor(modified / step) * step));

const LAST_SECOND = 0xffff_ffff * 1_000_000;

/** The largest time a page can carry, in both directions. */
const LATEST = 2 ** 52 - 1;
