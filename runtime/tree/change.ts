// What differs between a master's folder and a remote's: pure, one pair of pages at a time.
//
// The law (test/tree/change.test.ts): applying the changes of diff(a, b) to b gives a, and diff(a, a) is empty.
// Whether a path that only one side listed is new, unmanaged or to be deleted is not decided here: the engine looks it up
// by name on the other side first (membership, the language's rule).
import type { Entry, FileEntry, FolderEntry } from './entry.js';
import type { Listed, PagedEntry, PagedFolder } from './page.js';
import { join, type Path } from './path.js';

export type Reason = 'size' | 'time' | 'content' | 'kind' | 'target' | 'link';

export type Change =
  | { readonly kind: 'create'; readonly path: Path; readonly entry: Entry }
  | { readonly kind: 'replace'; readonly path: Path; readonly entry: Entry; readonly was: Entry; readonly why: Reason }
  | { readonly kind: 'attributes'; readonly path: Path; readonly entry: Entry; readonly was: Entry }
  | { readonly kind: 'delete'; readonly path: Path; readonly was: Entry };

export type FolderCreation = Extract<Change, { kind: 'create' }> & { readonly entry: FolderEntry };

export const createsFolder = (change: Change): change is FolderCreation =>
  change.kind === 'create' && change.entry.kind === 'folder';

/** What counts as a difference. */
export type Rules = {
  /** `compare quick`: size and time stand for content. */
  readonly quick: boolean;
  /** Of files; that of folders may be fixed by the plan where that of files is left alone, and the other way round. */
  readonly mode: boolean;
  readonly folderMode: boolean;
  readonly modified: boolean;
  readonly owner: boolean;
  readonly group: boolean;
  /** Extended attributes and access lists. */
  readonly extra: boolean;
};

export type FolderComparison = {
  /** Decided by the pages alone. */
  changes: Change[];
  /** Files of equal size whose content the checksum decides; attributes are compared afterwards. */
  readonly sameSize: Pair[];
  /** Folders on both sides whose pages differ. */
  readonly descend: Path[];
  /** Folders on both sides that are equal, contents aside. */
  readonly same: Path[];
  readonly masterOnly: Located[];
  readonly remoteOnly: Located[];
  /** Unreadable on either side: nothing below is compared, nothing below is deleted. */
  readonly unknown: Path[];
};

export type Pair = { readonly path: Path; readonly master: FileEntry; readonly remote: FileEntry };
export type Located = { readonly path: Path; readonly entry: PagedEntry };

export const emptyComparison = (): FolderComparison => ({
  changes: [],
  sameSize: [],
  descend: [],
  same: [],
  masterOnly: [],
  remoteOnly: [],
  unknown: [],
});

/** Merges two sorted pages of one folder into `into`. */
export const compareFolder = (
  folder: Path,
  master: readonly Listed[],
  remote: readonly Listed[],
  rules: Rules,
  into: FolderComparison,
): void => {
  let m = 0;
  let r = 0;
  while (m < master.length || r < remote.length) {
    const a = master[m];
    const b = remote[r];
    if (b === undefined || (a !== undefined && a.name < b.name)) {
      into.masterOnly.push({ path: join(folder, a!.name), entry: a!.entry });
      m++;
    } else if (a === undefined || b.name < a.name) {
      into.remoteOnly.push({ path: join(folder, b.name), entry: b.entry });
      r++;
    } else {
      compareEntries(join(folder, a.name), a.entry, b.entry, rules, into);
      m++;
      r++;
    }
  }
};

