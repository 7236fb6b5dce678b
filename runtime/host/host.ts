// The port: all that the engine sees of a machine. Coarse verbs, so that heavy work happens where the files are.
//
// One path failing is a Problem value. Only losing the host, or a root that cannot be used at all, throws HostError.
// No verb takes a round trip per file: lists go in and come out as streams of batches.
import type { Algorithm, Attribute, LinkPolicy, LockBy, SetPlan, Term, TransferPlan } from '../../compiler/plan.js';
import type { Counts } from '../bytes/squeeze.js';
import type { Action, Found, Outcome } from '../tree/action.js';
import type { Problem } from '../tree/entry.js';
import type { Path } from '../tree/path.js';
import type { About } from './about.js';
import type { HostFacts } from './host-facts.js';
import type { Recovered, Trashed, TrashedRun, Unfinished } from './past.js';
import type { Programs } from './program-verbs.js';
import type { Leftover, Twins } from './twins.js';

export type { About } from './about.js';
export type { HostFacts } from './host-facts.js';
export type { Recovered, Trashed, TrashedRun, Unfinished } from './past.js';
export type { Ended, Programs } from './program-verbs.js';
export type { Leftover, Twin, Twins } from './twins.js';

export type Host = {
  /** How messages name it: the plan's host id. */
  readonly label: string;
  readonly kind: 'local' | 'agent' | 'memory' | 'shell' | 'sftp';
  readonly facts: HostFacts;
  /** Opens a folder. HostError 'missing-root' where it does not exist and `create` is false; `create` makes only the last
   * component, and only when a transaction begins: until then the root reads as empty and `exists` is false. */
  readonly openRoot: (path: string, options: OpenRoot) => Promise<Root>;
  /** One unit of work: all that one block does on this host, in all of its roots. */
  readonly begin: (id: TransactionId, parts: readonly Part[]) => Promise<Transaction>;
  /** Facets, present or absent. */
  readonly locks: Locks | null;
  readonly programs: Programs | null;
  readonly links: Links | null;
  /** For a person: nothing of a run depends on it. */
  readonly about: () => Promise<About>;
  /** What went over the connection so far, protocol included; 0 for a process of this machine. */
  readonly traffic: () => { readonly sent: number; readonly received: number };
  readonly close: () => Promise<void>;
};

/** What a scan is asked to list. The same value goes to the master and to its remotes, but for `side`. */
export type Selection = {
  /** Follow links where the policy says so: only ever on the master. */
  readonly side: 'master' | 'remote';
  /** Folder of the root where this take begins, '' for the root. Paths in answers are relative to it. */
  readonly folder: Path;
  readonly terms: readonly Term[];
  readonly attributes: readonly Attribute[];
  /** Attributes that the plan fixes: the master lists its entries with them, both sides manage them (tree/set.ts). */
  readonly set: SetPlan | null;
  /** Of a remote: numbers of users and groups that it lists as numbers, whatever their names are there. */
  readonly numbers?: { readonly owners: readonly string[]; readonly groups: readonly string[] };
  /** Times are part of a page where attributes manage them or `compare quick` needs them. */
  readonly times: boolean;
  /** Times are listed in steps of so many microseconds: those of the coarser of both hosts, so that equal files are equal. */
  readonly timeStep: number;
  readonly links: LinkPolicy;
  /** Digest for contents, staging and the digest cache. */
  readonly algorithm: Algorithm;
  /** The run's start, milliseconds since 1970 by the clock of the machine that runs syncplan. */
  readonly now: number;
};

export type OpenRoot = {
  readonly create: boolean;
  /** Where syncplan keeps its own files for this root: an absolute path on the same file system, null for `.syncplan` in it. */
  readonly state: Path | null;
};

