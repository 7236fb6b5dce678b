// The lower storey: what a kind of machine must be able to do with files, so that a whole host can be made of it.
//
// A verb takes a held folder and a leaf name, never a path, so nothing outside a root can be reached however a peer words
// it and however links are flipped meanwhile. Verbs are batched: one call carries many operations and answers each, so a
// local disk runs a batch as a loop of synchronous calls, SFTP pipelines it, a shell makes one script of it, and a
// simulated disk fails at operation n. A verb may answer at once or by a promise; callers always await.
// Names are byte strings (runtime/tree/path.ts). Nothing here follows a symbolic link but `followed` says so.

import type { Algorithm, Attribute } from '../../compiler/plan.js';
import type { Extra, ExtraChange } from '../tree/extra.js';
import type { KeptFolder } from '../tree/listing.js';
import type { Path } from '../tree/path.js';

export type Maybe<T> = T | Promise<T>;

/** A folder held open; it stays the same folder whatever is renamed around it. Closed by `release`. */
export type Folder = { readonly held: number };

/** Why one operation failed: an errno name (`ENOENT`) and what the system said. */
export type Fault = { readonly fault: string; readonly message: string };

export type Stat = {
  readonly kind: 'file' | 'folder' | 'link' | 'fifo' | 'socket' | 'device';
  readonly size: number;
  /** 07777 bits. */
  readonly mode: number;
  /** Whole microseconds. */
  readonly modified: number;
  /** When the inode last changed, in microseconds by the host's own clock; 0 where it cannot be told.
   * Where inodes are not told either, any number that another mode or owner changes. */
  readonly changed: number;
  /** 0 where this kind of machine does not tell: then nothing but its path says whether it is the same file. */
  readonly inode: number;
  readonly device: number;
  readonly names: number;
  readonly owner: number;
  readonly group: number;
};

/** `refused` says why this kind of machine cannot carry the name: what has it is left alone, and named. */
export type Named = { readonly name: string; readonly stat: Stat; readonly refused?: string };

/** A folder in a folder of which a page was kept: the row of that page which tells of it, and what it is now. */
export type KeptFolderOf = { readonly row: number; readonly name: string; readonly stat: Stat };

/** A folder in which nothing changed since its page was kept, but for what is below the folders in it. */
export type FoundAsKept = { readonly folders: readonly KeptFolderOf[] };

/** One operation of a batch. Times in microseconds; null leaves as it is. */
export type Deed =
  | { readonly do: 'make-folder'; readonly at: Folder; readonly name: string; readonly mode: number }
  | { readonly do: 'make-link'; readonly at: Folder; readonly name: string; readonly target: string }
  /** `at`/`name` is the file, `to`/`toName` the further name it gets. */
  | {
      readonly do: 'hard-link';
      readonly at: Folder;
      readonly name: string;
      readonly to: Folder;
      readonly toName: string;
    }
  /** Replaces a file or link at the destination atomically; a folder only where the destination is absent. */
  | { readonly do: 'rename'; readonly at: Folder; readonly name: string; readonly to: Folder; readonly toName: string }
  | { readonly do: 'remove'; readonly at: Folder; readonly name: string }
  | { readonly do: 'remove-folder'; readonly at: Folder; readonly name: string }
  | {
      readonly do: 'set';
      readonly at: Folder;
      readonly name: string;
      readonly mode: number | null;
      readonly modified: number | null;
      readonly owner: number | null;
      readonly group: number | null;
    }
  /** Makes the folder's entries durable. */
  | { readonly do: 'sync-folder'; readonly at: Folder }
  /** Makes a file's content and attributes durable. A sync that failed is never tried again: what it lost stays lost. */
  | { readonly do: 'sync-file'; readonly at: Folder; readonly name: string };

/** Of a file that was written; the time in microseconds, null leaves it. */
export type Attributes = { readonly mode: number; readonly modified: number | null };

/** A small file that is to be created, for `writeMany`. */
export type NewFile = {
  readonly at: Folder;
  readonly name: string;
  readonly content: Uint8Array;
  readonly attributes: Attributes;
  /** It is to be durable when it is answered for, where `syncsWrites` says that it can be. */
  readonly durable: boolean;
};

/** `path` from the folder that it is to be made in. */
export type NewFolder = { readonly path: Path; readonly mode: number };