/** Compares what both sides have at one path. */
export const compareEntries = (
  path: Path,
  master: PagedEntry,
  remote: PagedEntry,
  rules: Rules,
  into: FolderComparison,
): void => {
  if (master.kind === 'folder' && remote.kind === 'folder') {
    compareFolders(path, master, remote, rules, into);
  } else if (master.kind === 'file' && remote.kind === 'file') {
    if (master.size !== remote.size)
      into.changes.push({ kind: 'replace', path, entry: master, was: remote, why: 'size' });
    else if (!rules.quick && master.size > 0) into.sameSize.push({ path, master, remote });
    else into.changes.push(...compareEqualSized({ path, master, remote }, rules));
  } else if (master.kind === 'link' && remote.kind === 'link') {
    if (master.target !== remote.target)
      into.changes.push({ kind: 'replace', path, entry: master, was: remote, why: 'target' });
    else if (attributesDiffer(master, remote, rules))
      into.changes.push({ kind: 'attributes', path, entry: master, was: remote });
  } else if (master.kind === 'hard' && remote.kind === 'hard') {
    if (master.leader !== remote.leader)
      into.changes.push({ kind: 'replace', path, entry: master, was: remote, why: 'link' });
  } else {
    const alike =
      master.kind !== 'folder' && remote.kind !== 'folder' && (master.kind === 'hard' || remote.kind === 'hard');
    into.changes.push({
      kind: 'replace',
      path,
      entry: plain(master),
      was: plain(remote),
      why: alike ? 'link' : 'kind',
    });
  }
};

/** Files known to have equal content, or files compared by size and time alone. */
export const compareEqualSized = ({ path, master, remote }: Pair, rules: Rules): Change[] => {
  if (rules.quick && master.size > 0 && timesDiffer(master.modified, remote.modified)) {
    return [{ kind: 'replace', path, entry: master, was: remote, why: 'time' }];
  }
  return attributesDiffer(master, remote, rules) ? [{ kind: 'attributes', path, entry: master, was: remote }] : [];
};

/** An entry without what a page adds to it. */
export const plain = (entry: PagedEntry | Entry): Entry => {
  if (entry.kind !== 'folder') return entry;
  const { kind, selected, unreadable, mode, owner, group, extra } = entry;
  return { kind, selected, unreadable, mode, owner, group, extra };
};

/** Which managed attributes of two entries of one kind differ. */
export const differingAttributes = (
  a: Entry,
  b: Entry,
  rules: Rules,
): Readonly<Record<'mode' | 'modified' | 'owner' | 'group' | 'extra', boolean>> => {
  const owned = a.kind !== 'hard' && b.kind !== 'hard';
  const moded = (a.kind === 'file' && b.kind === 'file') || (a.kind === 'folder' && b.kind === 'folder');
  const mode = a.kind === 'folder' ? rules.folderMode : rules.mode;
  const timed = (a.kind === 'file' || a.kind === 'link') && (b.kind === 'file' || b.kind === 'link');
  return {
    mode: mode && moded && a.mode !== b.mode,
    modified: rules.modified && timed && timesDiffer(a.modified, b.modified),
    owner: rules.owner && owned && a.owner !== b.owner,
    group: rules.group && owned && a.group !== b.group,
    extra: rules.extra && moded && readable(a) && readable(b) && a.extra !== b.extra,
  };
};

/** Of an unreadable folder, extended attributes are not known. */
const readable = (entry: Entry): boolean => entry.kind !== 'folder' || !entry.unreadable;

/** File systems and their drivers round differently: two times within 2 µs are equal. */
export const timesDiffer = (a: number, b: number): boolean => Math.abs(a - b) > 2;

const compareFolders = (
  path: Path,
  master: PagedFolder,
  remote: PagedFolder,
  rules: Rules,
  into: FolderComparison,
): void => {
  if (master.selected && remote.selected && attributesDiffer(master, remote, rules)) {
    into.changes.push({ kind: 'attributes', path, entry: plain(master), was: plain(remote) });
  }
  if (master.unreadable || remote.unreadable) into.unknown.push(path);
  else if (master.digest !== remote.digest) into.descend.push(path);
  else if (master.entries > 0) into.same.push(path);
};

const attributesDiffer = (a: Entry, b: Entry, rules: Rules): boolean => {
  const { mode, modified, owner, group, extra } = differingAttributes(a, b, rules);
  return mode || modified || owner || group || extra;
};