export type Root = {
  /** Absolute, as the host resolves it. */
  readonly path: string;
  readonly exists: boolean;
  /** Identity of the folder itself on that host, for roots that overlap: `device:inode`, or '' where it does not exist. */
  readonly identity: string;
  /** Bytes and inodes free on its file system; null where the host cannot tell. */
  readonly space: { readonly bytes: number; readonly inodes: number } | null;
  /** Type of its file system (`ext4`, `tmpfs`), '' where the host cannot tell: a master whose type changed was unmounted. */
  readonly fileSystem: string;
  /** Why this user may not write to it (`EACCES`, `EROFS`), '' where he may, `ENOSYS` where the host cannot tell without
   * trying; of the folder above where it does not exist. */
  readonly writeFault: string;
  /** The id in the root's state folder, null where it has none: a root that had one and lost it is an empty mount point. */
  readonly marker: string | null;
  /** What earlier runs left here: transactions whose intent is durable and not done, and hooks still owed. */
  readonly unfinished: () => Promise<readonly Unfinished[]>;
  /** Finishes one of them: the commit code run again. Needs the block's lock. Outcomes name paths, not steps of this run. */
  readonly recover: (unfinished: Unfinished) => Promise<readonly Recovered[]>;
  /** The hooks that this transaction owed have run. */
  readonly paid: (transaction: string) => Promise<void>;
  /** The runs that the trash holds something of, the oldest first. */
  readonly trashedRuns: () => Promise<readonly TrashedRun[]>;
  /** What a run removed or replaced and the trash still holds. */
  readonly trashed: (run: string) => Promise<readonly Trashed[]>;
  /** Brings these paths (all, when empty) back from the trash; what stands there now goes into the trash in turn. */
  readonly restore: (run: string, paths: readonly Path[], by: TransactionId) => Promise<readonly Recovered[]>;
  readonly scan: (selection: Selection) => Promise<Scan>;
};

/** Where what stands at a path comes from: what syncplan committed there last, somebody else's, or no record of it. */
export type Provenance = 'baseline' | 'drift' | 'unknown';

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
  /** Is what stands there now what this relation's baseline recorded? Content is compared where its digest is known. Remote only. */
  readonly provenance: (paths: readonly Path[]) => Promise<readonly Provenance[]>;
  /** Extended attributes and access lists of listed entries as one byte string each, canonical; '' for none. */
  readonly extras: (paths: readonly Path[]) => Promise<readonly (string | Problem)[]>;
  /** The further names of each of these files, in path order (empty for a file with one name). */
  readonly followers: (leaders: readonly Path[]) => Promise<readonly (readonly Path[])[]>;
  /** The content of listed files as a pack stream (runtime/bytes/pack.ts), in the order asked, each under its number; as it is
   * and as fast as it goes, unless `travel` says otherwise. */
  readonly read: (wanted: readonly Wanted[], travel?: Travel) => AsyncIterable<Uint8Array>;
  /** The signatures (runtime/bytes/signature.ts) of what stands at these paths now, in the order asked. */
  readonly sign: (wanted: readonly Wanted[]) => AsyncIterable<Uint8Array>;
  /** The same as `read`, for receivers that hold an old file at each path, whose signatures these are in the same order: what
   * they hold already is told as copies out of it. At most MAX_DELTAS files. */
  readonly readDeltas: (
    wanted: readonly Wanted[],
    signatures: AsyncIterable<Uint8Array>,
    travel?: Travel,
  ) => AsyncIterable<Uint8Array>;
  /** Which of these listed paths are no longer what the scan saw (by inode, size, mtime, ctime)? Indexes, ascending. */
  readonly changed: (paths: readonly Path[]) => Promise<readonly number[]>;
  readonly close: () => Promise<void>;
};

/** A file to read: its path and the index of the action that wants it. */
export type Wanted = {
  readonly path: Path;
  readonly index: number;
  /** So many of its first bytes are at its receiver, with this digest: where they are the file's, `Scan.read` sends the rest.
   * Whoever knows nothing of it sends the whole. */
  readonly begun?: { readonly bytes: number; readonly digest: string };
};

/** Files whose deltas are read in one go. */
export const MAX_DELTAS = 1000;

