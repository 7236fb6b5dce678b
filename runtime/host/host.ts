// The port: all that the engine sees of a machine. Coarse verbs, so that heavy work happens where the files are.
//
// One path failing is a Problem value. Only losing the host, or a root that cannot be used at all, throws HostError.
// No verb takes a round trip per file: lists go in and come out as streams of batches.
import type { Algorithm, Attribute, LinkPolicy, Term } from '../../compiler/plan.js';
import type { Action, Found, Outcome } from '../tree/action.js';
import type { Problem } from '../tree/entry.js';
import type { Path } from '../tree/path.js';

export type Host = {
  /** How messages name it: the plan's host id. */
  readonly label: string;
  readonly kind: 'local' | 'agent' | 'memory' | 'shell' | 'sftp';
  readonly facts: HostFacts;
  /** Opens a folder. HostError 'missing-root' where it does not exist and `create` is false; `create` makes only the last
   * component, and only when a transaction begins: until then the root reads as empty and `exists` is false. */
  readonly openRoot: (path: string, options: { readonly create: boolean }) => Promise<Root>;
  /** One unit of work: all that one block does on this host, in all of its roots. */
  readonly begin: (id: TransactionId, parts: readonly Part[]) => Promise<Transaction>;
  /** What went over the connection so far, protocol included; 0 for a process of this machine. */
  readonly traffic: () => { readonly sent: number; readonly received: number };
  readonly close: () => Promise<void>;
};

/** Qualities learned once, on connecting. */
export type HostFacts = {
  /** `linux x64`. */
  readonly system: string;
  /** Version of Node.js that serves, without `v`; '' where none does. */
  readonly node: string;
  readonly user: string;
  readonly home: string;
  readonly caseSensitive: boolean;
  readonly algorithms: readonly Algorithm[];
  /** May change owners (is root there). */
  readonly privileged: boolean;
};

/** What a scan is asked to list. The same value goes to the master and to its remotes, but for `side`. */
export type Selection = {
  /** Follow links where the policy says so: only ever on the master. */
  readonly side: 'master' | 'remote';
  /** Folder of the root where this take begins, '' for the root. Paths in answers are relative to it. */
  readonly folder: Path;
  readonly terms: readonly Term[];
  readonly attributes: readonly Attribute[];
  /** Times are part of a page where attributes manage them or `compare quick` needs them. */
  readonly times: boolean;
  readonly links: LinkPolicy;
  /** Digest for contents, staging and the digest cache. */
  readonly algorithm: Algorithm;
  /** The run's start, milliseconds since 1970 by the clock of the machine that runs syncplan. */
  readonly now: number;
};

export type Root = {
  /** Absolute, as the host resolves it. */
  readonly path: string;
  readonly exists: boolean;
  /** Identity of the folder itself on that host, for roots that overlap: `device:inode`, or '' where it does not exist. */
  readonly identity: string;
  /** Bytes and inodes free on its file system; null where the host cannot tell. */
  readonly space: { readonly bytes: number; readonly inodes: number } | null;
  readonly scan: (selection: Selection) => Promise<Scan>;
};