/** A file being written; created exclusively with 0600. */
export type Sink = {
  readonly write: (bytes: Uint8Array) => Maybe<null | Fault>;
  /** As many zeros, which take no room where the file system can leave holes. */
  readonly skip: (length: number) => Maybe<null | Fault>;
  /** Begins to make durable what is written, beside whatever else is done; where that fails, the next write or `finish` says so.
   * Absent where nothing is gained by it. */
  readonly persist?: () => void;
  /** Sets attributes through the descriptor and closes, also where it fails; then the file is still there. */
  readonly finish: (attributes: Attributes) => Maybe<null | Fault>;
  /** Closes and removes it; not after `finish`. */
  readonly discard: () => Maybe<void>;
};

/** A file being read, with what it was when it was opened. */
export type Source = {
  readonly stat: Stat;
  /** Fills `into` from the current position; 0 at the end. Short reads only at the end. */
  readonly read: (into: Uint8Array) => Maybe<number | Fault>;
  /** The same from a place of its own, which moves nothing. */
  readonly readAt: (into: Uint8Array, position: number) => Maybe<number | Fault>;
  /** What it is now, by its descriptor. */
  readonly restat: () => Maybe<Stat | Fault>;
  readonly close: () => Maybe<void>;
};

/** A file or folder whose extended attributes are meant; `follow` only where the link policy says so. */
export type ExtraAt = { readonly at: Folder; readonly name: string; readonly follow: boolean };

/** Throws HostError 'unsupported' where the programs that this needs are not installed. */
export type ExtraVerbs = {
  /** Holds a folder a second time, so that many can be asked about together; let go by `release`. */
  readonly hold: (folder: Folder) => Maybe<Folder | Fault>;
  /** Those of the names that these attributes of a block manage, as the system keeps them. */
  readonly read: (
    batch: readonly ExtraAt[],
    attributes: readonly Attribute[],
  ) => Maybe<readonly (readonly Extra[] | Fault)[]>;
  readonly write: (batch: readonly (ExtraAt & ExtraChange)[]) => Maybe<readonly (null | Fault)[]>;
};

/** A digest by a program of the far machine, and what the file was before and after. */
export type Digested = { readonly digest: string; readonly before: Stat; readonly after: Stat };

/** What is going to be listed in a folder: null where a folder of this name is not. */
export type Wanted = { readonly enter: (name: string) => Wanted | null };

