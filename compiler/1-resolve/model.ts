// The model of a plan: what all its names mean. null stands for what was faulty and has been reported.
import type { Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import type {
  Attribute,
  CompareMethod,
  Consistency,
  DeletePolicy,
  FileTest,
  HookPlan,
  HostAddress,
  LinkPolicy,
  RootPath,
  Section,
  SetPlan,
  TransferPlan,
} from '../plan.js';
import type { IsPoisoned } from './poison.js';

export type PlanModel = {
  readonly fleet: FleetModel;
  /** In the order of the text. Several may have one name, which is reported: then there is no plan. */
  readonly blocks: readonly BlockModel[];
  readonly onFailure: 'continue' | 'stop';
  readonly parallel: number;
  /** The file's own; null where it has none. */
  readonly transfer: TransferModel | null;
  readonly inputs: Readonly<Record<string, string>>;
  readonly routes: readonly RouteModel[];
  readonly isPoisoned: IsPoisoned;
};

export type FleetModel = {
  /** In the order of the text. */
  readonly hosts: readonly HostModel[];
  readonly find: FindHosts;
  /** No host was left out for a fault, so what is not here does not exist. */
  readonly isWhole: boolean;
};

/** The hosts a reference means; null where it means none or could mean several, which is reported at the place. */
export type FindHosts = (reference: string, span: Span) => readonly HostModel[] | null;

export type HostModel = {
  /** Leaf name where that is unique, else the shortest unique dotted suffix. */
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly group: string;
  readonly tags: readonly string[];
  /** null: malformed, or of a later release. */
  readonly address: HostAddress | null;
  readonly isLocal: boolean;
  readonly agent: 'auto' | 'node' | 'shell' | 'sftp' | 'push-runtime';
  /** Through `sudo`; null for the account that is logged in to. */
  readonly become: string | null;
  readonly roots: ReadonlyMap<string, RootModel>;
  /** Its name in the statement that declares it. */
  readonly span: Span;
};

export type RootModel = {
  readonly name: string;
  /** One, or several parallel ones, in the order of the text; null: malformed, and reported. */
  readonly paths: readonly PathModel[] | null;
  /** Of the first path in the text. */
  readonly span: Span;
  /** Of `state`'s path. */
  readonly state: Span | null;
};

export type PathModel = { readonly place: RootPath; readonly span: Span };

export type RoleModel = {
  readonly name: string;
  readonly span: Span;
  readonly hosts: readonly HostModel[] | null;
  /** Given on the command line, for one run. */
  readonly isAssigned: boolean;
};

export type BlockModel = {
  readonly name: string;
  /** Of the name. */
  readonly span: Span;
  readonly after: readonly { readonly block: string; readonly span: Span }[];
  readonly from: string;
  readonly to: string;
  /** Of `from … to …`, or of the name where it is not said. */
  readonly rolesSpan: Span;
  readonly masters: readonly HostModel[] | null;
  readonly remotes: readonly HostModel[] | null;
  /** The remotes are those of one run, so that what the plan says of others is no fault. */
  readonly isAssigned: boolean;
  readonly takes: readonly TakeModel[];
  readonly order: readonly ItemModel[];
  /** Of parallel roots, which. */
  readonly roots: RootChoice;
  /** Of `roots …`, or of the name where it is not said. */
  readonly rootsSpan: Span;
  readonly compare: CompareMethod;
  readonly attributes: readonly Attribute[];
  /** Where each is said; empty where none is. */
  readonly saidAttributes: ReadonlyMap<string, Span>;
  readonly links: LinkPolicy;
  readonly strategy: StrategyModel;
  /** Other strategies for some of the remotes. */
  readonly exceptions: readonly ExceptionModel[];
  readonly delete: DeletePolicy;
  /** Of `delete mirror`'s bounds. */
  readonly guard: { readonly span: Span } | null;
  /** Of `commit together`. */
  readonly together: Span | null;
  readonly hooks: readonly HookModel[];
  readonly set: SetModel | null;
  readonly durability: 'strict' | 'none';
  /** Null where the block has none of its own. */
  readonly transfer: TransferModel | null;
  readonly statement: Statement;
};

export type RootChoice = 'all' | 'first' | 'second';

export type StrategyModel = {
  readonly consistency: Consistency;
  /** Of `consistency …`. */
  readonly span: Span;
  /** Of the lock it takes, at once or in the end. */
  readonly lock: LockModel | null;
};

/** Where a lock says what is warned about. */
export type LockModel = {
  readonly hold: { readonly text: string; readonly span: Span } | null;
  readonly by: Span | null;
};

/** `for HOSTS { … }` */
export type ExceptionModel = {
  /** Each reference with the hosts it means; null: unknown, and reported. */
  readonly named: readonly {
    readonly text: string;
    readonly span: Span;
    readonly hosts: readonly HostModel[] | null;
  }[];
  /** null: nothing is said of it, or it is faulty. */
  readonly strategy: StrategyModel | null;
  /** Null where nothing is said of it. */
  readonly transfer: TransferModel | null;
};

/** `transfer { … }` */
export type TransferModel = {
  /** Of all pairs of hosts. */
  readonly says: TransferSays;
  readonly sections: ReadonlyMap<Section, TransferSays>;
};

/** Null: not said. */
export type TransferSays = {
  readonly mode: TransferPlan['mode'] | null;
  readonly compress: number | null;
  readonly encrypt: boolean | null;
  readonly limit: number | null;
};

export type HookModel = {
  readonly when: HookPlan['when'];
  /** The class that must have changed; null: anything. */
  readonly changed: ItemModel | null;
  /** null: faulty, and reported. */
  readonly command: readonly string[] | null;
  readonly on: HookPlan['on'];
  readonly timeout: number;
  /** Of the word `hook`. */
  readonly span: Span;
};

/** What is fixed, and where each is said. */
export type SetModel = { readonly fixed: SetPlan; readonly spans: ReadonlyMap<string, Span> };

export type TakeModel = {
  readonly include: readonly ItemModel[];
  readonly except: readonly ItemModel[];
  readonly from: PlaceModel;
  readonly into: PlaceModel;
  readonly span: Span;
};

/** A root with a folder in it; `folder` is a byte string. */
export type PlaceModel = { readonly root: string; readonly folder: string; readonly span: Span };

export type ItemModel = {
  readonly test: FileTest | null;
  /** As messages name it: "the class `page`", "the glob `*.map`". */
  readonly shown: string;
  readonly className: string | null;
  readonly span: Span;
};

export type RouteModel = {
  readonly statement: Statement;
  /** The block it stands in; null for the file's. */
  readonly block: BlockModel | null;
};

/** Everything there is. */
export const ALL: FileTest = { is: 'all' };

/** UTF-8 bytes of a text, one character each: what names of files are in the plan. */
export const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