/** How content leaves a host: squeezed, and no faster than everything else that leaves it under the same limit allows. */
export type Travel = Pick<TransferPlan, 'compress' | 'limit'>;

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
  /** Files and folders of a master that lose setuid, setgid or sticky: their modes are carried, and not `special`. */
  readonly specialBits: number;
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
  readonly durability: 'strict' | 'none';
  /** The lock under which it works: its epoch is read again before the intent record and before every mutation. */
  readonly lock: Lock | null;
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
  /** The whole ordered list of steps. Nothing is written yet but the state folder (and a root that is to be created), and empty
   * folders in staging where making them at once saves ways there and back. */
  readonly prepare: (steps: readonly Step[]) => Promise<void>;
  /** `file` steps whose content an earlier run of this block left in staging, killed before it could commit: the same path,
   * size and time; with the digest of that content as it was read now. Also those that it had only begun, see `begun`. */
  readonly leftovers: () => Promise<readonly Leftover[]>;
  /** Takes these leftovers for staged: the caller knows that the master's content has exactly that digest. Only outcomes that
   * are not `done`; the content of those has to be sent. */
  readonly adopt: (indexes: readonly number[]) => Promise<readonly Outcome[]>;
  /** Null where content would have to leave the host to be made of what it has. */
  readonly twins: Twins | null;
  /** Replaces single steps before commit, by index; null drops one. What was staged for it is discarded. */
  readonly amend: (changes: readonly { readonly index: number; readonly action: Action | null }[]) => Promise<void>;
  /** Receives content for `file` steps as a pack stream, with bounded memory, verifies each digest here and gives it its final
   * attributes. Only outcomes that are not `done`, by index. May be called many times. */
  readonly stage: (pack: AsyncIterable<Uint8Array>) => Promise<readonly Outcome[]>;
  /** Of these `file` steps those whose content is staged (or was, and is in place by now), with the digest that this host computed of it. At any time. */
  readonly digests: (indexes: readonly number[]) => Promise<readonly Leftover[]>;
  /** Passes content of a part on, as a pack stream like `Scan.read`: what is staged, in the order in which it comes, following
   * what is still arriving; for paths without a `file` step what the scan saw there. `index` is the receiver's own. What is
   * not to be had is `lost`, and at `end` all that is left. Beside everything else that the transaction does. */
  readonly read: (part: number, wanted: readonly Wanted[], travel: Travel) => AsyncIterable<Uint8Array>;
  /** The same in the order asked, as `Scan.readDeltas`. */
  readonly readDeltas: (
    part: number,
    wanted: readonly Wanted[],
    signatures: AsyncIterable<Uint8Array>,
    travel: Travel,
  ) => AsyncIterable<Uint8Array>;
  /** Large files of which a stream that broke has brought the first `bytes`, with their digest as they are read now. Sent as
   * `Wanted.begun` says, they go on from there. */
  readonly begun: () => Promise<readonly Leftover[]>;
  /** `file` steps without verified content in staging, ascending: what is still to be sent after a stream that broke. */
  readonly missing: () => Promise<readonly number[]>;
  /** Completes whole folders, links and hard links in staging; looks at every destination. Only outcomes that are not
   * `done`, by index. A `file` step without verified content is `inconsistent` here. */
  readonly precheck: () => Promise<readonly Outcome[]>;
  /** What is owed once this is done (hooks, as text of the engine's own); part of the intent record, kept until `Root.paid`. */
  readonly owe: (owed: string) => Promise<void>;
  /**
   * Writes the intent record, durable, then carries out every remaining step in list order (but removals of
   * folders after what is moved out of them); outcomes in batches, `done` ones too. A step that fails does not stop the others.
   * `adjust` steps act in place, also below a folder that was put in place whole. When the stream ends, what was done is
   * durable (with `durability strict`), the `done` record is written and the baseline advanced from the outcomes. */
  readonly commit: () => AsyncIterable<readonly Outcome[]>;
  /** Looks again at what was committed: an `inconsistent` outcome for each path that no longer holds what was put there. */
  readonly verify: () => Promise<readonly Outcome[]>;
  /** Removes what is left in staging and trash that is past its age. Always called, whatever happened before. `keep`: what is
   * staged stays, so that the next run of the block may use it again. */
  readonly end: (keep?: boolean) => Promise<void>;
};