export type FileVerbs = {
  /** Names that a walk takes at most, where a machine that may lie is all that tells of them. */
  readonly mostListed?: number;
  /** Opens an absolute path (or `~/…`) as a folder; follows links on the way, as the plan's author named them. */
  readonly open: (
    path: string,
  ) => Maybe<{ readonly folder: Folder; readonly path: string; readonly stat: Stat } | Fault>;
  /** Opens a folder below a held one, never through a link. ELOOP or ENOTDIR where it is something else. */
  readonly enter: (at: Folder, name: string) => Maybe<Folder | Fault>;
  readonly release: (folder: Folder) => Maybe<void>;
  /** Names and stats, in no order; a name that vanished meanwhile is left out. */
  readonly list: (folder: Folder) => Maybe<readonly Named[] | Fault>;
  /** The same for a folder of which a page was kept: where that still tells exactly what is there, only the folders in it, in the
   * order of the page. With `sameNames` its names need not be looked for. Absent where that saves nothing. */
  readonly listKept?: (
    folder: Folder,
    kept: KeptFolder,
    sameNames: boolean,
  ) => Maybe<FoundAsKept | readonly Named[] | Fault>;
  /** Do a folder's own times tell on this file system whether names came or went in it? Absent where that saves nothing. */
  readonly namesShowInTimes?: (folder: Folder) => Maybe<boolean>;
  /** The held folder itself as it is now; wherever names may show in its times. */
  readonly itself?: (folder: Folder) => Maybe<Stat | Fault>;
  /** This folder and what is wanted below it are about to be listed, in path order: from now on they may be listed together,
   * until the function that this gives is called. Absent where that saves nothing. */
  readonly ahead?: (folder: Folder, wanted: Wanted) => () => void;
  readonly stat: (batch: readonly { readonly at: Folder; readonly name: string }[]) => Maybe<readonly (Stat | Fault)[]>;
  /** What a link points to: its text, and with `followed` the stat of what it leads to. */
  readonly readLink: (at: Folder, name: string) => Maybe<string | Fault>;
  readonly followed: (at: Folder, name: string) => Maybe<Stat | Fault>;
  /** Opens for reading; `follow` only where the link policy says so. */
  readonly read: (at: Folder, name: string, follow: boolean) => Maybe<Source | Fault>;
  readonly write: (at: Folder, name: string) => Maybe<Sink | Fault>;
  /** Digests files of a folder where they lie, without their content coming here; absent, or null for an algorithm, where it has
   * to be read. */
  readonly digester?: (
    algorithm: Algorithm,
  ) => null | ((at: Folder, names: readonly string[], follow: boolean) => Promise<readonly (Digested | Fault)[]>);
  /** A small file in one go: fills `into` from its beginning, and only then looks what was read. Absent where that saves
   * nothing over `read`. */
  readonly readWhole?: (
    at: Folder,
    name: string,
    follow: boolean,
    into: Uint8Array,
  ) => Maybe<{ readonly count: number; readonly stat: Stat } | Fault>;
  /** The same for writing: what `write`, its sink's `write` and its `finish` do. After a fault nothing of it is left, and
   * EEXIST leaves what was there. */
  readonly writeWhole?: (at: Folder, name: string, content: Uint8Array, attributes: Attributes) => Maybe<null | Fault>;
  /** Many small files at once, each as by `writeWhole`; one answer for each, in order. Only where a call is a way there and back,
   * and a folder is a path that needs no holding: it may be told of files in folders that were let go of. */
  readonly writeMany?: (files: readonly NewFile[]) => Promise<readonly (null | Fault)[]>;
  /** Makes folders below a held one of ours at once, those that hold others first; each of them, where all were missing and now
   * stand there with exactly these modes. After a fault some may. Comes with `writeMany`. */
  readonly makeFolders?: (at: Folder, folders: readonly NewFolder[]) => Promise<readonly Folder[] | Fault>;
  /** `writeMany` makes durable what it is told to, and folders cannot be made durable: of what is staged, only files that were
   * written in another way are left to be synced. */
  readonly syncsWrites?: boolean;
  /** Makes a copy of a file that shares its blocks, created exclusively, whatever its attributes; any fault, and nothing of it
   * left, where that cannot be. Absent where what is read and written by these verbs is not on the machine that calls them. */
  readonly clone?: (at: Folder, name: string, to: Folder, toName: string) => Maybe<null | Fault>;
  /** One answer for each deed, in order; a deed that fails does not stop the next. */
  readonly perform: (deeds: readonly Deed[]) => Maybe<readonly (null | Fault)[]>;
  /** Makes durable all that was done on the file system of this folder, by one call for many files; ENOSYS where there is
   * no such call, and then each file and folder has to be synced by itself. */
  readonly syncAll: (folder: Folder) => Maybe<null | Fault>;
  /** Type of the folder's file system (`ext4`, `tmpfs`), '' where it cannot be told. */
  readonly fileSystem: (folder: Folder) => Maybe<string>;
  /** May this user make something in it? Without trying: by its rights and how it is mounted; ENOSYS where nothing tells. */
  readonly mayWrite: (folder: Folder) => Maybe<null | Fault>;
  /** Extended attributes; null where this kind of machine has none. */
  readonly extras: ExtraVerbs | null;
  /** Free bytes and inodes; null where it cannot be told. */
  readonly space: (folder: Folder) => Maybe<{ readonly bytes: number; readonly inodes: number } | null>;
  /** Names of users and groups by number, and back; null where there is no such name. */
  readonly names: {
    readonly user: (id: number) => string | null;
    readonly group: (id: number) => string | null;
    readonly userId: (name: string) => number | null;
    readonly groupId: (name: string) => number | null;
    /** Another text whenever one of these names may be another; absent where that cannot be told. */
    readonly state?: () => string;
    /** Who this process is: the only user it can give files to, and the groups it can give them to, unless it is root. */
    readonly self: () => { readonly user: number; readonly groups: readonly number[] };
  };
};

export const isFault = (value: unknown): value is Fault =>
  typeof value === 'object' && value !== null && 'fault' in value;

/** Surely one file under two names. */
export const isSameInode = (a: Pick<Stat, 'device' | 'inode'>, b: Pick<Stat, 'device' | 'inode'>): boolean =>
  a.inode !== 0 && a.inode === b.inode && a.device === b.device;
