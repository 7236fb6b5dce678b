// The plan: plain, versioned, hashable JSON, the only thing that crosses from the compiler into the runtime. Imports nothing.
//
// Every list whose order carries no meaning is sorted by bytes, so that one text gives one plan, on every machine.
// Names of files and folders are *byte strings* here as in the runtime (see runtime/tree/path.ts): every character stands
// for one byte of the name's UTF-8 form.

/** Version of this format; a reader refuses any other. */
export const PLAN_VERSION = 1;

export type Plan = {
  readonly plan: typeof PLAN_VERSION;
  /** Every source file that was read, relative to the main file's folder, with the SHA-256 of its bytes in hex. */
  readonly sources: readonly { readonly path: string; readonly sha256: string }[];
  /** The values of `input` statements this plan was made with. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Sorted by id. Only hosts that some block uses. */
  readonly hosts: readonly HostPlan[];
  /** Dependencies first; among independent blocks, in the order of the text. */
  readonly blocks: readonly BlockPlan[];
  readonly onFailure: 'continue' | 'stop';
  /** How many hosts transfer at once. */
  readonly parallel: number;
};

export type HostPlan = {
  /** The shortest unique dotted name: `web-01`, or `eu.web.web-01` where another region has a `web-01` too. */
  readonly id: string;
  /** The name's last part. */
  readonly name: string;
  readonly region: string;
  readonly group: string;
  readonly tags: readonly string[];
  readonly address: HostAddress;
  /**
   * `auto`: an agent, or where there is no Node.js the shell of that machine. `sftp`: nothing runs there, files go through the SFTP server alone. `push-runtime`: as `auto`, and a machine without
   * Node.js gets a copy of this machine's.
   */
  readonly agent: 'auto' | 'node' | 'shell' | 'sftp' | 'push-runtime';
  /** The account that the far side runs as, by `sudo`. */
  readonly become?: string;
};

export type HostAddress =
  | { readonly kind: 'local' }
  | ({ readonly kind: 'ssh' } & SshPlace)
  /** Relative roots begin in the login folder. */
  | ({ readonly kind: 'sftp' } & SshPlace);

export type SshPlace = Jump & {
  /** The hosts it is reached through, the first to be passed first. */
  readonly via?: readonly Jump[];
};

