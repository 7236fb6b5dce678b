// Everything a run says on its way, and its summary: typed values, folded by every screen and written as NDJSON.
//
// Paths in events are byte strings (runtime/tree/path.ts), relative to the root; the JSON writer turns them into text and
// adds `pathBytes` for names that are not UTF-8. Every event carries `time`, milliseconds since 1970.
import type { HookPlan } from '../../compiler/plan.js';
import type { ProblemCode } from '../tree/entry.js';
import type { Path } from '../tree/path.js';

export const STREAM_VERSION = 1;

export type RunEvent =
  | {
      readonly type: 'version';
      readonly time: number;
      readonly stream: typeof STREAM_VERSION;
      readonly syncplan: string;
      readonly run: string;
      readonly command: 'plan' | 'apply';
      readonly blocks: readonly BlockOutline[];
    }
  /** A host's state. `kind` says how it is driven once it is connected. */
  | {
      readonly type: 'host';
      readonly time: number;
      readonly host: string;
      readonly state: 'connecting' | 'connected' | 'lost' | 'closed';
      readonly kind?: 'local' | 'agent' | 'shell' | 'sftp';
      /** What this kind of host promises less than an agent does; left out where it is nothing. */
      readonly weaker?: readonly string[];
      /** What the plan asks of it that it cannot promise; left out where it is nothing. */
      readonly unkept?: readonly Unkept[];
      readonly code?: string;
      readonly message?: string;
      readonly help?: string;
    }
  /** The listing of one side of a relation is there. */
  | {
      readonly type: 'observed';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly side: 'master' | 'remote';
      readonly entries: number;
      readonly bytes: number;
      readonly skipped: number;
      /** Files and folders whose setuid, setgid or sticky the block leaves out; left out where there are none. */
      readonly specialBits?: number;
    }
  /** One difference: in `plan` all of them; in `apply` too, before the first write. */
  | ({ readonly type: 'change'; readonly time: number; readonly host: string; readonly block: string } & ChangeLine)
  | {
      readonly type: 'guard';
      readonly time: number;
      readonly host?: string;
      readonly block: string;
      readonly guard: GuardName;
      readonly message: string;
      readonly help: string;
    }
  /** Somebody else changed this path on the remote since syncplan committed it. Its content is kept when it is replaced. */
  | {
      readonly type: 'drift';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly path: Path;
    }
  /** `on` is the host whose lock it is: the remote, or the master for the relation of `host`. `waiting` only where it is not to
   * be had within a second; the message names who holds it, where that is known then. */
  | {
      readonly type: 'lock';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly on: string;
      readonly state: 'waiting' | 'held' | 'released' | 'refused';
      readonly message?: string;
    }
  | {
      readonly type: 'hook';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly when: 'before' | 'after';
      readonly on: string;
      readonly command: readonly string[];
      /** `planned`, `owed`: it would run, by this run's changes or by an earlier run's; told before the first write. */
      readonly state: 'planned' | 'owed' | 'running' | 'done' | 'failed';
      readonly message?: string;
    }
  /** Who sends to whom in a block that has a route, as it is meant to begin: the tree among the hosts that are there. */
  | ({ readonly type: 'route'; readonly time: number } & RouteOutline)
  /** The data link over which content is to reach `host` from `from`, the master or a relay. Where there is none, content goes
   * through this machine. `altered`: what this relay passed on is not what the master holds; it is not asked again. */
  | {
      readonly type: 'link';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly from: string;
      readonly state: 'open' | 'refused' | 'lost' | 'altered';
      /** Only where it is open. */
      readonly encrypted?: boolean;
      readonly message?: string;
    }
  /** Totals of a relation are known: progress is measured against them. */
  | {
      readonly type: 'stage';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly files: number;
      readonly bytes: number;
      readonly state: 'begin' | 'done';
    }
  /** Cumulative for the relation, never going back. */
  | ({ readonly type: 'progress'; readonly files: number; readonly bytes: number } & OfRelation)
  | ({ readonly type: 'commit'; readonly done: number; readonly total: number } & OfRelation)
  | {
      readonly type: 'inconsistent';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly path: Path;
      readonly why: string;
    }
  | {
      readonly type: 'redo';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly round: number;
      readonly rounds: number;
      readonly paths: number;
    }
  | {
      readonly type: 'problem';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly path: Path;
      readonly code: ProblemCode;
      readonly message: string;
      readonly help: string;
    }
  | {
      readonly type: 'block';
      readonly time: number;
      readonly host: string;
      readonly block: string;
      readonly state: BlockState;
      readonly message?: string;
      readonly help?: string;
    }
  /** The run was asked to stop, and does so at the next safe point. */
  | { readonly type: 'stopping'; readonly time: number }
  | ({ readonly type: 'summary'; readonly time: number } & Summary);

type OfRelation = { readonly time: number; readonly host: string; readonly block: string };

/** Senders before receivers. */
export type RouteOutline = {
  readonly block: string;
  readonly edges: readonly { readonly from: string; readonly host: string }[];
};

export type BlockOutline = {
  readonly block: string;
  readonly after: readonly string[];
  readonly master: string;
  readonly remotes: readonly string[];
};

/** `waiting → observing → compared → staging → committing → verifying → done`; or it ends early in one of the last four. */
export type BlockState =
  | 'waiting'
  | 'observing'
  | 'compared'
  /** Waiting for its locks. */
  | 'locking'
  | 'staging'
  | 'committing'
  | 'verifying'
  | 'done'
  /** Some paths have problems; the rest is done. */
  | 'partial'
  | 'failed'
  /** A guard refused it. */
  | 'refused'
  /** A block it comes after failed, or the run was stopped. */
  | 'skipped';