export type LockMode = 'shared' | 'exclusive';

export type LockRequest = {
  readonly root: Root;
  readonly block: string;
  readonly mode: LockMode;
  readonly run: string;
  /** Seconds. */
  readonly wait: number;
  readonly hold: number;
  /** Beyond the advisory lock, which is always taken: closing the block's folders, or a command. */
  readonly by: LockBy;
  /** For `permissions`: the folders of the block, relative to the root. */
  readonly folders: readonly Path[];
};

/** Held until released, until its connection ends, or until its lease runs out. */
export type Lock = {
  readonly epoch: number;
  /** It had to be waited for, or another run had it since the root was opened: what was observed before may no longer hold. */
  readonly waited: boolean;
  /** Never throws; reopens folders and runs the release command. What could not be undone is a Problem. */
  readonly release: () => Promise<readonly Problem[]>;
};

export type Locks = {
  /** What it can block access by; anything else that a plan asks for is refused before anything is written. */
  readonly ways: readonly LockBy['kind'][];
  /** HostError 'locked' naming who holds it (run, host, process, since when) once `wait` is over. */
  readonly acquire: (request: LockRequest) => Promise<Lock>;
  /** Removes the lease of a run that is gone, and undoes its `permissions`; refused while its flock is held. */
  readonly unlock: (root: Root, block: string, run: string) => Promise<'unlocked' | 'not-locked' | 'held'>;
};

/** Those of a host that can block others at all it can: closing folders, and running a command, too. */
export const LOCK_WAYS: Locks['ways'] = ['advisory', 'permissions', 'command'];

/** Data links: content straight from one agent to another, without the machine that commands (runtime/link/protocol.ts). */
export type Links = {
  /** The addresses by which the machine that commands reached this one, and from which; '' where it did not have to. */
  readonly reached: { readonly at: string; readonly from: string };
  /** Waits for the one peer that proves the key; the link is there when it has come. */
  readonly listen: (terms: LinkTerms) => Promise<{ readonly link: Link; readonly port: number }>;
  /** Connects and proves the key. HostError 'link' where that does not succeed, within seconds. */
  readonly dial: (at: { readonly address: string; readonly port: number }, terms: LinkTerms) => Promise<Link>;
  /** Sends content over links that were dialled; resolves when all of it is on its way. HostError 'link' once none is left. */
  readonly send: (content: LinkContent, over: readonly Link[]) => Promise<void>;
  /** Stages one content that comes over a link that was listened for. HostError 'link' where it does not come to its end:
   * what was staged until then stays, see `Transaction.missing`. */
  readonly receive: (from: Link, transaction: Transaction) => AsyncIterable<Received>;
};

export type LinkTerms = {
  /** 32 random bytes as a byte string, for this link alone. */
  readonly key: string;
  readonly encrypt: boolean;
};

/** Known to its host alone. */
export type Link = { readonly close: () => Promise<void> };

export type LinkContent = {
  /** What is sent: files that a scan of this host saw, or those of a part of a transaction that it passes on. */
  readonly from: Scan | PassedOn;
  readonly wanted: readonly Wanted[];
  readonly travel: Travel;
  /** As for `Scan.readDeltas`; null sends whole files. */
  readonly signatures: AsyncIterable<Uint8Array> | null;
  /** How messages about what it cannot send name the sender. */
  readonly master: string;
};

export type PassedOn = { readonly transaction: Transaction; readonly part: number };

/** As content comes in: what a chunk held, and the bytes that it took on the link; in the end what could not be staged. */
export type Received =
  | { readonly is: 'chunk'; readonly counts: Omit<Counts, 'lost'>; readonly bytes: number }
  | { readonly is: 'outcomes'; readonly outcomes: readonly Outcome[] };