/** A finished scan, held by the host until closed. Its pages (runtime/tree/page.ts) do not change any more. */
export type Scan = {
  readonly summary: ScanSummary;
  /** The page of each folder asked for, in the order asked. Each must be a folder that a page of this scan named. */
  readonly pages: (folders: readonly Path[]) => AsyncIterable<FolderPage>;
  /** Every page of whole subtrees, parents first: for what stands on one side only. */
  readonly subtrees: (folders: readonly Path[]) => AsyncIterable<FolderPage>;
  /** By name, whatever the selection: what is at these paths now. From then on this is what the scan has seen there, for
   * `read`, `changed`, `digests` and the expectation 'seen'. */
  readonly lookup: (paths: readonly Path[]) => Promise<readonly (Found | Problem)[]>;
  /** Content digests of files that were listed (or looked up). Bytes as a byte string; a Problem for an unreadable file. */
  readonly digests: (paths: readonly Path[]) => Promise<readonly (string | Problem)[]>;
  /** Content pages of folders, whole subtree folded: see tree/page.ts `ContentPage`. */
  readonly contents: (folders: readonly Path[]) => AsyncIterable<FolderPage>;
  /** The further names of each of these files, in path order (empty for a file with one name). */
  readonly followers: (leaders: readonly Path[]) => Promise<readonly (readonly Path[])[]>;
  /** The content of listed files as a pack stream (runtime/bytes/pack.ts), in the order asked, each under its number. */
  readonly read: (wanted: readonly Wanted[]) => AsyncIterable<Uint8Array>;
  /** Which of these listed paths are no longer what the scan saw (by inode, size, mtime, ctime)? Indexes, ascending. */
  readonly changed: (paths: readonly Path[]) => Promise<readonly number[]>;
  readonly close: () => Promise<void>;
};

/** A file to read: its path and the index of the action that wants it. */
export type Wanted = { readonly path: Path; readonly index: number };

/** One page: the folder, and its encoded bytes. The receiver decodes and checks them. */
export type FolderPage = { readonly folder: Path; readonly page: Uint8Array };

export type ScanSummary = {
  /** Digest of the take's folder's page, as a byte string of 16: equal digests mean equal trees. */
  readonly digest: string;
  /** The take's folder itself exists. */
  readonly exists: boolean;
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  /** Further names of files counted in `files`. */
  readonly hard: number;
  readonly bytes: number;
  /** Sockets, FIFOs, devices, and links skipped by policy. */
  readonly skipped: number;
  /** Folders mounted below the root that were not entered. */
  readonly mounts: number;
  /** Unreadable folders, links refused by policy, names that cannot be carried. At most 1000; `moreProblems` counts the rest. */
  readonly problems: readonly Problem[];
  readonly moreProblems: number;
};

export type TransactionId = {
  readonly run: string;
  readonly block: string;
  /** Seconds for which removed files are kept in the trash. */
  readonly trash: number;
};

/** A root that a transaction writes to, and the scan whose folder its paths are relative to. */
export type Part = { readonly root: Root; readonly scan: Scan };

/** An action on one of the transaction's parts (by its index). */
export type Step = { readonly part: number; readonly action: Action };

/**
 * Prepare, stage, pre-check, commit, verify, end. A step is known by its index in the list that `prepare` got. Nothing at a
 * final path changes before commit. Staging is inside the root's state folder, `.syncplan/`, on the same file system.
 */
export type Transaction = {
  /** The whole ordered list of steps. Nothing is written yet but the state folder (and a root that is to be created). */
  readonly prepare: (steps: readonly Step[]) => Promise<void>;
  /** Replaces single steps before commit, by index; null drops one. What was staged for it is discarded. */
  readonly amend: (changes: readonly { readonly index: number; readonly action: Action | null }[]) => Promise<void>;
  /** Receives content for `file` steps as a pack stream, with bounded memory, verifies each digest here and gives it its final
   * attributes. Only outcomes that are not `done`, by index. May be called many times. */
  readonly stage: (pack: AsyncIterable<Uint8Array>) => Promise<readonly Outcome[]>;
  /** Completes whole folders, links and hard links in staging; looks at every destination. Only outcomes that are not
   * `done`, by index. A `file` step without verified content is `inconsistent` here. */
  readonly precheck: () => Promise<readonly Outcome[]>;
  /** Every remaining step in list order; outcomes in batches, `done` ones too. A step that fails does not stop the others.
   * `adjust` steps act in place, also below a folder that was put in place whole. */
  readonly commit: () => AsyncIterable<readonly Outcome[]>;
  /** Looks again at what was committed: an `inconsistent` outcome for each path that no longer holds what was put there. */
  readonly verify: () => Promise<readonly Outcome[]>;
  /** Removes what is left in staging and trash that is past its age. Always called, whatever happened before. */
  readonly end: () => Promise<void>;
};