export type GuardName =
  | 'deletions'
  | 'shrink'
  | 'master-empty'
  | 'master-changed'
  | 'marker'
  | 'overlap'
  | 'space'
  | 'collision'
  | 'saved-plan';

export type ChangeLine = {
  readonly change: 'create' | 'replace' | 'attributes' | 'link' | 'delete';
  readonly path: Path;
  readonly kind: 'file' | 'folder' | 'link' | 'hard';
  /** Bytes of content that will travel. */
  readonly bytes: number;
  /** What differs or what it becomes, in a few words: `size 10 → 12`, `content`, `mode 0644 → 0755`, `→ target`. Not
   * escaped; names in it are byte strings like paths, and beside bytes only `→` occurs. */
  readonly detail: string;
};

/** Counts of paths and of bytes. In the summary of `plan` they are of what an `apply` would do. */
export type Totals = {
  readonly created: number;
  readonly replaced: number;
  readonly attributes: number;
  readonly linked: number;
  readonly moved: number;
  readonly deleted: number;
  readonly unchanged: number;
  readonly inconsistent: number;
  /** Paths with a problem; how many relations failed, `states` tells. */
  readonly failed: number;
  /** Sockets, FIFOs and devices on the master; how many relations were skipped, `states` tells. */
  readonly skipped: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly bytesLiteral: number;
  readonly bytesMatched: number;
  /** Of the bytes sent, those that one remote sent to another. */
  readonly bytesRelayed: number;
};

/** With what was done beside; left out where it is nothing. */
export type Deeds = Totals & {
  /** Hooks that ran without failing. */
  readonly hooks?: number;
  /** Transactions of earlier runs that this one finished. */
  readonly finished?: number;
  /** Folders that were to be deleted, and stay: they hold what is not the block's. */
  readonly kept?: number;
};

export type Summary = Deeds & {
  readonly exitCode: number;
  /** Nothing was done: all counts are of what an `apply` would do. Left out in `apply`. */
  readonly planned?: true;
  /** How many relations are in each state; one in which there are none is left out. */
  readonly states: Readonly<Partial<Record<BlockState, number>>>;
  /** The operator looked at the preview and said no; left out otherwise. */
  readonly declined?: true;
  /** Without the time that an answer was waited for. */
  readonly seconds: number;
  readonly run: string;
  /** The command that goes on where the same one cannot: a saved plan is used once. Left out otherwise. */
  readonly again?: string;
  readonly relations: readonly RelationSummary[];
  /** Hosts that failed as a whole, with why. */
  readonly hosts: readonly HostFault[];
};

export type HostFault = { readonly [of in 'host' | 'code' | 'message' | 'help']: string };

export type RelationSummary = Deeds & {
  readonly host: string;
  readonly block: string;
  readonly state: BlockState;
  readonly message?: string;
  readonly help?: string;
};

/** What a run would do: the value behind the preview. Relations in the order of blocks, then host ids. */
export type Preview = {
  readonly relations: readonly PreviewRelation[];
  readonly hosts: Summary['hosts'];
  /** Hosts that promise less than an agent does, and what. */
  readonly weaker: readonly WeakerHost[];
  /** Hosts of which the plan asks what they cannot promise, and what. */
  readonly unkept: readonly UnkeptHost[];
  /** Of the blocks that have one. */
  readonly routes: readonly RouteOutline[];
  /** Of the blocks that leave such bits out. */
  readonly specialBits: readonly SpecialBits[];
};

/** Files and folders of a block's master that have setuid, setgid or sticky, which the block does not carry. */
export type SpecialBits = {
  readonly block: string;
  readonly entries: number;
  /** That would carry them: those of the block, and `special`. */
  readonly attributes: readonly string[];
};

/** What a plan asks of a host and that host cannot promise, with what to do about it. */
export type Unkept = {
  /** That ask for it, in the order of the plan. */
  readonly blocks: readonly string[];
  readonly asks: string;
  readonly why: string;
  readonly help: string;
  /** These blocks fail on this host; else they are done, with less. */
  readonly fails: boolean;
};

export type UnkeptHost = { readonly host: string; readonly unkept: readonly Unkept[] };

export type WeakerHost = { readonly host: string; readonly weaker: readonly string[] };

export type PreviewRelation = {
  readonly block: string;
  readonly host: string;
  readonly state: 'compared' | 'failed' | 'refused' | 'skipped';
  readonly message?: string;
  readonly help?: string;
  /** `verify, 3 rounds every 2s, then fail` */
  readonly strategy: string;
  /** The remote root will be created. */
  readonly createsRoot: string | null;
  readonly changes: readonly ChangeLine[];
  readonly problems: readonly {
    readonly path: Path;
    readonly code: ProblemCode;
    readonly message: string;
    readonly help: string;
  }[];
  readonly guards: readonly { readonly guard: GuardName; readonly message: string; readonly help: string }[];
  /** Paths among the changes that somebody else changed on the remote. */
  readonly drift: readonly Path[];
  /** An unfinished transaction found on the host: `apply` finishes it first. */
  readonly unfinished: number;
  /** Hooks that an earlier run owes: `apply` runs them. */
  readonly owed: readonly Pick<HookPlan, 'command' | 'on'>[];
  /** Those beside that run for its changes, in their order; left out where there are none. */
  readonly hooks?: readonly Pick<HookPlan, 'when' | 'command' | 'on'>[];
  /** Blocks that will change what this one takes from, before it begins: it is compared again then. */
  readonly handsOn?: readonly string[];
  readonly unchanged: number;
  readonly skipped: number;
  readonly bytes: number;
  /** Files to be sent of whose size and time others go: what proves to be the same is made from those. */
  readonly alike: { readonly files: number; readonly bytes: number };
};