/** A machine that ssh logs in to. */
export type Jump = {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** A path on the machine that runs syncplan, as written (`~` is this user's home; relative to `base`). */
  readonly key?: string;
  readonly config?: string;
  /** Folder of the file that declares key and config, relative to the main file's folder, '' for that folder. */
  readonly base: string;
};

export type BlockPlan = {
  readonly name: string;
  readonly after: readonly string[];
  /** Host ids. */
  readonly master: string;
  readonly remotes: readonly string[];
  readonly takes: readonly TakePlan[];
  /** Ranks of the `order` list; a file's rank is 1 + the index of the last entry that matches it, else 0. */
  readonly order: readonly OrderItem[];
  readonly compare: CompareMethod;
  readonly attributes: readonly Attribute[];
  readonly links: LinkPolicy;
  readonly consistency: Consistency;
  /** Other consistency for some remotes (`for HOSTS { consistency … }`), by host id. */
  readonly consistencyOf: Readonly<Record<string, Consistency>>;
  readonly delete: DeletePolicy;
  /** `together`: no host switches before every host has staged and pre-checked. */
  readonly commit: 'independent' | 'together';
  readonly hooks: readonly HookPlan[];
  readonly set: SetPlan | null;
  /** `strict`: nothing is acknowledged before it would survive a power cut. */
  readonly durability: 'strict' | 'none';
  /** How content travels to the block's remotes. */
  readonly transfer: TransferPlan;
  /** To remotes to which it travels otherwise, by host id. */
  readonly transferOf: Readonly<Record<string, TransferPlan>>;
  /** The tree along which content travels; left out where the master sends to each remote itself. */
  readonly route?: RoutePlan;
};

export type RoutePlan = {
  /** `chain`: each remote gets from the one before. `tree`: chosen by region and group. `edges`: as the plan says. */
  readonly shape: 'chain' | 'tree' | 'edges';
  /** For `edges`: who sends to each remote, by host id: the master or another remote of the block. Else empty. */
  readonly senders: Readonly<Record<string, string>>;
  /** How content travels from one remote to another, by how near they are to each other. */
  readonly between: BySection;
  /** To remotes to which it travels otherwise, by host id. */
  readonly betweenOf: Readonly<Record<string, BySection>>;
};

export const SECTIONS = ['same-group', 'same-region', 'other-region'] as const;
/** How near two hosts are to each other. */
export type Section = (typeof SECTIONS)[number];
export type BySection = Readonly<Record<Section, TransferPlan>>;

/** Every two hosts are a pair of exactly one section. */
export const sectionOf = (a: Pick<HostPlan, 'region' | 'group'>, b: Pick<HostPlan, 'region' | 'group'>): Section => {
  if (a.region !== b.region) return 'other-region';
  return a.group === b.group ? 'same-group' : 'same-region';
};

/** From a master to a remote. */
export type TransferPlan = {
  /** `delta`: only what is new in a file that stands on the remote. `auto`: where that is likely to pay. */
  readonly mode: 'auto' | 'whole' | 'delta';
  /** 0 (not at all) to 9. */
  readonly compress: number;
  /** Whether data links are. Control is SSH and always encrypted. */
  readonly encrypt: boolean;
  /** What one host sends in a run under this limit: the rate is for all blocks and receivers together that `share` it. */
  readonly limit: RateLimit | null;
};

export type RateLimit = {
  /** Bytes per second. */
  readonly rate: number;
  /** Name of the place in the text that sets it: one limit for all that name it. */
  readonly shared: string;
};

/** `hook before|after [changed CLASS] run [...] on master|remote|server [timeout 60s]` */
export type HookPlan = {
  readonly when: 'before' | 'after';
  /** Runs only where the block changed something that one of these tests selects; null: anything. */
  readonly changed: readonly OrderItem[] | null;
  readonly command: readonly string[];
  readonly on: 'master' | 'remote' | 'server';
  /** Seconds. */
  readonly timeout: number;
};

/** Fixed attributes on the remote instead of the master's; null leaves one as the master has it. */
export type SetPlan = {
  readonly owner: string | null;
  readonly group: string | null;
  readonly files: number | null;
  readonly folders: number | null;
};

/** One folder of the master paired with one folder of every remote. Takes with the same pair are merged into one. */
export type TakePlan = {
  /** Root name and the folder in it ('' for the root itself). */
  readonly from: { readonly root: string; readonly folder: string };
  readonly into: { readonly root: string; readonly folder: string };
  /**
   * Where each host that takes part keeps these roots, by host id. Parallel roots have several paths: a single path of the
   * master pairs with each of a remote's, equal counts pair in order. What `roots first|second` leaves out is not here.
   */
  readonly roots: Readonly<Record<string, readonly RootPath[]>>;
  /** A path is selected when one of the terms selects it. */
  readonly terms: readonly Term[];
};

export type RootPath = {
  /** As written, with values inserted. */
  readonly path: string;
  /** For a relative path or state on `local`: folder of the declaring file relative to the main file's folder, '' for that. */
  readonly base: string;
  /** Where syncplan keeps its own files for this root (`state "path"`), written like `path`; null: `.syncplan` in it. */
  readonly state: string | null;
};

/** `take include except … in root "base"`: paths are tested relative to `base` (a folder below the take's folder, or ''). */
export type Term = { readonly base: string; readonly include: FileTest; readonly except: FileTest | null };

export type OrderItem = { readonly base: string; readonly test: FileTest };

/**
 * A test of one file, link or folder. All tests but `all`, `type` and their combinations are false for folders unless
 * the expression can only be decided by them: folders are selected where `foldersSelected(test)` (runtime/tree/matcher).
 */
export type FileTest =
  | { readonly is: 'all' }
  | { readonly is: 'not'; readonly test: FileTest }
  | { readonly is: 'and' | 'or'; readonly tests: readonly FileTest[] }
  | { readonly is: 'name' | 'path' | 'ext' | 'owner' | 'group'; readonly values: readonly string[] }
  | { readonly is: 'matches'; readonly on: 'name' | 'path'; readonly glob: string }
  | { readonly is: 'under'; readonly folder: string }
  | { readonly is: 'type'; readonly values: readonly ('file' | 'directory' | 'link')[] }
  | { readonly is: 'size'; readonly op: Comparison; readonly bytes: number }
  /** `modified within 7d` (op '<=') and `older than 7d` (op '>'): age in seconds at the run's start. */
  | { readonly is: 'age'; readonly op: '<=' | '>'; readonly seconds: number }
  | { readonly is: 'mode'; readonly values: readonly number[] }
  | { readonly is: 'executable' }
  | { readonly is: 'listed'; readonly source: string; readonly paths: readonly string[] };

export type Comparison = '<' | '<=' | '>' | '>=' | '=' | '!=';

export const ALGORITHMS = [
  'xxh128',
  'xxh64',
  'blake3',
  'blake2b',
  'sha512',
  'sha256',
  'sha1',
  'md5',
  'crc32',
  'adler32',
  'cksum',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export type CompareMethod = { readonly by: 'quick' } | { readonly by: 'checksum'; readonly algorithm: Algorithm };

export type Attribute = 'mode' | 'modified' | 'owner' | 'group' | 'acl' | 'xattr' | 'special';

export type LinkPolicy = {
  readonly symbolic: 'keep' | 'follow' | 'skip';
  readonly hard: 'keep' | 'split';
  readonly escaping: 'keep' | 'refuse' | 'skip';
};

/** Durations in seconds. */
export type Consistency =
  | { readonly strategy: 'none' }
  | {
      readonly strategy: 'verify';
      readonly rounds: number;
      readonly every: number;
      /** What happens to a relation that is still inconsistent after the rounds. */
      readonly then: 'fail' | LockStrategy;
    }
  | LockStrategy;

/** Access to the block's files is blocked on master (others may read) and remote while it is synchronised. */
export type LockStrategy = {
  readonly strategy: 'lock';
  /** How long to wait for it. */
  readonly wait: number;
  /** The lease: a holder that hears nothing for that long finishes the commit it is in and lets go. */
  readonly hold: number;
  readonly by: LockBy;
};

export type LockBy =
  | { readonly kind: 'advisory' }
  | { readonly kind: 'permissions' }
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly release: readonly string[] };

export type DeletePolicy =
  | { readonly mode: 'never' }
  | {
      readonly mode: 'mirror';
      /** Every bound that is given holds; percent of the remote's entries in the relation. */
      readonly maxPercent: number | null;
      readonly maxFiles: number | null;
      /** Globs shielded from deletion. */
      readonly protect: readonly string[];
      /** How long what was removed is kept, in seconds. */
      readonly trash: number;
    };
